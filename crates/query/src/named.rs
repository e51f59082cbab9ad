//! Named queries: SQL in files, bound to a range, the taps left out, and parameters.
//!
//! A `.sql` file holds one or more queries, each under a line `-- name: beacon.pairs`. A query may use `{from:DateTime64(6)}`,
//! `{to:DateTime64(6)}` (half-open) and `{without:Array(String)}` (taps left out); all three are always bound.

use model::Time;
use store::{Budget, Question, Value};

/// What is asked about: a half-open range of packet time, less some taps. The database is the connection's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// From this moment.
    pub from: Time,
    /// Before this moment.
    pub to: Time,
    /// Taps left out, as if they had been blind.
    pub without: Vec<String>,
}

/// One named query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// Name, such as `beacon.pairs`.
    pub name: &'static str,
    /// Its text.
    pub sql: &'static str,
}

/// The query called `name` in the text of a `.sql` file.
///
/// # Panics
/// If the file has no such query: a mistake in our own source, met by the first test that asks.
pub fn named(file: &'static str, name: &'static str) -> Named {
    const MARK: &str = "-- name: ";
    let sql = file
        .split(MARK)
        .skip(1)
        .find_map(|part| {
            part.split_once('\n')
                .filter(|(title, _)| title.trim() == name)
                .map(|(_, sql)| sql.trim())
        })
        .unwrap_or_else(|| panic!("no query named {name}"));
    Named { name, sql }
}

impl Named {
    /// The query over `scope`, in the default budget.
    pub fn over(&self, scope: &Scope) -> Question {
        Question::new(self.name, self.sql)
            .with("from", scope.from)
            .with("to", scope.to)
            .with("without", Value::Texts(scope.without.clone()))
            .within(Budget::default())
    }
}
