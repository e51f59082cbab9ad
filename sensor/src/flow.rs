//! Packet → flow: the table of open flows, and the slices that are written of them.

mod entry;
mod fragments;
mod key;
mod messages;
mod slice;
mod stream;
mod table;
mod tcp;
mod timeout;

pub use entry::Orientation;
pub use key::Key;
pub use stream::{Bounds, Fate, Stream};
pub use table::{Output, Table};
