//! Who administers whom: hands-on services that were answered with more than a banner.

use super::{Grain, Scope, Sight, hands_on, safe};
use crate::entities::Entity;
use crate::rows::Writer;
use model::{AdminEdge, Time};
use policy::Policy;
use serde::Deserialize;
use std::collections::HashMap;
use std::net::Ipv6Addr;
use store::Store;
use tracing::warn;

const SQL: &str = include_str!("edges.sql");

/// Most edges that are looked at in a span.
const MOST: i64 = 100_000;

/// An edge that nobody used for so long is as good as new. Microseconds.
pub const FORGOTTEN_AFTER_US: i64 = 180 * Time::DAY;

/// One edge that was used.
#[derive(Debug, Clone, Deserialize)]
struct Use {
    src_ip: Ipv6Addr,
    dst_ip: Ipv6Addr,
    service: String,
    first_seen: Time,
    last_seen: Time,
    used: u64,
}

/// What the store knows of one edge.
#[derive(Debug, Clone, Deserialize)]
struct Held {
    src: String,
    dst: String,
    app: String,
    first_seen: Time,
    last_seen: Time,
}

/// Writes the edges that are new in the scope, or were not used in its hour before. Returns rows written.
pub(super) async fn remember(store: &Store, scope: Scope<'_>) -> anyhow::Result<u64> {
    let (used, held) = match scope.grain {
        Grain::Slice => ("edges.used", "edges.held"),
        Grain::Hour => ("edges.used_hourly", "edges.held_hourly"),
    };
    let used = store.ask::<Use>(&scope.question(SQL, used).with("most", MOST)).await?.rows;
    let all = used.first().map_or(0, |first| first.used);
    if all > used.len() as u64 {
        let (dropped, from) = (all - used.len() as u64, scope.span.from);
        warn!(dropped, %from, "more admin edges in one span than are remembered");
    }
    if used.is_empty() {
        return Ok(0);
    }
    let held = store.ask::<Held>(&scope.question(SQL, held)).await?.rows;
    let mut writer = Writer::default();
    for row in news(&used, held, scope.policy, scope.grain) {
        writer.push(&row);
    }
    Ok(writer.write(store).await?)
}

/// The rows that say more than the store does.
fn news(used: &[Use], held: Vec<Held>, policy: &Policy, grain: Grain) -> Vec<AdminEdge> {
    let held: HashMap<(String, String, String), Sight> = held
        .into_iter()
        .map(|row| {
            let sight = Sight { first: row.first_seen, last: row.last_seen };
            ((row.src, row.dst, row.app), sight)
        })
        .collect();
    let mut rows = Vec::new();
    for one in used {
        let src = Entity::at(policy, one.src_ip, one.first_seen);
        let dst = Entity::at(policy, one.dst_ip, one.first_seen);
        if dst.is_outside() || !hands_on::is_administered(&one.service, dst.place.role) {
            continue;
        }
        let sight = Sight { first: one.first_seen, last: one.last_seen };
        let mut row = row(&src, &dst, &one.service, sight.stored());
        match held.get(&(row.src.clone(), row.dst.clone(), row.app.clone())) {
            None => rows.push(row),
            Some(held) if sight.is_news(*held, grain) => {
                if sight.first.since(held.last) > FORGOTTEN_AFTER_US {
                    row.revived = sight.first;
                }
                rows.push(row);
            }
            Some(_) => {}
        }
    }
    rows
}

fn row(src: &Entity<'_>, dst: &Entity<'_>, service: &str, sight: Sight) -> AdminEdge {
    AdminEdge {
        src: safe(&src.key()),
        dst: safe(&dst.key()),
        app: service.to_owned(),
        src_zone: src.place.zone.to_owned(),
        dst_zone: dst.place.zone.to_owned(),
        first_seen: sight.first,
        last_seen: sight.last,
        src_role: role(src).to_owned(),
        dst_role: role(dst).to_owned(),
        revived: Time(0),
    }
}

/// The role of an entity; its zone if it has none.
pub fn role<'p>(entity: &Entity<'p>) -> &'p str {
    entity.place.role.unwrap_or(entity.place.zone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::address::mapped;

    const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "mgmt", cidrs = ["10.30.0.0/24"], criticality = 9 },
]
host = [{ ip = "10.30.0.5", name = "pam-1", role = "pam" }, { ip = "10.30.0.9", name = "wiki-1", role = "web" }]
"#;

    fn used(dst: &str, service: &str, day: i64) -> Use {
        let ip = |text: &str| mapped(text.parse().expect("an address"));
        let first_seen = Time(day * Time::DAY);
        Use {
            src_ip: ip("10.31.0.7"),
            dst_ip: ip(dst),
            service: service.into(),
            first_seen,
            last_seen: first_seen,
            used: 1,
        }
    }

    fn rows(used: &[Use], held: Vec<Held>) -> Vec<AdminEdge> {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        news(used, held, &policy, Grain::Slice)
    }

    #[test]
    fn pages_of_an_administered_host_are_an_edge_and_browsing_is_none() {
        let all = [
            used("10.30.0.5", "https", 1),
            used("10.30.0.9", "https", 1),
            used("10.30.0.9", "ssh", 1),
            used("203.0.113.9", "ssh", 1),
        ];
        let rows = rows(&all, Vec::new());
        let edges: Vec<_> = rows
            .iter()
            .map(|row| {
                (row.dst.as_str(), row.app.as_str(), row.src_role.as_str(), row.dst_role.as_str())
            })
            .collect();
        assert_eq!(
            edges,
            [("pam-1", "https", "office", "pam"), ("wiki-1", "ssh", "office", "web")]
        );
    }

    #[test]
    fn an_edge_that_was_unused_for_half_a_year_is_revived() {
        let held = |day: i64| {
            let (src, dst, app) = ("10.31.0.7".into(), "wiki-1".into(), "ssh".into());
            Held { src, dst, app, first_seen: Time(0), last_seen: Time(day * Time::DAY) }
        };
        let revived = |day: i64| rows(&[used("10.30.0.9", "ssh", 300)], vec![held(day)])[0].revived;
        assert_eq!(revived(120), Time(0));
        assert_eq!(revived(119), Time(300 * Time::DAY));
    }
}
