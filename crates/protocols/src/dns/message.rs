//! One DNS message, as far as its bytes go (RFC 1035 4.1, RFC 3596, RFC 2782, RFC 9460).

use crate::cursor::Cursor;
use crate::dns::name;
use crate::oddities::{Oddities, Oddity};
use crate::protocol::Probe;
use model::{Text, mapped};
use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of a message's header.
pub const HEADER: usize = 12;

/// Most answers that are kept.
pub const MOST_ANSWERS: usize = 32;

/// Most bytes of a text record that are kept.
const MOST_TEXT: usize = 255;

/// A message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// What joins an answer to its question.
    pub id: u16,
    /// The header's second two bytes.
    pub flags: u16,
    /// Questions, answers, authorities and additionals as the header counts them.
    pub counts: [u16; 4],
    /// Name of the first question, else owner of the first answer.
    pub qname: String,
    /// Its type.
    pub qtype: u16,
    /// Its class, without mDNS's top bit (RFC 6762 18.12).
    pub qclass: u16,
    /// The answers as text, at most [`MOST_ANSWERS`].
    pub answers: Vec<Text>,
    /// Addresses among them.
    pub addresses: Vec<Ipv6Addr>,
    /// Bytes of data in the answers.
    pub answer_bytes: u32,
    /// Least time to live of the answers. Seconds.
    pub ttl_min_s: u32,
    /// Whether something in it is odd.
    pub oddities: Oddities,
}

impl Message {
    /// Reads a message; what is missing at its end is left empty and noted.
    pub fn read(bytes: &[u8]) -> Self {
        let mut message = Self::default();
        match message.read_parts(bytes) {
            Some(end) if end < bytes.len() => message.oddities.add(Oddity::Trailing),
            Some(_) => {}
            None if message.oddities.has(Oddity::Malformed) => {}
            None => message.oddities.add(Oddity::Truncated),
        }
        message
    }

    /// Whether it answers.
    pub const fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// What it asks for: 0 query, 4 notify, 5 update.
    pub const fn opcode(&self) -> u8 {
        (self.flags >> 11 & 15) as u8
    }

    /// Result, without the bits that EDNS adds.
    pub const fn rcode(&self) -> u8 {
        (self.flags & 15) as u8
    }

    fn read_parts(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut header = Cursor::new(bytes);
        self.id = header.u16()?;
        self.flags = header.u16()?;
        for count in &mut self.counts {
            *count = header.u16()?;
        }
        let mut at = HEADER;
        for number in 0..self.counts[0] {
            at = self.read_question(bytes, at, number == 0)?;
        }
        for number in 0..self.counts[1] {
            at = self.read_answer(bytes, at, number == 0)?;
        }
        for _ in 0..u32::from(self.counts[2]) + u32::from(self.counts[3]) {
            at = Record::read(bytes, name::skip(bytes, at)?)?.end;
        }
        Some(at)
    }

    fn read_question(&mut self, bytes: &[u8], at: usize, is_first: bool) -> Option<usize> {
        let after = if is_first {
            let (qname, after) = name::read(bytes, at, &mut self.oddities)?;
            self.qname = qname;
            after
        } else {
            name::skip(bytes, at)?
        };
        let mut fields = Cursor::new(bytes.get(after..)?);
        let (qtype, qclass) = (fields.u16()?, fields.u16()?);
        if is_first {
            (self.qtype, self.qclass) = (qtype, qclass & 0x7fff);
        }
        Some(after + 4)
    }

    fn read_answer(&mut self, bytes: &[u8], at: usize, is_first: bool) -> Option<usize> {
        let record = Record::read(bytes, name::skip(bytes, at)?)?;
        if is_first && self.counts[0] == 0 {
            self.qname = name::read(bytes, at, &mut self.oddities)?.0;
            (self.qtype, self.qclass) = (record.kind, record.class & 0x7fff);
        }
        self.ttl_min_s = if is_first { record.ttl_s } else { self.ttl_min_s.min(record.ttl_s) };
        self.answer_bytes = self.answer_bytes.saturating_add((record.end - record.data) as u32);
        if self.answers.len() == MOST_ANSWERS {
            self.oddities.add(Oddity::Cut);
            return Some(record.end);
        }
        match record.text(bytes, self) {
            Some(text) => self.answers.push(Text::from(text)),
            None => self.oddities.add(Oddity::Malformed),
        }
        Some(record.end)
    }
}

/// A resource record behind its owner's name.
struct Record {
    kind: u16,
    class: u16,
    ttl_s: u32,
    data: usize,
    end: usize,
}

impl Record {
    fn read(bytes: &[u8], at: usize) -> Option<Self> {
        let mut fields = Cursor::new(bytes.get(at..)?);
        let (kind, class, ttl_s) = (fields.u16()?, fields.u16()?, fields.u32()?);
        let data = fields.vector16()?;
        Some(Self { kind, class, ttl_s, data: at + 10, end: at + 10 + data.len() })
    }

    /// The data in presentation form; of kinds that have none here, the length alone as RFC 3597 writes it.
    fn text(&self, bytes: &[u8], message: &mut Message) -> Option<String> {
        let mut data = Cursor::new(&bytes[self.data..self.end]);
        let mut name_at = |offset| {
            name::read(bytes, self.data + offset, &mut message.oddities).map(|(name, _)| name)
        };
        Some(match self.kind {
            1 => {
                let address = Ipv4Addr::from(<[u8; 4]>::try_from(data.rest()).ok()?);
                message.addresses.push(mapped(address.into()));
                address.to_string()
            }
            28 => {
                let address = Ipv6Addr::from(<[u8; 16]>::try_from(data.rest()).ok()?);
                message.addresses.push(address);
                address.to_string()
            }
            2 | 5 | 6 | 12 | 39 => name_at(0)?,
            15 | 64 | 65 => format!("{} {}", data.u16()?, name_at(2)?),
            33 => format!("{} {} {} {}", data.u16()?, data.u16()?, data.u16()?, name_at(6)?),
            16 => joined_strings(&mut data)?,
            _ => format!("\\# {}", data.rest().len()),
        })
    }
}

fn joined_strings(data: &mut Cursor<'_>) -> Option<String> {
    let mut text = String::new();
    while !data.is_empty() && text.len() < MOST_TEXT {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&String::from_utf8_lossy(data.vector8()?));
    }
    Some(text)
}

/// Whether `seen`, the front of a message of `length` bytes, can be one.
pub fn looks_like_a_message(seen: &[u8], length: usize) -> Probe {
    if length < HEADER {
        return Probe::No;
    }
    let mut header = Cursor::new(seen);
    let _id = header.u16();
    let Some(flags) = header.u16() else { return Probe::Maybe };
    let (is_response, opcode, rcode) = (flags & 0x8000 != 0, flags >> 11 & 15, flags & 15);
    if !matches!(opcode, 0..=2 | 4..=6) || flags & 0x40 != 0 || !is_response && rcode != 0 {
        return Probe::No;
    }
    let (Some(questions), Some(answers), Some(authorities), Some(additionals)) =
        (header.u16(), header.u16(), header.u16(), header.u16())
    else {
        return Probe::Maybe;
    };
    let records = usize::from(answers) + usize::from(authorities) + usize::from(additionals);
    if HEADER + 5 * usize::from(questions) + 11 * records > length {
        return Probe::No;
    }
    match (questions, is_response) {
        (0, false) => Probe::No,
        (0, true) if answers == 0 => {
            if length == HEADER && rcode != 0 {
                Probe::Maybe
            } else {
                Probe::No
            }
        }
        _ => first_name_fits(seen, length, questions > 0),
    }
}

/// Whether the first name is followed by a known class: of a question, or of a record.
fn first_name_fits(seen: &[u8], length: usize, is_question: bool) -> Probe {
    let mut odd = Oddities::default();
    let fields =
        name::read(seen, HEADER, &mut odd).and_then(|(_, after)| seen.get(after..after + 4));
    let Some(&[kind_high, kind_low, class_high, class_low]) = fields else {
        let may_go_on = seen.len() < length && odd.is_empty() && name_goes_on(seen);
        return if may_go_on { Probe::Maybe } else { Probe::No };
    };
    let class = u16::from_be_bytes([class_high, class_low]) & 0x7fff;
    let kind = u16::from_be_bytes([kind_high, kind_low]);
    let is_netbios = is_question && matches!(kind, 32 | 33) && seen[HEADER] == 32;
    let is_class = matches!(class, 1 | 3 | 4 | 254 | 255);
    if odd.is_empty() && !is_netbios && (is_class || kind == 41) { Probe::Yes } else { Probe::No }
}

/// Whether the labels seen so far are labels, the last one cut off by the end of what was seen.
fn name_goes_on(seen: &[u8]) -> bool {
    let mut at = HEADER;
    while let Some(&length) = seen.get(at) {
        match length {
            0 | 0xc0.. => return true,
            0x40.. => return false,
            _ => at += 1 + usize::from(length),
        }
    }
    at - HEADER <= 255
}
