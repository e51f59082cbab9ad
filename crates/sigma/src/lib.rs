//! Rules in Sigma's format: read, checked, compiled to one question per table.
//!
//! Text becomes a tree that knows its places ([`yaml`]), the tree a rule ([`rule`]) over the fields of a table
//! ([`mapping`]), all rules of a table one question ([`mod@compile`]). The examples inside each rule are run through that
//! same question ([`trial`]), and so is the past ([`backtest`]).

pub mod problem;
pub mod yaml;

pub mod condition;
pub mod expression;
pub mod mapping;
pub mod pattern;
pub mod rule;

pub mod rules;
pub mod sets;

pub mod backtest;
pub mod compile;
pub mod trial;

pub use compile::{Correlated, Found, Matched, Range};
pub use problem::{Place, Problem};
pub use rule::{Rule, Status};
pub use rules::Rules;
pub use sets::Sets;
