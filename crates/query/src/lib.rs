//! Filter language, field catalogue, named queries and their budgets.

pub mod named;

pub use named::{Named, Scope, named};
