//! DNS over UDP and TCP, mDNS and LLMNR: one row per transaction (RFC 1035, RFC 7766, RFC 6762, RFC 4795).
//!
//! Memory: at most 64 questions that wait for their answer (about 1.5 KiB each), and over TCP one message of at most
//! 64 KiB in the making on each side.

pub mod message;
pub mod name;

use crate::oddities::Oddity;
use crate::protocol::{
    FlowFacts, PROBE_BYTES, Parser, Payload, Probe, Progress, Protocol, Transport, other,
};
use crate::row::{microseconds, protocol_row};
use crate::sink::{Confidence, Sink};
use message::{Message, looks_like_a_message};
use model::coverage::Side;
use model::{Record, Text, Time};
use std::collections::VecDeque;
use std::net::Ipv6Addr;

/// DNS.
pub static PROTOCOL: Protocol = Protocol {
    name: "dns",
    doc: "Domain Name System: questions with their answers; dialects mdns and llmnr",
    transports: &[Transport::Udp, Transport::Tcp],
    ports: &[53, 5353, 5355],
    probe,
    client,
    start: |transport| Box::new(Reader::new(transport)),
    table: Some(Dns::TABLE),
    table_sql: Some(include_str!("dns.table.sql")),
};

protocol_row! {
    /// One question with its answer, or either alone.
    pub struct Dns: "dns" {
        /// Name asked for, in lower case, without the dot at its end; other bytes as `\ddd` (RFC 4343).
        pub qname: Text,
        /// Registered domain of `qname` by the public suffix list, private suffixes included; else `qname`.
        pub domain: Text,
        /// Type asked for.
        pub qtype: u16,
        /// Class asked for, without mDNS's top bit.
        pub qclass: u16,
        /// Operation: 0 query, 4 notify, 5 update.
        pub opcode: u8,
        /// Whether an answer came.
        pub answered: bool,
        /// Result; 0 also while unanswered.
        pub rcode: u8,
        /// Whether the answer is authoritative.
        pub aa: bool,
        /// Whether the answer was truncated.
        pub tc: bool,
        /// Whether recursion was asked for.
        pub rd: bool,
        /// Whether recursion is offered.
        pub ra: bool,
        /// The answers as text, at most 32.
        pub answers: Vec<Text>,
        /// Addresses among the answers, at most 32.
        pub addresses: Vec<Ipv6Addr>,
        /// Answers as the header counts them.
        pub answer_count: u16,
        /// Bytes of data in the answers.
        pub answer_bytes: u32,
        /// Least time to live of the answers, 0 if there are none. Seconds.
        pub ttl_min_s: u32,
        /// Bytes of the question's message.
        pub request_bytes: u32,
        /// Bytes of the answer's message.
        pub response_bytes: u32,
        /// From the first question to its answer. Microseconds.
        pub latency_us: u32,
        /// What was odd, in words joined by commas.
        pub oddities: crate::Oddities,
    }
}

/// Most questions of a flow that wait for an answer; the oldest is written unanswered when one more comes.
const MOST_WAITING: usize = 64;

/// Longest a question waits in packet time before it is written unanswered.
const WAIT_LIMIT_US: i64 = 30 * Time::SECOND;

const MDNS: u16 = 5353;
const LLMNR: u16 = 5355;

fn probe(transport: Transport, payload: &Payload<'_>) -> Probe {
    match transport {
        Transport::Udp => looks_like_a_message(payload.bytes, payload.bytes.len()),
        Transport::Tcp => match payload.bytes {
            [] | [_] => Probe::Maybe,
            [high, low, message @ ..] => {
                let length = usize::from(u16::from_be_bytes([*high, *low]));
                let seen = &message[..message.len().min(length)];
                match looks_like_a_message(seen, length) {
                    Probe::Maybe if payload.bytes.len() >= PROBE_BYTES => Probe::Yes,
                    judged => judged,
                }
            }
        },
    }
}

fn client(transport: Transport, payload: &Payload<'_>) -> Option<Side> {
    let flags = payload.bytes.get(if transport == Transport::Tcp { 4 } else { 2 })?;
    Some(if flags & 0x80 == 0 { payload.side } else { other(payload.side) })
}

/// A question that waits for its answer.
#[derive(Debug)]
struct Waiting {
    id: u16,
    side: Side,
    row: Dns,
}

/// The bytes of a TCP direction that are no whole message yet.
#[derive(Debug, Default)]
struct Half {
    bytes: Vec<u8>,
    is_lost: bool,
}

/// Reads one flow.
#[derive(Debug)]
struct Reader {
    transport: Transport,
    waiting: VecDeque<Waiting>,
    src: Half,
    dst: Half,
    src_messages: u32,
    dst_messages: u32,
    is_foreign: bool,
}

impl Parser for Reader {
    fn parse(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        out: &mut Sink<'_>,
    ) -> Progress {
        self.write_overdue(payload.time, out);
        match self.transport {
            Transport::Udp => self.message(facts, payload, payload.bytes, out),
            Transport::Tcp => self.stream(facts, payload, out),
        }
        if self.is_foreign { Progress::NotMine } else { Progress::Continue }
    }

    fn finish(&mut self, _: &FlowFacts<'_>, out: &mut Sink<'_>) {
        for half in [&mut self.src, &mut self.dst] {
            out.learnt.counts.bytes_dropped += half.bytes.len() as u64;
            if !half.bytes.is_empty() {
                out.odd(Oddity::Truncated);
            }
            *half = Half::default();
        }
        while let Some(waiting) = self.waiting.pop_front() {
            write_unanswered(waiting, out);
        }
    }

    fn held(&self) -> usize {
        let waiting =
            self.waiting.iter().map(|waiting| waiting.row.qname.as_str().len()).sum::<usize>();
        self.src.bytes.len() + self.dst.bytes.len() + waiting
    }
}

impl Reader {
    fn new(transport: Transport) -> Self {
        Self {
            transport,
            waiting: VecDeque::new(),
            src: Half::default(),
            dst: Half::default(),
            src_messages: 0,
            dst_messages: 0,
            is_foreign: false,
        }
    }

    /// Takes the whole messages off a TCP direction, each behind its length (RFC 1035 4.2.2).
    fn stream(&mut self, facts: &FlowFacts<'_>, payload: &Payload<'_>, out: &mut Sink<'_>) {
        let half = if payload.side == Side::Src { &mut self.src } else { &mut self.dst };
        if payload.gap > 0 {
            out.odd(Oddity::Gap);
            out.learnt.counts.bytes_dropped += half.bytes.len() as u64;
            half.bytes.clear();
            half.is_lost = true;
        }
        half.is_lost &= probe(self.transport, payload) != Probe::Yes;
        if half.is_lost {
            out.learnt.counts.bytes_dropped += payload.bytes.len() as u64;
            return;
        }
        let mut held = std::mem::take(&mut half.bytes);
        if held.is_empty() {
            let rest = self.messages(facts, payload, payload.bytes, out);
            held.extend_from_slice(rest);
        } else {
            held.extend_from_slice(payload.bytes);
            let rest = self.messages(facts, payload, &held, out).len();
            held.drain(..held.len() - rest);
        }
        let half = if payload.side == Side::Src { &mut self.src } else { &mut self.dst };
        half.bytes = held;
    }

    /// Reads the whole messages at the front of `bytes`; gives back what follows them.
    fn messages<'a>(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        mut bytes: &'a [u8],
        out: &mut Sink<'_>,
    ) -> &'a [u8] {
        while let Some((length, rest)) = bytes.split_first_chunk() {
            let Some((message, rest)) = rest.split_at_checked(u16::from_be_bytes(*length).into())
            else {
                break;
            };
            self.message(facts, payload, message, out);
            bytes = rest;
        }
        bytes
    }

    fn message(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        bytes: &[u8],
        out: &mut Sink<'_>,
    ) {
        let is_first = self.src_messages + self.dst_messages == 0;
        self.is_foreign |= is_first && looks_like_a_message(bytes, bytes.len()) == Probe::No;
        if self.is_foreign {
            return;
        }
        let message = Message::read(bytes);
        self.count(facts, payload.side, bytes.len(), out);
        out.learnt.oddities.add_all(message.oddities);
        if !self.pairs(facts) {
            let mut row = Dns::new(facts, payload.time);
            row.fill_question(&message, bytes.len());
            if message.is_response() {
                row.fill_answer(message, bytes.len(), payload.time);
                row.request_bytes = 0;
            }
            out.row(&row);
        } else if message.is_response() {
            self.answer(facts, payload, message, bytes.len(), out);
        } else {
            self.question(facts, payload, &message, bytes.len(), out);
        }
    }

    /// Whether an answer comes back in the flow of its question: not where questions go to a group of hosts.
    fn pairs(&self, facts: &FlowFacts<'_>) -> bool {
        !(self.transport == Transport::Udp && dialect(facts).is_some())
    }

    fn count(&mut self, facts: &FlowFacts<'_>, side: Side, length: usize, out: &mut Sink<'_>) {
        out.learnt.app = PROTOCOL.name;
        out.learnt.dialect = dialect(facts).unwrap_or_default();
        out.learnt.is_at_least(Confidence::Magic);
        out.learnt.count_record(side);
        out.learnt.counts.bytes_scanned += length as u64;
        let messages =
            if side == Side::Src { &mut self.src_messages } else { &mut self.dst_messages };
        *messages = messages.saturating_add(1);
        if self.src_messages > 0
            && self.dst_messages > 0
            && self.src_messages.saturating_add(self.dst_messages) >= 3
        {
            out.learnt.is_at_least(Confidence::Stateful);
        }
    }

    fn question(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        message: &Message,
        length: usize,
        out: &mut Sink<'_>,
    ) {
        let mut row = Dns::new(facts, payload.time);
        row.fill_question(message, length);
        if payload.side == Side::Dst {
            row.oddities.add(Oddity::Reversed);
        }
        if let Some(waiting) =
            self.waiting.iter_mut().find(|waiting| waiting.is_same(message, payload.side, &row))
        {
            waiting.row.oddities.add(Oddity::Repeated);
            return;
        }
        if self.waiting.len() == MOST_WAITING
            && let Some(mut oldest) = self.waiting.pop_front()
        {
            oldest.row.oddities.add(Oddity::Cut);
            write_unanswered(oldest, out);
        }
        self.waiting.push_back(Waiting { id: message.id, side: payload.side, row });
    }

    fn answer(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        message: Message,
        length: usize,
        out: &mut Sink<'_>,
    ) {
        let mut row = Dns::new(facts, payload.time);
        row.fill_question(&message, 0);
        let asker = other(payload.side);
        let place = self.waiting.iter().position(|waiting| waiting.is_same(&message, asker, &row));
        match place.and_then(|place| self.waiting.remove(place)) {
            Some(waiting) => row = waiting.row,
            None => row.oddities.add(Oddity::NoRequest),
        }
        row.fill_answer(message, length, payload.time);
        if row.oddities.is_empty() {
            out.learnt.is_at_least(Confidence::Walked);
        }
        out.row(&row);
    }

    fn write_overdue(&mut self, now: Time, out: &mut Sink<'_>) {
        while self
            .waiting
            .front()
            .is_some_and(|waiting| now.since(waiting.row.time) > WAIT_LIMIT_US)
        {
            let waiting = self.waiting.pop_front().expect("there is a front");
            write_unanswered(waiting, out);
        }
    }
}

fn write_unanswered(mut waiting: Waiting, out: &mut Sink<'_>) {
    waiting.row.oddities.add(Oddity::NoResponse);
    out.row(&waiting.row);
}

/// The dialect that a flow's ports say.
fn dialect(facts: &FlowFacts<'_>) -> Option<&'static str> {
    let is_at = |port| facts.ends.dst_port == port || facts.ends.src_port == port;
    if is_at(MDNS) {
        Some("mdns")
    } else if is_at(LLMNR) {
        Some("llmnr")
    } else {
        None
    }
}

impl Waiting {
    /// Whether `message`, read into `row`, is of this transaction; some servers leave the question out of an error.
    fn is_same(&self, message: &Message, asker: Side, row: &Dns) -> bool {
        let same_question = (&self.row.qname, self.row.qtype, self.row.qclass)
            == (&row.qname, row.qtype, row.qclass);
        self.id == message.id && self.side == asker && (same_question || message.counts[0] == 0)
    }
}

impl Dns {
    fn fill_question(&mut self, message: &Message, length: usize) {
        self.domain = Text::from(name::registered_domain(&message.qname));
        self.qname = Text::from(message.qname.as_str());
        self.qtype = message.qtype;
        self.qclass = message.qclass;
        self.opcode = message.opcode();
        self.rd = message.flags & 0x100 != 0;
        self.request_bytes = length as u32;
        self.oddities.add_all(message.oddities);
    }

    fn fill_answer(&mut self, message: Message, length: usize, time: Time) {
        self.answered = true;
        self.rcode = message.rcode();
        self.aa = message.flags & 0x400 != 0;
        self.tc = message.flags & 0x200 != 0;
        self.ra = message.flags & 0x80 != 0;
        self.answer_count = message.counts[1];
        self.answer_bytes = message.answer_bytes;
        self.ttl_min_s = message.ttl_min_s;
        self.response_bytes = length as u32;
        self.latency_us = microseconds(self.time, time);
        self.oddities.add_all(message.oddities);
        self.answers = message.answers;
        self.addresses = message.addresses;
    }
}
