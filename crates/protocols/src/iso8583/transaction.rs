//! A request and its answer, from the first of the two to the row.

use crate::iso8583::bin::Kind;
use crate::iso8583::dialect::Dialect;
use crate::iso8583::message::Message;
use crate::iso8583::record::Iso8583;
use crate::iso8583::tokens::Tokens;
use crate::oddities::Oddity;
use crate::row::microseconds;
use crate::sink::Sink;
use model::coverage::Side;
use model::{Text, Time};

/// A request that waits for its answer, or what there is of a transaction.
#[derive(Debug)]
pub struct Transaction {
    /// The row in the making.
    pub row: Iso8583,
    /// What requests and answers are paired by.
    key: Key,
    issuer: Option<u32>,
}

/// What a request and its answer have in common.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    pair: [u8; 3],
    /// Who asks.
    asker: Side,
    trace: Option<u64>,
    terminal: Text,
    sent: Option<u64>,
}

impl Key {
    fn of(message: &Message<'_>, asker: Side) -> Self {
        Self {
            pair: message.head.mti.pair(),
            asker,
            trace: message.number(11),
            terminal: message.text(41),
            sent: message.sent(),
        }
    }

    /// Some hosts leave terminal or time out of their answers: what both have must be equal.
    fn agrees(&self, other: &Self) -> bool {
        let same_terminal = self.terminal.is_empty()
            || other.terminal.is_empty()
            || self.terminal == other.terminal;
        let same_time = self.sent.is_none() || other.sent.is_none() || self.sent == other.sent;
        (self.pair, self.asker, self.trace) == (other.pair, other.asker, other.trace)
            && same_terminal
            && same_time
    }
}

impl Transaction {
    /// Begins with a request or with an answer that came alone; `asker` sent the request.
    pub fn new(row: Iso8583, message: &Message<'_>, asker: Side) -> Self {
        Self { row, key: Key::of(message, asker), issuer: message.issuer() }
    }

    /// Whether a message of a conversation in which `asker` asks is of it.
    pub fn is_of(&self, message: &Message<'_>, asker: Side) -> bool {
        self.key.agrees(&Key::of(message, asker))
    }

    /// Takes in what is kept of the answer.
    pub fn answer(&mut self, message: &Message<'_>, tokens: &mut Tokens<'_>, now: Time) {
        self.row.de39 = message.text(39);
        self.row.de54_token = tokens.element(message, 54);
        self.row.stand_in = message.is_stand_in();
        self.row.answer_presence = message.head.presence();
        self.row.answer_bitmap_hash = message.head.bitmap_hash();
        self.row.latency_us = microseconds(self.row.time, now);
    }

    /// Writes the row, and counts it by issuer.
    pub fn write(self, now: Time, out: &mut Sink<'_>) {
        let Self { row, issuer, .. } = self;
        out.learnt.oddities.add_all(row.oddities);
        out.row(&row);
        let Some(bin) = issuer else { return };
        let entry_mode = row.de22.as_str().get(..2).unwrap_or_default();
        out.bins.count(Kind {
            minute: now.minute(),
            link: row.link.clone(),
            country: row.de43_country.clone(),
            entry_mode: Text::from(entry_mode),
            de39: row.de39.clone(),
            cash: row.de3.as_str().starts_with("01"),
            bin,
        });
    }

    /// Writes the row without an answer.
    pub fn give_up(mut self, now: Time, out: &mut Sink<'_>) {
        self.row.oddities.add(Oddity::NoResponse);
        self.write(now, out);
    }
}

impl Iso8583 {
    /// What every message tells, whole or not.
    pub(super) fn fill_head(&mut self, message: &Message<'_>) {
        self.mti = message.head.mti.text();
        if message.head.mti.is_request() {
            self.tpdu = message.head.tpdu;
            self.presence = message.head.presence();
            self.bitmap_hash = message.head.bitmap_hash();
        } else {
            self.answer_presence = message.head.presence();
            self.answer_bitmap_hash = message.head.bitmap_hash();
        }
    }

    /// What is kept of a request, or of an answer in place of it.
    pub(super) fn fill(
        &mut self,
        message: &Message<'_>,
        dialect: &Dialect,
        tokens: &mut Tokens<'_>,
    ) {
        self.fill_head(message);
        self.de3 = message.text(3);
        self.de11 = message.number(11).unwrap_or_default() as u32;
        self.de22 = message.text(22);
        self.de24 = message.text(24);
        self.de25 = message.text(25);
        self.de32 = message.number(32).unwrap_or_default();
        self.de33 = message.number(33).unwrap_or_default();
        self.de41 = message.text(41);
        self.de43_country = message.country();
        self.de49 = message.text(49);
        self.de70 = message.text(70);
        self.amount_bucket = message.amount_bucket();
        self.leg_key = tokens.leg(message, &dialect.preserves);
        self.pan_token = tokens.account_number(message);
        self.de37_token = tokens.element(message, 37);
        self.de42_token = tokens.element(message, 42);
        let emv = message.emv();
        (self.tvr, self.cvm) = (emv.tvr, emv.cvm);
    }
}
