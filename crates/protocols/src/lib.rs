//! Bytes in, records out: one file for each protocol.
//!
//! The sensor identifies a flow by asking every [`Protocol`] of [`PROTOCOLS`] to probe its first bytes, starts the
//! parser of the one that claims them, and hands it [`Payload`]s. A parser keeps bounded memory, reads no clock and does
//! no I/O: rows and what it learnt of the flow go into a [`Sink`].

mod cursor;
pub mod links;
pub mod oddities;
pub mod protocol;
mod row;
pub mod secret;
pub mod sink;
pub mod token;

pub mod dns;
pub mod http;
pub mod iso8583;
pub mod tls;

pub use iso8583::Bins;
pub use links::{End, Link, Links};
pub use model::coverage::Side;
pub use oddities::{Oddities, Oddity};
pub use protocol::{
    FlowFacts, PROBE_BYTES, Parser, Payload, Probe, Progress, Protocol, Transport, other,
};
pub use sink::{Confidence, Counts, Learnt, Sink};
pub use token::TokenKey;

/// Every protocol, the surest probe first: the order in which a flow's first bytes are tried.
pub static PROTOCOLS: &[&Protocol] =
    &[&tls::PROTOCOL, &http::PROTOCOL, &dns::PROTOCOL, &iso8583::PROTOCOL];
