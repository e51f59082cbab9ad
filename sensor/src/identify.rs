//! The bytes of a flow → the protocol that claims them, and its parser.

mod reader;

use crate::flow::{Bounds, Fate, Key, Orientation, Stream};
use crate::ledger::{Account, Books, Count};
use model::{Batch, Time};
use protocols::{Bins, Learnt, Links, Transport};
use reader::{Offer, Reader};
use std::sync::Arc;

/// What is read of a flow: its bytes in order, the parser that reads them, and what it has learnt.
#[derive(Debug)]
pub struct Reading {
    /// What is known of the flow.
    pub learnt: Learnt,
    /// By end of the flow's key: low, high.
    streams: [Stream; 2],
    reader: Reader,
}

/// The flow that bytes belong to, as far as a parser must know it.
#[derive(Debug)]
pub struct Context<'a> {
    /// Where it is seen.
    pub tap: &'a Arc<str>,
    /// Both ends.
    pub key: &'a Key,
    /// First packet.
    pub start: Time,
    /// Who opened it; the protocol may know better.
    pub orientation: &'a mut Orientation,
    /// What the bank has declared of its links.
    pub links: &'a Links,
}

/// Where rows and counts go.
#[derive(Debug)]
pub struct Outlets<'a> {
    /// Takes the rows.
    pub batch: &'a mut Batch,
    /// Takes the counts.
    pub books: &'a mut Books,
    /// Payload bytes read, by end of the key.
    pub scanned: &'a mut [u64; 2],
    /// Takes counts that tell of no flow.
    pub bins: &'a mut Bins,
}

/// One TCP segment, as far as its stream must know it.
#[derive(Clone, Copy)]
pub struct Segment<'a> {
    /// The end that sent it: 0 low, 1 high.
    pub from: usize,
    /// When.
    pub time: Time,
    /// Sequence number of its first byte of payload.
    pub seq: u32,
    /// Acknowledgement number, if it has one.
    pub ack: Option<u32>,
    /// The payload that was captured.
    pub bytes: &'a [u8],
    /// Bytes of payload on the wire that were not.
    pub snapped: u32,
}

impl Reading {
    /// Nothing read yet; `isns` are the initial sequence numbers of both ends, where known.
    pub fn new(transport: Transport, isns: [Option<u32>; 2]) -> Self {
        let mut streams = [Stream::default(), Stream::default()];
        for (stream, isn) in streams.iter_mut().zip(isns) {
            if let Some(isn) = isn {
                stream.begin(isn);
            }
        }
        let is_from_start = transport == Transport::Udp || isns.iter().any(Option::is_some);
        let reader = Reader::new(transport, is_from_start);
        Self { learnt: Learnt::default(), streams, reader }
    }

    /// Whether nothing more will be read.
    pub const fn is_over(&self) -> bool {
        self.reader.is_over()
    }

    /// Takes a TCP segment.
    pub fn segment(
        &mut self,
        segment: Segment<'_>,
        bounds: &mut Bounds,
        context: &mut Context<'_>,
        out: &mut Outlets<'_>,
    ) {
        let Self { learnt, streams, reader } = self;
        let Segment { from, time, seq, bytes, snapped, .. } = segment;
        if !bytes.is_empty() {
            let count = Count::packet(bytes.len() as u64);
            out.books.add(Account::Streamed, count);
            let mut deliver = |time: Time, bytes: &[u8], gap: u64| {
                reader.offer(Offer { end: from, time, bytes, gap }, context, learnt, out);
            };
            let fate = streams[from].push(seq, time, bytes, bounds, &mut deliver);
            out.books.add(
                match fate {
                    Fate::Kept => Account::StreamKept,
                    Fate::Repeated => Account::StreamRepeated,
                },
                count,
            );
        }
        if snapped > 0 {
            streams[from].lose(seq.wrapping_add(bytes.len() as u32), snapped);
        }
        if let Some(ack) = segment.ack {
            let mut deliver = |time: Time, bytes: &[u8], gap: u64| {
                reader.offer(Offer { end: 1 - from, time, bytes, gap }, context, learnt, out);
            };
            streams[1 - from].acknowledged(ack, time, bounds, &mut deliver);
        }
        if reader.is_over() {
            for stream in streams {
                stream.clear(bounds);
            }
        }
    }

    /// Takes a datagram.
    pub fn datagram(
        &mut self,
        from: usize,
        time: Time,
        bytes: &[u8],
        context: &mut Context<'_>,
        out: &mut Outlets<'_>,
    ) {
        let offer = Offer { end: from, time, bytes, gap: 0 };
        self.reader.offer(offer, context, &mut self.learnt, out);
    }

    /// The flow has ended: reads what still waits, and lets the parser write what is pending.
    pub fn finish(
        &mut self,
        bounds: &mut Bounds,
        context: &mut Context<'_>,
        out: &mut Outlets<'_>,
    ) {
        let Self { learnt, streams, reader } = self;
        for (end, stream) in streams.iter_mut().enumerate() {
            let mut deliver = |time: Time, bytes: &[u8], gap: u64| {
                reader.offer(Offer { end, time, bytes, gap }, context, learnt, out);
            };
            stream.flush(bounds, &mut deliver);
        }
        reader.finish(context, learnt, out);
    }
}
