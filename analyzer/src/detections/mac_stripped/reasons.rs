//! What it means that a link has no codes, or lost them, and what to do.

use super::ABOUT;
use super::links::{Link, Lost, Never};
use crate::detections::Context;
use crate::entities::Entity;
use crate::score;
use model::warning::Contribution;
use model::{Severity, Time};
use serde_json::{Map, Value, json};

/// Why a link rings.
pub(super) struct Reason {
    pub(super) episode_start: Time,
    pub(super) severity: Severity,
    pub(super) contributions: Vec<Contribution>,
    pub(super) sentence: String,
    pub(super) numbers: Map<String, Value>,
    pub(super) flow_ids: Vec<u64>,
}

fn ends(link: &Link, context: &Context<'_>) -> String {
    let at = |ip| Entity::at(context.policy, ip, context.step.from).described();
    format!("{} to {}", at(link.asker), at(link.answerer))
}

fn numbers<const N: usize>(numbers: [(&str, Value); N]) -> Map<String, Value> {
    numbers.map(|(name, value)| (name.to_owned(), value)).into_iter().collect()
}

/// It never had any. The episode is the day: in whatever minute of it this is judged, it is the same evidence.
pub(super) fn standing(link: &Link, why: Never, context: &Context<'_>) -> Reason {
    let (name, said) = match why {
        Never::Declared => ("the policy's link says so", "as policy says"),
        Never::Seen => ("none in thirty days", "nor did any in the thirty days before"),
    };
    Reason {
        episode_start: context.step.from.floor(Time::DAY),
        severity: Severity::P1,
        contributions: vec![score::part("no message has an authentication code", name, 800)],
        sentence: format!(
            "No message on link {} ({}) carries an authentication code, {said}: whoever is on the way can change a response \
             code unseen. Plan keys for this link; until then its legs are compared.",
            link.name,
            ends(link, context)
        ),
        numbers: numbers([("link", json!(link.name)), ("declared", json!(why == Never::Declared))]),
        flow_ids: Vec::new(),
    }
}

/// It lost them.
pub(super) fn stripped(link: &Link, lost: &[Lost], context: &Context<'_>) -> Reason {
    let worst = lost
        .iter()
        .max_by_key(|lost| (lost.count.hour.messages - lost.count.hour.fresh, lost.kind.clone()))
        .expect("some kind lost its codes");
    let (hour, usual) = (worst.count.hour, worst.count.usual);
    let missing = hour.messages - hour.fresh;
    let repeated = hour.coded - hour.fresh;
    let mut parts = Vec::new();
    if worst.required {
        parts.push(score::part("policy requires a code on this link", "", 2_200));
    } else {
        let value = format!(
            "{missing} of {} in an hour, usually {} of {}",
            hour.messages,
            usual.messages - usual.fresh,
            usual.messages
        );
        parts.push(score::part("codes that were always there are missing", value, 1_800));
    }
    if repeated > 0 {
        parts.push(score::part(
            "the code only repeats the one before it",
            repeated.to_string(),
            400,
        ));
    }
    if missing == hour.messages {
        parts.push(score::part("no message has one any more", "", 400));
    }
    let how = if repeated * 2 > missing {
        "carry the same authentication code as the one before"
    } else {
        "lost their authentication code"
    };
    Reason {
        episode_start: context.step.from,
        severity: ABOUT.severity,
        contributions: parts,
        sentence: format!(
            "{missing} of {} {} on link {} ({}) {how} within an hour. Find out who changed keys or programs at either end, \
             and compare the legs of what passed meanwhile.",
            hour.messages,
            worst.kind,
            link.name,
            ends(link, context)
        ),
        numbers: numbers([
            ("link", json!(link.name)),
            ("kind", json!(worst.kind)),
            ("messages in an hour", json!(hour.messages)),
            ("missing", json!(missing)),
            ("repeated", json!(repeated)),
            ("messages in 30 days", json!(usual.messages)),
            ("missing in 30 days", json!(usual.messages - usual.fresh)),
        ]),
        flow_ids: link.flow_ids.iter().copied().take(1_000).collect(),
    }
}
