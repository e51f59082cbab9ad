//! What was odd about traffic: a record with an oddity, never an error.

use model::record::Cell;
use serde::{Serialize, Serializer};
use std::fmt;

/// One odd thing; its number is its bit in [`Oddities`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Oddity {
    /// Bytes were lost inside a message.
    Gap,
    /// A message ends before its fields do.
    Truncated,
    /// A field does not follow its grammar.
    Malformed,
    /// A bound of the parser was met: something is missing here.
    Cut,
    /// The answer came without its question.
    NoRequest,
    /// The question had no answer.
    NoResponse,
    /// A name points at itself or onward for ever (DNS).
    NameLoop,
    /// Bytes follow the end of the message.
    Trailing,
    /// The same id asked again before the answer came.
    Repeated,
    /// A message that its protocol's state does not allow.
    Unexpected,
    /// Both a content length and a transfer encoding, or two different lengths (RFC 9112 6.3).
    AmbiguousLength,
    /// A client and a server in each other's place.
    Reversed,
}

impl Oddity {
    /// Every oddity, in the order of its bit.
    pub const ALL: &'static [(Self, &'static str)] = &[
        (Self::Gap, "gap"),
        (Self::Truncated, "truncated"),
        (Self::Malformed, "malformed"),
        (Self::Cut, "cut"),
        (Self::NoRequest, "no-request"),
        (Self::NoResponse, "no-response"),
        (Self::NameLoop, "name-loop"),
        (Self::Trailing, "trailing"),
        (Self::Repeated, "repeated"),
        (Self::Unexpected, "unexpected"),
        (Self::AmbiguousLength, "ambiguous-length"),
        (Self::Reversed, "reversed"),
    ];
}

/// A set of oddities: in a row, their words joined by commas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Oddities(u32);

impl Oddities {
    /// Puts one in.
    pub fn add(&mut self, oddity: Oddity) {
        self.0 |= 1 << oddity as u8;
    }

    /// Whether it is in.
    pub const fn has(self, oddity: Oddity) -> bool {
        self.0 & 1 << oddity as u8 != 0
    }

    /// Whether nothing is odd.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Puts all of `other` in.
    pub fn add_all(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl FromIterator<Oddity> for Oddities {
    fn from_iter<I: IntoIterator<Item = Oddity>>(oddities: I) -> Self {
        let mut set = Self::default();
        oddities.into_iter().for_each(|oddity| set.add(oddity));
        set
    }
}

impl fmt::Display for Oddities {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let present = Oddity::ALL.iter().filter(|(oddity, _)| self.has(*oddity));
        for (at, (_, word)) in present.enumerate() {
            write!(out, "{}{word}", if at == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

impl Serialize for Oddities {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(self)
    }
}

impl Cell for Oddities {
    const KIND: &'static str = "String";
    fn put(&self, out: &mut Vec<u8>) {
        if self.is_empty() { out.push(0) } else { self.to_string().as_str().put(out) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oddities_are_words_in_the_order_of_their_bits() {
        let mut odd = Oddities::default();
        odd.add(Oddity::Malformed);
        odd.add(Oddity::Gap);
        assert_eq!(odd.to_string(), "gap,malformed");
        for (bit, (oddity, _)) in Oddity::ALL.iter().enumerate() {
            assert_eq!(*oddity as usize, bit);
        }
    }
}
