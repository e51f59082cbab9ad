//! The rows of this view as the store answers them, and as the command line prints them.

use crate::decode;
use crate::triage::incident_name;
use crate::views::Subject;
use model::warning::Contribution;
use model::{Level, Severity, Time};
use serde::{Deserialize, Serialize};

/// A warning with what people did about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// 32 hexadecimal digits.
    pub id: String,
    /// When it rang.
    pub time: Time,
    /// Start of its episode.
    pub episode_start: Time,
    /// Detection id.
    pub detection: String,
    /// Who is accused.
    pub subject: String,
    /// What they acted on.
    pub object: String,
    /// The more critical of its zones.
    pub zone: String,
    /// Business services of that zone.
    pub business: Vec<String>,
    /// What it is about.
    pub severity: Severity,
    /// How far up it goes.
    pub level: Level,
    /// In ten-thousandths.
    pub score: u16,
    /// Parts of the score; their sum is its log-odds.
    #[serde(deserialize_with = "decode::inner")]
    pub contributions: Vec<Contribution>,
    /// What a person can act on.
    pub sentence: String,
    /// ATT&CK technique ids.
    pub attack: Vec<String>,
    /// Evidence it joins.
    pub evidence_ids: Vec<String>,
    /// State in a person's hands.
    pub state: String,
    /// Who owns it.
    pub owner: String,
    /// Newest act on it, 0 if none.
    pub seq: u32,
    /// When it comes back by itself, if it is shelved.
    pub until: Option<Time>,
}

impl Row {
    /// The sentence without what stands beside it in a list: see [`brief`].
    pub fn what(&self) -> String {
        brief(&self.subject, &self.sentence)
    }

    /// As far as an act on it needs.
    pub fn subject(&self) -> Subject {
        Subject {
            id: self.id.clone(),
            state: self.state.clone(),
            owner: self.owner.clone(),
            seq: self.seq,
            level: self.level,
            until: self.until,
        }
    }

    /// The score as a probability, `0.94`.
    pub fn score_text(&self) -> String {
        format!("{:.2}", f64::from(self.score) / 10_000.0)
    }

    /// The sum of the parts in nats, and the probability that it is the log-odds of.
    pub fn sum(&self) -> (f64, f64) {
        let millinats: i64 = self.contributions.iter().map(|part| i64::from(part.millinats)).sum();
        let nats = millinats as f64 / 1000.0;
        (nats, 1.0 / (1.0 + (-nats).exp()))
    }

    /// Whether the parts add up to the score, to the digits that are shown.
    pub fn adds_up(&self) -> bool {
        (self.sum().1 - f64::from(self.score) / 10_000.0).abs() < 0.0051
    }
}

/// A sentence without the subject, its address and its zone, as far as they begin it: what a narrow column has room for.
pub fn brief(subject: &str, sentence: &str) -> String {
    let Some(rest) = sentence.strip_prefix(subject) else {
        return sentence.replacen(&format!(" from zone {subject} "), " ", 1);
    };
    let rest = rest.trim_start();
    let after_address = rest.strip_prefix('(').and_then(|inner| inner.split_once(')'));
    let rest = after_address.map_or(rest, |(_, after)| after.trim_start());
    let after_zone = rest.strip_prefix("of zone ").and_then(|zone| zone.split_once(' '));
    after_zone.map_or(rest, |(_, after)| after).to_owned()
}

/// One judged fact behind a warning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// 32 hexadecimal digits.
    pub id: String,
    /// Detection id.
    pub detection: String,
    /// Who is accused.
    pub subject: String,
    /// What they acted on.
    pub object: String,
    /// When the condition first held.
    pub episode_start: Time,
    /// When it rang.
    pub seen: Time,
    /// p-value of the statistic.
    pub p_value: f64,
    /// What it is about.
    pub severity: Severity,
    /// 0: withdrawn.
    pub strength: u8,
    /// Features and thresholds.
    #[serde(deserialize_with = "decode::inner")]
    pub numbers: serde_json::Map<String, serde_json::Value>,
    /// Flows behind it.
    pub flow_ids: Vec<u64>,
    /// Coverage of the taps it rests on.
    #[serde(deserialize_with = "decode::inner")]
    pub coverage: serde_json::Value,
    /// Version of the detection.
    pub rule_version: String,
}

impl Evidence {
    /// Its numbers that a person can read at a glance: without the inner ones of the statistic (`_z`, `_millinats`).
    pub fn brief(&self) -> Vec<String> {
        let inner = |name: &str| name.ends_with("_z") || name.contains("millinats");
        self.told_of(|name| !inner(name))
    }

    /// Its numbers in words, without empty ones; those of the score stand in the score.
    pub fn told(&self) -> Vec<String> {
        self.told_of(|_| true)
    }

    fn told_of(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let numbers = self.numbers.iter().filter(|(name, _)| *name != "because" && wanted(name));
        let numbers = numbers.filter(|(_, value)| !told(value).is_empty());
        numbers.map(|(name, value)| format!("{} {}", name.replace('_', " "), told(value))).collect()
    }
}

/// A value as a person writes it.
fn told(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(told).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The incident that a warning is part of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// 32 hexadecimal digits.
    pub id: String,
    /// `open` or `closed`.
    pub state: String,
    /// The furthest stage, one letter.
    pub stage: String,
    /// What happened, in one line.
    pub title: String,
    /// Its warnings, in the order in which they rang.
    pub warnings: Vec<String>,
    /// Entities of the chain.
    pub path: Vec<String>,
    /// Start of its first episode.
    pub started: Time,
    /// The worst of its warnings.
    pub level: Level,
    /// The most critical zone that it has touched.
    pub zone: String,
    /// Index of the institution before it.
    pub index_before: f64,
    /// Index of the institution at its newest judgement.
    pub index_after: f64,
}

impl Incident {
    /// Name, state and stage, and the place of a warning in it: `INC-1f00aa21 open, at stage L; this is 2 of 4`.
    pub fn told(&self, warning: &str) -> String {
        let place = self.warnings.iter().position(|id| id == warning);
        let place = place.map_or_else(String::new, |at| format!("{} of ", at + 1));
        let (name, count) = (incident_name(&self.id), self.warnings.len());
        format!("{name} {}, at stage {}; this is {place}{count}", self.state, self.stage)
    }
}

impl Act {
    /// How it was closed, why, and what was noted.
    pub fn words(&self) -> String {
        let words = [&self.disposition, &self.reason, &self.note];
        words.into_iter().filter(|word| !word.is_empty()).cloned().collect::<Vec<_>>().join(" · ")
    }
}

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When.
    pub at: Time,
    /// Who: the ClickHouse user.
    pub actor: String,
    /// What.
    pub action: String,
    /// State before.
    pub state_from: String,
    /// State after.
    pub state_to: String,
    /// Who owns it then.
    pub owner: String,
    /// How it was closed.
    pub disposition: String,
    /// Why.
    pub reason: String,
    /// In their words.
    pub note: String,
    /// Number of the act.
    pub seq: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrow_column_does_not_repeat_the_subject() {
        for (subject, sentence, expected) in [
            ("op-1", "op-1 (10.40.8.65) opened tcp/445 to saa-1", "opened tcp/445 to saa-1"),
            ("pc-117", "pc-117 (10.31.0.117) of zone office has called cdn", "has called cdn"),
            ("pc-117", "pc-117 calls (often) cdn", "calls (often) cdn"),
            (
                "office",
                "27 conversations from zone office to zone internet",
                "27 conversations to zone internet",
            ),
            ("core", "a sentence of another kind", "a sentence of another kind"),
        ] {
            assert_eq!(brief(subject, sentence), expected);
        }
    }
}
