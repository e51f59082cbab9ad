//! What a detection may know besides its rows.

use model::{Coverage, Time};
use policy::Policy;

/// One judgement in time: the rows of `[window_from, to)` are judged for what is new in `[from, to)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Start of the aligned step.
    pub from: Time,
    /// End of the aligned step: when a finding rings.
    pub to: Time,
    /// Start of the rows.
    pub window_from: Time,
    /// Taps left out.
    pub without: Vec<String>,
}

/// Policy, coverage and memory at the step: rows too, each with a version.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The step.
    pub step: &'a Step,
    /// The policy in force.
    pub policy: &'a Policy,
    /// Coverage rows of the window, of the taps not left out.
    pub coverage: &'a [Coverage],
    /// The oldest row in the store: first seen cannot claim a longer memory.
    pub memory_from: Time,
}
