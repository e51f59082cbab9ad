//! A correlation: what its rules matched within the window that ends with the step, by group.

use super::super::{About, Case, Context, Detection, Gate, Judged, Step, WhatIf};
use super::row::{self, OVER_BUDGET, of_subject};
use super::told;
use model::Time;
use serde_json::Value;
use sigma::compile::MOST_KEYS;
use sigma::rule::Threshold;
use sigma::{Correlated, Found, Range, Rule};
use store::Question;

/// A correlation.
#[derive(Debug)]
pub(super) struct Correlation {
    pub(super) about: &'static About,
    pub(super) rule: &'static Rule,
    pub(super) asked: Correlated,
}

impl Correlation {
    fn threshold(&self) -> Threshold {
        self.rule.correlation().expect("it is one").threshold
    }

    /// What was found in the window that ends with the step.
    fn found(rows: &[Value], step: &Step) -> anyhow::Result<Vec<Found>> {
        let mut found = row::read(rows, 1)?;
        found.retain(|found| Time(found.at) == step.from);
        Ok(found)
    }
}

impl Detection for Correlation {
    fn about(&self) -> &'static About {
        self.about
    }

    fn questions(&self, step: &Step) -> Vec<Question> {
        let range = Range {
            window_from: step.window_from,
            from: step.from,
            to: step.to,
            without: step.without.clone(),
        };
        let mut questions = vec![self.asked.question(&range)];
        questions.extend(self.asked.populations(&range));
        questions.into_iter().map(|question| question.within(self.about.budget)).collect()
    }

    fn cut(&self) -> Option<&'static str> {
        Some("at")
    }

    fn over_budget(&self, step: &Step, limit: &str) -> Option<Value> {
        Some(serde_json::json!({"at": step.from.0, OVER_BUDGET: limit}))
    }

    fn judge(&self, rows: &[Vec<Value>], context: &Context<'_>) -> anyhow::Result<Judged> {
        let Context { step, policy, .. } = *context;
        let (population, mut unknown) = row::looked(&rows[1..], step)?;
        unknown.extend(row::over_budget(&rows[0], step));
        let found = Self::found(&rows[0], step)?;
        let threshold = self.threshold();
        // The groups that an answer leaves out come no nearer than its last one.
        let last = found.iter().map(|found| found.measure).min().unwrap_or(0);
        if let Some(keys) = found.first().map(|found| found.keys).filter(|keys| *keys > MOST_KEYS)
            && last >= threshold.least
        {
            unknown.push((format!("more than {MOST_KEYS} groups a window"), keys - MOST_KEYS));
        }
        let rings = found.iter().filter(|found| threshold.holds(found.measure));
        let findings = rings.map(|found| {
            let start = Time(found.first_us).floor(self.about.step_us);
            let mut finding = told::finding(&[found], self.rule, policy, start);
            finding.numbers.insert("measure".into(), found.measure.into());
            finding.numbers.insert("needs".into(), threshold.to_string().into());
            finding
        });
        Ok(Judged { findings: findings.collect(), population, unknown, ..Judged::default() })
    }

    fn gates(
        &self,
        subject: &str,
        rows: &[Vec<Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        let found = Self::found(&rows[0], context.step)?;
        let most =
            of_subject(&found, subject, self.rule, context.policy).map(|found| found.measure).max();
        let Some(most) = most else { return Ok(Vec::new()) };
        let threshold = self.threshold();
        let count = Gate {
            name: "threshold".to_owned(),
            value: most.to_string(),
            needs: threshold.to_string(),
            passes: threshold.holds(most),
        };
        Ok(vec![count, told::status_gate(self.rule)])
    }

    fn what_if(&self, subject: &str, rows: &[Vec<Value>], context: &Context<'_>) -> Vec<WhatIf> {
        let Ok(found) = Self::found(&rows[0], context.step) else { return Vec::new() };
        let mut of_subject = of_subject(&found, subject, self.rule, context.policy);
        let least = self.threshold().least;
        let Some(nearest) = of_subject.find(|found| !self.threshold().holds(found.measure)) else {
            return Vec::new();
        };
        let mut changed = rows.to_vec();
        let is_nearest = |row: &Value| {
            row.get("at").and_then(Value::as_i64) == Some(nearest.at)
                && row.get("key").is_some_and(|key| *key == serde_json::json!(nearest.key))
        };
        for row in changed[0].iter_mut().filter(|row| is_nearest(row)) {
            row["measure"] = least.into();
        }
        let said = format!("with {least} within its timespan, not {}", nearest.measure);
        vec![WhatIf { said, rows: changed }]
    }

    /// Its examples stand in the rule itself, and are run through the store.
    fn cases(&self) -> Vec<Case> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::in_force;
    use super::*;
    use policy::Policy;
    use serde_json::json;

    const POLICY: &str = "[meta]\ninstitution = \"Example Bank\"\nversion = 1\n";

    /// Many names of one domain are asked for their texts: 40 within ten minutes, in steps of three.
    const RULE: &str = "R-c2d9a6b0";

    fn row(at: i64, measure: u64) -> Value {
        json!({
            "at": at * Time::MINUTE, "rule": 1, "key": ["::ffff:10.31.0.7", "example.net"], "measure": measure,
            "matches": 90, "flows": 3, "flow_ids": [1, 2, 3], "first_us": at * Time::MINUTE, "src_ip": "::ffff:10.31.0.7",
            "dst_ip": "::ffff:10.30.1.2", "dst_port": 53, "ip_protocol": 17, "src_zone": "office", "dst_zone": "identity",
            "keys": 1,
        })
    }

    fn with<T>(act: impl FnOnce(&dyn Detection, &Context<'_>) -> T) -> T {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let detections = in_force(&policy);
        let detection =
            detections.iter().find(|one| one.about().id == RULE).expect("it is shipped");
        let (from, to) = (Time(30 * Time::MINUTE), Time(33 * Time::MINUTE));
        let step = Step { from, to, window_from: Time(21 * Time::MINUTE), without: Vec::new() };
        act(
            *detection,
            &Context { step: &step, policy: &policy, coverage: &[], memory_from: Time(0) },
        )
    }

    #[test]
    fn a_group_rings_from_its_threshold_on_and_why_not_says_what_was_missing() {
        with(|detection, context| {
            assert_eq!(
                (detection.about().step_us, detection.about().window_us),
                (3 * Time::MINUTE, 12 * Time::MINUTE)
            );
            let rows = |measure| vec![vec![row(30, measure), row(27, 99)], Vec::new()];
            let rings =
                |rows: &[Vec<Value>]| detection.judge(rows, context).expect("rows").findings.len();
            assert_eq!((rings(&rows(40)), rings(&rows(39))), (1, 0));
            let gates = detection.gates("10.31.0.7", &rows(39), context).expect("rows");
            assert_eq!(
                (gates[0].value.as_str(), gates[0].needs.as_str(), gates[0].passes),
                ("39", "40 or more", false)
            );
            let changed = detection.what_if("10.31.0.7", &rows(39), context);
            assert_eq!((changed.len(), rings(&changed[0].rows)), (1, 1), "{changed:?}");
            assert!(detection.what_if("10.31.0.7", &rows(40), context).is_empty());
        });
    }
}
