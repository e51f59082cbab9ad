//! From rules to questions: one SELECT for all rules of a table, one for each correlation.

mod correlated;
mod expression;
mod hits;
mod matched;

pub use correlated::Correlated;
pub use matched::{Found, MOST_KEYS, Matched};

use model::Time;

/// What is asked about: rows of `[window_from, to)`, for what is new in `[from, to)`, less some taps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    /// Start of the rows.
    pub window_from: Time,
    /// Start of what is new.
    pub from: Time,
    /// End of both.
    pub to: Time,
    /// Taps left out.
    pub without: Vec<String>,
}

impl Range {
    /// Everything in `[from, to)` is new.
    pub const fn new(from: Time, to: Time, without: Vec<String>) -> Self {
        Self { window_from: from, from, to, without }
    }

    fn bind(&self, question: store::Question) -> store::Question {
        question
            .with("window_from", self.window_from)
            .with("from", self.from)
            .with("to", self.to)
            .with("without", self.without.clone())
    }
}
