//! Where a parser's rows go, and what it learnt of the flow.

use crate::iso8583::Bins;
use crate::oddities::{Oddities, Oddity};
use model::coverage::Side;
use model::{Batch, Record, Text};

/// How surely the protocol of a flow is known (`flow.app_conf`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
#[repr(u8)]
pub enum Confidence {
    /// Not at all.
    #[default]
    None = 0,
    /// By its port or a declared link.
    Port = 1,
    /// By first bytes or lengths.
    Magic = 2,
    /// By at least three messages that fit, of both directions.
    Stateful = 3,
    /// From the first byte to where its parser was done.
    Walked = 4,
}

/// What was counted since the counts were last taken (`std::mem::take`), so that slices add up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// TLS records or protocol messages from the opener.
    pub src_records: u32,
    /// TLS records or protocol messages from the answerer.
    pub dst_records: u32,
    /// Rows written.
    pub rows: u64,
    /// Payload bytes read.
    pub bytes_scanned: u64,
    /// Messages that no row tells of, because a bound of the parser was met.
    pub messages_dropped: u64,
    /// Bytes that could not be read: beyond a bound, after a gap, or not of the protocol.
    pub bytes_dropped: u64,
    /// Keyed hashes made of what may not be kept.
    pub tokens_made: u64,
    /// Keyed hashes that are zero because there is no key.
    pub tokens_missing: u64,
}

/// What a parser has learnt of its flow; the sensor keeps one for each flow that has a parser.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Learnt {
    /// Name of the protocol, empty if not known.
    pub app: &'static str,
    /// How surely.
    pub confidence: Confidence,
    /// Dialect, where the protocol has some (`TLSv1.3`, `HTTP/1.1`).
    pub dialect: &'static str,
    /// Server name of TLS, or host of HTTP.
    pub sni: Text,
    /// JA4 of the client hello.
    pub ja4: Text,
    /// Counts since they were last taken.
    pub counts: Counts,
    /// Everything odd about the flow so far.
    pub oddities: Oddities,
}

impl Learnt {
    /// Raises the confidence; it never falls.
    pub fn is_at_least(&mut self, confidence: Confidence) {
        self.confidence = self.confidence.max(confidence);
    }

    /// Counts one record or message.
    pub fn count_record(&mut self, side: Side) {
        let records = match side {
            Side::Src => &mut self.counts.src_records,
            Side::Dst => &mut self.counts.dst_records,
        };
        *records = records.saturating_add(1);
    }
}

/// Where a parser's rows go, and what it learnt of the flow.
#[derive(Debug)]
pub struct Sink<'a> {
    /// Takes the rows.
    pub batch: &'a mut Batch,
    /// What is known of the flow.
    pub learnt: &'a mut Learnt,
    /// Counts of card transactions by issuer, over all flows.
    pub bins: &'a mut Bins,
}

impl Sink<'_> {
    /// Writes a row and counts it.
    pub fn row<R: Record>(&mut self, row: &R) {
        self.batch.push(row);
        self.learnt.counts.rows += 1;
    }

    /// Notes something odd.
    pub fn odd(&mut self, oddity: Oddity) {
        self.learnt.oddities.add(oddity);
    }
}
