//! The course of a story: the index over time, what was foreseen, and the money clock.

use super::checks::{badness, reached};
use super::told::Told;
use super::{Outcome, Report, Truth};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;

/// Minutes between two values of a series.
const EVERY_MIN: i64 = 30;
/// Series that are shown.
const SERIES: usize = 4;

/// The index of one scope over time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Zone, or the institution's name.
    pub name: String,
    /// Index at the first minute of play and at every thirtieth from there, rounded; none before the first row.
    pub index: Vec<Option<u8>>,
    /// Its highest, and when. Minutes.
    pub highest: (u8, i64),
    /// The worst level that it reached; `-` for none.
    pub level: String,
}

/// When the first warning rang, and when money or data begins to leave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MoneyClock {
    /// Minute of the first required warning that does not stand, and its detection; none if there was none.
    pub first: Option<(i64, String)>,
    /// The minute in which money begins to leave.
    pub leaves: i64,
    /// Minutes between them.
    pub lead: Option<i64>,
    /// The least lead that passes, where the story says one.
    pub least: Option<i64>,
}

/// The worst scopes, the worst first; those that were never more than calm are left out.
pub(super) fn series(truth: &Truth, told: &Told) -> Vec<Series> {
    let mut by_name: BTreeMap<&str, Vec<(i64, f64, &str)>> = BTreeMap::new();
    for row in &told.situations {
        by_name.entry(&row.name).or_default().push((truth.minute(row.at), row.index, &row.level));
    }
    let (from, to) = (truth.minute(truth.from), truth.minute(truth.to));
    let mut all: Vec<Series> = by_name
        .into_iter()
        .filter_map(|(name, rows)| {
            let highest = rows.iter().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))?;
            let level = rows.iter().max_by_key(|row| badness(row.2))?.2.to_owned();
            let at = |minute: i64| {
                rows.iter().rev().find(|row| row.0 <= minute).map(|row| row.1.round() as u8)
            };
            let minutes = (0..).map(|at| from + at * EVERY_MIN).take_while(|minute| *minute <= to);
            Some(Series {
                name: name.to_owned(),
                index: minutes.map(at).collect(),
                highest: (highest.1.round() as u8, highest.0),
                level,
            })
        })
        .collect();
    all.sort_by(|a, b| b.highest.0.cmp(&a.highest.0).then(a.name.cmp(&b.name)));
    all.retain(|series| series.highest.0 > 0);
    all.truncate(SERIES);
    all
}

/// What was foreseen of each situation before it was reached.
pub(super) fn foreseen(truth: &Truth, told: &Told) -> Vec<String> {
    let said = |expected: &super::checks::ExpectedSituation| {
        let rise = reached(expected, told).map_or(truth.to, |row| row.at);
        let of_it = told.forecasts.iter().filter(|one| {
            (&one.scope, &one.name, &one.level)
                == (&expected.scope, &expected.name, &expected.level)
                && one.at < rise
        });
        let what = format!("{} {}", expected.name, expected.level);
        match of_it.max_by(|a, b| a.probability.total_cmp(&b.probability).then(b.at.cmp(&a.at))) {
            None => format!("{what}: no forecast before it"),
            Some(best) => format!(
                "{what}: at most {:.0} % within {} min, said at minute {}{}",
                best.probability * 100.0,
                best.horizon_min,
                truth.minute(best.at),
                if best.has_skill == 0 { " (no skill)" } else { "" }
            ),
        }
    };
    truth.situations.iter().map(said).collect()
}

/// The money clock of a story that has one.
pub(super) fn money(truth: &Truth, report: &Report) -> Option<MoneyClock> {
    let money = truth.money?;
    let found = report.lines.iter().filter(|line| {
        matches!(line.outcome, Outcome::Found | Outcome::Late) && !truth.stands(&line.detection)
    });
    let first = found
        .filter_map(|line| line.minute.map(|minute| (minute, line.detection.clone())))
        .min_by_key(|(minute, _)| *minute);
    let lead = first.as_ref().map(|(minute, _)| money.leaves_minute - minute);
    Some(MoneyClock { first, leaves: money.leaves_minute, lead, least: money.least_lead_minutes })
}

impl fmt::Display for Series {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "index {:<16}{:>4} ", self.name, self.level)?;
        for value in &self.index {
            match value {
                Some(value) => write!(out, "{value:>3}")?,
                None => write!(out, "  .")?,
            }
        }
        write!(out, "   highest {} at minute {}", self.highest.0, self.highest.1)
    }
}

impl fmt::Display for MoneyClock {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.first {
            Some((minute, detection)) => {
                write!(out, "first warning minute {minute} ({detection})")?;
            }
            None => write!(out, "no warning")?,
        }
        write!(out, " · money leaves minute {}", self.leaves)?;
        if let Some(lead) = self.lead {
            write!(out, " · lead {lead} min")?;
        }
        match self.least {
            Some(least) => write!(out, " (least that passes {least})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::told::{Forecast, Situation};
    use super::super::{Rang, compare};
    use super::*;
    use model::{Severity, Time};

    const TRUTH: &str = r#"{
        "story": "S1", "title": "Bangladesh", "t0": "2026-03-12T12:00:00Z", "from": "2026-03-12T12:00:00Z",
        "to": "2026-03-12T13:30:00Z",
        "money": {"first_warning_minute": 260, "leaves_minute": 515, "least_lead_minutes": 255},
        "expected": [
            {"detection": "FIN-01", "severity": "P4", "subject": "op-1", "by_minute": 332, "must": "ring"},
            {"detection": "FIN-11", "severity": "P1", "subject": "op-1", "by_minute": 332, "must": "ring", "standing": true}
        ],
        "situations": [{"scope": "zone", "name": "swift", "level": "II", "by_minute": 80}]
    }"#;

    fn at(minute: i64) -> Time {
        "2026-03-12T12:00:00Z".parse::<Time>().expect("a time").plus(minute * Time::MINUTE)
    }

    fn told() -> Told {
        let zone = |minute, name: &str, index, level: &str| Situation {
            at: at(minute),
            scope: "zone".into(),
            name: name.into(),
            index,
            level: level.into(),
        };
        let forecast = |minute, probability| Forecast {
            at: at(minute),
            scope: "zone".into(),
            name: "swift".into(),
            level: "II".into(),
            horizon_min: 60,
            probability,
            has_skill: 0,
        };
        Told {
            situations: vec![
                zone(5, "swift", 1.2, "-"),
                zone(10, "office", 30.0, "IV"),
                zone(61, "swift", 71.6, "II"),
                zone(85, "swift", 60.0, "III"),
            ],
            incidents: Vec::new(),
            forecasts: vec![forecast(5, 0.02), forecast(20, 0.11), forecast(65, 0.9)],
        }
    }

    #[test]
    fn the_index_is_told_every_half_hour_for_the_worst_scopes_first() {
        let report = compare(&Truth::read(TRUTH).expect("the truth above"), &[], &told());
        let [swift, office] = report.index.as_slice() else { panic!("{:?}", report.index) };
        assert_eq!(
            (swift.name.as_str(), swift.level.as_str(), swift.highest),
            ("swift", "II", (72, 61))
        );
        assert_eq!(swift.index, [None, Some(1), Some(1), Some(60)]);
        assert_eq!((office.name.as_str(), office.highest), ("office", (30, 10)));
    }

    #[test]
    fn only_what_was_said_before_the_rise_was_foreseen() {
        let report = compare(&Truth::read(TRUTH).expect("the truth above"), &[], &told());
        assert_eq!(
            report.foreseen,
            ["swift II: at most 11 % within 60 min, said at minute 20 (no skill)"]
        );
    }

    #[test]
    fn the_money_clock_does_not_count_what_stands() {
        let rang = |minute, detection: &str, severity| Rang {
            at: at(minute),
            id: detection.into(),
            detection: detection.into(),
            subject: "op-1".into(),
            object: String::new(),
            severity,
            sentence: String::new(),
        };
        let rang = [rang(3, "FIN-11", Severity::P1), rang(65, "FIN-01", Severity::P4)];
        let report = compare(&Truth::read(TRUTH).expect("the truth above"), &rang, &told());
        assert_eq!(
            report.money.map(|money| money.to_string()).as_deref(),
            Some(
                "first warning minute 65 (FIN-01) · money leaves minute 515 · lead 450 min (least that passes 255)"
            )
        );
    }
}
