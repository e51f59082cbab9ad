//! What two views draw.

pub mod chart;
pub mod ink;
pub mod panel;
pub mod table;
