//! The embedded ClickHouse engine behind its own HTTP interface, and the bartizan-store program.
//!
//! Nothing else links this: the engine may end the process that holds it, so it has a process of its own.

pub mod configuration;
pub mod exit;
pub mod grant;
pub mod library;
pub mod load;
pub mod person;
pub mod run;
pub mod secret;
pub mod status;
pub mod terminal;
