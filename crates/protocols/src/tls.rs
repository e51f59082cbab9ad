//! TLS 1.0 to 1.3 over TCP: one row per handshake, and every record counted (RFC 5246, RFC 8446).
//!
//! Memory: two messages of at most 64 KiB in the making, the row, and 100 bytes; after the row is written 100 bytes.

pub mod certificate;
pub mod client_hello;
mod handshake;
pub mod ja3;
pub mod ja4;
pub mod messages;
pub mod records;
pub mod server_hello;

use crate::oddities::Oddity;
use crate::protocol::{FlowFacts, Parser, Payload, Probe, Progress, Protocol, Transport, other};
use crate::row::protocol_row;
use crate::sink::{Confidence, Sink};
use handshake::{At, Handshake};
use messages::Messages;
use model::coverage::Side;
use model::record::{Fixed, Record};
use model::{Text, Time};
use records::{Kind, Records, Step};

/// TLS.
pub static PROTOCOL: Protocol = Protocol {
    name: "tls",
    doc: "Transport Layer Security: names, fingerprints and certificates of handshakes",
    transports: &[Transport::Tcp],
    ports: &[
        443, 465, 563, 636, 853, 989, 990, 992, 993, 994, 995, 2376, 3269, 5061, 5986, 6514, 8443,
        9443,
    ],
    probe,
    client,
    start: |_| Box::new(Reader::default()),
    table: Some(Tls::TABLE),
    table_sql: Some(include_str!("tls.table.sql")),
};

protocol_row! {
    /// One handshake, named by its first hello; written when both sides have begun to encrypt, or when the flow ends before.
    pub struct Tls: "tls" {
        /// Version negotiated, as on the wire (0x0303 is TLS 1.2); 0 if the server did not say.
        pub version: u16,
        /// Highest version offered, GREASE aside.
        pub client_version: u16,
        /// Cipher suite chosen.
        pub cipher: u16,
        /// Server name asked for, in lower case.
        pub sni: Text,
        /// Protocol chosen by ALPN; hidden from TLS 1.3 on.
        pub alpn: Text,
        /// Protocols offered by ALPN, joined by commas.
        pub client_alpn: Text,
        /// JA3 of the client.
        pub ja3: Fixed<32>,
        /// JA3S of the server.
        pub ja3s: Fixed<32>,
        /// JA4 of the client.
        pub ja4: Fixed<36>,
        /// JA3 of the client's second hello, after a hello retry request (RFC 8446 4.1.4).
        pub retry_ja3: Fixed<32>,
        /// JA4 of the same.
        pub retry_ja4: Fixed<36>,
        /// Whether an earlier session was taken up again.
        pub resumed: bool,
        /// Whether both sides went on to encrypt.
        pub established: bool,
        /// From the client hello to `established`. Microseconds.
        pub handshake_us: u32,
        /// First alert in clear from the opener: level and description, one byte each; 0 if none.
        pub src_alert: u16,
        /// First alert in clear from the answerer.
        pub dst_alert: u16,
        /// Records from the opener up to this row.
        pub src_records: u32,
        /// Records from the answerer up to this row.
        pub dst_records: u32,
        /// Subject of the server's certificate (up to TLS 1.2).
        pub subject: Text,
        /// Its issuer.
        pub issuer: Text,
        /// Its serial number: hexadecimal bytes joined by colons.
        pub serial: Text,
        /// Start of its validity.
        pub not_before: Time,
        /// End of its validity.
        pub not_after: Time,
        /// Its alternative names, at most 32.
        pub names: Vec<Text>,
        /// SHA-256 of its DER bytes.
        pub cert_sha256: Fixed<64>,
        /// Certificates in the server's chain.
        pub chain: u8,
        /// Whether subject and issuer are the same.
        pub self_signed: bool,
        /// Subject of the client's certificate (up to TLS 1.2).
        pub client_subject: Text,
        /// Its issuer.
        pub client_issuer: Text,
        /// Its serial number.
        pub client_serial: Text,
        /// End of its validity.
        pub client_not_after: Time,
        /// SHA-256 of its DER bytes.
        pub client_cert_sha256: Fixed<64>,
        /// What was odd, in words joined by commas.
        pub oddities: crate::Oddities,
    }
}

/// Longest a handshake may take in packet time before its row is written as it is.
const HANDSHAKE_LIMIT_US: i64 = Time::MINUTE;

fn probe(_: Transport, payload: &Payload<'_>) -> Probe {
    let Some(header) = payload.bytes.first_chunk() else {
        return if starts_like_a_record(payload.bytes) { Probe::Maybe } else { Probe::No };
    };
    let Some((kind, length)) = records::read_header(header) else { return Probe::No };
    match (kind, length, &payload.bytes[5..]) {
        (_, 0, _) | (Kind::Heartbeat, ..) => Probe::No,
        (_, _, []) => Probe::Maybe,
        (Kind::ChangeCipherSpec, length, body) if length != 1 || body[0] != 1 => Probe::No,
        (Kind::Alert, length, body) if length == 2 && !matches!(body[0], 1 | 2) => Probe::No,
        _ => Probe::Yes,
    }
}

fn starts_like_a_record(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|kind| Kind::of(*kind).is_some())
        && bytes.get(1).is_none_or(|major| *major == 3)
        && bytes.get(2).is_none_or(|minor| *minor <= 4)
}

fn client(_: Transport, payload: &Payload<'_>) -> Option<Side> {
    match payload.bytes {
        [22, 3, _, _, _, messages::CLIENT_HELLO, ..] => Some(payload.side),
        [22, 3, _, _, _, messages::SERVER_HELLO, ..] => Some(other(payload.side)),
        _ => None,
    }
}

/// One direction.
#[derive(Debug, Default)]
struct Half {
    records: Records,
    messages: Messages,
    are_messages_lost: bool,
    is_encrypted: bool,
    alert: [u8; 2],
    alert_have: u8,
    count: u32,
}

/// Reads one flow.
#[derive(Debug, Default)]
struct Reader {
    src: Half,
    dst: Half,
    handshake: Handshake,
    last: Time,
    is_done: bool,
}

impl Parser for Reader {
    fn parse(
        &mut self,
        facts: &FlowFacts<'_>,
        payload: &Payload<'_>,
        out: &mut Sink<'_>,
    ) -> Progress {
        let at = At { facts, time: payload.time, side: payload.side };
        self.last = payload.time;
        if self.handshake.age_us(payload.time) > HANDSHAKE_LIMIT_US {
            self.write(out);
        }
        if payload.gap > 0 {
            self.skip(at, payload.gap, out);
        }
        self.half(payload.side).records.resume_at(payload.bytes);
        let mut bytes = payload.bytes;
        while let Some(step) = self.half(payload.side).records.next(&mut bytes) {
            self.step(at, step, out);
            if self.src.count + self.dst.count == 0 {
                return Progress::NotMine;
            }
        }
        if self.is_done { Progress::Counting } else { Progress::Continue }
    }

    fn finish(&mut self, facts: &FlowFacts<'_>, out: &mut Sink<'_>) {
        for side in [Side::Src, Side::Dst] {
            self.break_off(At { facts, time: self.last, side }, out);
        }
        self.write(out);
    }

    fn held(&self) -> usize {
        self.src.messages.held() + self.dst.messages.held()
    }
}

impl Reader {
    fn half(&mut self, side: Side) -> &mut Half {
        match side {
            Side::Src => &mut self.src,
            Side::Dst => &mut self.dst,
        }
    }

    fn skip(&mut self, at: At<'_>, gap: u64, out: &mut Sink<'_>) {
        out.odd(Oddity::Gap);
        let half = self.half(at.side);
        half.records.skip(gap);
        half.alert_have = 0;
        if half.is_encrypted {
            return;
        }
        half.are_messages_lost = true;
        self.handshake.odd(Oddity::Gap);
        self.break_off(at, out);
    }

    /// What came of a message that will not go on.
    fn break_off(&mut self, at: At<'_>, out: &mut Sink<'_>) {
        let half = if at.side == Side::Src { &mut self.src } else { &mut self.dst };
        if let Some(message) = half.messages.broken_off()
            && !self.is_done
        {
            self.handshake.learn(at, &message, out.learnt);
            self.handshake.odd(Oddity::Truncated);
        }
    }

    fn step(&mut self, at: At<'_>, step: Step<'_>, out: &mut Sink<'_>) {
        match step {
            Step::Begin { kind, length } => self.begin(at, kind, length, out),
            Step::Body { kind, bytes } => self.body(at, kind, bytes, out),
            Step::Lost(bytes) => {
                out.learnt.counts.bytes_dropped += bytes.len() as u64;
                if self.src.count + self.dst.count > 0 {
                    out.odd(Oddity::Malformed);
                    self.handshake.odd(Oddity::Malformed);
                }
            }
        }
    }

    fn begin(&mut self, at: At<'_>, kind: Kind, length: u16, out: &mut Sink<'_>) {
        out.learnt.app = PROTOCOL.name;
        out.learnt.is_at_least(Confidence::Magic);
        out.learnt.count_record(at.side);
        out.learnt.counts.bytes_scanned += 5;
        let ignores_cipher_change = self.handshake.may_ignore_cipher_change(at.side);
        let half = self.half(at.side);
        half.count = half.count.saturating_add(1);
        half.alert_have = 0;
        match kind {
            Kind::ChangeCipherSpec if !ignores_cipher_change => half.is_encrypted = true,
            Kind::ApplicationData if !half.is_encrypted => {
                half.is_encrypted = true;
                self.handshake.first_encrypted(at.side, length);
            }
            _ => {}
        }
        if self.src.count > 0
            && self.dst.count > 0
            && self.src.count.saturating_add(self.dst.count) >= 3
        {
            out.learnt.is_at_least(Confidence::Stateful);
        }
        if self.src.is_encrypted && self.dst.is_encrypted && self.handshake.establish(at.time) {
            out.learnt.is_at_least(Confidence::Walked);
            self.write(out);
        }
    }

    fn body(&mut self, at: At<'_>, kind: Kind, mut bytes: &[u8], out: &mut Sink<'_>) {
        out.learnt.counts.bytes_scanned += bytes.len() as u64;
        let half = if at.side == Side::Src { &mut self.src } else { &mut self.dst };
        if self.is_done || half.is_encrypted {
            return;
        }
        match kind {
            Kind::Alert => half.read_alert(at.side, bytes, &mut self.handshake),
            Kind::Handshake if !half.are_messages_lost => {
                let mut is_retry = false;
                while let Some(message) = half.messages.next(&mut bytes) {
                    is_retry |= self.handshake.learn(at, &message, out.learnt);
                }
                if is_retry {
                    self.half(other(at.side)).is_encrypted = false;
                }
            }
            _ => {}
        }
    }

    fn write(&mut self, out: &mut Sink<'_>) {
        if let Some(row) = self.handshake.take_row(self.src.count, self.dst.count) {
            out.row(&*row);
            self.is_done = true;
            self.src.messages = Messages::default();
            self.dst.messages = Messages::default();
        }
    }
}

impl Half {
    fn read_alert(&mut self, side: Side, bytes: &[u8], handshake: &mut Handshake) {
        for byte in bytes {
            if let Some(place) = self.alert.get_mut(usize::from(self.alert_have)) {
                *place = *byte;
            }
            self.alert_have = self.alert_have.saturating_add(1);
            if self.alert_have == 2 {
                handshake.alert(side, u16::from_be_bytes(self.alert));
            }
        }
    }
}
