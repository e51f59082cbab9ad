//! What a detection is, and the list of all of them.
//!
//! A detection asks in SQL (`name.sql`) and judges in a pure function over rows (`name.rs`): no clock, no store and no
//! randomness inside, so that live and historical runs over the same rows give the same result.

pub mod admin_chain;
pub mod beacon;
pub mod card_leg;
pub mod cash_out;
pub mod context;
pub mod judged;
pub mod leg_divergence;
pub mod mac_stripped;
pub mod out_of_character;
pub mod primary;
pub mod refused;
pub mod rules;
pub mod scan;
pub mod swift_stranger;
pub mod undeclared_flow;

#[cfg(test)]
mod every_detection;

pub use context::{Context, Step};
pub use judged::{Finding, Judged};

pub use rules::in_force;

use model::Severity;
use serde_json::Value;
use store::{Budget, Question};

/// Every detection that is code, in order of precedence: the first explains the rest on the same flows. Rules come after
/// them: [`in_force`] has all.
pub static DETECTIONS: &[&dyn Detection] = &[
    &swift_stranger::SwiftStranger,
    &leg_divergence::LegDivergence,
    &cash_out::CashOut,
    &mac_stripped::MacStripped,
    &admin_chain::AdminChain,
    &scan::Scan,
    &beacon::Beacon,
    &out_of_character::OutOfCharacter,
    &undeclared_flow::UndeclaredFlow,
];

/// How often a detection is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cadence {
    /// Every 2 s: single rows.
    Row,
    /// Every closed minute.
    Minute,
}

/// What a detection says of itself.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// Such as `INT-01`.
    pub id: &'static str,
    /// File name and word for it, such as `beacon`.
    pub name: &'static str,
    /// One line for help and reference.
    pub finds: &'static str,
    /// Start value; a finding may differ.
    pub severity: Severity,
    /// ATT&CK technique ids.
    pub attack: &'static [&'static str],
    /// How often it is asked.
    pub cadence: Cadence,
    /// True if more rows can only add evidence: then it judges before the watermark.
    pub monotone: bool,
    /// Microseconds between two judgements of the same subject; an episode starts at a multiple of it.
    pub step_us: i64,
    /// How far back from the end of a step its rows reach. Microseconds.
    pub window_us: i64,
    /// How late a row may be and still re-open its window. Microseconds.
    pub lateness_us: i64,
    /// Most drops, in a million, with which it still answers "calm".
    pub max_drop_ppm: u32,
    /// Whether both directions must have been seen.
    pub both_directions: bool,
    /// Evidence of one cause no further apart than this is one warning. Microseconds.
    pub join_gap_us: i64,
    /// What each of its questions may cost.
    pub budget: Budget,
    /// Detections that explain it away on the same flows.
    pub gives_way_to: &'static [&'static str],
    /// Version of its statistic and tables; stands in every row it writes.
    pub version: &'static str,
}

/// One detection: data about itself, its questions, and its judgement.
pub trait Detection: Sync + Send {
    /// What it says of itself.
    fn about(&self) -> &'static About;

    /// The questions whose answers it judges in `step`. Each has `from`, `to` and `without` bound.
    fn questions(&self, step: &Step) -> Vec<Question>;

    /// Judges the answers: `rows[i]` are the rows of question `i`, in any order. Pure.
    ///
    /// # Errors
    /// If a row is not of the form that its SQL promises.
    fn judge(
        &self,
        rows: &[Vec<serde_json::Value>],
        context: &Context<'_>,
    ) -> anyhow::Result<Judged>;

    /// The column of its rows, integer microseconds, by which the answers of a longer span may be cut into steps.
    ///
    /// With a column named here, asking about a span of up to an hour (never across midnight UTC) and keeping the rows
    /// whose column lies in `[window_from, to)` of a step must equal asking about the step; rows without the column stay
    /// in every step. Without one, each step with new rows is asked by itself.
    fn cut(&self) -> Option<&'static str> {
        None
    }

    /// Whether a row of the answer to its question is about it. Detections that ask the same share one answer.
    fn takes(&self, _question: usize, _row: &Value) -> bool {
        true
    }

    /// The row that stands in the answer about `step` if a question cost more than `limit`; without one, judging stops.
    fn over_budget(&self, _step: &Step, _limit: &str) -> Option<Value> {
        None
    }

    /// The gates that `subject` has to pass before it rings, in the order in which they are tried, with its own value at
    /// each, from the same rows that [`Detection::judge`] takes; empty if the rows do not speak of it.
    ///
    /// # Errors
    /// If a row is not of the form that its SQL promises.
    fn gates(
        &self,
        _subject: &str,
        _rows: &[Vec<serde_json::Value>],
        _context: &Context<'_>,
    ) -> anyhow::Result<Vec<Gate>> {
        Ok(Vec::new())
    }

    /// The same rows with one thing changed, the smallest change first: `why-not` judges each, and tells the first that rings.
    fn what_if(
        &self,
        _subject: &str,
        _rows: &[Vec<serde_json::Value>],
        _context: &Context<'_>,
    ) -> Vec<WhatIf> {
        Vec::new()
    }

    /// Cases that prove it: at least one of each kind.
    fn cases(&self) -> Vec<Case>;
}

impl std::fmt::Debug for dyn Detection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.about().id)
    }
}

/// One thing that has to hold before a subject rings.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Gate {
    /// What it is, in a word or two: `rows`, `gate`, `threshold`.
    pub name: String,
    /// The subject's own value, with its unit.
    pub value: String,
    /// What is needed.
    pub needs: String,
    /// Whether it holds.
    pub passes: bool,
}

/// The rows with one thing changed.
#[derive(Debug, Clone)]
pub struct WhatIf {
    /// The change in words, after "it would have rung": `with 63 such flows`.
    pub said: String,
    /// The rows of each question.
    pub rows: Vec<Vec<serde_json::Value>>,
}

/// Rows, and what must come of them.
#[derive(Debug, Clone)]
pub struct Case {
    /// A sentence: `a metronome is a beacon`.
    pub name: &'static str,
    /// What kind of case.
    pub kind: CaseKind,
    /// The policy in force, as TOML.
    pub policy: &'static str,
    /// The step that is judged.
    pub step: Step,
    /// The rows of each question.
    pub rows: Vec<Vec<serde_json::Value>>,
    /// Subject and severity of each finding that must come, none for silence.
    pub rings: Vec<(&'static str, Severity)>,
}

/// What a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseKind {
    /// Must ring.
    Positive,
    /// Must stay silent.
    Negative,
    /// What an evader changes, and what must happen then.
    Evasion,
}
