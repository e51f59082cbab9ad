//! What two views draw.

pub mod ink;
pub mod panel;
pub mod table;
