//! HTTP/1: one row per transaction (RFC 9110, RFC 9112).
//!
//! Memory: one head of at most 64 KiB in the making on each side, and at most 64 requests that wait for their response
//! (about 4 KiB each at most). Bodies are walked and never kept.

pub mod body;
pub mod head;

use crate::oddities::Oddity;
use crate::protocol::{
    FlowFacts, PROBE_BYTES, Parser, Payload, Probe, Progress, Protocol, Transport, other,
};
use crate::row::{microseconds, protocol_row};
use crate::sink::{Confidence, Sink};
use body::{Body, Framing, Walked};
use head::{Request, Response, find_end};
use model::coverage::Side;
use model::{Record, Text, Time};
use std::collections::VecDeque;

/// HTTP/1.0 and HTTP/1.1.
pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    doc: "HTTP/1.0 and 1.1: requests with their responses, without query values, cookies or bodies",
    transports: &[Transport::Tcp],
    ports: &[80, 591, 3128, 5985, 8000, 8008, 8080, 8081, 8088, 8888],
    probe,
    client,
    start: |_| Box::new(Reader::default()),
    table: Some(Http::TABLE),
    table_sql: Some(include_str!("http.table.sql")),
};

protocol_row! {
    /// One request with its response, or either alone; written when both have ended.
    pub struct Http: "http" {
        /// Method.
        pub method: Text,
        /// Host asked for, in lower case, with its port if it was given.
        pub host: Text,
        /// Path without the query.
        pub path: Text,
        /// Bytes of the query.
        pub query_bytes: u32,
        /// User agent.
        pub user_agent: Text,
        /// Host of the page that led here.
        pub referrer_host: Text,
        /// Status of the final response, 0 if none came.
        pub status: u16,
        /// Version of the request, else of the response: 9, 10 or 11.
        pub version: u8,
        /// Media type of the request's body.
        pub request_type: Text,
        /// Media type of the response's body.
        pub response_type: Text,
        /// Bytes of the request's body.
        pub request_bytes: u64,
        /// Bytes of the response's body.
        pub response_bytes: u64,
        /// From the end of the request's head to the end of the response's. Microseconds.
        pub latency_us: u32,
        /// What was odd, in words joined by commas.
        pub oddities: crate::Oddities,
    }
}

/// Longest head that is read. Bytes.
const LONGEST_HEAD: usize = 65_536;

/// Most requests that wait for their response; further ones are written at once and marked as cut.
const MOST_WAITING: usize = 64;

const METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "CONNECT",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "REPORT",
    "MERGE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "BITS_POST",
    "CHECKOUT",
    "MKACTIVITY",
    "LINK",
    "UNLINK",
    "PURGE",
    "VIEW",
    "RPC_CONNECT",
];

fn probe(_: Transport, payload: &Payload<'_>) -> Probe {
    let bytes = payload.bytes.trim_ascii_start();
    if let Some(version) = bytes.strip_prefix(b"HTTP/1.") {
        return if version.is_empty() { Probe::Maybe } else { Probe::Yes };
    }
    if b"HTTP/1.".starts_with(bytes) {
        return Probe::Maybe;
    }
    let Some(space) = bytes.iter().position(|byte| *byte == b' ') else {
        return if bytes.is_empty() || is_token(bytes) { Probe::Maybe } else { Probe::No };
    };
    let (method, target) = (&bytes[..space], &bytes[space + 1..]);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.len() < bytes.len() {
        return if is_request_line(line) { Probe::Yes } else { Probe::No };
    }
    let is_known = METHODS.iter().any(|known| known.as_bytes() == method);
    match bytes.len() < PROBE_BYTES {
        _ if !is_token(method) || bytes.trim_ascii_end().iter().any(u8::is_ascii_control) => {
            Probe::No
        }
        true => Probe::Maybe,
        false if is_known && is_of_http(target) => Probe::Yes,
        false => Probe::No,
    }
}

/// Whether a first line, its end aside, is one of a request (RFC 9112 3), or of HTTP/0.9 (`GET /`), which load
/// balancers still ask in.
fn is_request_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let last = words.next_back();
    let is_old = method == b"GET" && target.starts_with(b"/") && last.is_none();
    is_token(method)
        && (is_old || last.unwrap_or(target).starts_with(b"HTTP/1."))
        && !line.iter().any(u8::is_ascii_control)
}

/// Whether a first line that breaks off can be one of a request.
fn begins_request_line(line: &[u8]) -> bool {
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    method.len() < line.len()
        && METHODS.iter().any(|known| known.as_bytes() == method)
        && is_of_http(&line[method.len() + 1..])
        && !line.iter().any(u8::is_ascii_control)
}

fn is_token(method: &[u8]) -> bool {
    (1..=24).contains(&method.len())
        && method.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a target can be HTTP's: not `rtsp://`, `sip:` or `icap://`.
fn is_of_http(target: &[u8]) -> bool {
    target.starts_with(b"http")
        || target.starts_with(b"/")
        || target.starts_with(b"*")
        || !target.windows(3).any(|window| window == b"://")
}

fn client(_: Transport, payload: &Payload<'_>) -> Option<Side> {
    match probe(Transport::Tcp, payload) {
        Probe::No => None,
        _ if payload.bytes.starts_with(b"HTTP/1.") => Some(other(payload.side)),
        Probe::Maybe => None,
        Probe::Yes => Some(payload.side),
    }
}

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

/// A request and its response in the making.
#[derive(Debug)]
struct Exchange {
    row: Http,
    has_request_ended: bool,
    has_response: bool,
    has_response_ended: bool,
}

/// Reads one flow.
#[derive(Debug, Default)]
struct Reader {
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
            self.give_up_unanswered(payload.side, out);
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
        let texts = |row: &Http| {
            [&row.host, &row.path, &row.user_agent]
                .map(|text| text.as_str().len())
                .iter()
                .sum::<usize>()
        };
        self.src.head.len()
            + self.dst.head.len()
            + self.exchanges.iter().map(|exchange| texts(&exchange.row)).sum::<usize>()
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

    /// After a gap in the responses: all requests but the newest have had theirs inside it.
    fn give_up_unanswered(&mut self, side: Side, out: &mut Sink<'_>) {
        if self.client != Some(other(side)) {
            return;
        }
        while self.exchanges.len() > 1 {
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
        if let Some(odd) = odd {
            exchange.row.oddities.add(odd);
        }
        if side == Side::Dst {
            exchange.row.oddities.add(Oddity::Reversed);
        }
        out.learnt.oddities.add_all(exchange.row.oddities);
        if self.overflow > 0 || self.exchanges.len() == MOST_WAITING {
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
        exchange.row.oddities.add_all(response.oddities);
        if let Some(odd) = odd {
            exchange.row.oddities.add(odd);
        }
        exchange.has_response = true;
        exchange.row.latency_us = microseconds(exchange.row.time, now);
        exchange.row.status = response.status;
        if exchange.row.version == 0 {
            exchange.row.version = response.version;
        }
        exchange.row.response_type = response.content_type;
        out.learnt.oddities.add_all(exchange.row.oddities);
        self.is_tunnel = is_connected || response.status == 101;
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

const fn dialect(version: u8) -> &'static str {
    match version {
        9 => "HTTP/0.9",
        10 => "HTTP/1.0",
        _ => "HTTP/1.1",
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

impl Exchange {
    const fn new(row: Http) -> Self {
        Self { row, has_request_ended: false, has_response: false, has_response_ended: false }
    }

    fn write(mut self, out: &mut Sink<'_>) {
        if !self.has_response {
            self.row.oddities.add(Oddity::NoResponse);
        } else if self.row.oddities.is_empty() {
            out.learnt.is_at_least(Confidence::Walked);
        }
        out.row(&self.row);
    }
}

impl Http {
    fn fill_request(&mut self, request: Request) {
        self.method = request.method;
        self.host = request.host;
        self.path = request.path;
        self.query_bytes = request.query_bytes;
        self.user_agent = request.user_agent;
        self.referrer_host = request.referrer_host;
        self.version = request.version;
        self.request_type = request.content_type;
        self.oddities.add_all(request.oddities);
    }
}
