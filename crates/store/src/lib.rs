//! The only crate that talks to ClickHouse: connect, migrate, insert, query, spool.

pub mod question;

pub use question::{Budget, Question, Value};
