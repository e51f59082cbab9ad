//! Runs a parser over a conversation and gives back what it wrote.

use bartizan_protocols::{
    Bins, FlowFacts, Learnt, Links, Parser, Payload, Progress, Protocol, Side, Sink, Transport,
};
use model::address::v4;
use model::{Batch, Endpoints, Form, Time};
use serde_json::Value;
use std::sync::Arc;

/// When the conversations of the tests begin.
pub const START: Time = Time(1_700_000_000_000_000);

/// One write of one side.
#[derive(Debug, Clone, PartialEq)]
pub struct Write {
    pub side: Side,
    pub after_us: i64,
    pub gap: u64,
    pub bytes: Vec<u8>,
}

/// A conversation.
#[derive(Debug, Clone)]
pub struct Talk {
    pub transport: Transport,
    pub port: u16,
    pub writes: Vec<Write>,
}

/// What a parser made of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub rows: Vec<Value>,
    /// Rows that tell of no flow.
    pub bins: Vec<Value>,
    pub learnt: Learnt,
    pub progress: Progress,
    pub most_held: usize,
}

impl Talk {
    /// Writes in turn, a millisecond between them.
    pub fn new(
        transport: Transport,
        port: u16,
        writes: impl IntoIterator<Item = (Side, Vec<u8>)>,
    ) -> Self {
        let writes = writes
            .into_iter()
            .enumerate()
            .map(|(at, (side, bytes))| Write {
                side,
                after_us: 1000 * (at as i64 + 1),
                gap: 0,
                bytes,
            })
            .collect();
        Self { transport, port, writes }
    }

    /// A stream as the files of `streams/` hold it.
    pub fn from_text(port: u16, text: &str) -> Self {
        let writes = text.lines().map(|line| match line.split_at(2) {
            ("> ", digits) => (Side::Src, unhex(digits)),
            ("< ", digits) => (Side::Dst, unhex(digits)),
            _ => panic!("a line of a stream begins with its direction"),
        });
        Self::new(Transport::Tcp, port, writes)
    }

    /// The same conversation with every write cut into parts at `places`, counted over the whole.
    pub fn cut(&self, places: &[usize]) -> Self {
        let (mut writes, mut passed) = (Vec::new(), 0);
        for write in &self.writes {
            let mut rest = write.clone();
            for place in places {
                let at = place.saturating_sub(passed + write.bytes.len() - rest.bytes.len());
                if *place > passed && at > 0 && at < rest.bytes.len() {
                    let tail = rest.bytes.split_off(at);
                    writes.push(rest.clone());
                    rest = Write { gap: 0, bytes: tail, ..rest };
                }
            }
            writes.push(rest);
            passed += write.bytes.len();
        }
        Self { writes, ..self.clone() }
    }

    /// Bytes of all writes.
    pub fn bytes(&self) -> usize {
        self.writes.iter().map(|write| write.bytes.len()).sum()
    }

    /// Reads it to its end, no link declared.
    pub fn read(&self, protocol: &Protocol) -> Reading {
        self.read_with(protocol, &Links::default(), true)
    }

    /// Reads it to its end with declared links; `is_from_start` tells whether its opening was seen.
    pub fn read_with(&self, protocol: &Protocol, links: &Links, is_from_start: bool) -> Reading {
        let tap = Arc::from("T");
        let ends = Endpoints {
            src_ip: v4(192, 0, 2, 1),
            dst_ip: v4(198, 51, 100, 1),
            src_port: 50_000,
            dst_port: self.port,
            ip_protocol: if self.transport == Transport::Tcp { 6 } else { 17 },
        };
        let flow_id = model::id::flow_id(&tap, START, &ends);
        let facts = FlowFacts { tap: &tap, flow_id, flow_start: START, ends, is_from_start, links };
        let (mut batch, mut learnt) = (Batch::new(Form::Jsonl), Learnt::default());
        let mut bins = Bins::default();
        let mut sink = Sink { batch: &mut batch, learnt: &mut learnt, bins: &mut bins };
        let mut parser = (protocol.start)(self.transport);
        let (progress, most_held) = self.feed(&facts, &mut *parser, &mut sink);
        if progress != Progress::NotMine {
            parser.finish(&facts, &mut sink);
        }
        assert_eq!(batch.rows(), learnt.counts.rows, "every row is counted");
        let lines = std::str::from_utf8(batch.lines()).expect("JSON is UTF-8").lines();
        let rows = lines.map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
        let mut counted = Batch::new(Form::Jsonl);
        bins.write(&tap, &mut counted);
        let lines = std::str::from_utf8(counted.lines()).expect("JSON is UTF-8").lines();
        let bins = lines.map(|line| serde_json::from_str(line).expect("a row is JSON")).collect();
        Reading { rows, bins, learnt, progress, most_held }
    }

    fn feed(
        &self,
        facts: &FlowFacts<'_>,
        parser: &mut dyn Parser,
        sink: &mut Sink<'_>,
    ) -> (Progress, usize) {
        let (mut progress, mut most_held) = (Progress::Continue, 0);
        for write in &self.writes {
            let time = START.plus(write.after_us);
            let payload = Payload { side: write.side, time, bytes: &write.bytes, gap: write.gap };
            progress = parser.parse(facts, &payload, sink);
            most_held = most_held.max(parser.held());
            if matches!(progress, Progress::NotMine | Progress::Done) {
                break;
            }
        }
        (progress, most_held)
    }
}

/// Bytes from hexadecimal digits, blanks between them allowed.
pub fn unhex(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}
