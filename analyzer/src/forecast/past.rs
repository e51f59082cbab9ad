//! What was known at a moment: warnings' evidence, the situation, incidents and new edges, none of it later.
//!
//! Every question names a moment and sees nothing after it, so that a forecast made from all rows is the one that was made
//! when there were no more.

use super::Scope;
use model::{Level, Severity, Time};
use std::collections::{BTreeMap, BTreeSet};

/// What was told of a scope longer ago than this no longer holds. Microseconds.
pub const STALE_US: i64 = 2 * Time::HOUR;

/// One telling of ringing evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it was told: packet time of the judgement.
    pub seen: Time,
    /// The evidence, as hexadecimal text.
    pub id: String,
    /// How far an attacker has come if it is what it names.
    pub stage: Stage,
    /// How bad.
    pub severity: Severity,
    /// The more critical of the zones it touches.
    pub zone: String,
    /// All of them.
    pub touches: BTreeSet<String>,
}

/// How far an attacker has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Looks around.
    Recon = 1,
    /// Gets in.
    Access = 2,
    /// Calls home.
    Control = 3,
    /// Moves on.
    Lateral = 4,
    /// Does what he came for.
    Action = 5,
}

/// How a scope stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// End of the minute that it speaks of.
    pub time: Time,
    /// Hundredths, 0 to 10,000.
    pub index: i64,
    /// Its level.
    pub level: Level,
    /// Thousandths of what the taps should have seen.
    pub coverage: i64,
}

/// A revision of an incident.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// When it was made.
    pub time: Time,
    /// The incident, as hexadecimal text.
    pub id: String,
    /// From 0.
    pub revision: u32,
    /// Whether it is open.
    pub is_open: bool,
    /// Zone of each next step, the likeliest first, and how many hops away it is.
    pub next: Vec<(String, u32)>,
}

/// An administrative edge when it was new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Its first use.
    pub first_seen: Time,
    /// Zones of both ends.
    pub touches: BTreeSet<String>,
}

/// All that a forecast may look at, of any time; questions cut it at theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    events: Vec<Event>,
    standings: BTreeMap<Scope, Vec<Standing>>,
    joined: Vec<Joined>,
    edges: Vec<Edge>,
}

impl Past {
    /// From rows in any order.
    pub fn new(
        mut events: Vec<Event>,
        standings: Vec<(Scope, Standing)>,
        mut joined: Vec<Joined>,
        mut edges: Vec<Edge>,
    ) -> Self {
        events.sort_by(|a, b| (a.seen, &a.id).cmp(&(b.seen, &b.id)));
        joined.sort_by(|a, b| (a.time, &a.id, a.revision).cmp(&(b.time, &b.id, b.revision)));
        edges.sort_by(|a, b| (a.first_seen, &a.touches).cmp(&(b.first_seen, &b.touches)));
        let mut by_scope: BTreeMap<Scope, Vec<Standing>> = BTreeMap::new();
        for (scope, standing) in standings {
            by_scope.entry(scope).or_default().push(standing);
        }
        for standings in by_scope.values_mut() {
            standings.sort_by_key(|standing| standing.time);
        }
        Self { events, standings: by_scope, joined, edges }
    }

    /// Without everything after `at`.
    #[must_use]
    pub fn until(&self, at: Time) -> Self {
        let mut cut = self.clone();
        cut.events.retain(|event| event.seen <= at);
        cut.joined.retain(|joined| joined.time <= at);
        cut.edges.retain(|edge| edge.first_seen <= at);
        for standings in cut.standings.values_mut() {
            standings.retain(|standing| standing.time <= at);
        }
        cut.standings.retain(|_, standings| !standings.is_empty());
        cut
    }

    /// Tellings after `from` and not after `at`, in order.
    pub fn events(&self, from: Time, at: Time) -> &[Event] {
        let first = self.events.partition_point(|event| event.seen <= from);
        let end = self.events.partition_point(|event| event.seen <= at);
        &self.events[first.min(end)..end]
    }

    /// How `scope` stood at `at`: as it was told last; calm, if not for two hours.
    pub fn standing(&self, scope: &Scope, at: Time) -> Standing {
        let told = self.standings.get(scope).map_or(&[][..], Vec::as_slice);
        let end = told.partition_point(|standing| standing.time <= at);
        let calm = Standing { time: at, index: 0, level: Level::None, coverage: 1_000 };
        let last = end.checked_sub(1).map(|last| told[last]);
        last.filter(|last| at.since(last.time) < STALE_US).unwrap_or(calm)
    }

    /// Whether `scope` was at `level` or a worse one at some moment after `from` and not after `to`.
    pub fn reaches(&self, scope: &Scope, level: Level, from: Time, to: Time) -> bool {
        let told = self.standings.get(scope).map_or(&[][..], Vec::as_slice);
        let first = told.partition_point(|standing| standing.time <= from);
        let end = told.partition_point(|standing| standing.time <= to);
        told[first..end].iter().any(|standing| rank(standing.level) >= rank(level))
    }

    /// Moments at which `scope` reached `level` or a worse one, having been milder.
    pub fn rises(&self, scope: &Scope, level: Level) -> Vec<Time> {
        let told = self.standings.get(scope).map_or(&[][..], Vec::as_slice);
        let is_up = |standing: &Standing| rank(standing.level) >= rank(level);
        let pairs = told.windows(2).filter(|pair| !is_up(&pair[0]) && is_up(&pair[1]));
        pairs.map(|pair| pair[1].time).collect()
    }

    /// The newest form at `at` of every incident that is open then and was changed after `from`.
    pub fn incidents(&self, from: Time, at: Time) -> Vec<&Joined> {
        let mut newest: BTreeMap<&str, &Joined> = BTreeMap::new();
        for joined in self.joined.iter().filter(|joined| from < joined.time && joined.time <= at) {
            newest.insert(&joined.id, joined);
        }
        newest.into_values().filter(|joined| joined.is_open).collect()
    }

    /// Edges that were new after `from` and not after `at`.
    pub fn edges(&self, from: Time, at: Time) -> &[Edge] {
        let first = self.edges.partition_point(|edge| edge.first_seen <= from);
        let end = self.edges.partition_point(|edge| edge.first_seen <= at);
        &self.edges[first.min(end)..end]
    }
}

/// How bad a level is: 0 for none, 4 for I.
pub const fn rank(level: Level) -> u8 {
    match level {
        Level::None => 0,
        Level::IV => 1,
        Level::III => 2,
        Level::II => 3,
        Level::I => 4,
    }
}

/// The stage that a finding of `detection` speaks of. A critical one is an action, whoever found it.
pub fn stage(detection: &str, severity: Severity, is_outward: bool) -> Stage {
    if severity == Severity::P4 || detection.starts_with("FIN-") {
        return Stage::Action;
    }
    match detection {
        "INT-07" | "INT-15" => Stage::Recon,
        "INT-01" | "INT-02" | "INT-03" | "INT-04" | "INT-05" | "INT-28" | "NET-05" => {
            Stage::Control
        }
        "INT-14" | "INT-18" | "INT-19" | "INT-20" => Stage::Action,
        "POL" if is_outward => Stage::Control,
        "INT-08" | "INT-09" | "INT-22" | "NET-03" | "POL" => Stage::Lateral,
        _ => Stage::Access,
    }
}
