//! A warning as far as joining needs it: who, on what, when, over which flows.

use graph::{Stage, thing};
use model::id::HashId;
use model::{Level, Severity, Time};
use policy::Policy;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Detection that joins every flow between two zones that policy does not allow.
pub(super) const UNDECLARED: &str = "POL";

/// A row of `incidents.warnings`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Row {
    pub(super) id: HashId,
    pub(super) time: Time,
    pub(super) episode_start: Time,
    pub(super) detection: String,
    pub(super) subject: String,
    pub(super) object: String,
    pub(super) zone: String,
    pub(super) severity: Severity,
    pub(super) level: Level,
    pub(super) evidence_ids: Vec<HashId>,
}

/// A row of `incidents.evidence`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Fact {
    pub(super) id: HashId,
    pub(super) seen: Time,
    pub(super) flow_ids: Vec<u64>,
    pub(super) way: Vec<String>,
    pub(super) users: Vec<String>,
}

/// A warning with what its evidence adds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Warned {
    pub(super) row: Row,
    /// Its latest evidence.
    pub(super) seen: Time,
    /// Who is accused, if that is an entity.
    pub(super) subject: Option<String>,
    /// On whom it acted, if that is an entity: the object, and the hosts of a chain but its first.
    pub(super) objects: BTreeSet<String>,
    /// Steps of a chain as its evidence tells them; empty if it tells none.
    pub(super) way: Vec<String>,
    /// Hosts of that chain, the first to the last.
    pub(super) chain: Vec<String>,
    /// Flows behind it.
    pub(super) flows: BTreeSet<u64>,
    /// Names of users in its evidence.
    pub(super) users: BTreeSet<String>,
    pub(super) stage: Stage,
}

impl Warned {
    /// Puts a row and its evidence together.
    pub(super) fn new(row: Row, facts: &BTreeMap<HashId, Fact>, policy: &Policy) -> Self {
        let entity = |text: &str| thing::entity(text).filter(|name| policy.zone(name).is_none());
        let (subject, object) = (entity(&row.subject), entity(&row.object));
        let mut warned = Self {
            seen: row.time,
            stage: Stage::of(&row.detection),
            subject,
            objects: object.into_iter().collect(),
            way: Vec::new(),
            chain: Vec::new(),
            flows: BTreeSet::new(),
            users: BTreeSet::new(),
            row,
        };
        for fact in warned.row.evidence_ids.iter().filter_map(|id| facts.get(id)) {
            warned.seen = warned.seen.max(fact.seen);
            warned.flows.extend(&fact.flow_ids);
            warned.users.extend(fact.users.iter().cloned());
            if fact.way.len() > warned.way.len() {
                warned.way.clone_from(&fact.way);
            }
        }
        warned.chain = thing::chain(&warned.way);
        warned.objects.extend(warned.chain.iter().skip(1).cloned());
        if let Some(subject) = &warned.subject {
            warned.objects.remove(subject);
        }
        warned
    }

    /// Whether it only hangs on others: it opens no incident, and nothing hangs on it. What policy does not allow is told
    /// by pairs of zones, a weakness that stands is told once; neither says who did what.
    pub(super) fn only_hangs(&self) -> bool {
        self.row.detection == UNDECLARED
            || (self.stage == Stage::Evasion && self.row.severity <= Severity::P1)
    }

    /// Entities that it names.
    pub(super) fn entities(&self) -> impl Iterator<Item = &String> {
        self.subject.iter().chain(&self.objects)
    }

    /// Where it ended: the object, else the last host of a chain, else who is accused.
    pub(super) fn end(&self) -> Option<String> {
        let object = thing::entity(&self.row.object).filter(|name| self.objects.contains(name));
        object.or_else(|| self.chain.last().cloned()).or_else(|| self.subject.clone())
    }

    /// The order in which episodes began; the rest makes it total.
    pub(super) fn order(&self) -> (Time, Stage, HashId) {
        (self.row.episode_start, self.stage, self.row.id)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    const POLICY: &str = r#"
zone = [
  { id = "swift", cidrs = ["10.40.8.0/26"], criticality = 10, tags = ["swift"] },
  { id = "swift-ops", cidrs = ["10.40.8.64/27"], criticality = 9 },
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 3 },
]
host = [
  { ip = "10.40.8.11", name = "saa-1", zone = "swift", role = "messaging-if" },
  { ip = "10.40.8.65", name = "op-1", zone = "swift-ops" },
  { ip = "10.40.8.70", name = "jump-1", zone = "swift-ops" },
  { ip = "10.31.0.117", name = "pc-117", zone = "office" },
  { ip = "10.31.0.5", name = "proxy-1", zone = "office", role = "proxy" },
]
[meta]
institution = "Example Bank"
version = 1
"#;

    pub(in crate::graph) fn policy() -> Policy {
        Policy::read(POLICY).expect("the policy above is right")
    }

    /// A warning whose episode began at a minute, on flows of these numbers.
    pub(in crate::graph) fn warned(
        detection: &str,
        (subject, object): (&str, &str),
        zone: &str,
        severity: Severity,
        minute: i64,
        flows: &[u64],
    ) -> Warned {
        let start = Time(minute * Time::MINUTE);
        let id = HashId::of(&[detection.as_bytes(), subject.as_bytes(), object.as_bytes()]);
        let row = Row {
            id,
            time: start.plus(Time::MINUTE),
            episode_start: start,
            detection: detection.into(),
            subject: subject.into(),
            object: object.into(),
            zone: zone.into(),
            severity,
            level: severity.level(),
            evidence_ids: vec![id],
        };
        let fact = Fact {
            id,
            seen: start.plus(Time::MINUTE),
            flow_ids: flows.to_vec(),
            way: Vec::new(),
            users: Vec::new(),
        };
        Warned::new(row, &BTreeMap::from([(id, fact)]), &policy())
    }

    #[test]
    fn a_zone_is_no_entity_and_a_port_is_taken_off() {
        let undeclared = warned("POL", ("office", "swift-ops"), "swift-ops", Severity::P3, 0, &[1]);
        assert_eq!(undeclared.entities().count(), 0);
        assert!(undeclared.only_hangs());
        let beacon =
            warned("INT-01", ("pc-117", "203.0.113.40:443"), "office", Severity::P3, 0, &[2]);
        let entities: Vec<_> = beacon.entities().map(String::as_str).collect();
        assert_eq!(entities, ["pc-117", "203.0.113.40"]);
        assert!(!beacon.only_hangs());
    }
}
