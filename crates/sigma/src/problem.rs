//! What is wrong with a rule, and where.

use std::fmt;

/// A place in the text of a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters that are meant, at least 1.
    pub length: usize,
}

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// Why it is refused.
    pub reason: String,
    /// Whether the rule is right as it stands, but asks for a field, set or log source that is not here.
    pub is_unsupported: bool,
}

impl Problem {
    /// A rule that is wrong.
    pub fn new(place: Place, reason: impl Into<String>) -> Self {
        Self { place, reason: reason.into(), is_unsupported: false }
    }

    /// A rule that asks for what is not here.
    pub fn unsupported(place: Place, reason: impl Into<String>) -> Self {
        Self { place, reason: reason.into(), is_unsupported: true }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, .. } = self.place;
        let kind = if self.is_unsupported { "unsupported: " } else { "" };
        write!(out, "{line}:{column}: {kind}{}", self.reason)
    }
}
