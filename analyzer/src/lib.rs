//! Reads what was written and raises warnings.
//!
//! In reading order: a span of time ([`window`]) is judged ([`judge`]): each flow by policy ([`verdicts`]), what is new is
//! remembered ([`memory`]), then what happened by each of [`detections`]; [`score`] adds their reasons up; [`warnings`] joins
//! evidence of one cause and rings once; [`proofs`] counts what was calm and what could not be judged. Then comprehension:
//! [`mod@graph`] joins warnings into incidents, [`mod@situation`] says how things stand, [`mod@forecast`] what may come.

pub mod detections;
pub mod entities;
pub mod forecast;
pub mod graph;
pub mod judge;
pub mod memory;
pub mod proofs;
pub mod publish;
pub mod run;
pub mod score;
pub mod situation;
pub mod verdicts;
pub mod warnings;
pub mod window;

pub mod arguments;
pub mod command;

mod rows;

pub mod evaluate;

pub use judge::{Judge, Summary, once};
pub use publish::{Published, publish};
