//! A story's warnings against its truth: found, missed, false, and what nothing judges yet; its situations, its incident and
//! its money clock.

mod checks;
mod course;
mod told;

pub use checks::{Check, ExpectedSituation};
pub use course::{MoneyClock, Series};
pub use told::Told;

use crate::detections::DETECTIONS;
use anyhow::Context as _;
use model::{Severity, Time};
use query::{Scope, named};
use serde::{Deserialize, Serialize};
use std::fmt;
use store::Store;

const SQL: &str = include_str!("stories.sql");

/// What a story says must, may and must never ring.
#[derive(Debug, Clone, Deserialize)]
pub struct Truth {
    /// Such as `S1`.
    pub story: String,
    /// What it tells.
    pub title: String,
    /// Minute 0.
    pub t0: Time,
    /// First moment that is played.
    pub from: Time,
    /// The moment before which play ends.
    pub to: Time,
    /// What is expected up to the end of play.
    pub expected: Vec<Expected>,
    /// Warnings of this severity or above that are not expected are false.
    #[serde(default = "default_false_from")]
    pub false_from: Severity,
    /// When money moves.
    #[serde(default)]
    pub money: Option<Money>,
    /// Situation levels that must be reached.
    #[serde(default)]
    pub situations: Vec<ExpectedSituation>,
    /// Detections whose warnings must be joined, in this order.
    #[serde(default)]
    pub chain: Vec<String>,
    /// Whether the chain must be one incident.
    #[serde(default)]
    pub one_incident: bool,
    /// Every index must stay below this.
    #[serde(default)]
    pub index_below: Option<u32>,
    /// Whether no situation level may be reached.
    #[serde(default)]
    pub level_none: bool,
}

/// When money or data begins to leave.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Money {
    /// The minute in which it begins to leave.
    pub leaves_minute: i64,
    /// The least lead that passes; negative where nothing rings before.
    #[serde(default)]
    pub least_lead_minutes: Option<i64>,
}

/// A warning that a story speaks of.
#[derive(Debug, Clone, Deserialize)]
pub struct Expected {
    /// Detection id.
    pub detection: String,
    /// Its severity.
    pub severity: Severity,
    /// Who is accused, by the policy's name; empty for anyone.
    #[serde(default)]
    pub subject: String,
    /// Address of the subject; empty for any.
    #[serde(default)]
    pub address: String,
    /// The latest minute.
    #[serde(default)]
    pub by_minute: i64,
    /// Whether it has to ring.
    pub must: Must,
    /// Whether it stands for good: it rings once, and no lead is counted from it.
    #[serde(default)]
    pub standing: bool,
}

/// Whether a warning has to ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Must {
    /// It has to, by its minute.
    Ring,
    /// It may.
    May,
    /// It must not.
    Never,
}

/// A warning that rang.
#[derive(Debug, Clone, Deserialize)]
pub struct Rang {
    /// When.
    pub at: Time,
    /// Its id.
    pub id: String,
    /// Detection id.
    pub detection: String,
    /// Who is accused.
    pub subject: String,
    /// What they acted on.
    pub object: String,
    /// How bad.
    pub severity: Severity,
    /// What it says.
    pub sentence: String,
}

/// What became of one expectation or warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It had to ring and did in time.
    Found,
    /// It had to ring and did not.
    Missed,
    /// It rang after its minute.
    Late,
    /// It rang and was not expected.
    False,
    /// It rang and may.
    Tolerated,
    /// No detection of this id exists yet.
    NotYetJudged,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What became of it.
    pub outcome: Outcome,
    /// Detection id.
    pub detection: String,
    /// How bad: of the warning, else as expected.
    pub severity: Severity,
    /// Who.
    pub subject: String,
    /// The minute in which it rang.
    pub minute: Option<i64>,
    /// The latest minute, where one is stated.
    pub by_minute: Option<i64>,
    /// The warning's sentence, empty if none rang.
    pub sentence: String,
}

/// A story's warnings against its truth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Such as `S1`.
    pub story: String,
    /// What it tells.
    pub title: String,
    /// Every expectation and every warning.
    pub lines: Vec<Line>,
    /// Minutes from the first warning that was found to the first money that leaves; what stands is not counted.
    pub lead_minutes: Option<i64>,
    /// Situations, incident and quiet.
    pub checks: Vec<Check>,
    /// The index of the worst scopes over time.
    pub index: Vec<Series>,
    /// What was foreseen of each situation before it was reached.
    pub foreseen: Vec<String>,
    /// When the first warning rang and when money leaves.
    pub money: Option<MoneyClock>,
}

/// POL tolerates itself: it may ring wherever a flow is undeclared.
const POLICY: &str = "POL";

const fn default_false_from() -> Severity {
    Severity::P2
}

impl Truth {
    /// The truth in a story's `truth.json`.
    ///
    /// # Errors
    /// If it is not of that form.
    pub fn read(text: &str) -> anyhow::Result<Self> {
        serde_json::from_str(text).context("this is not a story's truth.json")
    }

    fn minute(&self, at: Time) -> i64 {
        at.since(self.t0).div_euclid(Time::MINUTE)
    }

    /// Whether warnings of this detection stand for good.
    fn stands(&self, detection: &str) -> bool {
        self.expected.iter().any(|one| one.standing && one.detection == detection)
    }
}

/// The warnings that rang while the story played.
///
/// # Errors
/// What the store said.
pub async fn warnings(store: &Store, truth: &Truth) -> anyhow::Result<Vec<Rang>> {
    let scope = Scope { from: truth.from, to: truth.to, without: Vec::new() };
    let question = named(SQL, "stories.warnings").over(&scope);
    Ok(store.ask::<Rang>(&question).await?.rows)
}

/// What was found, missed and false. A warning is right if its detection and the accused are, and it is bad enough.
pub fn compare(truth: &Truth, rang: &[Rang], told: &Told) -> Report {
    let mut lines: Vec<Line> = truth
        .expected
        .iter()
        .filter(|expected| expected.must == Must::Ring)
        .map(|expected| line_of_expected(truth, expected, rang))
        .collect();
    let right = |warning: &Rang| {
        truth
            .expected
            .iter()
            .any(|expected| expected.must == Must::Ring && is_right(expected, warning))
    };
    lines.extend(rang.iter().filter(|warning| !right(warning)).map(|warning| Line {
        outcome: if is_false(truth, warning) { Outcome::False } else { Outcome::Tolerated },
        detection: warning.detection.clone(),
        severity: warning.severity,
        subject: warning.subject.clone(),
        minute: Some(truth.minute(warning.at)),
        by_minute: None,
        sentence: warning.sentence.clone(),
    }));
    let mut report = Report {
        story: truth.story.clone(),
        title: truth.title.clone(),
        lines,
        lead_minutes: None,
        checks: checks::all(truth, rang, told),
        index: course::series(truth, told),
        foreseen: course::foreseen(truth, told),
        money: None,
    };
    report.money = course::money(truth, &report);
    report.lead_minutes = report.money.as_ref().and_then(|money| money.lead);
    report
}

fn line_of_expected(truth: &Truth, expected: &Expected, rang: &[Rang]) -> Line {
    let first =
        rang.iter().filter(|warning| is_right(expected, warning)).min_by_key(|warning| warning.at);
    let minute = first.map(|warning| truth.minute(warning.at));
    let outcome = match minute {
        _ if !is_judged(&expected.detection) => Outcome::NotYetJudged,
        None => Outcome::Missed,
        Some(minute) if minute > expected.by_minute => Outcome::Late,
        Some(_) => Outcome::Found,
    };
    Line {
        outcome,
        detection: expected.detection.clone(),
        severity: first.map_or(expected.severity, |warning| warning.severity),
        subject: expected.subject.clone(),
        minute,
        by_minute: Some(expected.by_minute),
        sentence: first.map_or_else(String::new, |warning| warning.sentence.clone()),
    }
}

fn is_right(expected: &Expected, warning: &Rang) -> bool {
    let accused = expected.subject.is_empty()
        || warning.subject == expected.subject
        || warning.subject == expected.address;
    warning.detection == expected.detection && accused && warning.severity >= expected.severity
}

fn is_false(truth: &Truth, warning: &Rang) -> bool {
    let of_it = || truth.expected.iter().filter(|expected| expected.detection == warning.detection);
    if of_it().any(|expected| expected.must == Must::Never) {
        return true;
    }
    let tolerated =
        warning.detection == POLICY || of_it().any(|expected| expected.must == Must::May);
    !tolerated && warning.severity >= truth.false_from
}

fn is_judged(detection: &str) -> bool {
    DETECTIONS.iter().any(|known| known.about().id == detection)
}

impl Report {
    /// Whether nothing was missed, late or false.
    pub fn passed(&self) -> bool {
        let mut outcomes = self
            .lines
            .iter()
            .map(|line| line.outcome)
            .chain(self.checks.iter().map(|check| check.outcome));
        !outcomes.any(|outcome| matches!(outcome, Outcome::Missed | Outcome::Late | Outcome::False))
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Found => "found",
            Self::Missed => "MISSED",
            Self::Late => "LATE",
            Self::False => "FALSE",
            Self::Tolerated => "tolerated",
            Self::NotYetJudged => "not yet judged",
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{} {}", self.story, self.title)?;
        writeln!(
            out,
            "{:<16}{:<8}{:<4}{:<18}{:>6} {:>6}  what it says",
            "outcome", "id", "", "who", "minute", "by"
        )?;
        for line in &self.lines {
            let number = |minute: Option<i64>| {
                minute.map_or_else(|| "-".to_owned(), |minute| minute.to_string())
            };
            let Line { outcome, detection, severity, subject, sentence, .. } = line;
            let (minute, by) = (number(line.minute), number(line.by_minute));
            writeln!(
                out,
                "{outcome:<16}{detection:<8}{severity:<4}{subject:<18}{minute:>6} {by:>6}  {sentence}"
            )?;
        }
        for Check { outcome, said } in &self.checks {
            writeln!(out, "{outcome:<16}{said}")?;
        }
        for series in &self.index {
            writeln!(out, "{series}")?;
        }
        for said in &self.foreseen {
            writeln!(out, "foreseen {said}")?;
        }
        if let Some(money) = &self.money {
            writeln!(out, "{money}")?;
        }
        let count = |outcome| {
            self.lines.iter().filter(|line| line.outcome == outcome).count()
                + self.checks.iter().filter(|check| check.outcome == outcome).count()
        };
        let (found, false_ones) = (count(Outcome::Found), count(Outcome::False));
        let missed = count(Outcome::Missed) + count(Outcome::Late);
        writeln!(
            out,
            "{found} found, {missed} missed or late, {false_ones} false, {} not yet judged",
            count(Outcome::NotYetJudged)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRUTH: &str = r#"{
        "story": "S1", "title": "Bangladesh", "t0": "2026-03-12T12:00:00Z", "from": "2026-03-12T12:00:00Z",
        "to": "2026-03-12T18:00:00Z", "money": {"leaves_minute": 515},
        "expected": [
            {"detection": "FIN-01", "severity": "P4", "subject": "op-1", "address": "10.40.8.65", "by_minute": 332, "must": "ring"},
            {"detection": "FIN-99", "severity": "P3", "subject": "pc-117", "by_minute": 315, "must": "ring"},
            {"detection": "INT-07", "severity": "P0", "must": "never"}
        ]
    }"#;

    fn rang(minute: i64, detection: &str, subject: &str, severity: Severity) -> Rang {
        Rang {
            at: "2026-03-12T12:00:00Z".parse::<Time>().expect("a time").plus(minute * Time::MINUTE),
            id: format!("{detection} {subject}"),
            detection: detection.into(),
            subject: subject.into(),
            object: String::new(),
            severity,
            sentence: "a sentence".into(),
        }
    }

    fn check(rang: &[Rang], expected: &[Outcome], passes: bool) {
        let report = compare(&Truth::read(TRUTH).expect("the truth above"), rang, &Told::default());
        let outcomes: Vec<_> = report.lines.iter().map(|line| line.outcome).collect();
        assert_eq!((outcomes.as_slice(), report.passed()), (expected, passes), "{report}");
    }

    #[test]
    fn a_required_warning_is_found_late_or_missed() {
        use Outcome::{Found, Late, Missed, NotYetJudged};
        check(&[rang(331, "FIN-01", "op-1", Severity::P4)], &[Found, NotYetJudged], true);
        check(&[rang(332, "FIN-01", "10.40.8.65", Severity::P4)], &[Found, NotYetJudged], true);
        check(&[rang(333, "FIN-01", "op-1", Severity::P4)], &[Late, NotYetJudged], false);
        check(&[], &[Missed, NotYetJudged], false);
    }

    #[test]
    fn the_wrong_host_or_too_mild_a_warning_is_not_the_right_one() {
        use Outcome::{False, Missed, NotYetJudged, Tolerated};
        check(&[rang(331, "FIN-01", "op-2", Severity::P4)], &[Missed, NotYetJudged, False], false);
        check(
            &[rang(331, "FIN-01", "op-1", Severity::P1)],
            &[Missed, NotYetJudged, Tolerated],
            false,
        );
    }

    #[test]
    fn what_must_never_ring_is_false_however_mild_and_policy_is_tolerated() {
        use Outcome::{False, Found, NotYetJudged, Tolerated};
        let right = rang(331, "FIN-01", "op-1", Severity::P4);
        check(
            &[right.clone(), rang(5, "INT-07", "pc-1", Severity::P1)],
            &[Found, NotYetJudged, False],
            false,
        );
        check(
            &[right, rang(5, "POL", "office", Severity::P3)],
            &[Found, NotYetJudged, Tolerated],
            true,
        );
    }

    #[test]
    fn the_lead_is_counted_from_the_first_warning_that_was_found() {
        let truth = Truth::read(TRUTH).expect("the truth above");
        let report =
            compare(&truth, &[rang(331, "FIN-01", "op-1", Severity::P4)], &Told::default());
        assert_eq!(report.lead_minutes, Some(184));
    }
}
