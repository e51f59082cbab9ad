//! Who is on the network: everyone who sent something, under the name that policy gave it at that time.
//!
//! An address that was only knocked at is nobody. An address outside counts where it was part of an exchange, so that a
//! flood of forged sources makes no entities.

use super::{Grain, Scope, Sight, safe};
use crate::entities::Entity as Known;
use crate::rows::Writer;
use model::{Entity, Time};
use policy::Policy;
use serde::Deserialize;
use std::collections::HashMap;
use std::net::Ipv6Addr;
use store::Store;
use tracing::warn;

const SQL: &str = include_str!("entities.sql");

/// Most addresses that are looked at in a span.
const MOST: i64 = 200_000;

/// One address that spoke.
#[derive(Debug, Clone, Deserialize)]
struct Speaker {
    ip: Ipv6Addr,
    first_seen: Time,
    last_seen: Time,
    answered: u8,
    seen: u64,
}

/// What the store knows of one entity.
#[derive(Debug, Clone, Deserialize)]
struct Held {
    entity: String,
    zone: String,
    ip: Ipv6Addr,
    first_seen: Time,
    last_seen: Time,
}

type Key = (String, String, Ipv6Addr);

/// Writes the entities that are new in the scope, or were not seen in its hour before. Returns rows written.
pub(super) async fn remember(store: &Store, scope: Scope<'_>) -> anyhow::Result<u64> {
    let (seen, held) = match scope.grain {
        Grain::Slice => ("entities.seen", "entities.held"),
        Grain::Hour => ("entities.seen_hourly", "entities.held_hourly"),
    };
    let seen = store.ask::<Speaker>(&scope.question(SQL, seen).with("most", MOST)).await?.rows;
    let all = seen.first().map_or(0, |first| first.seen);
    if all > seen.len() as u64 {
        let (dropped, from) = (all - seen.len() as u64, scope.span.from);
        warn!(dropped, %from, "more addresses in one span than are remembered");
    }
    if seen.is_empty() {
        return Ok(0);
    }
    let held = store.ask::<Held>(&scope.question(SQL, held)).await?.rows;
    let mut writer = Writer::default();
    for row in news(&seen, held, scope.policy, scope.grain) {
        writer.push(&row);
    }
    Ok(writer.write(store).await?)
}

/// The rows that say more than the store does.
fn news(seen: &[Speaker], held: Vec<Held>, policy: &Policy, grain: Grain) -> Vec<Entity> {
    let held: HashMap<Key, Sight> = held
        .into_iter()
        .map(|row| {
            let sight = Sight { first: row.first_seen, last: row.last_seen };
            ((row.entity, row.zone, row.ip), sight)
        })
        .collect();
    let mut rows = Vec::new();
    for one in seen {
        let known = Known::at(policy, one.ip, one.last_seen);
        if known.is_outside() && one.answered == 0 {
            continue;
        }
        let sight = Sight { first: one.first_seen, last: one.last_seen };
        let row = row(&known, sight.stored(), policy);
        let key = (row.entity.clone(), row.zone.clone(), row.ip);
        if held.get(&key).is_none_or(|held| sight.is_news(*held, grain)) {
            rows.push(row);
        }
    }
    rows
}

fn row(known: &Known<'_>, sight: Sight, policy: &Policy) -> Entity {
    let place = &known.place;
    Entity {
        entity: safe(&known.key()),
        zone: place.zone.to_owned(),
        ip: known.ip,
        kind: if known.is_outside() { "outside" } else { "host" }.to_owned(),
        site: policy.zone(place.zone).map_or_else(String::new, |zone| zone.site.clone()),
        mac: String::new(),
        name: place.host.map_or_else(String::new, safe),
        vendor: String::new(),
        os: String::new(),
        role: place.role.unwrap_or_default().to_owned(),
        criticality: place.criticality,
        business: place.business.to_vec(),
        first_seen: sight.first,
        last_seen: sight.last,
        source: "flow".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::address::mapped;

    const POLICY: &str = r#"
zone = [{ id = "office", cidrs = ["10.31.0.0/16"], criticality = 4, site = "dc-a" }]
host = [{ ip = "10.31.0.117", name = "pc-117", role = "pc" }]
"#;

    fn seen(ip: &str, first_min: i64, answered: u8) -> Speaker {
        let first_seen = Time(first_min * Time::MINUTE);
        let ip = mapped(ip.parse().expect("an address"));
        Speaker { ip, first_seen, last_seen: first_seen.plus(Time::SECOND), answered, seen: 1 }
    }

    fn names(seen: &[Speaker], held: Vec<Held>) -> Vec<(String, String)> {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let rows = news(seen, held, &policy, Grain::Slice);
        rows.into_iter().map(|row| (row.entity, row.kind)).collect()
    }

    #[test]
    fn a_host_has_its_name_and_an_address_outside_counts_where_it_was_answered() {
        let seen =
            [seen("10.31.0.117", 5, 0), seen("203.0.113.40", 6, 1), seen("203.0.113.41", 7, 0)];
        let expected = [("pc-117", "host"), ("203.0.113.40", "outside")];
        let expected = expected.map(|(name, kind)| (name.to_owned(), kind.to_owned()));
        assert_eq!(names(&seen, Vec::new()), expected);
    }

    #[test]
    fn who_is_known_is_written_once_an_hour() {
        let held = |zone: &str| Held {
            entity: "pc-117".into(),
            zone: zone.into(),
            ip: mapped("10.31.0.117".parse().expect("an address")),
            first_seen: Time(5 * Time::MINUTE),
            last_seen: Time(5 * Time::MINUTE),
        };
        assert!(names(&[seen("10.31.0.117", 59, 1)], vec![held("office")]).is_empty());
        assert_eq!(names(&[seen("10.31.0.117", 60, 1)], vec![held("office")]).len(), 1);
        assert_eq!(names(&[seen("10.31.0.117", 59, 1)], vec![held("branch")]).len(), 1);
    }
}
