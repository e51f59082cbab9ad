//! The filter language: one expression for console, command line and boards, compiled to SQL with typed parameters.
//!
//! ```text
//! filter = or            or = and { "or" and }        and = not { ["and"] not }        not = ["not" | "!"] term
//! term   = "(" filter ")" | field op value | field ["not"] "in" "(" value { "," value } ")"
//!        | field ":" [op] value { "," value } | address
//! op     = "=" "!=" "<" "<=" ">" ">=" "~" (regex) ":" (contains, for text) "<<" (inside a network)
//! value  = word | "quoted" | 10k 1G | 90s 6h | 2026-03-01T12:00 | II | P3
//! ```
//!
//! Names of columns come from the catalogue alone, values travel as parameters: nothing of the input stands in the SQL.
//! `Filter` prints itself normalised, and what it prints reads back as the same filter.

pub mod catalogue;
mod error;
mod parse;
mod print;
mod sql;
mod value;

pub use catalogue::{FIELDS, Field, Kind, TABLES};
pub use error::Error;
pub use parse::parse;

use ipnet::IpNet;
use std::ops::Range;
use store::Value;

/// Values of the placeholders `p0`, `p1`, … of a filter's SQL.
pub type Params = Vec<(String, Value)>;

/// An expression that was read. Two are equal if they mean the same, however they were written.
#[derive(Debug, Clone)]
pub struct Filter {
    pub(crate) root: Node,
    text: String,
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

/// One node of an expression; `And` and `Or` hold at least two, and never one of their own kind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
    /// Either end is in this network.
    Address(IpNet, Span),
}

/// One field against one value, or against a list.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    pub(crate) field: &'static Field,
    pub(crate) compare: Compare,
    /// One value; more only for `In`.
    pub(crate) values: Vec<Operand>,
    pub(crate) span: Span,
}

/// How a field is compared; the negations are `Node::Not` of these, except `Different`, which people write as an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compare {
    Equal,
    Different,
    Less,
    AtMost,
    More,
    AtLeast,
    Matches,
    Contains,
    Inside,
    In,
    NotIn,
}

/// A value in the type of its field.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Text(String),
    /// In the unit of the column.
    Number(i64),
    Time(model::Time),
    Network(IpNet),
}

/// Where something stands; never makes two filters differ.
#[derive(Debug, Clone, Default)]
pub(crate) struct Span(pub(crate) Range<usize>);

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Filter {
    /// The condition on the columns of `table` (`flow` or `warning`), and the values of its placeholders.
    ///
    /// # Errors
    /// If a field is not one of that table's.
    pub fn to_sql(&self, table: &str) -> Result<(String, Params), Error> {
        sql::compile(self, table)
    }
}

#[cfg(test)]
mod tests;
