//! TLS 1.2 (RFC 5246, 8422): a full handshake with an ECDSA certificate, then records of random bytes.

use super::certificate::{Names, certificate, signature};
use super::client_hello::{Client, sized16};
use crate::conversation::{Conversation, Side, Turn};
use crate::dice::Dice;

const CHANGE_CIPHER_SPEC: u8 = 20;
const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;

/// Explicit nonce and tag of AES-GCM in each record (RFC 5288).
const SEAL: usize = 24;
/// Plain bytes in a record at most.
const RECORD: usize = 16_384;

/// Who meets whom under TLS.
#[derive(Debug, Clone, Copy)]
pub struct Meeting<'a> {
    /// The client.
    pub client: Client,
    /// The name it asks for.
    pub server: &'a str,
    /// Names in the server's certificate.
    pub certificate: Names<'a>,
    /// Days since the certificate began.
    pub age_days: i64,
}

impl<'a> Meeting<'a> {
    /// A client at a server whose certificate is from a public authority.
    pub const fn public(client: Client, server: &'a str) -> Self {
        let certificate =
            Names { subject: server, issuer: "Example Trust G2", organisation: "Example Trust" };
        Self { client, server, certificate, age_days: 61 }
    }

    /// A client at a server of the bank, whose certificate is from the bank's own authority.
    pub const fn internal(client: Client, server: &'a str) -> Self {
        let certificate = Names {
            subject: server,
            issuer: "Example Bank Issuing CA 3",
            organisation: "Example Bank",
        };
        Self { client, server, certificate, age_days: 143 }
    }

    /// A client at a server that signed its own certificate.
    pub const fn self_signed(client: Client, server: &'a str) -> Self {
        let certificate = Names { subject: server, issuer: server, organisation: "" };
        Self { client, server, certificate, age_days: 9 }
    }
}

/// Shakes hands. What is spoken is `tls` unless it is already named.
pub fn open(talk: &mut Conversation, meeting: Meeting<'_>, dice: &mut Dice) {
    if talk.spoken.app.is_empty() {
        talk.spoken.app = "tls";
        talk.spoken.sni = meeting.server.into();
        talk.spoken.ja4 = meeting.client.ja4();
    }
    let hello = handshake(1, &meeting.client.hello(meeting.server, dice));
    talk.say_records(Side::Src, record_of(HANDSHAKE, 0x0301, &hello), 1);
    talk.wait(dice.between(400, 1_500));
    talk.say_records(Side::Dst, server_flight(talk, meeting, dice), 4);
    talk.wait(dice.between(500, 2_500));
    let mut flight =
        record(HANDSHAKE, &handshake(16, &[&[32], dice.bytes(32).as_slice()].concat()));
    flight.extend_from_slice(&finish(dice));
    talk.say_records(Side::Src, flight, 3);
    talk.wait(dice.between(300, 900));
    talk.say_records(Side::Dst, finish(dice), 2);
}

/// Sends `bytes` plain bytes as application records.
pub fn data(talk: &mut Conversation, side: Side, bytes: usize, dice: &mut Dice) {
    let mut out = Vec::with_capacity(bytes + 64);
    let mut rest = bytes;
    let mut records = 0;
    while rest > 0 {
        let now = rest.min(RECORD);
        out.extend_from_slice(&record(APPLICATION, &dice.bytes(now + SEAL)));
        rest -= now;
        records += 1;
    }
    talk.say_records(side, out, records);
}

/// Says goodbye with an encrypted close_notify.
pub fn close(talk: &mut Conversation, side: Side, dice: &mut Dice) {
    talk.say_records(side, record(ALERT, &dice.bytes(2 + SEAL)), 1);
}

/// Bytes that are said by `side` so far.
pub fn said(talk: &Conversation, side: Side) -> usize {
    talk.turns
        .iter()
        .map(|turn| {
            if let Turn::Say(who, bytes, _) = turn
                && *who == side
            {
                bytes.len()
            } else {
                0
            }
        })
        .sum()
}

/// Plain bytes that bring what `side` said to `total`, in one record.
pub fn room(talk: &Conversation, side: Side, total: usize) -> usize {
    total.saturating_sub(said(talk, side) + 5 + SEAL).max(1)
}

fn server_flight(talk: &Conversation, meeting: Meeting<'_>, dice: &mut Dice) -> Vec<u8> {
    let mut hello = vec![3, 3];
    hello.extend_from_slice(&dice.array::<32>());
    hello.push(32);
    hello.extend_from_slice(&dice.array::<32>());
    hello.extend_from_slice(&[0xC0, 0x2B, 0]);
    hello.extend_from_slice(&sized16(&[0xFF, 0x01, 0, 1, 0, 0x00, 0x17, 0, 0]));
    let chain = sized24(&sized24(&certificate(
        meeting.certificate,
        talk.start,
        meeting.age_days,
        365,
        dice,
    )));
    let mut exchange = vec![3, 0x00, 0x1D, 32];
    exchange.extend_from_slice(&dice.array::<32>());
    exchange.extend_from_slice(&[4, 3]);
    exchange.extend_from_slice(&sized16(&signature(dice)));
    [(2, hello), (11, chain), (12, exchange), (14, Vec::new())]
        .iter()
        .flat_map(|(kind, body)| record(HANDSHAKE, &handshake(*kind, body)))
        .collect()
}

/// ChangeCipherSpec and an encrypted Finished.
fn finish(dice: &mut Dice) -> Vec<u8> {
    [record(CHANGE_CIPHER_SPEC, &[1]), record(HANDSHAKE, &dice.bytes(16 + SEAL))].concat()
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    record_of(kind, 0x0303, body)
}

fn record_of(kind: u8, version: u16, body: &[u8]) -> Vec<u8> {
    [&[kind], version.to_be_bytes().as_slice(), &sized16(body)].concat()
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], sized24(body).as_slice()].concat()
}

fn sized24(bytes: &[u8]) -> Vec<u8> {
    [&(bytes.len() as u32).to_be_bytes()[1..], bytes].concat()
}
