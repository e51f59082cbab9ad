//! Rings once: findings become evidence, and evidence of one cause becomes one warning.
//!
//! Findings are taken in the order of their steps, then of precedence. The outcome is a function of that order and of
//! nothing else, so that live and historical runs agree, and judging a range again writes nothing:
//!
//! - **Evidence** gets a revision when something changed that a person would act on: its first time, whether it rings,
//!   its severity, its log-odds by a nat, or its flows by half. What merely goes on is not written.
//! - **A warning** joins ringing evidence of one cause that is no further apart than the detection's join gap. It gets a
//!   revision when its evidence does; the strongest evidence speaks.
//! - Evidence whose flows are all behind ringing evidence of a detection that it **gives way to** does not ring: it stays
//!   on the other's warning.
//! - A row that the store holds already, in whatever revision, is not written again.

mod book;
mod evidence;
mod ring;

pub use book::{Book, Written};
pub use evidence::{Because, Rung};

use model::Time;

/// How far back from the first step evidence is read: what can still be joined to.
pub const LOOK_BACK_US: i64 = 2 * Time::DAY;

/// Whether a step's rows are all there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// The watermark has not passed it: what is written may grow.
    Early,
    /// All there.
    Closed,
}
