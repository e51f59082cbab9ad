//! POL: flows that policy does not allow, joined per pair of zones and day.
//!
//! The severity is that of the worst flow (finance.md 2.3): denied and established is critical, undeclared and established
//! high; what was blocked is a note. It gives way to every named detection that explains the same flows.

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
use std::cmp::Reverse;
use std::collections::BTreeMap;
use store::{Budget, Question};

/// POL.
#[derive(Debug)]
pub struct UndeclaredFlow;

const ABOUT: About = About {
    id: "POL",
    name: "undeclared_flow",
    finds: "flows between two zones that policy does not allow, once a day",
    severity: Severity::P3,
    attack: &[],
    cadence: Cadence::Row,
    monotone: true,
    step_us: Time::MINUTE,
    window_us: Time::DAY,
    lateness_us: 15 * Time::MINUTE,
    max_drop_ppm: 1_000,
    both_directions: true,
    // Less than nothing: another day is another warning.
    join_gap_us: -Time::MINUTE,
    budget: Budget { rows: 20_000_000, bytes: 2 << 30, seconds: 10, memory: 1 << 30 },
    gives_way_to: &["FIN-01", "INT-09", "INT-07", "INT-01"],
    version: "1",
};

impl Detection for UndeclaredFlow {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        const SQL: &str = include_str!("undeclared_flow.sql");
        vec![
            refused::question(&named(SQL, "undeclared_flow.flows"), step).within(ABOUT.budget),
            refused::question(&named(SQL, "undeclared_flow.population"), step).within(ABOUT.budget),
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
        let zones = refused::population(&rows[1], step)?;
        let population = zones.values().sum();
        let mut pairs: BTreeMap<(String, String, bool), Vec<Refused>> = BTreeMap::new();
        for row in refused::read(&rows[0], step, policy)? {
            let rings = row.severity(policy) > Severity::P0;
            pairs.entry((row.src_zone.clone(), row.dst_zone.clone(), rings)).or_default().push(row);
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
        let is_subject = |row: &Refused| {
            row.src_zone == subject || Entity::at(policy, row.src_ip, row.at).key() == subject
        };
        let counts = |row: &Refused| {
            Refused { outcome: Outcome::Established, ..row.clone() }.severity(policy) > Severity::P0
        };
        refused::why::gates(
            rows,
            context,
            &is_subject,
            "a verdict of P1 or worse if it is answered",
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

/// What the rows of one pair of zones say; they are not empty, and all ring or none.
fn finding(rows: &[Refused], policy: &Policy) -> Finding {
    let first = &rows[0];
    let worst =
        rows.iter().max_by_key(|row| (row.severity(policy), Reverse(row.at))).unwrap_or(first);
    let severity = worst.severity(policy);
    let callers = callers(rows, policy);
    let conversations: u64 = rows.iter().map(|row| row.conversations).sum();
    let mut numbers = serde_json::Map::new();
    numbers.insert("conversations".into(), conversations.into());
    numbers.insert("pairs".into(), callers.len().into());
    numbers.insert("worst".into(), worst.verdict.as_str().into());
    numbers.insert("outcome".into(), worst.outcome.as_str().into());
    let most: Vec<String> =
        callers.iter().take(5).map(|(who, calls)| format!("{who}: {calls}")).collect();
    numbers.insert("most".into(), most.into());
    Finding {
        subject: first.src_zone.clone(),
        object: first.dst_zone.clone(),
        episode_start: first.at.floor(ABOUT.step_us),
        severity,
        zone: critical(policy, first).to_owned(),
        surprise_millinats: None,
        contributions: contributions(policy, worst, severity),
        sentence: sentence(worst, conversations, &callers),
        numbers,
        flow_ids: refused::flow_ids(rows),
    }
}

fn critical<'a>(policy: &Policy, row: &'a Refused) -> &'a str {
    let criticality = |zone: &str| policy.zone(zone).map_or(0, |zone| zone.criticality);
    if criticality(&row.dst_zone) > criticality(&row.src_zone) {
        &row.dst_zone
    } else {
        &row.src_zone
    }
}

/// Who called whom on what, the busiest first.
fn callers(rows: &[Refused], policy: &Policy) -> Vec<(String, u64)> {
    let mut calls: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let (src, dst) =
            (Entity::at(policy, row.src_ip, row.at), Entity::at(policy, row.dst_ip, row.at));
        let who = format!(
            "{} to {} on {}",
            src.described(),
            dst.described(),
            service(row.ip_protocol, row.dst_port)
        );
        *calls.entry(who).or_default() += row.conversations;
    }
    let mut calls: Vec<_> = calls.into_iter().collect();
    calls.sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
    calls
}

fn contributions(policy: &Policy, worst: &Refused, severity: Severity) -> Vec<Contribution> {
    if severity == Severity::P0 {
        return vec![score::part("tried and not answered: the control works", "", -2_200)];
    }
    let mut parts = vec![score::part(
        "policy names what may pass, and this is not in it",
        worst.verdict.as_str(),
        2_200,
    )];
    if worst.verdict == Verdict::Denied {
        parts.push(score::part("a rule denies it", worst.conduit.clone(), 700));
    }
    if worst.outcome == Outcome::UnknownDirection {
        parts.push(score::part("nobody saw who opened it", "", -1_400));
    }
    let zone = critical(policy, worst);
    if policy.zone(zone).is_some_and(|zone| zone.criticality >= 8) {
        parts.push(score::part("a zone of criticality 8 or more", zone, 400));
    }
    parts
}

fn sentence(worst: &Refused, conversations: u64, callers: &[(String, u64)]) -> String {
    let what = match worst.verdict {
        Verdict::Denied => format!("that rule {} denies", worst.conduit),
        Verdict::Expired | Verdict::OkLateReview => {
            format!("by conduit {}, which has expired", worst.conduit)
        }
        Verdict::Undeclared | Verdict::Ok => "that no conduit names".to_owned(),
        other => format!("that conduit {} does not allow ({other})", worst.conduit),
    };
    let count = if conversations == 1 {
        "1 conversation".to_owned()
    } else {
        format!("{conversations} conversations")
    };
    let (src, dst) = (&worst.src_zone, &worst.dst_zone);
    let (who, _) = &callers[0];
    let others = match callers.len() {
        1 => who.clone(),
        more => format!("most from {who}, {} others", more - 1),
    };
    let head = format!("{count} from zone {src} to zone {dst} {what} since midnight: {others}");
    if worst.outcome == Outcome::Blocked {
        return format!("{head}. Nothing got through.");
    }
    format!("{head}. Declare what the business needs; cut off the rest.")
}

const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 },
]
host = [{ ip = "10.31.0.117", name = "pc-117", zone = "office" }]
deny = [{ id = "D-002", from = "zone:office", to = "zone:core", severity = "critical" }]
[meta]
institution = "Example Bank"
version = 1
"#;

fn cases() -> Vec<Case> {
    let out = Sample {
        minute: 600,
        src: ("10.31.0.117", "office"),
        dst: ("203.0.113.40", "internet"),
        port: 443,
        verdict: Verdict::Undeclared,
        outcome: Outcome::Established,
    };
    let case = |name, kind, samples: &[Sample<'_>], rings: &[(&'static str, Severity)]| Case {
        name,
        kind,
        policy: POLICY,
        step: Step {
            from: Time(600 * Time::MINUTE),
            to: Time(601 * Time::MINUTE),
            window_from: Time(0),
            without: Vec::new(),
        },
        rows: vec![
            samples.iter().map(|sample| sample.row(POLICY)).collect(),
            vec![serde_json::json!({"at": 600 * Time::MINUTE, "zone": "office", "flows": 12})],
        ],
        rings: rings.to_vec(),
    };
    let earlier = Sample { minute: 599, ..out };
    let blocked = Sample { outcome: Outcome::Blocked, ..out };
    let inside =
        Sample { dst: ("10.40.2.51", "core"), port: 1433, verdict: Verdict::Denied, ..out };
    let mismatch = Sample { verdict: Verdict::AppMismatch, port: 53, ..out };
    vec![
        case(
            "an undeclared flow outward is answered",
            CaseKind::Positive,
            &[earlier, out],
            &[("office", Severity::P3)],
        ),
        case(
            "a denied flow inside is answered",
            CaseKind::Positive,
            &[inside],
            &[("office", Severity::P4)],
        ),
        case("the firewall blocks it", CaseKind::Negative, &[blocked], &[]),
        case("nothing new in this minute", CaseKind::Negative, &[earlier], &[]),
        case(
            "another protocol on a declared port",
            CaseKind::Evasion,
            &[mismatch],
            &[("office", Severity::P3)],
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_busiest_caller_is_named_first() {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let row = |port: u16, conversations: u64| Refused {
            conversations,
            dst_port: port,
            ..serde_json::from_value(cases()[0].rows[0][0].clone()).expect("a row of a case")
        };
        let callers = callers(&[row(443, 2), row(53, 3), row(443, 2)], &policy);
        let said: std::collections::BTreeSet<_> =
            callers.iter().map(|(who, calls)| (who.contains("tcp/443"), *calls)).collect();
        assert_eq!(said, [(true, 4), (false, 3)].into());
        assert!(callers[0].0.starts_with("pc-117 (10.31.0.117) to 203.0.113.40"));
    }
}
