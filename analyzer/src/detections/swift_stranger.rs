//! FIN-01: a flow into the SWIFT zone that no conduit names, or that a rule denies.
//!
//! One answered flow is enough. What was refused is a note: it proves that the firewall works. The zone is the one tagged
//! `swift` that holds the messaging interface; operators' zones are judged by other detections.

use super::refused::{self, Refused, Sample};
use super::{
    About, Cadence, Case, CaseKind, Context, Detection, Finding, Gate, Judged, Step, WhatIf,
};
use crate::entities::{Entity, service};
use crate::score;
use model::verdict::{Outcome, Verdict};
use model::warning::Contribution;
use model::{Severity, Time};
use policy::Policy;
use query::named;
use std::collections::{BTreeMap, BTreeSet};
use store::{Budget, Question};

/// FIN-01.
#[derive(Debug)]
pub struct SwiftStranger;

const ABOUT: About = About {
    id: "FIN-01",
    name: "swift_stranger",
    finds: "a flow into the SWIFT zone that no conduit names",
    severity: Severity::P4,
    attack: &["T1021", "T1078"],
    cadence: Cadence::Row,
    monotone: true,
    step_us: Time::MINUTE,
    window_us: Time::DAY,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 1_000,
    both_directions: true,
    join_gap_us: 4 * Time::HOUR,
    budget: Budget { rows: 20_000_000, bytes: 2 << 30, seconds: 10, memory: 1 << 30 },
    gives_way_to: &[],
    version: "1",
};

/// Services by which people work on a host or move files to it.
const HANDS_ON: [u16; 9] = [22, 23, 135, 139, 445, 3389, 5900, 5985, 5986];

impl Detection for SwiftStranger {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        const SQL: &str = include_str!("swift_stranger.sql");
        vec![
            refused::question(&named(SQL, "swift_stranger.flows"), step).within(ABOUT.budget),
            refused::question(&named(SQL, "swift_stranger.population"), step).within(ABOUT.budget),
        ]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn judge(
        &self,
        rows: &[Vec<serde_json::Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Judged> {
        let Context { step, policy, .. } = *context;
        let mut zones = refused::population(&rows[1], step)?;
        zones.retain(|zone, _| is_messaging(policy, zone));
        let population = zones.values().sum();
        let mut pairs: BTreeMap<(String, String, bool), Vec<Refused>> = BTreeMap::new();
        for row in refused::read(&rows[0], step, policy)? {
            if is_messaging(policy, &row.dst_zone) && row.src_zone != row.dst_zone {
                let (src, dst) = ends(policy, &row);
                let answered = row.outcome == Outcome::Established;
                pairs.entry((src.key(), dst.key(), answered)).or_default().push(row);
            }
        }
        let is_new = |rows: &&Vec<Refused>| rows.last().is_some_and(|last| last.at >= step.from);
        let findings = pairs.values().filter(is_new).map(|rows| finding(rows, policy)).collect();
        Ok(Judged { findings, population, zones, ..Judged::default() })
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<serde_json::Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        let policy = context.policy;
        let is_subject = |row: &Refused| ends(policy, row).0.key() == subject;
        let counts =
            |row: &Refused| is_messaging(policy, &row.dst_zone) && row.src_zone != row.dst_zone;
        refused::why::gates(
            rows,
            context,
            &is_subject,
            "into the zone of the messaging interface, from another zone",
            &counts,
        )
    }

    fn what_if(
        &self,
        _subject: &str,
        rows: &[Vec<serde_json::Value>],
        _context: &Context<'_>,
    ) -> Vec<WhatIf> {
        refused::why::what_if(rows)
    }

    fn cases(&self) -> Vec<Case> {
        cases()
    }
}

/// Whether a zone is the SWIFT secure zone itself: tagged `swift`, and named so or home of the messaging interface.
fn is_messaging(policy: &Policy, zone: &str) -> bool {
    let tagged = policy.zone(zone).is_some_and(|zone| zone.tags.iter().any(|tag| tag == "swift"));
    tagged
        && (zone == "swift"
            || policy.hosts().iter().any(|host| {
                host.role == "messaging-if"
                    && policy.resolve(model::mapped(host.ip), host.validity.from.max(Time(0))).zone
                        == zone
            }))
}

fn ends<'p>(policy: &'p Policy, row: &Refused) -> (Entity<'p>, Entity<'p>) {
    (Entity::at(policy, row.src_ip, row.at), Entity::at(policy, row.dst_ip, row.at))
}

/// What the rows of one source and target say; they are not empty, and all answered or none.
fn finding(rows: &[Refused], policy: &Policy) -> Finding {
    let first = &rows[0];
    let (src, dst) = ends(policy, first);
    let answered = first.outcome == Outcome::Established;
    let services: BTreeSet<String> =
        rows.iter().map(|row| service(row.ip_protocol, row.dst_port)).collect();
    let services = services.into_iter().take(8).collect::<Vec<_>>();
    let conversations: u64 = rows.iter().map(|row| row.conversations).sum();
    let mut numbers = serde_json::Map::new();
    numbers.insert("conversations".into(), conversations.into());
    numbers.insert("services".into(), services.clone().into());
    numbers.insert("denied".into(), rows.iter().any(|row| row.verdict == Verdict::Denied).into());
    let mut rules: Vec<&str> =
        rows.iter().map(|row| row.conduit.as_str()).filter(|rule| !rule.is_empty()).collect();
    rules.sort_unstable();
    rules.dedup();
    numbers.insert("rules".into(), rules.into());
    Finding {
        subject: src.key(),
        object: dst.key(),
        episode_start: first.at.floor(ABOUT.step_us),
        severity: if answered { ABOUT.severity } else { Severity::P0 },
        zone: first.dst_zone.clone(),
        surprise_millinats: None,
        contributions: contributions(rows, &src, answered),
        sentence: sentence(&src, &dst, &services, first),
        numbers,
        flow_ids: refused::flow_ids(rows),
    }
}

fn contributions(rows: &[Refused], src: &Entity<'_>, answered: bool) -> Vec<Contribution> {
    if !answered {
        return vec![score::part("tried and not answered: the control works", "", -2_200)];
    }
    let mut parts =
        vec![score::part("an answered flow into the SWIFT zone that no conduit names", "", 2_200)];
    if let Some(denied) = rows.iter().find(|row| row.verdict == Verdict::Denied) {
        parts.push(score::part("a rule denies it", denied.conduit.clone(), 700));
    }
    if let Some(hands) =
        rows.iter().find(|row| row.ip_protocol == 6 && HANDS_ON.contains(&row.dst_port))
    {
        parts.push(score::part(
            "a service for hands-on work or files",
            service(6, hands.dst_port),
            600,
        ));
    }
    if !src.place.tags.iter().any(|tag| tag == "swift") {
        parts.push(score::part("from outside the SWIFT zones", src.place.zone, 400));
    }
    parts
}

fn sentence(src: &Entity<'_>, dst: &Entity<'_>, services: &[String], first: &Refused) -> String {
    let said = match first.verdict {
        Verdict::Denied => format!("which rule {} denies", first.conduit),
        _ => "which no conduit names".to_owned(),
    };
    let (who, to, on, zone) =
        (src.described(), dst.described(), services.join(", "), &first.dst_zone);
    match first.outcome {
        Outcome::Established => format!(
            "{who} opened {on} to {to} in zone {zone}, {said}, and was answered. Cut it off at the firewall and ask who is at {}.",
            src.key()
        ),
        Outcome::Blocked => {
            format!("{who} tried {on} to {to} in zone {zone}, {said}, and was refused.")
        }
        Outcome::UnknownDirection => {
            format!(
                "{who} and {to} in zone {zone} exchanged {on}, {said}; nobody saw who opened it."
            )
        }
    }
}

const POLICY: &str = r#"
zone = [
  { id = "swift", cidrs = ["10.40.8.0/26"], criticality = 10, tags = ["swift"] },
  { id = "swift-ops", cidrs = ["10.40.8.64/27"], criticality = 9, tags = ["swift"] },
]
host = [
  { ip = "10.40.8.11", name = "saa-1", zone = "swift", role = "messaging-if" },
  { ip = "10.40.8.65", name = "op-1", zone = "swift-ops" },
  { ip = "10.40.8.70", name = "jump-1", zone = "swift-ops" },
]
[meta]
institution = "Example Bank"
version = 1
"#;

fn cases() -> Vec<Case> {
    let smb = Sample {
        minute: 330,
        src: ("10.40.8.65", "swift-ops"),
        dst: ("10.40.8.11", "swift"),
        port: 445,
        verdict: Verdict::Undeclared,
        outcome: Outcome::Established,
    };
    let case = |name, kind, samples: &[Sample<'_>], rings: &[(&'static str, Severity)]| Case {
        name,
        kind,
        policy: POLICY,
        step: Step {
            from: Time(330 * Time::MINUTE),
            to: Time(331 * Time::MINUTE),
            window_from: Time(0),
            without: Vec::new(),
        },
        rows: vec![
            samples.iter().map(|sample| sample.row(POLICY)).collect(),
            vec![serde_json::json!({"at": 330 * Time::MINUTE, "zone": "swift", "flows": 7})],
        ],
        rings: rings.to_vec(),
    };
    let refused = Sample { outcome: Outcome::Blocked, ..smb };
    let to_jump = Sample {
        dst: ("10.40.8.70", "swift-ops"),
        src: ("10.31.0.117", "office"),
        port: 3389,
        ..smb
    };
    let web = Sample { port: 443, verdict: Verdict::Denied, ..smb };
    vec![
        case(
            "an operator completes a handshake with the messaging interface",
            CaseKind::Positive,
            &[smb],
            &[("op-1", Severity::P4)],
        ),
        case("the firewall refuses the same flow", CaseKind::Negative, &[refused], &[]),
        case(
            "by way of the permitted jump host it is another detection's",
            CaseKind::Negative,
            &[to_jump],
            &[],
        ),
        case(
            "another port, first refused and then answered",
            CaseKind::Evasion,
            &[refused, web],
            &[("op-1", Severity::P4)],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_zone_of_the_messaging_interface_counts() {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        assert!(is_messaging(&policy, "swift"));
        assert!(!is_messaging(&policy, "swift-ops"));
        assert!(!is_messaging(&policy, "office"));
    }
}
