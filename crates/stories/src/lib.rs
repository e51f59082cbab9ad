//! A synthetic bank and what happens to it, as bytes on a wire or as rows.
//!
//! A [`Story`] is ordinary business and what happens besides, drawn from (story, seed) alone. [`write`] makes of it one
//! capture for each tap, the bank's `policy.toml`, the sensor's links, the days before as rows, and `truth.json`: what was
//! played, and what must be said about it. Protocol bytes are written from the published layouts and know nothing of our parsers.

pub mod stories;
pub mod truth;
pub mod writing;

mod bangladesh;
mod fastcash;
mod quiet_day;

pub mod bank;
pub mod cards;
pub mod conversation;
pub mod ordinary;
pub mod speech;

pub mod captures;
mod dice;
pub mod history;
mod moment;
pub mod month;
mod path;
mod wire;

pub use cards::canaries;
pub use stories::{STORIES, Scene, Story};
pub use truth::{Expected, Must, Truth};
pub use writing::{Summary, write, write_showing};
