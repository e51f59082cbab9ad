//! What both sides said until they began to encrypt, gathered in the row that will tell it.

use crate::oddities::Oddity;
use crate::protocol::FlowFacts;
use crate::row::microseconds;
use crate::sink::Learnt;
use crate::tls::Tls;
use crate::tls::certificate::Certificate;
use crate::tls::client_hello::ClientHello;
use crate::tls::ja3::{ja3, ja3s};
use crate::tls::ja4::ja4;
use crate::tls::messages::{CERTIFICATE, CLIENT_HELLO, Message, SERVER_HELLO};
use crate::tls::server_hello::ServerHello;
use model::coverage::Side;
use model::record::Fixed;
use model::{Text, Time};

const TLS_1_3: u16 = 0x0304;

/// Longest application data record that can only be an alert: 2 bytes, the type, and a tag of 16 bytes (RFC 8446 5.2).
const ENCRYPTED_ALERT: u16 = 2 + 1 + 16;

/// Where and when a message came.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'a> {
    /// The flow.
    pub facts: &'a FlowFacts<'a>,
    /// When it was complete.
    pub time: Time,
    /// Who sent it.
    pub side: Side,
}

/// The handshake so far.
#[derive(Debug, Default)]
pub(super) struct Handshake {
    row: Option<Box<Tls>>,
    client: Option<Side>,
    client_session: Vec<u8>,
    has_ticket: bool,
    has_server_hello: bool,
    is_refused: bool,
}

impl Handshake {
    /// Takes in a message; `true` if it asks the client to begin again.
    pub(super) fn learn(&mut self, at: At<'_>, message: &Message<'_>, learnt: &mut Learnt) -> bool {
        let is_retry = match message.kind {
            CLIENT_HELLO => {
                self.learn_client(at, &ClientHello::read(message.body), learnt);
                false
            }
            SERVER_HELLO => self.learn_server(at, &ServerHello::read(message.body), learnt),
            CERTIFICATE => {
                if let Some(certificate) = Certificate::read(message.body) {
                    self.learn_certificate(at, certificate);
                }
                false
            }
            _ => false,
        };
        if message.is_cut {
            self.odd(Oddity::Cut);
        }
        if let Some(row) = &self.row {
            learnt.oddities.add_all(row.oddities);
        }
        is_retry
    }

    /// Notes an alert in clear.
    pub(super) fn alert(&mut self, side: Side, alert: u16) {
        let Some(row) = &mut self.row else { return };
        let first = if side == Side::Src { &mut row.src_alert } else { &mut row.dst_alert };
        if *first == 0 {
            *first = alert;
        }
    }

    /// Notes something odd, if there is a row to note it in.
    pub(super) fn odd(&mut self, oddity: Oddity) {
        if let Some(row) = &mut self.row {
            row.oddities.add(oddity);
        }
    }

    /// Whether a change of cipher spec means nothing: from TLS 1.3 on it is there for middleboxes alone (RFC 8446 D.4).
    fn ignores_cipher_change(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.version >= TLS_1_3)
    }

    /// Whether a change of cipher spec from `side` may mean nothing, as far as is known: a client that offers TLS 1.3 and
    /// whose server was not seen may only be about to repeat its hello.
    pub(super) fn may_ignore_cipher_change(&self, side: Side) -> bool {
        let unanswered = self.client == Some(side) && !self.has_server_hello;
        self.ignores_cipher_change()
            || unanswered && self.row.as_ref().is_some_and(|row| row.client_version >= TLS_1_3)
    }

    /// The first encrypted record of a side begins: a client that only sends an alert has refused the server.
    pub(super) fn first_encrypted(&mut self, side: Side, length: u16) {
        if self.client == Some(side) && self.ignores_cipher_change() && length <= ENCRYPTED_ALERT {
            self.is_refused = true;
        }
    }

    /// Both sides encrypt from here on; `false` if there is nothing to tell of how they came to that.
    pub(super) fn establish(&mut self, now: Time) -> bool {
        let Some(row) = &mut self.row else { return false };
        if !self.is_refused {
            row.established = true;
            row.handshake_us = microseconds(row.time, now);
        }
        let before_1_3 = row.version != 0 && row.version < TLS_1_3;
        if before_1_3 && self.has_ticket && row.chain == 0 {
            row.resumed = true;
        }
        true
    }

    /// Age of the handshake, 0 if there is none.
    pub(super) fn age_us(&self, now: Time) -> i64 {
        self.row.as_ref().map_or(0, |row| now.since(row.time))
    }

    /// The row with the records up to here.
    pub(super) fn take_row(&mut self, src_records: u32, dst_records: u32) -> Option<Box<Tls>> {
        let mut row = self.row.take()?;
        row.src_records = src_records;
        row.dst_records = dst_records;
        if self.client.is_none() {
            row.oddities.add(Oddity::NoRequest);
        } else if !self.has_server_hello {
            row.oddities.add(Oddity::NoResponse);
        }
        Some(row)
    }

    fn row(&mut self, at: At<'_>) -> &mut Tls {
        self.row.get_or_insert_with(|| Box::new(Tls::new(at.facts, at.time)))
    }

    fn learn_client(&mut self, at: At<'_>, hello: &ClientHello<'_>, learnt: &mut Learnt) {
        if let Some(client) = self.client {
            if client == at.side {
                self.learn_retry(at, hello);
            }
            return;
        }
        self.client = Some(at.side);
        self.client_session = hello.session_id.to_vec();
        self.has_ticket = hello.has_ticket;
        let row = self.row(at);
        row.client_version = hello.highest_version();
        row.sni = Text::from_bytes(&hello.sni.unwrap_or_default().to_ascii_lowercase());
        row.client_alpn = Text::from_bytes(&hello.alpn.join(b",".as_slice()));
        row.ja3 = ja3(hello);
        row.ja4 = ja4(hello);
        row.oddities.add_all(hello.oddities);
        if at.side == Side::Dst {
            row.oddities.add(Oddity::Reversed);
        }
        learnt.sni = row.sni.clone();
        learnt.ja4 = Text::from(row.ja4.as_str());
    }

    /// A second hello answers a hello retry request, seen or not: the row keeps the first one's names.
    fn learn_retry(&mut self, at: At<'_>, hello: &ClientHello<'_>) {
        let row = self.row(at);
        row.retry_ja3 = ja3(hello);
        row.retry_ja4 = ja4(hello);
    }

    fn learn_server(&mut self, at: At<'_>, hello: &ServerHello<'_>, learnt: &mut Learnt) -> bool {
        let is_resumed = if hello.negotiated_version() >= TLS_1_3 {
            hello.has_pre_shared_key
        } else {
            !hello.session_id.is_empty() && hello.session_id == self.client_session
        };
        self.has_server_hello = true;
        let row = self.row(at);
        row.version = hello.negotiated_version();
        row.cipher = hello.cipher;
        row.alpn = Text::from_bytes(hello.alpn.unwrap_or_default());
        row.ja3s = ja3s(hello);
        row.resumed = is_resumed;
        row.oddities.add_all(hello.oddities);
        learnt.dialect = name_of(row.version);
        hello.is_retry
    }

    fn learn_certificate(&mut self, at: At<'_>, certificate: Certificate) {
        let is_client = self.client == Some(at.side);
        let row = self.row(at);
        row.oddities.add_all(certificate.oddities);
        if is_client {
            row.client_subject = certificate.subject;
            row.client_issuer = certificate.issuer;
            row.client_serial = certificate.serial;
            row.client_not_after = certificate.not_after;
            row.client_cert_sha256 = certificate.sha256;
        } else if row.cert_sha256 == Fixed::default() {
            row.self_signed =
                !certificate.subject.is_empty() && certificate.subject == certificate.issuer;
            row.subject = certificate.subject;
            row.issuer = certificate.issuer;
            row.serial = certificate.serial;
            row.not_before = certificate.not_before;
            row.not_after = certificate.not_after;
            row.names = certificate.names;
            row.cert_sha256 = certificate.sha256;
            row.chain = certificate.chain;
        }
    }
}

/// Name of a version as people write it, empty if it has none.
const fn name_of(version: u16) -> &'static str {
    match version {
        0x0300 => "SSLv3",
        0x0301 => "TLSv1.0",
        0x0302 => "TLSv1.1",
        0x0303 => "TLSv1.2",
        0x0304 | 0x7f00..=0x7fff | 0xfb00..=0xfbff => "TLSv1.3",
        _ => "",
    }
}
