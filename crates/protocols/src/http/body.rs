//! Bodies, walked and never kept: where they end, and how many bytes they had (RFC 9112 6 and 7.1).

/// Longest line of a chunk's size, or sum of trailer lines, that is walked. Bytes.
const LONGEST_LINE: u32 = 16_384;

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// There is none.
    None,
    /// By its length. Bytes.
    Length(u64),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

/// A body in the making.
#[derive(Debug)]
pub struct Body {
    place: Place,
    line: u32,
}

/// Where in the body the next byte is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Data { left: u64 },
    UntilClose,
    Size { value: u64, digits: u8 },
    Extension { value: u64 },
    ChunkData { left: u64 },
    ChunkEnd,
    Trailer { is_empty_line: bool },
    End,
    Broken,
}

/// What a step through a body came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Walked {
    /// More is to come.
    On,
    /// It is over.
    End,
    /// It breaks the grammar of chunks here.
    Broken,
}

impl Body {
    /// A body at its first byte.
    pub const fn new(framing: Framing) -> Self {
        let place = match framing {
            Framing::None | Framing::Length(0) => Place::End,
            Framing::Length(left) => Place::Data { left },
            Framing::Chunked => Place::Size { value: 0, digits: 0 },
            Framing::UntilClose => Place::UntilClose,
        };
        Self { place, line: 0 }
    }

    /// Takes what is of the body off the front of `bytes`; adds its bytes without framing to `count`.
    pub fn walk(&mut self, bytes: &mut &[u8], count: &mut u64) -> Walked {
        loop {
            match &mut self.place {
                Place::End => return Walked::End,
                Place::Broken => return Walked::Broken,
                _ if bytes.is_empty() => return Walked::On,
                Place::UntilClose => {
                    *count += bytes.len() as u64;
                    *bytes = &[];
                }
                Place::Data { left } | Place::ChunkData { left } => {
                    let part = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= part as u64;
                    *count += part as u64;
                    *bytes = &bytes[part..];
                    if *left == 0 {
                        let is_chunk = matches!(self.place, Place::ChunkData { .. });
                        self.place = if is_chunk { Place::ChunkEnd } else { Place::End };
                    }
                }
                _ => {
                    let byte = bytes[0];
                    *bytes = &bytes[1..];
                    self.line += 1;
                    self.place = if self.line > LONGEST_LINE {
                        Place::Broken
                    } else {
                        self.place.after(byte)
                    };
                    if matches!(self.place, Place::ChunkData { .. } | Place::Size { digits: 0, .. })
                    {
                        self.line = 0;
                    }
                }
            }
        }
    }

    /// `lost` bytes are missing here: whether the body goes on beyond them. They count as its bytes then.
    pub fn skip(&mut self, lost: u64, count: &mut u64) -> bool {
        let goes_on = match &mut self.place {
            Place::UntilClose => true,
            Place::Data { left } | Place::ChunkData { left } if *left > lost => {
                *left -= lost;
                true
            }
            _ => false,
        };
        if goes_on {
            *count += lost;
        }
        goes_on
    }

    /// Whether only the end of the connection ends it.
    pub fn is_until_close(&self) -> bool {
        self.place == Place::UntilClose
    }
}

impl Place {
    /// The place behind a byte of chunk framing.
    fn after(self, byte: u8) -> Self {
        match (self, byte) {
            (Self::Size { digits: 0, .. }, b'\r' | b'\n' | b';') => Self::Broken,
            (Self::Size { value, .. } | Self::Extension { value }, b'\n') => Self::chunk(value),
            (Self::Size { value, .. }, b'\r' | b';' | b' ' | b'\t')
            | (Self::Extension { value }, _) => Self::Extension { value },
            (Self::Size { value, digits }, _) => match char::from(byte).to_digit(16) {
                Some(digit) if digits < 15 => {
                    Self::Size { value: value << 4 | u64::from(digit), digits: digits + 1 }
                }
                _ => Self::Broken,
            },
            (Self::ChunkEnd, b'\r') => Self::ChunkEnd,
            (Self::ChunkEnd, b'\n') => Self::Size { value: 0, digits: 0 },
            (Self::ChunkEnd, _) => Self::Broken,
            (Self::Trailer { is_empty_line: true }, b'\n') => Self::End,
            (Self::Trailer { .. }, b'\n') => Self::Trailer { is_empty_line: true },
            (Self::Trailer { is_empty_line }, b'\r') => Self::Trailer { is_empty_line },
            (Self::Trailer { .. }, _) => Self::Trailer { is_empty_line: false },
            (place, _) => place,
        }
    }

    const fn chunk(size: u64) -> Self {
        if size == 0 {
            Self::Trailer { is_empty_line: true }
        } else {
            Self::ChunkData { left: size }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(framing: Framing, stream: &[u8], expected: Walked, body: u64, after: &[u8]) {
        for cut in 0..=stream.len() {
            let (mut walker, mut count, mut rest, mut walked) =
                (Body::new(framing), 0, Vec::new(), Walked::On);
            for mut part in [&stream[..cut], &stream[cut..]] {
                walked = walker.walk(&mut part, &mut count);
                rest.extend_from_slice(part);
            }
            assert_eq!((walked, count, rest.as_slice()), (expected, body, after), "cut at {cut}");
        }
    }

    #[test]
    fn a_body_ends_where_its_length_says() {
        check(Framing::Length(3), b"abcGET", Walked::End, 3, b"GET");
        check(Framing::None, b"GET", Walked::End, 0, b"GET");
        check(Framing::UntilClose, b"abc", Walked::On, 3, b"");
    }

    /// The example of RFC 9112 7.1.3's predecessor, with extension and trailer.
    #[test]
    fn a_chunked_body_ends_behind_its_trailer() {
        let stream = b"4;a=b\r\nWiki\r\n5\r\npedia\r\n0\r\nExpires: never\r\n\r\nHTTP";
        check(Framing::Chunked, stream, Walked::End, 9, b"HTTP");
        check(Framing::Chunked, b"4\nWiki\n0\n\nGET", Walked::End, 4, b"GET");
    }

    #[test]
    fn a_chunk_size_that_is_no_number_breaks_the_body() {
        for stream in [b"\r\n".as_slice(), b"xyz\r\n", b"1\r\nab", b"ffffffffffffffffffff\r\n"] {
            let (mut body, mut count) = (Body::new(Framing::Chunked), 0);
            assert_eq!(body.walk(&mut &stream[..], &mut count), Walked::Broken);
        }
    }
}
