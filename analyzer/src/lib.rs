//! Reads what was written and raises warnings.
//!
//! In reading order: a window of rows ([`window`]) is judged by each of [`detections`]; [`score`] adds their reasons up;
//! [`warnings`] joins evidence of one cause and rings once.

pub mod detections;
pub mod entities;
pub mod evaluate;
pub mod score;
