//! Detections against generators whose truth is known.

pub mod beacon;
pub mod draw;
pub mod forecast;
pub mod rita;
pub mod sequences;
pub mod stories;
pub mod tables;
