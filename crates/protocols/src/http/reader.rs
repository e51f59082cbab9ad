//! Reads one flow of HTTP/1.

use crate::http::body::{Body, Framing, Walked};
use crate::http::exchange::Exchange;
use crate::http::head::{Request, Response, find_end};
use crate::http::recognise::{begins_request_line, is_request_line, probe};
use crate::http::{Http, PROTOCOL};
use crate::oddities::Oddity;
use crate::protocol::{FlowFacts, Parser, Payload, Probe, Progress, Transport, other};
use crate::sink::{Confidence, Sink};
use model::Time;
use model::coverage::Side;
use std::collections::VecDeque;

/// Longest head that is read. Bytes.
const LONGEST_HEAD: usize = 65_536;

/// Most requests that wait for their response; further ones are written at once and marked as cut.
const MOST_WAITING: usize = 256;

/// Requests that may always wait, however long they are.
const LEAST_WAITING: usize = 64;

/// Most bytes of text in those that wait, beyond [`LEAST_WAITING`].
const MOST_WAITING_BYTES: usize = 128 * 1024;

/// Where in its direction the next byte is.
#[derive(Debug, Default)]
enum Place {
    /// In a head, or before one.
    #[default]
    Head,
    /// In a body.
    Body(Body),
    /// Not known since bytes were lost: a payload that begins with a head tells it again.
    Gap,
    /// Not known since something broke the grammar.
    Broken,
}

/// One direction.
#[derive(Debug, Default)]
struct Half {
    place: Place,
    head: Vec<u8>,
    looked: usize,
    messages: u32,
}

/// Reads one flow.
#[derive(Debug, Default)]
pub(super) struct Reader {
    src: Half,
    dst: Half,
    client: Option<Side>,
    exchanges: VecDeque<Exchange>,
    overflow: u64,
    last: Time,
    is_tunnel: bool,
}

impl Parser for Reader {
    fn parse(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        out: &mut Sink<'_>,
    ) -> Progress {
        self.last = payload.time;
        if payload.gap > 0 {
            self.skip(facts, payload, out);
        }
        if matches!(self.half(payload.side).place, Place::Gap)
            && probe(Transport::Tcp, payload) == Probe::Yes
        {
            self.half(payload.side).place = Place::Head;
            self.give_up_unanswered(payload, out);
        }
        let mut bytes = payload.bytes;
        while !bytes.is_empty() && !self.is_tunnel {
            match self.half(payload.side).place {
                Place::Head => self.head(facts, payload.side, &mut bytes, out),
                Place::Body(_) => self.body(payload.side, &mut bytes, out),
                Place::Gap | Place::Broken => {
                    out.learnt.counts.bytes_dropped += bytes.len() as u64;
                    bytes = &[];
                }
            }
            if self.is_foreign(payload.side) {
                return Progress::NotMine;
            }
        }
        if self.is_tunnel {
            self.finish(facts, out);
            return Progress::Done;
        }
        Progress::Continue
    }

    fn finish(&mut self, facts: &FlowFacts<'_>, out: &mut Sink<'_>) {
        for side in [Side::Src, Side::Dst] {
            self.break_off(facts, side, out);
        }
        while let Some(exchange) = self.exchanges.pop_front() {
            exchange.write(out);
        }
    }

    fn held(&self) -> usize {
        self.src.head.len() + self.dst.head.len() + self.waiting_bytes()
    }
}

impl Reader {
    fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Src => &mut self.src,
            Side::Dst => &mut self.dst,
        }
    }

    /// Whether nothing of HTTP has been seen, and cannot come any more: the first line is none of its.
    fn is_foreign(&mut self, side: Side) -> bool {
        if self.src.messages + self.dst.messages > 0 {
            return false;
        }
        let half = self.half(side);
        let is_line = half.head.contains(&b'\n');
        let line = half.head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        matches!(half.place, Place::Broken)
            || is_line && !line.starts_with(b"HTTP/1.") && !is_request_line(line)
            || line.trim_ascii_end().iter().any(u8::is_ascii_control)
                && !line.starts_with(b"HTTP/1.")
    }

    /// Bytes of text in the exchanges.
    fn waiting_bytes(&self) -> usize {
        let texts =
            |row: &Http| [&row.host, &row.path, &row.user_agent].map(|text| text.as_str().len());
        self.exchanges.iter().flat_map(|exchange| texts(&exchange.row)).sum()
    }

    fn is_full(&self) -> bool {
        self.exchanges.len() >= MOST_WAITING
            || self.exchanges.len() >= LEAST_WAITING && self.waiting_bytes() > MOST_WAITING_BYTES
    }

    /// Bytes are missing: inside a body that goes on beyond them nothing else is lost.
    fn skip(&mut self, facts: &FlowFacts<'_>, payload: &Payload<'_>, out: &mut Sink<'_>) {
        out.odd(Oddity::Gap);
        let mut nowhere = 0;
        let mut exchange = current(&mut self.exchanges, self.client, payload.side);
        let half = if payload.side == Side::Src { &mut self.src } else { &mut self.dst };
        let count = match &mut exchange {
            Some(exchange) if self.client == Some(payload.side) => &mut exchange.row.request_bytes,
            Some(exchange) => &mut exchange.row.response_bytes,
            None => &mut nowhere,
        };
        let goes_on = match &mut half.place {
            Place::Body(body) => body.skip(payload.gap, count),
            Place::Head => false,
            Place::Gap | Place::Broken => return,
        };
        if let Some(exchange) = exchange {
            exchange.row.oddities.add(Oddity::Gap);
        }
        if !goes_on {
            let head = std::mem::take(&mut half.head);
            if head.is_empty() {
                self.end(payload.side, out);
            } else {
                self.message(facts, payload.side, &head, Some(Oddity::Gap), out);
            }
            self.half(payload.side).place = Place::Gap;
        }
    }

    /// After a gap in the responses: the next one is to the newest request before it, all older ones had theirs in it.
    fn give_up_unanswered(&mut self, payload: &Payload<'_>, out: &mut Sink<'_>) {
        if self.client != Some(other(payload.side)) {
            return;
        }
        while self.exchanges.get(1).is_some_and(|second| second.row.time <= payload.time) {
            let mut exchange = self.exchanges.pop_front().expect("there are two");
            exchange.row.oddities.add(Oddity::Gap);
            exchange.write(out);
        }
    }

    /// Takes a head, or what there is of it, off the front of `bytes`.
    fn head(&mut self, facts: &FlowFacts<'_>, side: Side, bytes: &mut &[u8], out: &mut Sink<'_>) {
        let half = if side == Side::Src { &mut self.src } else { &mut self.dst };
        if half.head.is_empty() {
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            out.learnt.counts.bytes_scanned += blank as u64;
            *bytes = &bytes[blank..];
            half.looked = 0;
        }
        let held = half.head.len();
        let part = &bytes[..bytes.len().min(LONGEST_HEAD - held)];
        let mut head = std::mem::take(&mut half.head);
        let found = if held == 0 {
            find_end(part, 0)
        } else {
            head.extend_from_slice(part);
            find_end(&head, half.looked)
        };
        match found {
            Ok(end) => {
                *bytes = &bytes[end - held..];
                let whole = if held == 0 { &part[..end] } else { &head[..end] };
                self.message(facts, side, whole, None, out);
            }
            Err(looked) => {
                *bytes = &bytes[part.len()..];
                if held == 0 {
                    head.extend_from_slice(part);
                }
                half.looked = looked;
                if head.len() < LONGEST_HEAD {
                    half.head = head;
                } else {
                    self.message(facts, side, &head, Some(Oddity::Cut), out);
                }
            }
        }
    }

    /// Reads a head; with an oddity, one whose end is missing.
    fn message(
        &mut self,
        facts: &FlowFacts<'_>,
        side: Side,
        head: &[u8],
        odd: Option<Oddity>,
        out: &mut Sink<'_>,
    ) {
        let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let is_response = line.starts_with(b"HTTP/1.");
        let client = if is_response { other(side) } else { side };
        let is_in_place = self.client.is_none_or(|known| known == client);
        let is_whole = line.len() < head.len();
        let is_request = if is_whole { is_request_line(line) } else { begins_request_line(line) };
        if !is_in_place || !is_response && !is_request {
            self.half(side).place = Place::Broken;
            out.learnt.counts.bytes_dropped += head.len() as u64;
            if self.client.is_some() {
                out.odd(if is_in_place { Oddity::Malformed } else { Oddity::Unexpected });
            }
            return;
        }
        self.client = Some(client);
        self.count(side, head.len(), out);
        if is_response {
            self.response(facts, side, Response::read(head), odd, out);
        } else {
            self.request(facts, side, Request::read(head), odd, out);
        }
    }

    fn count(&mut self, side: Side, length: usize, out: &mut Sink<'_>) {
        out.learnt.app = PROTOCOL.name;
        out.learnt.is_at_least(Confidence::Magic);
        out.learnt.count_record(side);
        out.learnt.counts.bytes_scanned += length as u64;
        let half = self.half(side);
        half.messages = half.messages.saturating_add(1);
        if self.src.messages > 0
            && self.dst.messages > 0
            && self.src.messages.saturating_add(self.dst.messages) >= 3
        {
            out.learnt.is_at_least(Confidence::Stateful);
        }
    }

    fn request(
        &mut self,
        facts: &FlowFacts<'_>,
        side: Side,
        request: Request,
        odd: Option<Oddity>,
        out: &mut Sink<'_>,
    ) {
        if out.learnt.sni.is_empty() {
            out.learnt.sni = request.host.clone();
        }
        out.learnt.dialect = dialect(request.version);
        let framing = request.framing.filter(|_| odd.is_none());
        let mut exchange = Exchange::new(Http::new(facts, self.last));
        exchange.row.fill_request(request);
        exchange.row.oddities.add_all(odd.into_iter().collect());
        if side == Side::Dst {
            exchange.row.oddities.add(Oddity::Reversed);
        }
        out.learnt.oddities.add_all(exchange.row.oddities);
        if self.overflow > 0 || self.is_full() {
            self.overflow += 1;
            exchange.row.oddities.add(Oddity::Cut);
            exchange.write(out);
        } else {
            self.exchanges.push_back(exchange);
        }
        self.begin_body(side, framing, out);
    }

    fn response(
        &mut self,
        facts: &FlowFacts<'_>,
        side: Side,
        response: Response,
        odd: Option<Oddity>,
        out: &mut Sink<'_>,
    ) {
        if matches!(response.status, 100 | 102..=199) {
            return;
        }
        let now = self.last;
        if !self.exchanges.iter().any(|exchange| !exchange.has_response) {
            let exchange = self.without_request(facts);
            self.exchanges.push_back(exchange);
        }
        let exchange = self.exchanges.iter_mut().find(|exchange| !exchange.has_response);
        let exchange = exchange.expect("one was put in if there was none");
        let framing = response.framing_after(exchange.row.method.as_str());
        let is_connected = exchange.row.method.as_str() == "CONNECT" && response.status / 100 == 2;
        self.is_tunnel = is_connected || response.status == 101;
        exchange.answer(response, now);
        exchange.row.oddities.add_all(odd.into_iter().collect());
        out.learnt.oddities.add_all(exchange.row.oddities);
        self.begin_body(side, odd.is_none().then_some(framing), out);
    }

    fn without_request(&mut self, facts: &FlowFacts<'_>) -> Exchange {
        let mut exchange = Exchange::new(Http::new(facts, self.last));
        exchange.has_request_ended = true;
        exchange.row.oddities.add(Oddity::NoRequest);
        if self.overflow > 0 {
            self.overflow -= 1;
            exchange.row.oddities.add(Oddity::Cut);
        }
        exchange
    }

    /// A body begins, as `framing` tells; without it nobody knows where the next head is.
    fn begin_body(&mut self, side: Side, framing: Option<Framing>, out: &mut Sink<'_>) {
        if let Some(framing) = framing {
            self.half(side).place = Place::Body(Body::new(framing));
            self.body(side, &mut [].as_slice(), out);
        } else {
            self.half(side).place = Place::Broken;
            self.end(side, out);
        }
    }

    /// Takes what is of the body off the front of `bytes`.
    fn body(&mut self, side: Side, bytes: &mut &[u8], out: &mut Sink<'_>) {
        let (before, mut count) = (bytes.len(), 0);
        let half = if side == Side::Src { &mut self.src } else { &mut self.dst };
        let Place::Body(body) = &mut half.place else { return };
        let walked = body.walk(bytes, &mut count);
        out.learnt.counts.bytes_scanned += (before - bytes.len()) as u64;
        let exchange = current(&mut self.exchanges, self.client, side);
        if let Some(exchange) = exchange {
            if self.client == Some(side) {
                exchange.row.request_bytes += count;
            } else {
                exchange.row.response_bytes += count;
            }
            if walked == Walked::Broken {
                exchange.row.oddities.add(Oddity::Malformed);
            }
        }
        match walked {
            Walked::On => return,
            Walked::End => half.place = Place::Head,
            Walked::Broken => half.place = Place::Broken,
        }
        self.end(side, out);
    }

    /// What this side was sending has ended: writes the exchanges that are whole by it.
    fn end(&mut self, side: Side, out: &mut Sink<'_>) {
        if let Some(exchange) = current(&mut self.exchanges, self.client, side) {
            if self.client == Some(side) {
                exchange.has_request_ended = true;
            } else {
                exchange.has_response_ended = true;
            }
        }
        while self
            .exchanges
            .front()
            .is_some_and(|front| front.has_request_ended && front.has_response_ended)
        {
            let exchange = self.exchanges.pop_front().expect("there is a front");
            exchange.write(out);
        }
    }

    /// The direction ends here, whatever it was in.
    fn break_off(&mut self, facts: &FlowFacts<'_>, side: Side, out: &mut Sink<'_>) {
        let half = self.half(side);
        let place = std::mem::take(&mut half.place);
        let head = std::mem::take(&mut half.head);
        if !head.is_empty() {
            self.message(facts, side, &head, Some(Oddity::Truncated), out);
        }
        if let Place::Body(body) = place {
            if let Some(exchange) = current(&mut self.exchanges, self.client, side)
                && !body.is_until_close()
            {
                exchange.row.oddities.add(Oddity::Truncated);
            }
            self.end(side, out);
        }
        self.half(side).place = Place::Broken;
    }
}

/// The exchange whose message `side` is sending: its request to the newest, its response to the oldest that has one.
fn current(
    exchanges: &mut VecDeque<Exchange>,
    client: Option<Side>,
    side: Side,
) -> Option<&mut Exchange> {
    if client == Some(side) {
        exchanges.back_mut().filter(|exchange| !exchange.has_request_ended)
    } else {
        exchanges.iter_mut().find(|exchange| exchange.has_response && !exchange.has_response_ended)
    }
}

const fn dialect(version: u8) -> &'static str {
    match version {
        9 => "HTTP/0.9",
        10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}
