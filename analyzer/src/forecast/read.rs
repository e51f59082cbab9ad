//! Reads what is known, and what was foreseen, from the store.

use super::Scope;
use super::inputs::{FORGOTTEN_US, MEMORY_US};
use super::past::{Edge, Event, Joined, Past, Standing, stage};
use crate::window::Span;
use model::forecast::Forecast;
use model::incident::Reach;
use model::situation::ScopeKind;
use model::{Level, Severity, Time, mapped};
use policy::Policy;
use query::{Scope as Range, named};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv6Addr};
use store::{Question, Store};

const SQL: &str = include_str!("../forecast.sql");

#[derive(Debug, Deserialize)]
struct Told {
    id: String,
    seen: Time,
    detection: String,
    subject: String,
    object: String,
    severity: Severity,
    zone: String,
}

#[derive(Debug, Deserialize)]
struct Stood {
    time: Time,
    scope: ScopeKind,
    name: String,
    index: f64,
    coverage: f64,
    level: Level,
}

#[derive(Debug, Deserialize)]
struct Incident {
    id: String,
    revision: u32,
    time: Time,
    state: String,
    next_steps: String,
}

#[derive(Debug, Deserialize)]
struct NewEdge {
    first_seen: Time,
    src_zone: String,
    dst_zone: String,
}

fn question(name: &'static str, from: Time, to: Time) -> Question {
    // Rows are told at the end of a minute: the moment `to` itself belongs to them.
    named(SQL, name).over(&Range { from, to: to.plus(1), without: Vec::new() })
}

/// All that forecasts of `span` may look at.
///
/// # Errors
/// What the store said.
pub async fn past(store: &Store, policy: &Policy, span: Span) -> anyhow::Result<Past> {
    let Span { from, to } = span;
    let memory = question("forecast.events", from.plus(-MEMORY_US), to);
    let told = store.ask::<Told>(&memory).await?.rows;
    let stood = store.ask::<Stood>(&question("forecast.standings", from, to)).await?.rows;
    let recent = from.plus(-FORGOTTEN_US);
    let incidents = store.ask::<Incident>(&question("forecast.incidents", recent, to)).await?.rows;
    let edges = store.ask::<NewEdge>(&question("forecast.edges", from, to)).await?.rows;
    Ok(Past::new(
        told.into_iter().map(|told| event(policy, told)).collect(),
        stood.into_iter().filter_map(standing).collect(),
        incidents.into_iter().map(joined).collect(),
        edges.into_iter().map(edge).collect(),
    ))
}

/// Forecasts of `span` and the newest before it of each scope and level, the longest horizon of them.
///
/// # Errors
/// What the store said.
pub async fn held(store: &Store, span: Span) -> anyhow::Result<Vec<Forecast>> {
    let mut held =
        store.ask::<Forecast>(&question("forecast.held", span.from, span.to)).await?.rows;
    let before = span.from.plus(-super::outlook::COMPARED_US);
    held.extend(store.ask::<Forecast>(&question("forecast.last", before, span.from)).await?.rows);
    Ok(held)
}

fn event(policy: &Policy, told: Told) -> Event {
    let ends = [&told.subject, &told.object];
    let places = ends.into_iter().filter_map(|text| zone_of(policy, text, told.seen));
    let touches: BTreeSet<String> =
        places.chain([told.zone.clone()]).filter(|zone| !zone.is_empty()).collect();
    let is_outward = zone_of(policy, &told.object, told.seen)
        .is_some_and(|zone| policy.zone(&zone).is_none_or(|zone| zone.criticality == 0));
    Event {
        seen: told.seen,
        id: told.id,
        stage: stage(&told.detection, told.severity, is_outward),
        severity: told.severity,
        zone: told.zone,
        touches,
    }
}

/// The zone that a subject or an object names: itself, that of a host, or that of an address with or without a port.
fn zone_of(policy: &Policy, text: &str, at: Time) -> Option<String> {
    if policy.zone(text).is_some() {
        return Some(text.to_owned());
    }
    if let Some(host) = policy.host(text) {
        return Some(policy.resolve(mapped(host.ip), at).zone.to_owned());
    }
    let address: IpAddr = text
        .parse()
        .or_else(|_| text.parse().map(|socket: std::net::SocketAddr| socket.ip()))
        .or_else(|_| text.split('/').next().unwrap_or_default().parse())
        .ok()?;
    let ip: Ipv6Addr = mapped(address);
    Some(policy.resolve(ip, at).zone.to_owned())
}

fn standing(stood: Stood) -> Option<(Scope, Standing)> {
    let scope = match stood.scope {
        ScopeKind::Institution => Scope::Institution(stood.name),
        ScopeKind::Zone => Scope::Zone(stood.name),
        ScopeKind::Entity | ScopeKind::Service | ScopeKind::Site => return None,
    };
    let standing = Standing {
        time: stood.time,
        index: (stood.index * 100.0).round() as i64,
        level: stood.level,
        coverage: (stood.coverage * 1_000.0).round() as i64,
    };
    Some((scope, standing))
}

fn joined(row: Incident) -> Joined {
    let reached: Vec<Reach> = serde_json::from_str(&row.next_steps).unwrap_or_default();
    Joined {
        time: row.time,
        id: row.id,
        revision: row.revision,
        is_open: row.state == "open",
        next: reached
            .into_iter()
            .map(|reach| (reach.zone, reach.path.len().saturating_sub(1) as u32))
            .collect(),
    }
}

fn edge(row: NewEdge) -> Edge {
    Edge { first_seen: row.first_seen, touches: [row.src_zone, row.dst_zone].into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "swift", cidrs = ["10.40.8.0/26"], criticality = 10 },
]
host = [{ ip = "10.40.8.11", name = "saa-1", zone = "swift" }]
[meta]
institution = "Example Bank"
version = 1
"#;

    #[test]
    fn a_zone_is_found_by_its_name_a_host_or_an_address() {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        for (text, zone) in [
            ("swift", Some("swift")),
            ("saa-1", Some("swift")),
            ("10.31.0.9", Some("office")),
            ("10.31.0.9:443", Some("office")),
            ("10.31.0.0/24", Some("office")),
            ("203.0.113.9:443", Some("internet")),
            ("tcp/445 outward", None),
        ] {
            assert_eq!(zone_of(&policy, text, Time(0)).as_deref(), zone, "{text}");
        }
    }
}
