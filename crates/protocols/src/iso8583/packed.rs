//! Digits and bytes as dialects write them: two digits in a byte, or hexadecimal.

use crate::iso8583::dialect::{Digits, Pad};

/// The length in front of a variable element; none if its digits are none.
pub fn length(written: &[u8], digits: Digits) -> Option<u16> {
    written.iter().try_fold(0u16, |value, byte| match digits {
        Digits::Ascii => byte.is_ascii_digit().then(|| value * 10 + u16::from(byte - b'0')),
        Digits::Bcd => {
            let (high, low) = (u16::from(byte >> 4), u16::from(byte & 15));
            (high < 10 && low < 10).then(|| value * 100 + high * 10 + low)
        }
    })
}

/// `count` packed digits as characters; none if one of them is no digit.
///
/// An odd count leaves half a byte over. It is where `pad` says, unless the bytes say otherwise: a filler is 0 or F.
pub fn digits(bytes: &[u8], count: usize, pad: Pad) -> Option<Vec<u8>> {
    let mut halves: Vec<u8> = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
    if halves.len() > count {
        let (first, last) = (*halves.first()?, *halves.last()?);
        let is_at_end = last == 15
            || match pad {
                Pad::Left => first != 0,
                Pad::Right => last == 0,
            };
        if is_at_end {
            halves.truncate(count);
        } else {
            halves.remove(0);
        }
    }
    let is_number = halves.iter().all(|half| *half < 10);
    for half in &mut halves {
        *half += b'0';
    }
    if !is_number {
        halves.fill(0);
        return None;
    }
    Some(halves)
}

/// `count` packed characters of a track: digits, and `=` for the separator D; what is neither is `?`.
pub fn track(bytes: &[u8], count: usize) -> Vec<u8> {
    let halves = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let character = |half| match half {
        0..=9 => b'0' + half,
        13 => b'=',
        _ => b'?',
    };
    halves.take(count).map(character).collect()
}

/// The bytes that hexadecimal digits write; none if they are none.
pub fn from_hex(written: &[u8]) -> Option<Vec<u8>> {
    if !written.len().is_multiple_of(2) {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    written.chunks_exact(2).map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], count: usize, pad: Pad, expected: Option<&str>) {
        let found = digits(bytes, count, pad);
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{bytes:x?} {count} {pad:?}");
    }

    #[test]
    fn an_odd_number_has_its_filler_where_the_dialect_or_the_bytes_say() {
        check(&[0x00, 0x21], 3, Pad::Left, Some("021"));
        check(&[0x02, 0x10], 3, Pad::Right, Some("021"));
        check(&[0x02, 0x1f], 3, Pad::Left, Some("021"));
        check(&[0x62, 0x10], 3, Pad::Left, Some("621"));
        check(&[0x06, 0x21], 3, Pad::Right, Some("621"));
        check(&[0x12, 0x34], 4, Pad::Left, Some("1234"));
        check(&[0x1a, 0x34], 4, Pad::Left, None);
        check(&[], 0, Pad::Left, Some(""));
    }

    #[test]
    fn lengths_are_digits() {
        assert_eq!(length(&[0x01, 0x53], Digits::Bcd), Some(153));
        assert_eq!(length(b"019", Digits::Ascii), Some(19));
        assert_eq!(length(&[0x1a], Digits::Bcd), None);
        assert_eq!(length(b"9999", Digits::Ascii), Some(9999));
    }

    #[test]
    fn a_packed_track_has_its_separator() {
        assert_eq!(track(&[0x62, 0x25, 0xd1, 0x5f], 7), b"6225=15");
    }
}
