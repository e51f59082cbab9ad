//! The only crate that talks to ClickHouse: connect, migrate, insert, query.
//!
//! [`Store::open`] finds the store or starts the embedded engine; [`Sender`] writes rows until they are there, once;
//! [`Store::ask`] reads within a budget.

pub mod answer;
pub mod client;
pub mod error;
pub mod folder;
pub mod hash;
pub mod native;
pub mod prepared;
pub mod question;
pub mod schema;
pub mod sender;
pub mod session;

pub use answer::{Answer, Cost};
pub use client::{Address, Place, Store};
pub use error::Error;
pub use folder::Folder;
pub use prepared::{Prepared, Token};
pub use question::{Budget, Question, Value};
pub use schema::migrate;
pub use sender::{Delivery, Outcome, Sender, State};
pub use session::{Role, Session};
