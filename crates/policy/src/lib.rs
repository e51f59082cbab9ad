//! Zones, conduits and verdicts of `policy.toml`: what the bank allows, and what it says of a flow.
//!
//! [`Policy::read`] turns text into compiled tables or into problems with their places; [`Policy::resolve`] says where an
//! address belongs at a moment, [`Policy::judge`] what is to be said of a flow.

mod policy;

pub mod calendar;
pub mod declared;
pub mod problem;
mod read;

pub mod judge;
pub mod learn;
mod places;
mod rules;

pub use calendar::{Calendar, DayKind};
pub use declared::{
    Conduit, Deny, Group, Host, Link, Mac, Meta, Selector, Service, Validity, Zone,
};
pub use judge::{Judgement, Seen, outcome};
pub use policy::{Policy, Resolved};
pub use problem::{Grade, Problem};
