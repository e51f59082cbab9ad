//! ISO 8583:1987, 1993 and 2003, the messages of card payments: one row per transaction.
//!
//! A flow is read in the dialect that the bank declared for its link; an undeclared one only if its first message can
//! be walked to its end in a dialect that is compiled in. What may not be kept (PCI DSS v4.0.1 3.3.1, 3.5.1) is a
//! [`Secret`](crate::secret::Secret) from the byte on: rows hold keyed hashes of it, or nothing.
//!
//! Memory: bytes of each side up to three messages of 8 KiB, and at most 1,024 requests that wait for their answer
//! (about 600 bytes each).

pub mod bin;
pub mod dialect;
pub mod elements;
pub mod emv;
pub mod framing;
pub mod message;
pub mod mti;
mod packed;
mod reader;
pub mod record;
mod stream;
mod tokens;
mod transaction;

pub use bin::Bins;
pub use dialect::Dialect;
pub use record::{Iso8583, Iso8583Bin};

use crate::protocol::{PROBE_BYTES, Payload, Probe, Protocol, Transport, other};
use message::{Begun, Head};
use model::Record;
use model::coverage::Side;
use reader::Reader;
use stream::{Recognised, recognise};

/// ISO 8583.
pub static PROTOCOL: Protocol = Protocol {
    name: "iso8583",
    doc: "Card payments: authorisations, financial requests, reversals and network messages with their answers",
    transports: &[Transport::Tcp],
    ports: &[],
    probe,
    client,
    start: |_| Box::new(Reader::default()),
    table: Some(Iso8583::TABLE),
    table_sql: Some(include_str!("iso8583.table.sql")),
};

/// A header that fits is a suspicion only: of random bytes behind a length one in eighty has one.
fn probe(_: Transport, payload: &Payload<'_>) -> Probe {
    match recognise(payload.bytes) {
        Recognised::As(_) => Probe::Yes,
        Recognised::Short if payload.bytes.len() < PROBE_BYTES => Probe::Maybe,
        Recognised::Short | Recognised::No => Probe::No,
    }
}

fn client(_: Transport, payload: &Payload<'_>) -> Option<Side> {
    let Recognised::As(dialect) = recognise(payload.bytes) else { return None };
    let framing::Front::Message { prefix, .. } = dialect.framing.read(payload.bytes) else {
        return None;
    };
    let Begun::Yes(head) = Head::read(&payload.bytes[prefix..], &dialect) else { return None };
    Some(if head.mti.is_request() { payload.side } else { other(payload.side) })
}
