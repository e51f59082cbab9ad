//! The record layer: where each TLS record of one direction begins and ends (RFC 8446 5.1), however it was cut.

/// Longest record body that is believed: 2^14 plus the expansion that TLS 1.2 allows (RFC 5246 6.2.3).
pub const LONGEST: u16 = (1 << 14) + 2048;

/// The one byte with which a PostgreSQL server agrees to TLS before its first record.
const POSTGRES_YES: u8 = b'S';

/// What a record holds (RFC 8446 B.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The cipher is changed from here on (TLS 1.2 and before).
    ChangeCipherSpec,
    /// An alert.
    Alert,
    /// A part of the handshake.
    Handshake,
    /// Everything that is encrypted, from TLS 1.3 on also handshake and alerts.
    ApplicationData,
    /// A heartbeat (RFC 6520).
    Heartbeat,
}

impl Kind {
    /// The kind of a record's first byte.
    pub const fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            20 => Self::ChangeCipherSpec,
            21 => Self::Alert,
            22 => Self::Handshake,
            23 => Self::ApplicationData,
            24 => Self::Heartbeat,
            _ => return None,
        })
    }
}

/// One step through the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A record begins.
    Begin {
        /// What it holds.
        kind: Kind,
        /// Bytes of its body.
        length: u16,
    },
    /// Bytes of the body of the record that began last.
    Body {
        /// What the record holds.
        kind: Kind,
        /// The bytes.
        bytes: &'a [u8],
    },
    /// These bytes are no records.
    Lost(&'a [u8]),
}

/// Whether it is known where the next record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Place {
    /// It is.
    #[default]
    Known,
    /// Not since bytes were lost: a payload that begins with a record tells it again.
    Gap,
    /// Not since bytes came that are no record: it is not TLS from there on.
    Broken,
}

/// Walks the records of one direction.
#[derive(Debug, Default)]
pub struct Records {
    header: [u8; 5],
    have: usize,
    kind: Option<Kind>,
    left: u16,
    place: Place,
}

impl Records {
    /// Takes the next step off the front of `bytes`, `None` when more are needed.
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Step<'a>> {
        if bytes.is_empty() {
            return None;
        }
        if self.place != Place::Known {
            return Some(Step::Lost(std::mem::take(bytes)));
        }
        if let Some(kind) = self.kind.filter(|_| self.left > 0) {
            let (body, rest) = bytes.split_at(bytes.len().min(self.left.into()));
            self.left -= body.len() as u16;
            *bytes = rest;
            return Some(Step::Body { kind, bytes: body });
        }
        let (part, rest) = bytes.split_at(bytes.len().min(self.header.len() - self.have));
        self.header[self.have..self.have + part.len()].copy_from_slice(part);
        self.have += part.len();
        *bytes = rest;
        if self.have < self.header.len() {
            return None;
        }
        if self.kind.is_none()
            && self.header[0] == POSTGRES_YES
            && Kind::of(self.header[1]).is_some()
        {
            self.header.copy_within(1.., 0);
            self.have -= 1;
            return self.next(bytes);
        }
        self.have = 0;
        if let Some((kind, length)) = read_header(&self.header) {
            (self.kind, self.left) = (Some(kind), length);
            return Some(Step::Begin { kind, length });
        }
        self.place = Place::Broken;
        Some(Step::Lost(part))
    }

    /// `lost` bytes are missing here. Inside a body that goes on beyond them nothing else is lost; `true` then.
    pub fn skip(&mut self, lost: u64) -> bool {
        if self.kind.is_some()
            && self.have == 0
            && u64::from(self.left) >= lost
            && self.place == Place::Known
        {
            self.left -= lost as u16;
            return true;
        }
        if self.place == Place::Known {
            self.place = Place::Gap;
        }
        false
    }

    /// After a gap, takes up the walk again if `bytes` begin with a record.
    pub fn resume_at(&mut self, bytes: &[u8]) {
        let begins = bytes.first_chunk().is_some_and(|header| read_header(header).is_some());
        if self.place == Place::Gap && begins {
            *self = Self::default();
        }
    }
}

/// Kind and body length of a record header, if it is one.
pub fn read_header(header: &[u8; 5]) -> Option<(Kind, u16)> {
    let length = u16::from_be_bytes([header[3], header[4]]);
    let is_version = header[1] == 3 && header[2] <= 4;
    Kind::of(header[0]).filter(|_| is_version && length <= LONGEST).map(|kind| (kind, length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_however_they_are_cut() {
        let stream = [22, 3, 1, 0, 2, 7, 8, 23, 3, 3, 0, 0, 21, 3, 3, 0, 1, 9];
        for cut in 0..stream.len() {
            let (mut records, mut begun, mut body) = (Records::default(), Vec::new(), Vec::new());
            for mut part in [&stream[..cut], &stream[cut..]] {
                while let Some(step) = records.next(&mut part) {
                    match step {
                        Step::Begin { kind, length } => begun.push((kind, length)),
                        Step::Body { bytes, .. } => body.extend_from_slice(bytes),
                        Step::Lost(_) => unreachable!("all of it is records"),
                    }
                }
            }
            assert_eq!(begun, [(Kind::Handshake, 2), (Kind::ApplicationData, 0), (Kind::Alert, 1)]);
            assert_eq!(body, [7, 8, 9]);
        }
    }

    #[test]
    fn the_agreement_of_postgres_is_stepped_over_once() {
        for (stream, expected) in [
            (b"S\x16\x03\x03\0\x01".as_slice(), Step::Begin { kind: Kind::Handshake, length: 1 }),
            (b"SS\x16\x03\x03\0", Step::Lost(b"SS\x16\x03\x03")),
        ] {
            let (mut records, mut bytes) = (Records::default(), stream);
            assert_eq!(records.next(&mut bytes), Some(expected));
        }
    }

    #[test]
    fn a_gap_inside_a_body_loses_nothing_else() {
        let mut records = Records::default();
        let mut bytes: &[u8] = &[23, 3, 3, 0, 9, 1];
        while records.next(&mut bytes).is_some() {}
        assert!(records.skip(8));
        bytes = &[23, 3, 3, 0, 1];
        assert_eq!(
            records.next(&mut bytes),
            Some(Step::Begin { kind: Kind::ApplicationData, length: 1 })
        );
        assert!(!records.skip(2));
        bytes = &[21, 3, 3, 0, 2];
        assert_eq!(records.next(&mut bytes), Some(Step::Lost(&[21, 3, 3, 0, 2])));
        bytes = &[21, 3, 3, 0, 2];
        records.resume_at(bytes);
        assert_eq!(records.next(&mut bytes), Some(Step::Begin { kind: Kind::Alert, length: 2 }));
    }
}
