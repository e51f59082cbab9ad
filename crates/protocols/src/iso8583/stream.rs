//! One direction of a flow: its bytes, and where messages begin in them.
//!
//! Every decision is taken on the bytes alone, never on how they were cut into segments. Where the place is lost, a
//! message is believed again when it can be walked to its end and two more follow it.

use crate::iso8583::dialect::{BUILT_IN, Dialect};
use crate::iso8583::framing::{Front, LONGEST};
use crate::iso8583::message::{Begun, Head, Message};
use crate::oddities::Oddity;
use crate::secret::zero;
use std::ops::Range;
use std::sync::Arc;

/// Bytes looked at to find three messages in a row: they fit whatever their lengths.
const WINDOW: usize = 3 * (LONGEST + 512);
/// Messages in a row that prove where the first of them begins.
const CHAIN: usize = 3;

/// What is known of the place in the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Place {
    /// At the first byte of the direction.
    #[default]
    Start,
    /// Behind missing bytes, where often a message begins.
    Gap,
    /// Anywhere.
    Lost,
    /// Where a message begins.
    Message,
}

/// Bytes of one direction that are not read yet; zeroed when they are dropped.
#[derive(Default)]
pub struct Half {
    /// What is known of the place.
    pub place: Place,
    bytes: Vec<u8>,
    at: usize,
}

/// What stands at the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Too few bytes to tell.
    Short,
    /// No message, where one should be.
    Lost,
    /// Bytes that are of no message.
    Skip(usize),
    /// A length of nothing.
    Empty(usize),
    /// A message.
    Message {
        /// What its front tells.
        head: Head,
        /// Its bytes, counted from here.
        range: Range<usize>,
        /// Where the next begins, counted from here.
        next: usize,
    },
}

impl Half {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Bytes not read yet.
    pub fn rest(&self) -> &[u8] {
        &self.bytes[self.at..]
    }

    /// Steps over bytes that were read.
    pub fn step(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// Drops everything; tells how many bytes that were.
    pub fn clear(&mut self) -> usize {
        let dropped = self.rest().len();
        zero(&mut self.bytes);
        self.bytes.clear();
        self.at = 0;
        dropped
    }

    /// Gives up the room of what was read.
    pub fn settle(&mut self) {
        let rest = self.rest().len();
        self.bytes.copy_within(self.at.., 0);
        self.bytes[rest..].fill(0);
        self.bytes.truncate(rest);
        self.at = 0;
    }

    /// What stands here; at the end of the flow no more bytes will come.
    pub fn next(&self, dialect: &Dialect, is_end: bool) -> Next {
        let rest = self.rest();
        if rest.is_empty() {
            return Next::Short;
        }
        match self.place {
            Place::Start => in_doubt(rest, dialect),
            Place::Message => at_message(rest, dialect),
            Place::Gap => certain(rest, dialect),
            Place::Lost => find(rest, dialect, is_end),
        }
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        zero(&mut self.bytes);
    }
}

/// A message is expected here.
fn at_message(bytes: &[u8], dialect: &Dialect) -> Next {
    match dialect.framing.read(bytes) {
        Front::Short => Next::Short,
        Front::Bad => Next::Lost,
        Front::Empty(prefix) => Next::Empty(prefix),
        Front::Message { prefix, length, next } => {
            let body = &bytes[prefix..bytes.len().min(prefix + length)];
            match Head::read(body, dialect) {
                Begun::Short if body.len() < length => Next::Short,
                Begun::Short | Begun::No => Next::Lost,
                Begun::Yes(_) if bytes.len() < next => Next::Short,
                Begun::Yes(head) => Next::Message { head, range: prefix..prefix + length, next },
            }
        }
    }
}

/// A message should be here, unless the flow is of something else: what has come of it must be as written.
fn in_doubt(bytes: &[u8], dialect: &Dialect) -> Next {
    let next = at_message(bytes, dialect);
    let may_be = matches!(next, Next::Short | Next::Message { .. });
    if may_be && is_refuted(bytes, dialect) { Next::Lost } else { next }
}

/// Whether the front of a message holds what no message of the dialect does.
fn is_refuted(bytes: &[u8], dialect: &Dialect) -> bool {
    let Front::Message { prefix, length, .. } = dialect.framing.read(bytes) else { return false };
    let body = &bytes[prefix..bytes.len().min(prefix + length)];
    let Begun::Yes(head) = Head::read(body, dialect) else { return false };
    Message::walk(head, body, dialect).fault == Some(Oddity::Malformed)
}

/// A message may be here: it is believed if it can be walked to its end.
fn certain(bytes: &[u8], dialect: &Dialect) -> Next {
    match in_doubt(bytes, dialect) {
        Next::Message { head, range, next } => {
            if Message::walk(head, &bytes[range.clone()], dialect).is_certain() {
                Next::Message { head, range, next }
            } else {
                Next::Lost
            }
        }
        Next::Empty(_) => Next::Lost,
        other => other,
    }
}

/// Looks for the first place from which three messages follow each other, or, at the end of the flow, all the rest is
/// messages.
fn find(bytes: &[u8], dialect: &Dialect, is_end: bool) -> Next {
    for at in 0..bytes.len() {
        let window = &bytes[at..bytes.len().min(at + WINDOW)];
        let is_short = window.len() < WINDOW;
        match chain(window, dialect, is_end && is_short) {
            Next::Short if is_short && !is_end => {
                return if at == 0 { Next::Short } else { Next::Skip(at) };
            }
            Next::Message { head, range, next } if at == 0 => {
                return Next::Message { head, range, next };
            }
            Next::Message { .. } => return Next::Skip(at),
            _ => {}
        }
    }
    Next::Skip(bytes.len())
}

/// The message at the front, if others follow it.
fn chain(bytes: &[u8], dialect: &Dialect, is_end: bool) -> Next {
    let first = certain(bytes, dialect);
    let Next::Message { mut next, .. } = first else { return first };
    for _ in 1..CHAIN {
        if is_end && next == bytes.len() {
            return first;
        }
        match at_message(&bytes[next..], dialect) {
            Next::Message { next: further, .. } => next += further,
            Next::Short => return Next::Short,
            _ => return Next::Lost,
        }
    }
    first
}

/// Whether bytes begin a conversation in a dialect that nobody declared.
#[derive(Debug, Clone)]
pub enum Recognised {
    /// Too few to tell.
    Short,
    /// They do not.
    No,
    /// Their first message can be walked to its end.
    As(Arc<Dialect>),
}

/// Tries the dialects that are compiled in.
pub fn recognise(bytes: &[u8]) -> Recognised {
    for dialect in BUILT_IN.iter() {
        match certain(bytes, dialect) {
            Next::Message { .. } => return Recognised::As(dialect.clone()),
            Next::Short => return Recognised::Short,
            _ => {}
        }
    }
    Recognised::No
}
