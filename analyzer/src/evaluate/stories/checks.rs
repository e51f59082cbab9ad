//! A story's situations, its incident and its quiet, against what was told.

use super::told::{Incident, Situation, Told};
use super::{Outcome, Rang, Truth, is_judged};
use model::Severity;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A situation level that a story speaks of.
#[derive(Debug, Clone, Deserialize)]
pub struct ExpectedSituation {
    /// `zone` or `institution`.
    pub scope: String,
    /// Which one.
    pub name: String,
    /// The level, or a worse one.
    pub level: String,
    /// The latest minute.
    pub by_minute: i64,
}

/// One thing that was checked besides single warnings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What became of it.
    pub outcome: Outcome,
    /// In words.
    pub said: String,
}

fn check(outcome: Outcome, said: impl Into<String>) -> Check {
    Check { outcome, said: said.into() }
}

/// Every check that the truth asks for.
pub(super) fn all(truth: &Truth, rang: &[Rang], told: &Told) -> Vec<Check> {
    let mut checks: Vec<Check> =
        truth.situations.iter().map(|one| situation(truth, one, told)).collect();
    checks.extend(chain(truth, rang, told));
    if let Some(most) = truth.index_below {
        checks.push(index_below(truth, most, told));
    }
    if truth.level_none {
        checks.push(no_level(truth, told));
    }
    checks.extend(standing(truth, rang));
    checks
}

/// How bad a level is: 4 for I, 0 for none.
pub(super) fn badness(level: &str) -> u8 {
    match level {
        "I" => 4,
        "II" => 3,
        "III" => 2,
        "IV" => 1,
        _ => 0,
    }
}

/// The first moment at which the level, or a worse one, was reached.
pub(super) fn reached<'a>(expected: &ExpectedSituation, told: &'a Told) -> Option<&'a Situation> {
    told.situations.iter().find(|row| {
        (&row.scope, &row.name) == (&expected.scope, &expected.name)
            && badness(&row.level) >= badness(&expected.level)
    })
}

fn situation(truth: &Truth, expected: &ExpectedSituation, told: &Told) -> Check {
    let ExpectedSituation { name, level, by_minute, .. } = expected;
    if told.situations.is_empty() {
        return check(
            Outcome::Missed,
            format!("situation {name} {level}: table situation has no row of this time"),
        );
    }
    let Some(row) = reached(expected, told) else {
        return check(
            Outcome::Missed,
            format!("situation {name} {level} never, allowed {by_minute}"),
        );
    };
    let minute = truth.minute(row.at);
    let outcome = if minute > *by_minute { Outcome::Late } else { Outcome::Found };
    check(outcome, format!("situation {name} {} at {minute}, allowed {by_minute}", row.level))
}

/// The warnings of the chain have to be in one incident, in its order; none of them may open another.
fn chain(truth: &Truth, rang: &[Rang], told: &Told) -> Option<Check> {
    if truth.chain.is_empty() {
        return None;
    }
    let order = truth.chain.join(" > ");
    if let Some(unknown) = truth.chain.iter().find(|id| !is_judged(id)) {
        return Some(check(
            Outcome::NotYetJudged,
            format!("one incident in the order {order}: nothing judges {unknown}"),
        ));
    }
    let of_chain = |incident: &Incident| -> Vec<String> {
        let mut first = Vec::new();
        for warning in &incident.warnings {
            let detection =
                rang.iter().find(|rang| rang.id == *warning).map(|rang| rang.detection.clone());
            first.extend(detection.filter(|id| truth.chain.contains(id) && !first.contains(id)));
        }
        first
    };
    let with_any: Vec<_> =
        told.incidents.iter().filter(|incident| !of_chain(incident).is_empty()).collect();
    let said = match with_any.as_slice() {
        [] => check(Outcome::Missed, format!("one incident in the order {order}: there is none")),
        [one] if of_chain(one) == truth.chain => check(
            Outcome::Found,
            format!(
                "one incident of {} warnings in the order {order}, on the way {}",
                one.warnings.len(),
                if one.path.is_empty() { "unknown".to_owned() } else { one.path.join(" > ") }
            ),
        ),
        [one] => check(
            Outcome::Missed,
            format!("one incident in the order {order}: it is {}", of_chain(one).join(" > ")),
        ),
        several if truth.one_incident => check(
            Outcome::Missed,
            format!(
                "one incident in the order {order}: there are {} with a part of it",
                several.len()
            ),
        ),
        several => {
            check(Outcome::Found, format!("{} incidents with a part of {order}", several.len()))
        }
    };
    Some(said)
}

fn index_below(truth: &Truth, most: u32, told: &Told) -> Check {
    let highest = told.situations.iter().max_by(|a, b| a.index.total_cmp(&b.index));
    let Some(row) = highest else {
        return check(
            Outcome::Missed,
            format!("index below {most}: table situation has no row of this time"),
        );
    };
    let outcome = if row.index < f64::from(most) { Outcome::Found } else { Outcome::False };
    let minute = truth.minute(row.at);
    check(
        outcome,
        format!(
            "index at most {:.2} ({} at minute {minute}), allowed below {most}",
            row.index, row.name
        ),
    )
}

fn no_level(truth: &Truth, told: &Told) -> Check {
    if told.situations.is_empty() {
        return check(
            Outcome::Missed,
            "no situation level: table situation has no row of this time",
        );
    }
    match told.situations.iter().find(|row| badness(&row.level) > 0) {
        None => check(Outcome::Found, "no situation level was reached"),
        Some(row) => check(
            Outcome::False,
            format!(
                "situation {} {} at {}, where none may be reached",
                row.name,
                row.level,
                truth.minute(row.at)
            ),
        ),
    }
}

/// What stands is told once: every subject and object of a standing detection rings a single time.
fn standing(truth: &Truth, rang: &[Rang]) -> Vec<Check> {
    let ids: BTreeSet<&str> = truth
        .expected
        .iter()
        .filter(|one| one.standing)
        .map(|one| one.detection.as_str())
        .collect();
    let check_of = |id: &str| {
        let of_it: Vec<_> =
            rang.iter().filter(|one| one.detection == id && one.severity > Severity::P0).collect();
        let causes: BTreeSet<_> = of_it.iter().map(|one| (&one.subject, &one.object)).collect();
        let outcome = if of_it.len() == causes.len() { Outcome::Found } else { Outcome::False };
        check(outcome, format!("{id} stands: {} told, {} warnings", causes.len(), of_it.len()))
    };
    ids.into_iter().map(check_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Time;

    const TRUTH: &str = r#"{
        "story": "S3", "title": "FASTCash", "t0": "2026-03-15T02:00:00Z", "from": "2026-03-15T01:50:00Z",
        "to": "2026-03-15T04:00:00Z",
        "expected": [{"detection": "FIN-11", "severity": "P1", "subject": "sw-1", "by_minute": 120, "must": "ring", "standing": true}],
        "situations": [{"scope": "zone", "name": "pay-switch", "level": "II", "by_minute": 12}],
        "chain": ["FIN-09", "FIN-12"], "one_incident": true, "index_below": 20, "level_none": true
    }"#;

    fn at(minute: i64) -> Time {
        "2026-03-15T02:00:00Z".parse::<Time>().expect("a time").plus(minute * Time::MINUTE)
    }

    fn stands(minute: i64, index: f64, level: &str) -> Situation {
        Situation {
            at: at(minute),
            scope: "zone".into(),
            name: "pay-switch".into(),
            index,
            level: level.into(),
        }
    }

    fn rang(id: &str, detection: &str) -> Rang {
        Rang {
            at: at(11),
            id: id.into(),
            detection: detection.into(),
            subject: "sw-1".into(),
            object: "auth-1".into(),
            severity: Severity::P1,
            sentence: "a sentence".into(),
        }
    }

    fn incident(warnings: &[&str]) -> Incident {
        let warnings = warnings.iter().map(|id| (*id).to_owned()).collect();
        Incident { id: "i".into(), warnings, path: vec!["atm-gw-1".into(), "sw-1".into()] }
    }

    fn outcomes(rang: &[Rang], told: &Told) -> Vec<(Outcome, String)> {
        let truth = Truth::read(TRUTH).expect("the truth above");
        all(&truth, rang, told).into_iter().map(|check| (check.outcome, check.said)).collect()
    }

    #[test]
    fn a_situation_is_found_at_its_level_or_a_worse_one_and_late_after_its_minute() {
        let check = |rows: Vec<Situation>, outcome: Outcome, said: &str| {
            let told = Told { situations: rows, ..Told::default() };
            assert_eq!(outcomes(&[], &told)[0], (outcome, said.to_owned()));
        };
        let found = "situation pay-switch I at 11, allowed 12";
        check(vec![stands(10, 45.0, "III"), stands(11, 90.0, "I")], Outcome::Found, found);
        check(
            vec![stands(13, 70.0, "II")],
            Outcome::Late,
            "situation pay-switch II at 13, allowed 12",
        );
        check(
            vec![stands(13, 45.0, "III")],
            Outcome::Missed,
            "situation pay-switch II never, allowed 12",
        );
        check(
            vec![],
            Outcome::Missed,
            "situation pay-switch II: table situation has no row of this time",
        );
    }

    #[test]
    fn a_chain_is_one_incident_in_its_order() {
        let rang =
            [rang("a", "FIN-09"), rang("b", "FIN-12"), rang("c", "POL"), rang("d", "FIN-11")];
        let check = |incidents: Vec<Incident>, outcome: Outcome, said: &str| {
            let told = Told { incidents, ..Told::default() };
            assert_eq!(outcomes(&rang, &told)[1], (outcome, said.to_owned()));
        };
        let whole =
            "one incident of 3 warnings in the order FIN-09 > FIN-12, on the way atm-gw-1 > sw-1";
        check(vec![incident(&["a", "c", "b"]), incident(&["c"])], Outcome::Found, whole);
        let other = "one incident in the order FIN-09 > FIN-12: it is FIN-12 > FIN-09";
        check(vec![incident(&["b", "a"])], Outcome::Missed, other);
        let two = "one incident in the order FIN-09 > FIN-12: there are 2 with a part of it";
        check(vec![incident(&["a"]), incident(&["b"])], Outcome::Missed, two);
        check(
            vec![incident(&["c"])],
            Outcome::Missed,
            "one incident in the order FIN-09 > FIN-12: there is none",
        );
    }

    #[test]
    fn a_quiet_day_has_a_low_index_and_no_level() {
        let quiet = Told { situations: vec![stands(5, 19.994, "-")], ..Told::default() };
        let said = outcomes(&[], &quiet);
        assert_eq!(
            said[2],
            (
                Outcome::Found,
                "index at most 19.99 (pay-switch at minute 5), allowed below 20".into()
            )
        );
        assert_eq!(said[3].0, Outcome::Found);
        let loud = Told { situations: vec![stands(5, 20.0, "IV")], ..Told::default() };
        let said = outcomes(&[], &loud);
        assert_eq!((said[2].0, said[3].0), (Outcome::False, Outcome::False));
    }

    #[test]
    fn what_stands_is_told_once() {
        let last =
            |rang: &[Rang]| outcomes(rang, &Told::default()).pop().expect("a check of what stands");
        assert_eq!(
            last(&[rang("d", "FIN-11")]),
            (Outcome::Found, "FIN-11 stands: 1 told, 1 warnings".into())
        );
        let twice = [rang("d", "FIN-11"), rang("e", "FIN-11")];
        assert_eq!(last(&twice), (Outcome::False, "FIN-11 stands: 1 told, 2 warnings".into()));
    }
}
