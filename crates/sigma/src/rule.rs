//! A rule: what it says of itself, what it asks of rows, and the examples that prove it.

pub(crate) mod cases;
mod correlation;
mod detection;
mod modifiers;
mod read;

pub use cases::{Case, Example};
pub use correlation::{Correlation, Kind, Threshold};
pub use read::read;

use crate::expression::Expression;
use crate::mapping::{LogSource, Table};
use crate::problem::Place;
use model::Severity;

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// UUID, in lower case.
    pub id: String,
    /// What correlations may call it; empty if nothing.
    pub name: String,
    /// One line.
    pub title: String,
    /// How ripe it is.
    pub status: Status,
    /// What it finds and why that matters.
    pub description: String,
    /// Where that is said.
    pub references: Vec<String>,
    /// Who wrote it.
    pub author: String,
    /// Tags, such as `attack.t1021.002`.
    pub tags: Vec<String>,
    /// What `level` comes to, or what `bartizan.severity` says.
    pub severity: Severity,
    /// What else looks like it.
    pub falsepositives: Vec<String>,
    /// Fields that matter to a reader.
    pub fields: Vec<String>,
    /// Warnings a shift of 8 h that people can bear from it.
    pub budget: Option<u32>,
    /// Fields by which matches are one cause.
    pub suppress_key: Vec<String>,
    /// Named sets of networks as the examples have them: name, networks.
    pub sets: Vec<(String, Vec<String>)>,
    /// Examples.
    pub cases: Vec<Case>,
    /// What it asks.
    pub asks: Asks,
    /// Where its title stands.
    pub place: Place,
}

/// What a rule asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Asks {
    /// A condition of single rows.
    Rows(Box<Rows>),
    /// A condition of the matches of other rules.
    Matches(Correlation),
}

/// A condition of the rows of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The log source as written.
    pub source: LogSource,
    /// The table that it means.
    pub table: &'static Table,
    /// A condition in SQL that holds for the log source alone; empty if none.
    pub only: &'static str,
    /// The condition.
    pub condition: Expression,
    /// Whether the whole condition is a `not`.
    pub is_negation: bool,
}

/// How ripe a rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Not to be used.
    Unsupported,
    /// No longer to be used.
    Deprecated,
    /// Its matches are evidence, never warnings.
    Experimental,
    /// It rings; false alarms are still being learned.
    Test,
    /// It rings.
    Stable,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Unsupported, Self::Deprecated, Self::Experimental, Self::Test, Self::Stable];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported",
            Self::Deprecated => "deprecated",
            Self::Experimental => "experimental",
            Self::Test => "test",
            Self::Stable => "stable",
        }
    }

    /// Whether a rule of this status is judged at all.
    pub const fn is_enabled(self) -> bool {
        !matches!(self, Self::Unsupported | Self::Deprecated)
    }
}

impl Rule {
    /// Its detection id: `R-` and the first eight digits of its UUID.
    pub fn detection(&self) -> String {
        format!("R-{}", &self.id[..8])
    }

    /// Its title as one word.
    pub fn slug(&self) -> String {
        let mut slug = String::new();
        for letter in self.title.chars() {
            if letter.is_ascii_alphanumeric() {
                slug.push(letter.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('_') {
                slug.push('_');
            }
        }
        slug.trim_end_matches('_').to_owned()
    }

    /// The severity with which it rings: an experimental rule never does.
    pub const fn rings_with(&self) -> Severity {
        match self.status {
            Status::Test | Status::Stable => self.severity,
            _ => Severity::P0,
        }
    }

    /// ATT&CK technique ids of its tags, as people write them.
    pub fn techniques(&self) -> Vec<String> {
        let technique = |tag: &String| {
            let id = tag.strip_prefix("attack.")?;
            let is_id = id.strip_prefix('t').is_some_and(|rest| {
                !rest.is_empty() && rest.chars().all(|one| one.is_ascii_digit() || one == '.')
            });
            is_id.then(|| id.to_ascii_uppercase())
        };
        self.tags.iter().filter_map(technique).collect()
    }

    /// The table of a rule of rows; none for a correlation.
    pub const fn rows(&self) -> Option<&Rows> {
        match &self.asks {
            Asks::Rows(rows) => Some(rows),
            Asks::Matches(_) => None,
        }
    }

    /// What it asks of other rules; none for a rule of rows.
    pub const fn correlation(&self) -> Option<&Correlation> {
        match &self.asks {
            Asks::Rows(_) => None,
            Asks::Matches(correlation) => Some(correlation),
        }
    }
}
