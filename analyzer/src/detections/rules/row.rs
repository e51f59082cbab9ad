//! A rule of single rows: what matched in a step, by cause, with what matched before in the same hour.

use super::super::{About, Case, Context, Detection, Gate, Judged, Step};
use super::told;
use model::Time;
use policy::Policy;
use serde::Deserialize;
use serde_json::Value;
use sigma::compile::MOST_KEYS;
use sigma::{Found, Matched, Range, Rule};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Question;

/// A rule of single rows.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) about: &'static About,
    pub(super) rule: &'static Rule,
    /// Its number in the question.
    pub(super) number: u64,
    /// The question, which it shares with the other rules of its table.
    pub(super) asked: Arc<Matched>,
}

/// Rows that were looked at in a minute.
#[derive(Debug, Deserialize)]
pub(super) struct Looked {
    pub(super) at: i64,
    pub(super) rows: u64,
}

/// What stands in an answer in place of rows when the question cost too much.
pub(super) const OVER_BUDGET: &str = "over_budget";

impl Detection for Row {
    fn about(&self) -> &'static About {
        self.about
    }

    /// From the start of the step's hour, so that matches of an hour are one piece of evidence.
    fn questions(&self, step: &Step) -> Vec<Question> {
        let range = Range {
            window_from: step.from.floor(Time::HOUR),
            from: step.from,
            to: step.to,
            without: step.without.clone(),
        };
        let (found, looked) = (self.asked.question(&range), self.asked.population(&range));
        vec![found.within(self.about.budget), looked.within(self.about.budget)]
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn takes(&self, question: usize, row: &Value) -> bool {
        question > 0 || row.get("rule").is_none_or(|rule| rule.as_u64() == Some(self.number))
    }

    fn over_budget(&self, step: &Step, limit: &str) -> Option<Value> {
        Some(serde_json::json!({"at": step.from.0, OVER_BUDGET: limit}))
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let Context { step, policy, .. } = *context;
        let (population, mut unknown) = looked(&rows[1..], step)?;
        unknown.extend(over_budget(&rows[0], step));
        let found = read(&rows[0], self.number)?;
        let mut causes: BTreeMap<&[String], Vec<&Found>> = BTreeMap::new();
        for found in &found {
            let at = Time(found.at);
            if step.from.floor(Time::HOUR) <= at && at < step.to {
                causes.entry(&found.key).or_default().push(found);
            }
        }
        let in_step = |found: &&Found| step.from <= Time(found.at) && Time(found.at) < step.to;
        if let Some(keys) = found.iter().filter(in_step).map(|found| found.keys).max()
            && keys > MOST_KEYS
        {
            unknown.push((format!("more than {MOST_KEYS} causes a minute"), keys - MOST_KEYS));
        }
        let findings = causes.into_values().filter_map(|mut of_cause| {
            of_cause.sort_by_key(|found| (found.at, found.first_us));
            let is_new = of_cause.last().is_some_and(|last| Time(last.at) >= step.from);
            let start = Time(of_cause[0].at).floor(self.about.step_us);
            is_new.then(|| told::finding(&of_cause, self.rule, policy, start))
        });
        Ok(Judged { findings: findings.collect(), population, unknown, ..Judged::default() })
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        let found = read(&rows[0], self.number)?;
        let matches = of_subject(&found, subject, self.rule, context.policy)
            .map(|found| found.matches)
            .sum::<u64>();
        if matches == 0 {
            return Ok(Vec::new());
        }
        let rows = Gate {
            name: "rows".to_owned(),
            value: format!("{matches} match"),
            needs: "1".to_owned(),
            passes: true,
        };
        Ok(vec![rows, told::status_gate(self.rule)])
    }

    /// Its examples stand in the rule itself, and are run through the store.
    fn cases(&self) -> Vec<Case> {
        Vec::new()
    }
}

/// The matches of rule `number`, those of a question that cost too much left out.
pub(super) fn read(rows: &[Value], number: u64) -> anyhow::Result<Vec<Found>> {
    let own = rows.iter().filter(|row| row.get("rule").and_then(Value::as_u64) == Some(number));
    Ok(own.map(Found::deserialize).collect::<Result<_, _>>()?)
}

/// Rows looked at in the step, and the reasons for which some were not.
pub(super) fn looked(
    answers: &[Vec<Value>],
    step: &Step,
) -> anyhow::Result<(u64, Vec<(String, u64)>)> {
    let mut population = 0;
    let mut unknown = Vec::new();
    for rows in answers {
        unknown.extend(over_budget(rows, step));
        for row in rows.iter().filter(|row| row.get(OVER_BUDGET).is_none()) {
            let Looked { at, rows } = Looked::deserialize(row)?;
            if step.from <= Time(at) && Time(at) < step.to {
                population += rows;
            }
        }
    }
    Ok((population, unknown))
}

/// That a question cost too much, if it did.
pub(super) fn over_budget(rows: &[Value], step: &Step) -> Option<(String, u64)> {
    let is_of_step = |row: &&Value| row.get("at").and_then(Value::as_i64) == Some(step.from.0);
    let row = rows.iter().filter(is_of_step).find(|row| row.get(OVER_BUDGET).is_some())?;
    let limit = row.get(OVER_BUDGET).and_then(Value::as_str).unwrap_or_default();
    Some((format!("over budget: {limit}"), 1))
}

/// The matches of causes whose subject it is.
pub(super) fn of_subject<'f>(
    found: &'f [Found],
    subject: &'f str,
    rule: &'f Rule,
    policy: &'f Policy,
) -> impl Iterator<Item = &'f Found> {
    found.iter().filter(move |found| {
        told::ends(&found.key, rule, policy, Time(found.first_us)).0 == subject
    })
}

#[cfg(test)]
mod tests {
    use super::super::in_force;
    use super::*;
    use model::Severity;
    use serde_json::json;

    const POLICY: &str = r#"
zone = [{ id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 }]
host = [{ ip = "10.30.0.40", name = "ops-1" }]
[meta]
institution = "Example Bank"
version = 1
"#;

    /// Clear-text administration into a critical zone.
    const RULE: &str = "R-8f0b7d52";

    fn row(number: u64, minute: i64, matches: u64) -> Value {
        let at = minute * Time::MINUTE;
        json!({
            "at": at, "rule": number, "key": ["::ffff:10.30.0.40", "::ffff:10.40.2.51", "23"], "measure": matches,
            "matches": matches, "flows": matches, "flow_ids": [minute], "first_us": at + 5, "src_ip": "::ffff:10.30.0.40",
            "dst_ip": "::ffff:10.40.2.51", "dst_port": 23, "ip_protocol": 6, "src_zone": "", "dst_zone": "core", "keys": 1,
        })
    }

    /// What the rule says at minute 30 of the first hour.
    fn judged(id: &str, rows: &[Value]) -> (Judged, Vec<Gate>) {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let find = |one: &&&dyn Detection| one.about().id == id;
        let detection = in_force(&policy).iter().find(find).expect("it is shipped");
        let (from, to) = (Time(30 * Time::MINUTE), Time(31 * Time::MINUTE));
        let step = Step { from, to, window_from: Time(0), without: Vec::new() };
        let context = Context { step: &step, policy: &policy, coverage: &[], memory_from: Time(0) };
        let looked = json!({"at": from.0, "rows": 7});
        let rows = vec![rows.to_vec(), vec![looked]];
        let judged = detection.judge(&rows, &context).expect("rows of the answer's form");
        (judged, detection.gates("ops-1", &rows, &context).expect("the same rows"))
    }

    fn number(id: &str) -> u64 {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let find = |one: &&&dyn Detection| one.about().id == id;
        let detection = in_force(&policy).iter().find(find).expect("it is shipped");
        (1..100)
            .find(|number| detection.takes(0, &json!({"rule": number})))
            .expect("it has a number")
    }

    #[test]
    fn matches_of_an_hour_are_one_piece_of_evidence_from_its_first_minute_on() {
        let number = number(RULE);
        let (judged, gates) = judged(RULE, &[row(number, 30, 2), row(number, 12, 1)]);
        assert_eq!((judged.findings.len(), judged.population), (1, 7));
        let finding = &judged.findings[0];
        assert_eq!(finding.episode_start, Time(12 * Time::MINUTE));
        assert_eq!((finding.subject.as_str(), finding.object.as_str()), ("ops-1", "10.40.2.51 23"));
        assert_eq!((finding.severity, finding.zone.as_str()), (Severity::P3, "core"));
        assert_eq!(
            (finding.flow_ids.as_slice(), &finding.numbers["matches"]),
            ([12, 30].as_slice(), &json!(3))
        );
        assert!(gates.iter().all(|gate| gate.passes) && gates.len() == 2, "{gates:?}");
    }

    #[test]
    fn what_was_told_before_or_is_another_rules_is_not_told() {
        let number = number(RULE);
        let (judged, gates) =
            judged(RULE, &[row(number, 12, 1), row(number + 1, 30, 1), row(number, 31, 1)]);
        assert_eq!(judged.findings, []);
        assert!(!gates.is_empty());
    }

    #[test]
    fn what_costs_too_much_or_is_too_many_is_unknown_and_never_calm() {
        let number = number(RULE);
        let marker = json!({"at": 30 * Time::MINUTE, "over_budget": "20 rows"});
        assert_eq!(judged(RULE, &[marker]).0.unknown, [("over budget: 20 rows".to_owned(), 1)]);
        let mut many = row(number, 30, 1);
        many["keys"] = json!(MOST_KEYS + 4);
        let (judged, _) = judged(RULE, &[many]);
        assert_eq!((judged.findings.len(), judged.unknown[0].1), (1, 4));
    }

    #[test]
    fn an_experimental_rule_is_evidence_alone() {
        let id = "R-17b5d9e3";
        let (judged, gates) = judged(id, &[row(number(id), 30, 1)]);
        assert_eq!(judged.findings[0].severity, Severity::P0);
        assert!(gates.iter().any(|gate| gate.name == "status" && !gate.passes), "{gates:?}");
    }
}
