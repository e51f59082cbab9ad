//! Where a message begins and ends on the stream: a length before it.

use serde::Deserialize;

/// Longest message that is believed; the longest real ones have about half of it. Bytes.
pub const LONGEST: usize = 8 * 1024;
/// Shortest message that is believed: message type and bitmap. Bytes.
pub const SHORTEST: usize = 10;

/// How the length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Length {
    /// Two bytes, the high one first.
    Be16,
    /// Two bytes, the low one first.
    Le16,
    /// Four digits packed in two bytes.
    Bcd2,
    /// Four hexadecimal digits.
    Hex4,
    /// Two digits.
    Ascii2,
    /// Three digits.
    Ascii3,
    /// Four digits.
    Ascii4,
    /// Five digits.
    Ascii5,
    /// Six digits.
    Ascii6,
}

/// The framing of a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Framing {
    /// How the length is written.
    pub len: Length,
    /// Whether the length counts itself.
    #[serde(default)]
    pub includes_self: bool,
    /// Bytes after the message that the length counts.
    #[serde(default)]
    pub trailer: usize,
}

/// What the front of a stream holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// Too few bytes to tell.
    Short,
    /// No length that is believed.
    Bad,
    /// A length of nothing: it keeps the connection alive. Bytes of the prefix.
    Empty(usize),
    /// A message of `length` bytes behind `prefix` bytes; the next begins at `next`. It need not be there yet.
    Message {
        /// Bytes before it.
        prefix: usize,
        /// Bytes of it.
        length: usize,
        /// Bytes to the next.
        next: usize,
    },
}

impl Framing {
    const fn prefix(self) -> usize {
        match self.len {
            Length::Be16 | Length::Le16 | Length::Bcd2 | Length::Ascii2 => 2,
            Length::Ascii3 => 3,
            Length::Hex4 | Length::Ascii4 => 4,
            Length::Ascii5 => 5,
            Length::Ascii6 => 6,
        }
    }

    /// Reads the length at the front of `bytes`.
    pub fn read(self, bytes: &[u8]) -> Front {
        let prefix = self.prefix();
        let Some(written) = bytes.get(..prefix) else {
            return if self.begins(bytes) { Front::Short } else { Front::Bad };
        };
        let Some(said) = self.value(written) else { return Front::Bad };
        let own = if self.includes_self { prefix } else { 0 };
        if said == 0 || said == own {
            return Front::Empty(prefix);
        }
        match said.checked_sub(own + self.trailer) {
            Some(length) if (SHORTEST..=LONGEST).contains(&length) => {
                Front::Message { prefix, length, next: prefix + length + self.trailer }
            }
            _ => Front::Bad,
        }
    }

    /// Whether part of a length may stand here.
    fn begins(self, bytes: &[u8]) -> bool {
        match self.len {
            Length::Be16 | Length::Le16 | Length::Bcd2 => true,
            Length::Hex4 => bytes.iter().all(u8::is_ascii_hexdigit),
            _ => bytes.iter().all(u8::is_ascii_digit),
        }
    }

    fn value(self, written: &[u8]) -> Option<usize> {
        let in_base = |base: u32| {
            written.iter().try_fold(0, |value, byte| {
                Some(value * base as usize + char::from(*byte).to_digit(base)? as usize)
            })
        };
        match self.len {
            Length::Be16 => {
                Some(written.iter().fold(0, |value, byte| value << 8 | usize::from(*byte)))
            }
            Length::Le16 => {
                Some(written.iter().rev().fold(0, |value, byte| value << 8 | usize::from(*byte)))
            }
            Length::Bcd2 => written.iter().try_fold(0, |value, byte| {
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                (high < 10 && low < 10).then_some(value * 100 + high * 10 + low)
            }),
            Length::Hex4 => in_base(16),
            _ => in_base(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(len: Length, includes_self: bool, bytes: &[u8], expected: Front) {
        let framing = Framing { len, includes_self, trailer: 0 };
        assert_eq!(framing.read(bytes), expected, "{len:?} {bytes:x?}");
    }

    fn message(prefix: usize, length: usize) -> Front {
        Front::Message { prefix, length, next: prefix + length }
    }

    #[test]
    fn every_way_to_write_a_length_is_read() {
        check(Length::Be16, false, &[0x00, 0x3b], message(2, 59));
        check(Length::Be16, true, &[0x00, 0x3b], message(2, 57));
        check(Length::Le16, false, &[0x3b, 0x00], message(2, 59));
        check(Length::Bcd2, false, &[0x01, 0x23], message(2, 123));
        check(Length::Hex4, false, b"003B", message(4, 59));
        check(Length::Ascii4, false, b"0581.", message(4, 581));
        check(Length::Ascii4, true, b"0581.", message(4, 577));
        check(Length::Ascii2, false, b"64", message(2, 64));
    }

    #[test]
    fn what_is_no_length_is_bad_and_what_is_half_a_length_is_short() {
        check(Length::Ascii4, false, b"05", Front::Short);
        check(Length::Ascii4, false, b"0x", Front::Bad);
        check(Length::Ascii4, false, b"00x1", Front::Bad);
        check(Length::Bcd2, false, &[0x1a, 0x00], Front::Bad);
        check(Length::Be16, false, &[0xff, 0xff], Front::Bad);
        check(Length::Be16, false, &[0, 9], Front::Bad);
        check(Length::Be16, false, &[0, 0], Front::Empty(2));
        check(Length::Be16, true, &[0, 2], Front::Empty(2));
    }

    #[test]
    fn a_trailer_is_counted_and_stepped_over() {
        let framing = Framing { len: Length::Be16, includes_self: false, trailer: 1 };
        assert_eq!(framing.read(&[0, 60]), Front::Message { prefix: 2, length: 59, next: 62 });
    }
}
