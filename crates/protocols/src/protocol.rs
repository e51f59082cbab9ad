//! What a protocol is: how it is recognised, and the parser that reads it.

use crate::links::Links;
use crate::sink::Sink;
use model::coverage::Side;
use model::{Endpoints, Table, Time};
use std::sync::Arc;

/// Bytes of one direction that a probe wants at most: with this many, no probe answers [`Probe::Maybe`] for want of
/// more.
pub const PROBE_BYTES: usize = 64;

/// What carries a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Bytes in order (IANA protocol 6).
    Tcp,
    /// One datagram at a time (IANA protocol 17).
    Udp,
}

impl Transport {
    /// The transport of an IANA protocol number, if a parser can read what it carries.
    pub const fn of(ip_protocol: u8) -> Option<Self> {
        match ip_protocol {
            6 => Some(Self::Tcp),
            17 => Some(Self::Udp),
            _ => None,
        }
    }
}

/// What the sensor hands to a parser: contiguous bytes of one direction, in order (TCP), or one datagram (UDP).
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    /// Who sent them: `Src` is the flow's opener.
    pub side: Side,
    /// When they were on the wire.
    pub time: Time,
    /// The bytes.
    pub bytes: &'a [u8],
    /// Bytes of this direction lost just before these; TCP only, else 0.
    pub gap: u64,
}

impl std::fmt::Debug for Payload<'_> {
    /// The bytes may hold what is never kept: their number is told.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Payload")
            .field("side", &self.side)
            .field("time", &self.time)
            .field("bytes", &self.bytes.len())
            .field("gap", &self.gap)
            .finish()
    }
}

/// The side that `side` speaks with.
pub const fn other(side: Side) -> Side {
    match side {
        Side::Src => Side::Dst,
        Side::Dst => Side::Src,
    }
}

/// Which flow a payload is of: what each of its rows repeats.
#[derive(Debug, Clone, Copy)]
pub struct FlowFacts<'a> {
    /// Where it was seen.
    pub tap: &'a Arc<str>,
    /// As `model::id::flow_id` computes it.
    pub flow_id: u64,
    /// First packet of the flow.
    pub flow_start: Time,
    /// Who speaks with whom.
    pub ends: Endpoints,
    /// Whether its opening was seen (TCP: a SYN); else its first bytes may be from the middle of a message.
    pub is_from_start: bool,
    /// What the bank has declared of its links.
    pub links: &'a Links,
}

/// What first bytes say of a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// They are not of it.
    No,
    /// They may be: too few to tell, or too plain to tell without the port.
    Maybe,
    /// They are of it.
    Yes,
}

/// What a parser wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More bytes.
    Continue,
    /// Nothing but to count records: no row follows unless the flow changes its course. Whoever does not need
    /// `src_records` and `dst_records` may retire the parser (call `finish` first).
    Counting,
    /// Nothing: it has finished its rows and can be dropped.
    Done,
    /// Nothing: the bytes are not of its protocol. It has written no row.
    NotMine,
}

/// Reads one flow of one protocol.
pub trait Parser: Send {
    /// Reads the next bytes and writes the rows that they complete.
    fn parse(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        out: &mut Sink<'_>,
    ) -> Progress;

    /// The flow has ended, or the parser is retired: writes the rows of what is still open.
    fn finish(&mut self, facts: &FlowFacts<'_>, out: &mut Sink<'_>);

    /// Bytes of the flow that it keeps until more come; every protocol states its bound in its first lines.
    fn held(&self) -> usize;
}

/// A protocol that flows can be identified as.
pub struct Protocol {
    /// Name, as in `flow.app`: lower case.
    pub name: &'static str,
    /// One plain line for the reference.
    pub doc: &'static str,
    /// What carries it.
    pub transports: &'static [Transport],
    /// Ports it is usual at: they break a tie between probes, and never decide against one.
    pub ports: &'static [u16],
    /// Judges the first bytes of one direction, at most [`PROBE_BYTES`] of them needed.
    pub probe: fn(Transport, &Payload<'_>) -> Probe,
    /// Who asks in this protocol, as far as these first bytes show it: who opened the flow if no SYN says so.
    pub client: fn(Transport, &Payload<'_>) -> Option<Side>,
    /// A new parser for a flow.
    pub start: fn(Transport) -> Box<dyn Parser>,
    /// Where its rows go, if it has a table of its own.
    pub table: Option<&'static Table>,
    /// Text of the table's file.
    pub table_sql: Option<&'static str>,
}

impl Protocol {
    /// Whether one end of the conversation is a usual port of it.
    pub fn is_usual_at(&self, ends: &Endpoints) -> bool {
        self.ports.contains(&ends.dst_port) || self.ports.contains(&ends.src_port)
    }

    /// Whether `transport` carries it.
    pub fn is_carried_by(&self, transport: Transport) -> bool {
        self.transports.contains(&transport)
    }
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Protocol")
            .field("name", &self.name)
            .field("ports", &self.ports)
            .finish_non_exhaustive()
    }
}
