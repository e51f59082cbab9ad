//! One message: where its elements lie, and what may be read of them.
//!
//! The walk is tolerant of maxima and strict about ends: a message is whole only if its last element ends with its
//! last byte and its numbers are numbers. Of any other nothing but its type and bitmaps is told, since nobody knows
//! what its bytes are.

use crate::iso8583::dialect::{Bits, Dialect, Digits, HeaderKind};
use crate::iso8583::elements::{Edition, Format, Kind, MOST, Size};
use crate::iso8583::emv;
use crate::iso8583::mti::Mti;
use crate::iso8583::packed;
use crate::oddities::Oddity;
use crate::secret::Secret;
use model::Text;
use sha2::{Digest, Sha256};

/// Elements that are kept as they are; every other one is a [`Secret`].
const KEPT: &[usize] = &[3, 11, 22, 24, 25, 32, 33, 39, 41, 49, 70];
/// Elements of characters that are known to be printable in every edition and country.
const PRINTABLE: &[usize] = &[37, 38, 39, 41, 42, 49];
/// Elements of which a message has at least one (finance.md 1.2).
const TELLING: &[usize] = &[3, 7, 11, 37, 70];

/// What the front of a message tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Destination and source of the TPDU, 0 if there is none.
    pub tpdu: u64,
    /// Message type.
    pub mti: Mti,
    bitmaps: [u64; 3],
    /// Where the elements begin.
    at: usize,
}

/// Whether bytes begin a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Too few to tell.
    Short,
    /// They do not.
    No,
    /// They do.
    Yes(Head),
}

/// Where an element lies, and its length in its own unit.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    start: u16,
    bytes: u16,
    units: u16,
}

/// A message that was walked.
pub struct Message<'a> {
    /// Its front.
    pub head: Head,
    /// Why its elements are not to be read; none: it is whole.
    pub fault: Option<Oddity>,
    bytes: &'a [u8],
    dialect: &'a Dialect,
    places: [Place; MOST + 1],
}

impl Head {
    /// Reads header, message type and bitmaps.
    pub fn read(bytes: &[u8], dialect: &Dialect) -> Begun {
        let Some((tpdu, at)) = header(bytes, dialect) else { return Begun::No };
        let Some(rest) = bytes.get(at..) else { return Begun::Short };
        let length = if dialect.mti == Digits::Ascii { 4 } else { 2 };
        let Some((written, rest)) = rest.split_at_checked(length) else { return Begun::Short };
        let Some(mti) = mti(written, dialect.mti) else { return Begun::No };
        let (mut bitmaps, mut used) = ([0; 3], 0);
        for map in &mut bitmaps {
            match bitmap(&rest[used..], dialect.bitmap) {
                Ok((bits, length)) => (*map, used) = (bits, used + length),
                Err(begun) => return begun,
            }
            if *map >> 63 == 0 {
                break;
            }
        }
        let head = Self { tpdu, mti, bitmaps, at: at + length + used };
        if head.is_likely() { Begun::Yes(head) } else { Begun::No }
    }

    /// Two to fifty elements, with one of those that no message lacks.
    fn is_likely(&self) -> bool {
        let count = (2..=MOST).filter(|number| self.has(*number) && *number != 65).count();
        (2..=50).contains(&count) && TELLING.iter().any(|number| self.has(*number))
    }

    /// Whether an element is there.
    pub const fn has(&self, number: usize) -> bool {
        self.bitmaps[(number - 1) / 64] >> (63 - (number - 1) % 64) & 1 == 1
    }

    /// Elements up to 64 by bit: bit n-1 for element n; bit 0 for element 128, since element 1 is the bitmap.
    pub const fn presence(&self) -> u64 {
        self.bitmaps[0].reverse_bits() & !1 | self.has(128) as u64
    }

    /// The first 8 bytes of the SHA-256 of all bitmaps.
    pub fn bitmap_hash(&self) -> u64 {
        let bytes: Vec<u8> = self.bitmaps.iter().flat_map(|map| map.to_be_bytes()).collect();
        print(&bytes)
    }
}

fn print(bytes: &[u8]) -> u64 {
    u64::from_be_bytes(*Sha256::digest(bytes).first_chunk().expect("a SHA-256 has 32 bytes"))
}

/// What the header tells, and where it ends; none if another stands here.
fn header(bytes: &[u8], dialect: &Dialect) -> Option<(u64, usize)> {
    let header = dialect.header;
    match (header.first, bytes.first()) {
        (Some(expected), Some(first)) if expected != *first => {
            return header.optional.then_some((0, 0));
        }
        _ => {}
    }
    let tpdu = match (header.kind, bytes) {
        (HeaderKind::Tpdu, [_, addresses @ ..]) => {
            addresses.first_chunk().map_or(0, |addresses| u64::from(u32::from_be_bytes(*addresses)))
        }
        _ => 0,
    };
    Some((tpdu, header.size + header.extra))
}

fn mti(written: &[u8], digits: Digits) -> Option<Mti> {
    let digits = match (digits, written) {
        (Digits::Ascii, &[a, b, c, d]) => [a, b, c, d].map(|byte| byte.wrapping_sub(b'0')),
        (Digits::Bcd, &[a, b]) => [a >> 4, a & 15, b >> 4, b & 15],
        _ => return None,
    };
    Mti::of(digits)
}

/// A bitmap and its bytes.
fn bitmap(bytes: &[u8], bits: Bits) -> Result<(u64, usize), Begun> {
    match bits {
        Bits::Binary => {
            let map = bytes.first_chunk().ok_or(Begun::Short)?;
            Ok((u64::from_be_bytes(*map), 8))
        }
        Bits::Hex => {
            let digits: &[u8; 16] = bytes.first_chunk().ok_or(Begun::Short)?;
            let map = packed::from_hex(digits).ok_or(Begun::No)?;
            Ok((u64::from_be_bytes(*map.first_chunk().ok_or(Begun::No)?), 16))
        }
    }
}

impl<'a> Message<'a> {
    /// Walks the elements behind `head`, which was read of the same bytes.
    pub fn walk(head: Head, bytes: &'a [u8], dialect: &'a Dialect) -> Self {
        let mut message =
            Self { head, fault: None, bytes, dialect, places: [Place::default(); MOST + 1] };
        let mut at = head.at;
        let edition = Edition::of(head.mti.edition());
        for number in (2..=MOST).filter(|number| head.has(*number) && *number != 65) {
            let Some(format) = dialect.format(edition, number) else {
                message.fault = Some(Oddity::Malformed);
                return message;
            };
            match message.place(format, at) {
                Ok(place) => {
                    at = usize::from(place.start + place.bytes);
                    message.places[number] = place;
                }
                Err(fault) => {
                    message.fault = Some(fault);
                    return message;
                }
            }
            if !message.is_as_written(number, format) {
                message.fault = Some(Oddity::Malformed);
                return message;
            }
        }
        if at < bytes.len() {
            message.fault = Some(Oddity::Trailing);
        }
        message
    }

    /// The place of an element of `format` at `at`, or why there is none.
    fn place(&self, format: Format, at: usize) -> Result<Place, Oddity> {
        let (start, units) = match format.size {
            Size::Fixed(units) => (at, units),
            Size::Variable(digits) => {
                let length = match self.dialect.lengths {
                    Digits::Ascii => usize::from(digits),
                    Digits::Bcd => usize::from(digits).div_ceil(2),
                };
                let written = self.bytes.get(at..at + length).ok_or(Oddity::Truncated)?;
                let units = packed::length(written, self.dialect.lengths);
                (at + length, units.ok_or(Oddity::Malformed)?)
            }
        };
        let units_wide = usize::from(units);
        let bytes = match format.kind {
            Kind::Number if self.dialect.numeric == Digits::Bcd => units_wide.div_ceil(2),
            Kind::Signed if self.dialect.numeric == Digits::Bcd => 1 + units_wide.div_ceil(2),
            Kind::Signed => 1 + units_wide,
            Kind::Track if self.dialect.tracks == Digits::Bcd => units_wide.div_ceil(2),
            Kind::Binary if self.dialect.binary == Bits::Hex => 2 * units_wide,
            _ => units_wide,
        };
        if start + bytes > self.bytes.len() {
            return Err(Oddity::Truncated);
        }
        Ok(Place { start: start as u16, bytes: bytes as u16, units })
    }

    /// Whether an element holds what its format says.
    fn is_as_written(&self, number: usize, format: Format) -> bool {
        let bytes = self.bytes_of(number);
        match format.kind {
            Kind::Number => self.digits(number).is_some(),
            Kind::Text if PRINTABLE.contains(&number) => {
                bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
            }
            Kind::Binary if self.dialect.binary == Bits::Hex => packed::from_hex(bytes).is_some(),
            _ => true,
        }
    }

    fn bytes_of(&self, number: usize) -> &'a [u8] {
        let place = self.places[number];
        &self.bytes[usize::from(place.start)..usize::from(place.start + place.bytes)]
    }

    /// The digits of a number, one in a byte.
    fn digits(&self, number: usize) -> Option<Secret<'a>> {
        let bytes = self.bytes_of(number);
        match self.dialect.numeric {
            Digits::Ascii => {
                bytes.iter().all(u8::is_ascii_digit).then_some(Secret::borrowed(bytes))
            }
            Digits::Bcd => {
                let units = usize::from(self.places[number].units);
                packed::digits(bytes, units, self.dialect.pad).map(Secret::owned)
            }
        }
    }

    /// What an element says, in the same form in every dialect: digits as characters, no blanks at its end, bytes as
    /// they are. None if it is absent or empty, or the message is not whole.
    pub fn secret(&self, number: usize) -> Option<Secret<'a>> {
        if self.fault.is_some() || !self.head.has(number) {
            return None;
        }
        let edition = Edition::of(self.head.mti.edition());
        let format = self.dialect.format(edition, number)?;
        let bytes = self.bytes_of(number);
        let value = match format.kind {
            Kind::Number => self.digits(number)?,
            Kind::Track if self.dialect.tracks == Digits::Bcd => {
                let units = usize::from(self.places[number].units);
                Secret::owned(packed::track(bytes, units))
            }
            Kind::Binary if self.dialect.binary == Bits::Hex => {
                Secret::owned(packed::from_hex(bytes)?)
            }
            Kind::Text => Secret::borrowed(bytes.trim_ascii_end()),
            _ => Secret::borrowed(bytes),
        };
        (!value.is_empty()).then_some(value)
    }

    /// Whether it is a message beyond doubt: whole, and sent at a time that there is.
    pub fn is_certain(&self) -> bool {
        let is_time = |digits: &[u8]| {
            let number = |at: usize| (digits[at] - b'0') * 10 + digits[at + 1] - b'0';
            digits.len() == 10
                && (1..=12).contains(&number(0))
                && (1..=31).contains(&number(2))
                && number(4) < 24
                && number(6) < 60
                && number(8) < 60
        };
        self.fault.is_none() && self.secret(7).is_none_or(|sent| sent.expose(is_time))
    }

    /// When it was sent (MMDDhhmmss), to tell transactions apart.
    pub fn sent(&self) -> Option<u64> {
        self.secret(7)?.expose(|digits| std::str::from_utf8(digits).ok()?.parse().ok())
    }

    /// The issuer: the first six digits of the account number.
    pub fn issuer(&self) -> Option<u32> {
        self.account_number()?.expose(|digits| std::str::from_utf8(&digits[..6]).ok()?.parse().ok())
    }

    /// The account number: element 2, else the front of track 2.
    pub fn account_number(&self) -> Option<Secret<'a>> {
        let number = self.secret(2).or_else(|| {
            self.secret(35)?.expose(|track| {
                let end = track.iter().position(|byte| matches!(byte, b'=' | b'D' | b'd'))?;
                Some(Secret::owned(track[..end].to_vec()))
            })
        })?;
        let is_one = number.expose(|digits| {
            (12..=19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
        });
        is_one.then_some(number)
    }

    /// The text of an element that may be kept; empty for every other.
    pub fn text(&self, number: usize) -> Text {
        if !KEPT.contains(&number) {
            return Text::default();
        }
        self.secret(number).map_or_else(Text::default, |value| value.expose(Text::from_bytes))
    }

    /// The number in an element that may be kept; none if it is absent or longer than 18 digits.
    pub fn number(&self, number: usize) -> Option<u64> {
        let value = KEPT.contains(&number).then(|| self.secret(number)).flatten()?;
        value.expose(|digits| {
            if digits.len() > 18 {
                return None;
            }
            std::str::from_utf8(digits).ok()?.parse().ok()
        })
    }

    /// The amount as ⌊4·log10(DE4)⌋, -1 if there is none or it is 0.
    pub fn amount_bucket(&self) -> i16 {
        let amount = self.secret(4).and_then(|value| {
            value.expose(|digits| std::str::from_utf8(digits).ok()?.parse::<u64>().ok())
        });
        amount.map_or(-1, bucket)
    }

    /// The country at the end of the card acceptor's name and location, two or three letters.
    pub fn country(&self) -> Text {
        self.secret(43).map_or_else(Text::default, |value| {
            value.expose(|text| {
                let end = &text[text
                    .iter()
                    .rposition(|byte| !byte.is_ascii_alphabetic())
                    .map_or(0, |at| at + 1)..];
                match end.len() {
                    2 | 3 => Text::from(String::from_utf8_lossy(end).to_ascii_uppercase()),
                    _ => Text::default(),
                }
            })
        })
    }

    /// What may be kept of the chip's data.
    pub fn emv(&self) -> emv::Kept {
        self.secret(55).map_or_else(emv::Kept::default, |value| value.expose(emv::Kept::read))
    }

    /// A print of the message authentication code, to tell whether the next one is the same.
    pub fn mac_print(&self) -> Option<u64> {
        let last = if self.head.has(128) { 128 } else { 64 };
        self.secret(last).map(|value| value.expose(print))
    }

    /// Whether the answer tells that another stood in for the issuer.
    pub fn is_stand_in(&self) -> bool {
        let Some(told) = &self.dialect.stand_in else { return false };
        let is_one = |value: &[u8]| {
            value.get(told.at).is_some_and(|byte| told.any_of.as_bytes().contains(byte))
        };
        self.secret(usize::from(told.element)).is_some_and(|value| value.expose(is_one))
    }
}

/// ⌊4·log10(amount)⌋; -1 for 0. Amounts of 13 digits and more are in the bucket of the greatest of 12.
fn bucket(amount: u64) -> i16 {
    const SCALE: u32 = 12;
    /// 10^12.25, 10^12.5 and 10^12.75, rounded up: no power of ten with such an exponent is a whole number.
    const QUARTERS: [u64; 3] = [1_778_279_410_039, 3_162_277_660_169, 5_623_413_251_904];
    let amount = amount.min(999_999_999_999);
    let Some(tens) = amount.checked_ilog10() else { return -1 };
    let scaled = amount * 10u64.pow(SCALE - tens);
    (4 * tens) as i16 + QUARTERS.iter().filter(|quarter| scaled >= **quarter).count() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4·log10 of 1, 2, 3, 5, 6, 9, 10, 1,000 and 123,456, by a pocket calculator.
    #[test]
    fn amounts_are_told_in_quarters_of_a_power_of_ten() {
        for (amount, expected) in [
            (0, -1),
            (1, 0),
            (2, 1),
            (3, 1),
            (4, 2),
            (5, 2),
            (6, 3),
            (9, 3),
            (10, 4),
            (17, 4),
            (18, 5),
            (1_000, 12),
            (123_456, 20),
            (999_999_999_999, 47),
        ] {
            assert_eq!(bucket(amount), expected, "{amount}");
        }
    }
}
