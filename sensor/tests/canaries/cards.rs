//! Cards that nobody has, and messages with them, written from the published layouts and apart from what reads them.

/// A card of a range that networks keep for tests, with secrets that are easy to find again.
#[derive(Debug, Clone)]
pub struct Card {
    pub number: &'static str,
    /// Encrypted PIN block.
    pub pin: [u8; 8],
    /// Discretionary data of its tracks.
    pub discretionary: &'static str,
}

/// The cards: 16, 16, 19, 15 and 14 digits.
pub fn all() -> Vec<Card> {
    let card = |number, seed: u8, discretionary| Card {
        number,
        pin: [seed, 0xc3, seed ^ 0x5a, 0x99, 0xe1, seed, 0x7d, 0xbe],
        discretionary,
    };
    vec![
        card("4111111145551142", 0x81, "9137046258013"),
        card("5555341244441115", 0x92, "8260415937702"),
        card("6212345678900000003", 0xa3, "7351926048815"),
        card("371449635398431", 0xb4, "6048173952264"),
        card("30569309025904", 0xc5, "5829630417446"),
    ]
}

impl Card {
    /// Number, separator, expiry, service code, discretionary data (ISO/IEC 7813), without sentinels.
    pub fn track_2(&self) -> String {
        let mut track = format!("{}=2912101{}", self.number, self.discretionary);
        track.truncate(37);
        track
    }

    fn track_1(&self) -> String {
        format!("B{}^CANARY/CARDHOLDER^2912101{}", self.number, self.discretionary)
    }

    fn track_3(&self) -> String {
        format!("01{}=1561560000{}", self.number, self.discretionary)
    }

    /// Tags 5A, 57, 5F20, 95 and 9F34 of element 55.
    fn chip(&self) -> Vec<u8> {
        let even = |digits: &str, filler: char| {
            let filler =
                if digits.len().is_multiple_of(2) { String::new() } else { filler.to_string() };
            unhex(&(digits.to_owned() + &filler))
        };
        let tag = |tag: &[u8], value: &[u8]| [tag, &[value.len() as u8], value].concat();
        [
            tag(b"\x5a", &even(self.number, 'F')),
            tag(b"\x57", &even(&self.track_2().replace('=', "D"), 'F')),
            tag(b"\x5f\x20", b"CANARY/CARDHOLDER"),
            tag(b"\x95", &[0, 0, 4, 0, 0]),
            tag(b"\x9f\x34", &[0x1e, 3, 0]),
        ]
        .concat()
    }
}

fn unhex(digits: &str) -> Vec<u8> {
    let halves: Vec<u8> =
        digits.chars().map(|digit| digit.to_digit(16).expect("hexadecimal") as u8).collect();
    halves.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// What must be found nowhere.
pub fn needles(card: &Card) -> Vec<Vec<u8>> {
    let mut needles = vec![b"CANARY".to_vec(), hex(b"CANARY").into_bytes()];
    for digits in [card.number, card.discretionary] {
        for piece in (0..=digits.len() - 10).map(|at| &digits[at..at + 10]) {
            needles.push(piece.as_bytes().to_vec());
            needles.push(unhex(piece));
            needles.push(hex(piece.as_bytes()).into_bytes());
        }
    }
    needles.push(card.pin.to_vec());
    needles.push(hex(&card.pin).into_bytes());
    needles.push(hex(&card.pin).to_uppercase().into_bytes());
    needles
}

fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from(b"0123456789abcdef"[usize::from(half)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// An element before it is written.
#[derive(Debug, Clone)]
enum Element {
    /// Digits of fixed length.
    Number(String),
    /// Digits or a track behind two digits of length.
    Short(String),
    /// A track behind three digits of length.
    Long(String),
    /// Characters of fixed length.
    Text(String),
    /// Characters behind two digits of length.
    ShortText(String),
    /// Bytes behind three digits of length.
    LongBytes(Vec<u8>),
    /// Bytes of fixed length.
    Bytes(Vec<u8>),
}

/// A message before it is written.
#[derive(Debug, Clone)]
pub struct Message {
    mti: &'static str,
    elements: Vec<(usize, Element)>,
}

impl Message {
    /// A purchase with everything in it that may never be kept.
    pub fn purchase(card: &Card, trace: u32) -> Self {
        use Element::{Bytes, Long, LongBytes, Number, Short, ShortText, Text};
        let number = |digits: &str| Number(digits.to_owned());
        let text = |text: &str| Text(text.to_owned());
        let elements = vec![
            (2, Short(card.number.to_owned())),
            (3, number("011000")),
            (4, number("000000123456")),
            (7, number("1124190101")),
            (11, number(&format!("{trace:06}"))),
            (14, number("2912")),
            (22, number("051")),
            (25, number("00")),
            (32, Short("14427963".to_owned())),
            (35, Short(card.track_2())),
            (36, Long(card.track_3())),
            (37, text("012345678901")),
            (41, text("TERM0001")),
            (42, text("MERCHANT0000015")),
            (43, text("CANARY BANK ATM 7         FRANKFURT   DE")),
            (45, ShortText(card.track_1())),
            (48, LongBytes(format!("0116{}", card.number).into_bytes())),
            (49, text("978")),
            (52, Bytes(card.pin.to_vec())),
            (55, LongBytes(card.chip())),
            (61, LongBytes(card.track_2().into_bytes())),
            (125, LongBytes([card.pin, card.pin].concat())),
            (128, Bytes(card.pin.iter().rev().copied().collect())),
        ];
        Self { mti: "0200", elements }
    }

    /// An echo of the network.
    pub fn echo(trace: u32) -> Self {
        let number = |digits: &str| Element::Number(digits.to_owned());
        let elements = vec![
            (7, number("1124190100")),
            (11, number(&format!("{trace:06}"))),
            (70, number("301")),
        ];
        Self { mti: "0800", elements }
    }

    /// Its answer, which repeats the number of the card.
    pub fn answered(&self, code: &str) -> Self {
        let kept = [2, 3, 4, 7, 11, 41, 49];
        let mut elements = self.elements.clone();
        elements.retain(|(number, _)| kept.contains(number));
        elements.push((39, Element::Text(code.to_owned())));
        elements.sort_by_key(|(number, _)| *number);
        Self { mti: "0210", elements }
    }
}

/// How messages are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Two bytes of length, a TPDU, packed digits.
    Packed,
    /// Four digits of length, characters.
    Plain,
}

impl Writing {
    pub fn write(self, message: &Message) -> Vec<u8> {
        let mut map = 1u128 << 127;
        let mut body = Vec::new();
        for (number, element) in &message.elements {
            map |= 1 << (128 - number);
            self.element(element, &mut body);
        }
        let front = match self {
            Self::Packed => [unhex("6000120034").as_slice(), &unhex(message.mti)].concat(),
            Self::Plain => message.mti.as_bytes().to_vec(),
        };
        self.framed(&[front.as_slice(), &map.to_be_bytes(), &body].concat())
    }

    fn framed(self, message: &[u8]) -> Vec<u8> {
        let length = match self {
            Self::Packed => (message.len() as u16).to_be_bytes().to_vec(),
            Self::Plain => format!("{:04}", message.len()).into_bytes(),
        };
        [length.as_slice(), message].concat()
    }

    /// The first bytes of a message, behind a length that says so.
    pub fn shortened(self, whole: &[u8], length: usize) -> Vec<u8> {
        let prefix = if self == Self::Packed { 2 } else { 4 };
        self.framed(&whole[prefix..length])
    }

    fn element(self, element: &Element, out: &mut Vec<u8>) {
        match element {
            Element::Number(digits) => self.digits(digits, true, out),
            Element::Short(digits) => {
                self.digits(&format!("{:02}", digits.len()), true, out);
                self.digits(digits, false, out);
            }
            Element::Long(digits) => {
                self.digits(&format!("{:03}", digits.len()), true, out);
                self.digits(digits, false, out);
            }
            Element::Text(text) => out.extend(text.as_bytes()),
            Element::ShortText(text) => {
                self.digits(&format!("{:02}", text.len()), true, out);
                out.extend(text.as_bytes());
            }
            Element::LongBytes(bytes) => {
                self.digits(&format!("{:03}", bytes.len()), true, out);
                out.extend(bytes);
            }
            Element::Bytes(bytes) => out.extend(bytes),
        }
    }

    /// Digits; packed, an odd one has a 0 before it or an F behind it.
    fn digits(self, digits: &str, is_filled_before: bool, out: &mut Vec<u8>) {
        if self == Self::Plain {
            out.extend(digits.as_bytes());
            return;
        }
        let digits = digits.replace('=', "D");
        let even = match (digits.len() % 2, is_filled_before) {
            (0, _) => digits,
            (_, true) => format!("0{digits}"),
            (_, false) => format!("{digits}F"),
        };
        out.extend(unhex(&even));
    }
}

/// A question for a name that begins with `label` (RFC 1035 4.1).
pub fn question(label: &str) -> Vec<u8> {
    let mut bytes = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in [label, "example", "com"] {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.extend(b"\0\0\x01\0\x01");
    bytes
}

/// A client hello of TLS with a server name (RFC 8446 4.1.2, RFC 6066 3).
pub fn hello(name: &str) -> Vec<u8> {
    let with_length = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let entry = [&[0], with_length(name.as_bytes()).as_slice()].concat();
    let extension = [&[0, 0], with_length(&with_length(&entry)).as_slice()].concat();
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.extend([0, 0, 2, 0x13, 0x01, 1, 0]);
    body.extend(with_length(&extension));
    let handshake = [&[1, 0], with_length(&body).as_slice()].concat();
    [&[22, 3, 1], with_length(&handshake).as_slice()].concat()
}
