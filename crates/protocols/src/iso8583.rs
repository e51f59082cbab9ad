//! ISO 8583:1987, 1993 and 2003, the messages of card payments: one row per transaction.

pub mod record;

pub use record::{Iso8583, Iso8583Bin};
