//! From a finding to a row of evidence that holds all that a warning is made of.

use crate::detections::{About, Finding};
use crate::score;
use model::evidence::{Evidence, cause_key, evidence_id};
use model::warning::Contribution;
use model::{Severity, Text, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One finding in its step.
#[derive(Debug, Clone)]
pub struct Rung {
    /// Which detection.
    pub about: &'static About,
    /// Place in the order of precedence.
    pub precedence: usize,
    /// End of the step: when it rang.
    pub seen: Time,
    /// What was found.
    pub finding: Finding,
    /// Coverage of the step, as a JSON object.
    pub coverage: String,
}

/// Why evidence rings: what its warning says. It stands in `numbers` under `because`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Because {
    /// Parts of the log-odds.
    pub contributions: Vec<Contribution>,
    /// What a person can act on.
    pub sentence: String,
    /// The more critical of the zones it touches.
    pub zone: String,
}

const BECAUSE: &str = "because";

impl Because {
    /// What stands in the numbers of a row of evidence; none if it was not written by this program.
    pub fn of(evidence: &Evidence) -> Option<Self> {
        let numbers: Map<String, Value> = serde_json::from_str(&evidence.numbers).ok()?;
        serde_json::from_value(numbers.get(BECAUSE)?.clone()).ok()
    }

    /// The sum of its parts, in thousandths of a nat.
    pub fn sum(&self) -> i32 {
        score::sum(&self.contributions)
    }
}

impl Rung {
    /// The row of evidence, as revision 0.
    pub fn evidence(&self, policy: &str) -> Evidence {
        let Finding { subject, object, episode_start, surprise_millinats, .. } = &self.finding;
        let because = self.because();
        let rings = score::score(because.sum()) >= score::RINGS_AT;
        let mut numbers = self.finding.numbers.clone();
        let said = serde_json::to_value(&because).expect("names and numbers are JSON");
        numbers.insert(BECAUSE.to_owned(), said);
        let mut flow_ids = self.finding.flow_ids.clone();
        flow_ids.sort_unstable();
        flow_ids.dedup();
        flow_ids.truncate(1_000);
        Evidence {
            id: evidence_id(self.about.id, subject, object, *episode_start),
            revision: 0,
            strength: 1,
            detection: self.about.id.to_owned(),
            subject: safe(subject),
            object: safe(object),
            cause: cause_key(self.about.name, subject, self.finding.cause()),
            episode_start: *episode_start,
            seen: self.seen,
            p_value: surprise_millinats
                .map_or(1.0, |millinats| (-f64::from(millinats) / 1_000.0).exp()),
            severity: if rings { self.finding.severity } else { Severity::P0 },
            numbers: Value::Object(safe_numbers(numbers)).to_string(),
            flow_ids,
            coverage: self.coverage.clone(),
            policy: policy.to_owned(),
            rule_version: score::rule_version(self.about.id, self.about.version),
        }
    }

    fn because(&self) -> Because {
        let contributions = score::limited(self.finding.contributions.clone());
        let contributions = contributions.into_iter().map(|part| Contribution {
            name: safe(&part.name),
            value: safe(&part.value),
            ..part
        });
        Because {
            contributions: contributions.collect(),
            sentence: safe(&self.finding.sentence),
            zone: safe(&self.finding.zone),
        }
    }
}

/// Text that the store takes: bounded, and without a run of digits that could be an account number.
fn safe(text: &str) -> String {
    Text::from(text).into()
}

/// Numbers that the store takes: one of 13 digits or more is written in groups of three.
fn safe_numbers(numbers: Map<String, Value>) -> Map<String, Value> {
    numbers.into_iter().map(|(name, value)| (safe(&name), safe_value(value))).collect()
}

fn safe_value(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(safe(&text)),
        Value::Array(all) => Value::Array(all.into_iter().map(safe_value).collect()),
        Value::Object(all) => Value::Object(safe_numbers(all)),
        Value::Number(number) if has_long_run(&number.to_string()) => {
            Value::String(grouped(&number.to_string()))
        }
        other => other,
    }
}

fn has_long_run(text: &str) -> bool {
    text.split(|letter: char| !letter.is_ascii_digit()).any(|run| run.len() >= 13)
}

fn grouped(text: &str) -> String {
    let mut out = String::new();
    for (at, letter) in text.chars().enumerate() {
        let left = text.len() - at;
        if at > 0 && left.is_multiple_of(3) && letter.is_ascii_digit() && !out.ends_with(['-', '.'])
        {
            out.push(' ');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_number_is_written_in_groups() {
        let numbers: Map<_, _> = [
            ("at".to_owned(), Value::from(1_773_316_800_000_000i64)),
            ("n".to_owned(), Value::from(12)),
        ]
        .into_iter()
        .collect();
        let safe = safe_numbers(numbers);
        assert_eq!(safe["at"], Value::from("1 773 316 800 000 000"));
        assert_eq!(safe["n"], Value::from(12));
    }

    proptest! {
        #[test]
        fn no_number_keeps_a_run_of_thirteen_digits(whole in any::<i64>(), part in any::<f64>()) {
            for number in [Value::from(whole), Value::from(part)] {
                let text = safe_value(number).to_string();
                prop_assert!(!has_long_run(&text), "{text}");
            }
        }
    }
}
