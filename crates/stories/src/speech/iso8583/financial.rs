//! Financial messages of ISO 8583:1987 in the two layouts that the bank's card links speak.
//!
//! Formats are those of the standard's table of data elements: `n` digits, `an` letters and digits, `b` bytes, `z` track
//! data; `LL` and `LLL` for a length of two or three digits before the element.

use std::collections::BTreeMap;

/// How a link writes its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// jPOS NAC channel: a length of two bytes, big endian, which does not count itself; a TPDU of five bytes; digits,
    /// lengths and message type in BCD.
    NacBcd,
    /// jPOS ASCII channel: a length of four digits; digits, lengths and message type in ASCII.
    Ascii4,
}

/// A data element with its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// `n`, as many digits as the standard says; in BCD an odd number is led by a zero.
    Digits(String),
    /// `n` with a length of two digits.
    VarDigits(String),
    /// `z` with a length of two digits: `=` is the separator, D in BCD.
    Track(String),
    /// `an` or `ans`, as long as the standard says.
    Letters(String),
    /// `an` or `ans` with a length of three digits.
    VarLetters(String),
    /// `b`, as long as the standard says.
    Bytes(Vec<u8>),
    /// `b` with a length of three digits.
    VarBytes(Vec<u8>),
}

/// The elements of a message, by number: 2 to 64.
pub type Elements = BTreeMap<u8, Element>;

/// Transport protocol data unit of NAC: where a message goes, and whence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tpdu {
    /// Network address of the receiver.
    pub to: u16,
    /// Network address of the sender.
    pub from: u16,
}

impl Layout {
    /// The framed message of this type.
    pub fn frame(self, tpdu: Tpdu, kind: &str, elements: &Elements) -> Vec<u8> {
        let mut body = match self {
            Self::NacBcd => {
                [&[0x60], tpdu.to.to_be_bytes().as_slice(), &tpdu.from.to_be_bytes()].concat()
            }
            Self::Ascii4 => Vec::new(),
        };
        self.put_digits(kind, &mut body);
        body.extend_from_slice(&presence(elements).reverse_bits().to_be_bytes());
        for element in elements.values() {
            self.put(element, &mut body);
        }
        let length = match self {
            Self::NacBcd => (body.len() as u16).to_be_bytes().to_vec(),
            Self::Ascii4 => format!("{:04}", body.len()).into_bytes(),
        };
        [length, body].concat()
    }

    fn put(self, element: &Element, out: &mut Vec<u8>) {
        match element {
            Element::Digits(digits) => self.put_digits(digits, out),
            Element::VarDigits(digits) => {
                self.put_length(digits.len(), 2, out);
                self.put_digits(digits, out);
            }
            Element::Track(track) => {
                self.put_length(track.len(), 2, out);
                self.put_digits(track, out);
            }
            Element::Letters(text) => out.extend_from_slice(text.as_bytes()),
            Element::VarLetters(text) => {
                self.put_length(text.len(), 3, out);
                out.extend_from_slice(text.as_bytes());
            }
            Element::Bytes(bytes) => out.extend_from_slice(bytes),
            Element::VarBytes(bytes) => {
                self.put_length(bytes.len(), 3, out);
                out.extend_from_slice(bytes);
            }
        }
    }

    fn put_length(self, length: usize, digits: usize, out: &mut Vec<u8>) {
        self.put_digits(&format!("{length:0digits$}"), out);
    }

    fn put_digits(self, digits: &str, out: &mut Vec<u8>) {
        match self {
            Self::Ascii4 => out.extend_from_slice(digits.as_bytes()),
            Self::NacBcd => {
                let nibble = |digit: u8| if digit == b'=' { 0xD } else { digit - b'0' };
                let mut nibbles: Vec<u8> = digits.bytes().map(nibble).collect();
                if nibbles.len() % 2 == 1 {
                    nibbles.insert(0, 0);
                }
                out.extend(nibbles.chunks(2).map(|pair| pair[0] << 4 | pair[1]));
            }
        }
    }
}

/// Which elements there are: bit n−1 for element n.
pub fn presence(elements: &Elements) -> u64 {
    elements.keys().fold(0, |bits, number| bits | 1 << (number - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Elements {
        [
            (2, Element::VarDigits("4000000000000002".into())),
            (3, Element::Digits("011000".into())),
            (22, Element::Digits("901".into())),
            (39, Element::Letters("51".into())),
            (52, Element::Bytes(vec![0xDE, 0xAD, 0xBE, 0xEF, 1, 2, 3, 4])),
            (54, Element::VarLetters("AB".into())),
        ]
        .into()
    }

    /// Counted by hand: elements 2, 3, 22, 39, 52, 54 are bits 1, 2, 21, 38, 51, 53: 60 00 04 00 02 00 14 00.
    #[test]
    fn a_message_in_bcd_is_counted_out_by_hand() {
        let frame = Layout::NacBcd.frame(Tpdu { to: 3, from: 0x0102 }, "0210", &sample());
        let expected = [
            b"\x00\x2B\x60\x00\x03\x01\x02\x02\x10".as_slice(),
            b"\x60\x00\x04\x00\x02\x00\x14\x00",
            b"\x16\x40\x00\x00\x00\x00\x00\x00\x02\x01\x10\x00\x09\x01",
            b"51\xDE\xAD\xBE\xEF\x01\x02\x03\x04\x00\x02AB",
        ]
        .concat();
        assert_eq!(frame, expected);
        assert_eq!(frame.len(), 0x2B + 2);
    }

    #[test]
    fn a_message_in_ascii_is_counted_out_by_hand() {
        let frame = Layout::Ascii4.frame(Tpdu { to: 3, from: 1 }, "0210", &sample());
        let expected = [
            b"00540210\x60\x00\x04\x00\x02\x00\x14\x00".as_slice(),
            b"164000000000000002011000901",
            b"51\xDE\xAD\xBE\xEF\x01\x02\x03\x04002AB",
        ]
        .concat();
        assert_eq!(frame, expected);
        assert_eq!(frame.len(), 54 + 4);
    }

    #[test]
    fn the_separator_of_a_track_is_a_nibble_of_its_own() {
        let mut out = Vec::new();
        Layout::NacBcd.put(&Element::Track("12=34".into()), &mut out);
        assert_eq!(out, [0x05, 0x01, 0x2D, 0x34]);
    }
}
