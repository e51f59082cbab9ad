//! Reads what was written and raises warnings.
//!
//! In reading order: a span of time ([`window`]) is judged ([`judge`]): each flow by policy ([`verdicts`]), then what happened by
//! each of [`detections`]; [`score`] adds their reasons up; [`warnings`] joins evidence of one cause and rings once;
//! [`proofs`] counts what was calm and what could not be judged.

pub mod detections;
pub mod entities;
pub mod judge;
pub mod proofs;
pub mod publish;
pub mod run;
pub mod score;
pub mod verdicts;
pub mod warnings;
pub mod window;

pub mod arguments;
pub mod command;

mod rows;

pub mod evaluate;

pub use judge::{Judge, Summary, once};
pub use publish::{Published, publish};
