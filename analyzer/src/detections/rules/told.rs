//! What a rule's matches are told as: subject, object, sentence, parts of the score.

use super::super::Finding;
use crate::entities::{Entity, service};
use crate::score;
use model::warning::Contribution;
use model::{Severity, Time};
use policy::Policy;
use sigma::{Found, Rule, Status};
use std::net::Ipv6Addr;

/// Most letters of a part of a sentence that comes from a rule or from the wire.
const LONGEST: usize = 200;

/// Log-odds of a match: how often rules of this status are right, as a start value. Thousandths of a nat.
const fn prior(status: Status) -> i32 {
    match status {
        Status::Stable => 1_735,
        Status::Test => 1_099,
        _ => 0,
    }
}

/// Subject and object of a cause, from the values of its fields.
pub(super) fn ends(key: &[String], rule: &Rule, policy: &Policy, at: Time) -> (String, String) {
    let told: Vec<String> = key.iter().map(|value| entity(value, policy, at)).collect();
    let subject = told.first().cloned().unwrap_or_else(|| "everybody".to_owned());
    let object = if told.len() > 1 { told[1..].join(" ") } else { rule.slug() };
    (subject, object)
}

/// A value of a key: the name of the host if it is an address.
fn entity(value: &str, policy: &Policy, at: Time) -> String {
    match value.parse::<Ipv6Addr>() {
        Ok(ip) => Entity::at(policy, ip, at).key(),
        Err(_) if value.is_empty() => "-".to_owned(),
        Err(_) => value.to_owned(),
    }
}

/// The finding that the matches of one cause are; they are not empty and in the order of time.
pub(super) fn finding(
    found: &[&Found],
    rule: &Rule,
    policy: &Policy,
    episode_start: Time,
) -> Finding {
    let first = found[0];
    let at = Time(first.first_us);
    let (subject, object) = ends(&first.key, rule, policy, at);
    let zone = critical(policy, first);
    let matches: u64 = found.iter().map(|found| found.matches).sum();
    let mut flow_ids: Vec<u64> = found.iter().flat_map(|found| found.flow_ids.clone()).collect();
    flow_ids.sort_unstable();
    flow_ids.dedup();
    flow_ids.truncate(1_000);
    let mut numbers = serde_json::Map::new();
    numbers.insert("rule".into(), rule.detection().into());
    numbers.insert("matches".into(), matches.into());
    for (name, value) in rule.suppress_key.iter().zip(&first.key) {
        numbers.insert(name.clone(), entity(value, policy, at).into());
    }
    Finding {
        subject,
        object,
        episode_start,
        severity: rule.rings_with(),
        zone: if zone.is_empty() { "unknown".to_owned() } else { zone.to_owned() },
        surprise_millinats: None,
        contributions: contributions(rule, policy, zone),
        sentence: sentence(first, matches, rule, policy),
        numbers,
        flow_ids,
    }
}

fn critical<'f>(policy: &Policy, found: &'f Found) -> &'f str {
    let criticality = |zone: &str| policy.zone(zone).map_or(0, |zone| zone.criticality);
    if criticality(&found.dst_zone) > criticality(&found.src_zone) || found.src_zone.is_empty() {
        &found.dst_zone
    } else {
        &found.src_zone
    }
}

fn contributions(rule: &Rule, policy: &Policy, zone: &str) -> Vec<Contribution> {
    let status = rule.status.as_str();
    let mut parts =
        vec![score::part("rows match the rule, whose status is", status, prior(rule.status))];
    if policy.zone(zone).is_some_and(|zone| zone.criticality >= 8) {
        parts.push(score::part("a zone of criticality 8 or more", zone, 400));
    }
    parts
}

fn sentence(first: &Found, matches: u64, rule: &Rule, policy: &Policy) -> String {
    let at = Time(first.first_us);
    let (src, dst) = (Entity::at(policy, first.src_ip, at), Entity::at(policy, first.dst_ip, at));
    let rest = matches.saturating_sub(1);
    let more = match rest {
        0 => String::new(),
        1 => ", and once more".to_owned(),
        _ => format!(", and {rest} times more"),
    };
    let other = rule.falsepositives.first().map_or_else(String::new, |other| {
        format!(" What else looks like it: {}.", short(other).trim_end_matches('.'))
    });
    format!(
        "{}: {} to {} on {} at {}{more}.{other}",
        short(&rule.title).trim_end_matches('.'),
        src.described(),
        dst.described(),
        service(first.ip_protocol, first.dst_port),
        at.to_string().get(11..19).unwrap_or_default(),
    )
}

fn short(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Whether a finding of this severity rings, in the words of a gate.
pub(super) fn status_gate(rule: &Rule) -> super::super::Gate {
    super::super::Gate {
        name: "status".to_owned(),
        value: rule.status.as_str().to_owned(),
        needs: "test or stable, and a level above informational".to_owned(),
        passes: rule.rings_with() > Severity::P0,
    }
}
