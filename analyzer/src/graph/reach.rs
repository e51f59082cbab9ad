//! Where an incident stands: the way from its first host to the furthest, what can be reached next, and the index.

use super::ask::{Known, SQL};
use super::form::{Formed, furthest};
use super::warned::Warned;
use graph::rows::Warned as Accused;
use graph::{Gathering, Kind, Network, Path, Wanted};
use model::Time;
use model::incident::{Incident, Reach};
use policy::Policy;
use query::{Scope, named};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;
use store::{Question, Store};

/// What is told of where it can go.
const NEXT: usize = 3;
/// Zones from this criticality on are what the bank lives by.
const CROWN_JEWELS: u8 = 9;
/// Hops that are looked at from what is held.
const HOPS: usize = 2;

/// Fills in what is known only by looking around: path, next steps, and the index before and after.
pub(super) async fn look(
    store: &Store,
    policy: &Policy,
    without: &[String],
    known: &Known,
    formed: &Formed,
    row: &mut Incident,
) -> anyhow::Result<()> {
    let members: Vec<&Warned> = formed.members.iter().map(|at| &known.warned[*at]).collect();
    let held = held(&members, policy, row.time);
    let gathering = gather(store, policy, without, &members, &held, row).await?;
    let network = gathering.network();
    row.path = path(&network, &members, furthest(formed, &known.warned, policy));
    row.next_steps = serde_json::to_string(&next(&network.timeless(), &held))?;
    (row.index_before, row.index_after) = index(store, &members, row.time).await?;
    Ok(())
}

/// Hosts of the bank that the attacker may hold: who is accused, and on whom they acted.
fn held(members: &[&Warned], policy: &Policy, at: Time) -> BTreeSet<String> {
    let of_bank = |name: &&String| {
        let addresses = super::ask::addresses(policy, name, at);
        addresses.iter().any(|ip| !crate::entities::Entity::at(policy, *ip, at).is_outside())
    };
    let chain = members.iter().filter(|one| !one.only_hangs());
    chain.flat_map(|one| one.entities()).filter(of_bank).cloned().collect()
}

/// The network around what is held, as it was known by the end of the last whole hour.
async fn gather(
    store: &Store,
    policy: &Policy,
    without: &[String],
    members: &[&Warned],
    held: &BTreeSet<String>,
    row: &Incident,
) -> anyhow::Result<Gathering> {
    let from = row.started.max(row.time.plus(-30 * Time::DAY)).plus(-Time::DAY);
    let accused = members.iter().filter(|one| !one.only_hangs()).map(|one| Accused {
        id: one.row.id.to_string(),
        time: one.row.time,
        episode_start: one.row.episode_start,
        detection: one.row.detection.clone(),
        subject: one.row.subject.clone(),
        object: one.row.object.clone(),
        level: one.row.level,
        way: one.way.clone(),
    });
    let mut gathering = Gathering::new(Wanted {
        scope: Scope { from, to: row.time, without: without.to_vec() },
        focus: held.iter().cloned().collect(),
        hops: HOPS,
        forward: true,
        whole_hours: true,
    })
    .placed(&policy.zone_rows())
    .warned(accused.collect());
    while let Some((slot, question)) = gathering.open().into_iter().next() {
        let rows = store.ask::<Value>(&question).await?.rows;
        gathering.take(slot, rows)?;
    }
    Ok(gathering)
}

/// The hosts from the first accused to the furthest, as the likeliest way goes; both ends where no way is known.
fn path(network: &Network, members: &[&Warned], furthest: &Warned) -> Vec<String> {
    let root = members.iter().find(|one| !one.only_hangs()).and_then(|one| one.subject.clone());
    let (Some(first), Some(last)) = (root, furthest.end()) else { return Vec::new() };
    let (from, to) = (network.find(&first), network.find(&last));
    let found = from.zip(to).and_then(|(from, to)| network.best_path(from, to));
    match found {
        Some(path) => keys(network, &path),
        None if first == last => vec![first],
        None => vec![first, last],
    }
}

fn keys(network: &Network, path: &Path) -> Vec<String> {
    path.nodes.iter().map(|node| network.node(*node).key.clone()).collect()
}

/// The most critical that can be reached from what is held, the likeliest way to each.
fn next(network: &Network, held: &BTreeSet<String>) -> Vec<Reach> {
    let sources: Vec<_> = held
        .iter()
        .filter_map(|key| network.find(key))
        .map(|node| (node, Time(i64::MIN)))
        .collect();
    let reach = network.forward_reach(&sources, CROWN_JEWELS);
    let told = |path: &Path| {
        let end = network.node(path.end());
        let last = path.steps.last().map(|step| network.edge(step.edge).kind);
        let by = match last {
            Some(Kind::Admin | Kind::NewAdmin) => "admin",
            _ => "seen",
        };
        Reach {
            entity: end.key.clone(),
            zone: end.zone.clone(),
            criticality: end.criticality,
            path: keys(network, path),
            by: by.to_owned(),
        }
    };
    reach.iter().take(NEXT).map(told).collect()
}

#[derive(Debug, Deserialize)]
struct Index {
    time: Time,
    points: f64,
}

/// Index of the institution before the first warning, and at `time`; 0 where it is not known.
async fn index(store: &Store, members: &[&Warned], time: Time) -> anyhow::Result<(f64, f64)> {
    let first = members.iter().map(|one| one.row.time).min().unwrap_or(time);
    let question = Question::new("incidents.index", named(SQL, "incidents.index").sql)
        .with("from", first.plus(-Time::HOUR))
        .with("to", time);
    let rows = store.ask::<Index>(&question).await?.rows;
    let before = rows.iter().rev().find(|row| row.time < first).map_or(0.0, |row| row.points);
    let after = rows.iter().rev().find(|row| row.time <= time).map_or(0.0, |row| row.points);
    Ok((before, after))
}
