//! Filter language, field catalogue, named queries and their budgets.

pub mod filter;
pub mod named;

pub use filter::{Filter, Params};
pub use named::{Named, Scope, named};
