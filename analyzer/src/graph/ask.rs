//! What joining reads from the store: warnings, their evidence, incidents as they stand, and what is known of entities.

use super::MOST;
use super::shared::{Administered, Degree, Shared};
use super::warned::{Fact, Row, Warned};
use model::id::HashId;
use model::incident::Incident;
use model::{Time, mapped};
use policy::Policy;
use query::{Scope, named};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};
use store::{Question, Store};

pub(super) const SQL: &str = include_str!("../graph.sql");

/// Ids or addresses that go into one question.
const AT_A_TIME: usize = 1_000;

/// Everything that joining needs to know.
#[derive(Debug)]
pub(super) struct Known {
    /// In the order of [`Warned::order`].
    pub(super) warned: Vec<Warned>,
    /// Older warnings that were not taken.
    pub(super) left_out: usize,
    pub(super) shared: Shared,
    /// The newest row of each incident.
    pub(super) held: BTreeMap<HashId, Incident>,
}

#[derive(Debug, Deserialize)]
struct Hosts {
    hosts: u64,
}

impl Known {
    /// Asks for all of it; none if no warning ever rang.
    pub(super) async fn ask(
        store: &Store,
        policy: &Policy,
        without: &[String],
    ) -> Result<Option<Self>, store::Error> {
        let plain = |name| Question::new(name, named(SQL, name).sql);
        let mut rows = store.ask::<Row>(&plain("incidents.warnings")).await?.rows;
        let left_out = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        let Some(newest) = rows.iter().map(|row| row.time).max() else { return Ok(None) };
        let oldest = rows.iter().map(|row| row.episode_start).min().unwrap_or(newest);
        let facts = facts(store, &rows, oldest).await?;
        let mut warned: Vec<_> =
            rows.into_iter().map(|row| Warned::new(row, &facts, policy)).collect();
        warned.sort_by_key(Warned::order);
        let day = Scope {
            from: newest.floor(Time::HOUR).plus(-Time::DAY),
            to: newest.floor(Time::HOUR),
            without: without.to_vec(),
        };
        let shared = shared(store, policy, &warned, &day, oldest).await?;
        let held = store.ask::<Incident>(&plain("incidents.held")).await?.rows;
        let held = held.into_iter().map(|row| (row.id, row)).collect();
        Ok(Some(Self { warned, left_out, shared, held }))
    }
}

async fn facts(
    store: &Store,
    rows: &[Row],
    oldest: Time,
) -> Result<BTreeMap<HashId, Fact>, store::Error> {
    let ids: BTreeSet<HashId> =
        rows.iter().flat_map(|row| row.evidence_ids.iter().copied()).collect();
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let mut facts = BTreeMap::new();
    for part in ids.chunks(AT_A_TIME) {
        let question = Question::new("incidents.evidence", named(SQL, "incidents.evidence").sql)
            .with("from", oldest.plus(-Time::DAY))
            .with("ids", part.to_vec());
        for fact in store.ask::<Fact>(&question).await?.rows {
            facts.insert(fact.id, fact);
        }
    }
    Ok(facts)
}

async fn shared(
    store: &Store,
    policy: &Policy,
    warned: &[Warned],
    day: &Scope,
    oldest: Time,
) -> Result<Shared, store::Error> {
    let names: BTreeSet<&String> = warned.iter().flat_map(Warned::entities).collect();
    let entities: BTreeMap<String, Vec<Ipv6Addr>> =
        names.into_iter().map(|name| (name.clone(), addresses(policy, name, day.to))).collect();
    let all: Vec<String> = entities.values().flatten().map(ToString::to_string).collect();
    let mut degrees = Vec::new();
    for part in all.chunks(AT_A_TIME) {
        let question = named(SQL, "incidents.degrees").over(day).with("addresses", part.to_vec());
        degrees.extend(store.ask::<Degree>(&question).await?.rows);
    }
    let hosts = Question::new("incidents.hosts", named(SQL, "incidents.hosts").sql);
    let hosts = store.ask::<Hosts>(&hosts).await?.rows.first().map_or(0, |row| row.hosts);
    let admin = Question::new("incidents.admin", named(SQL, "incidents.admin").sql);
    let admin = store.ask::<Administered>(&admin.with("from", oldest)).await?.rows;
    Ok(Shared::new(&entities, &degrees, hosts, admin, policy, day.to))
}

/// The addresses of an entity: those of a host of policy, else the address that it is.
pub(super) fn addresses(policy: &Policy, name: &str, at: Time) -> Vec<Ipv6Addr> {
    let hosts = policy.hosts().iter().filter(|host| host.name == name && host.validity.holds(at));
    let declared: Vec<_> = hosts.map(|host| mapped(host.ip)).collect();
    if declared.is_empty() {
        name.parse::<IpAddr>().map(mapped).into_iter().collect()
    } else {
        declared
    }
}
