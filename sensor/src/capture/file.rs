//! Captures in files: pcap in either byte order and both resolutions, pcapng with several interfaces, plain or gzip.

use super::{Damage, Frame, Next, OpenError, Source};
use flate2::read::MultiGzDecoder;
use model::Time;
use pcap_parser::traits::PcapReaderIterator;
use pcap_parser::{Block, InterfaceDescriptionBlock, PcapBlockOwned, PcapError, PcapHeader};
use std::fs::File;
use std::io::{Chain, Cursor, Read};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Bytes read at a time.
const BUFFER: usize = 1 << 20;
/// No record is longer: what claims to be is damage.
const LONGEST: usize = 64 << 20;
/// Bytes looked at to tell what a file is.
const HEAD: usize = 4096;

/// A capture file, read once from start to end.
pub struct Capture {
    reader: Box<dyn PcapReaderIterator + Send>,
    layout: Layout,
    medium: Medium,
    /// Bytes of the record handed out last, not yet given back.
    lent: usize,
    capacity: usize,
}

/// How the records of this file are written.
enum Layout {
    Pcap { link: u32, nanoseconds: bool, record_header: usize },
    PcapNg { interfaces: Vec<Interface>, big_endian: bool },
}

/// One interface of a pcapng section.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link: u32,
    resolution: Resolution,
    offset_s: i64,
}

/// Ticks of a pcapng time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Resolution {
    /// 10 to the minus this seconds.
    Decimal(u8),
    /// 2 to the minus this seconds.
    Binary(u8),
}

/// Counts bytes and remembers the error that ended reading, which the parser forgets.
#[derive(Clone, Default)]
struct Medium {
    read: Arc<AtomicU64>,
    error: Arc<Mutex<Option<std::io::Error>>>,
}

impl Medium {
    fn has_failed(&self) -> bool {
        self.error.lock().expect("nothing panics while it is held").is_some()
    }
}

struct Counted<R> {
    inner: R,
    medium: Medium,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(out)?;
        self.medium.read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Keeps the error for later.
struct Remembering<R> {
    inner: R,
    medium: Medium,
}

impl<R: Read> Read for Remembering<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.inner.read(out).inspect_err(|error| {
            let copy = std::io::Error::new(error.kind(), error.to_string());
            *self.medium.error.lock().expect("nothing panics while it is held") = Some(copy);
        })
    }
}

/// Ends where reading fails: the parser reads twice before its first record, and would throw away what it has.
struct Ending<R>(R);

impl<R: Read> Read for Ending<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        Ok(self.0.read(out).unwrap_or_default())
    }
}

impl Capture {
    /// Opens the capture at `path`; `-` is standard input.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        if path.as_os_str() == "-" {
            return Self::read_from(std::io::stdin(), path);
        }
        let file = File::open(path).map_err(|error| OpenError::new(path, error))?;
        Self::read_from(file, path)
    }

    /// A capture from any reader; `path` names it in errors.
    pub fn read_from(reader: impl Read + Send + 'static, path: &Path) -> Result<Self, OpenError> {
        let medium = Medium::default();
        let counted = Counted { inner: reader, medium: medium.clone() };
        let remembering = Remembering { inner: counted, medium: medium.clone() };
        let head = with_head(remembering).map_err(|error| OpenError::new(path, error))?;
        let is_gzip = head.get_ref().0.get_ref().starts_with(&[0x1f, 0x8b]);
        let plain: Box<dyn Read + Send> = if is_gzip {
            let inner = Remembering { inner: MultiGzDecoder::new(head), medium: medium.clone() };
            let head = with_head(inner).map_err(|error| OpenError::new(path, error))?;
            Box::new(Ending(head))
        } else {
            Box::new(head)
        };
        let reader = pcap_parser::create_reader(BUFFER, plain).map_err(|error| match error {
            _ if medium.has_failed() => OpenError::CutShort(path.display().to_string()),
            PcapError::Eof => OpenError::Empty(path.display().to_string()),
            _ => OpenError::NotACapture(path.display().to_string()),
        })?;
        let layout = Layout::PcapNg { interfaces: Vec::new(), big_endian: false };
        Ok(Self { reader, layout, medium, lent: 0, capacity: BUFFER })
    }

    fn truncated(&self) -> Damage {
        let at = self.reader.consumed() as u64;
        let error = self.medium.error.lock().expect("nothing panics while it is held").take();
        match error {
            Some(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
                Damage::Unreadable(at, error)
            }
            _ => Damage::Truncated(at),
        }
    }

    /// Makes room for a record that is longer than the buffer, up to [`LONGEST`].
    fn grow(&mut self) -> Result<(), Damage> {
        if self.capacity >= LONGEST {
            return Err(Damage::Damaged(self.reader.consumed() as u64));
        }
        self.capacity *= 2;
        self.reader.grow(self.capacity);
        self.refill()
    }

    fn refill(&mut self) -> Result<(), Damage> {
        let failed = self.reader.refill().is_err();
        if failed { Err(self.truncated()) } else { Ok(()) }
    }

    /// Reads on to the next record with a frame; what it found and where the frame's bytes are in the buffer.
    fn find(&mut self) -> Result<Found, Damage> {
        self.reader.consume(std::mem::take(&mut self.lent));
        loop {
            let step = match self.reader.next() {
                Ok((length, block)) => Step::Record(length, self.layout.read(&block, length)),
                Err(PcapError::Eof) => Step::End,
                Err(PcapError::Incomplete(_)) => Step::Refill,
                Err(PcapError::BufferTooSmall) => Step::Grow,
                Err(PcapError::UnexpectedEof) => Step::Truncated,
                Err(_) => Step::Damaged,
            };
            match step {
                Step::Record(length, Some(found)) => {
                    self.lent = length;
                    return Ok(found);
                }
                Step::Record(length, None) => self.reader.consume(length),
                Step::End if self.medium.has_failed() => return Err(self.truncated()),
                Step::End => return Ok(Found::End),
                Step::Refill => self.refill()?,
                Step::Grow => self.grow()?,
                Step::Truncated => return Err(self.truncated()),
                Step::Damaged => return Err(Damage::Damaged(self.reader.consumed() as u64)),
            }
        }
    }
}

impl Source for Capture {
    fn next(&mut self) -> Result<Next<'_>, Damage> {
        Ok(match self.find()? {
            Found::End => Next::End,
            Found::Unusable(wire_length) => Next::Unusable(wire_length),
            Found::Frame { time, link, wire_length, start, length } => {
                let bytes = &self.reader.data()[start..start + length];
                Next::Frame(Frame { time, link, wire_length, bytes })
            }
        })
    }

    fn position(&self) -> u64 {
        self.medium.read.load(Ordering::Relaxed)
    }
}

enum Step {
    Record(usize, Option<Found>),
    End,
    Refill,
    Grow,
    Truncated,
    Damaged,
}

enum Found {
    Frame { time: Time, link: u32, wire_length: u32, start: usize, length: usize },
    Unusable(u32),
    End,
}

impl Layout {
    /// What a block says: a frame, or something about the frames that follow.
    fn read(&mut self, block: &PcapBlockOwned<'_>, block_length: usize) -> Option<Found> {
        match (block, self) {
            (PcapBlockOwned::LegacyHeader(header), layout) => {
                *layout = Self::of_header(header);
                None
            }
            (PcapBlockOwned::Legacy(record), Self::Pcap { link, nanoseconds, record_header }) => {
                let fraction = if *nanoseconds { record.ts_usec / 1000 } else { record.ts_usec };
                Some(Found::Frame {
                    time: Time::new(i64::from(record.ts_sec), i64::from(fraction)),
                    link: *link,
                    wire_length: record.origlen.max(record.caplen),
                    start: *record_header,
                    length: record.data.len(),
                })
            }
            (PcapBlockOwned::NG(block), Self::PcapNg { interfaces, big_endian }) => {
                read_block(block, block_length, interfaces, big_endian)
            }
            _ => None,
        }
    }

    fn of_header(header: &PcapHeader) -> Self {
        Self::Pcap {
            // The upper bits may hold the length of a frame check sequence.
            link: header.network.0 as u32 & 0x03ff_ffff,
            nanoseconds: header.is_nanosecond_precision(),
            record_header: if header.is_modified_format() { 24 } else { 16 },
        }
    }
}

fn read_block(
    block: &Block<'_>,
    block_length: usize,
    interfaces: &mut Vec<Interface>,
    big_endian: &mut bool,
) -> Option<Found> {
    match block {
        Block::SectionHeader(section) => {
            interfaces.clear();
            *big_endian = section.big_endian();
            None
        }
        Block::InterfaceDescription(description) => {
            interfaces.push(Interface::new(description, *big_endian));
            None
        }
        Block::EnhancedPacket(packet) => {
            let Some(interface) = interfaces.get(packet.if_id as usize) else {
                return Some(Found::Unusable(packet.origlen));
            };
            let ticks = u64::from(packet.ts_high) << 32 | u64::from(packet.ts_low);
            let length = (packet.caplen as usize).min(packet.data.len());
            Some(Found::Frame {
                time: interface.time(ticks),
                link: interface.link,
                wire_length: packet.origlen.max(length as u32),
                start: 28,
                length,
            })
        }
        Block::SimplePacket(packet) => {
            let Some(interface) = interfaces.first() else {
                return Some(Found::Unusable(packet.origlen));
            };
            Some(Found::Frame {
                // A simple packet has no time; the epoch says so without guessing.
                time: Time(0),
                link: interface.link,
                wire_length: packet.origlen,
                start: 12,
                length: (packet.origlen as usize).min(block_length.saturating_sub(16)),
            })
        }
        _ => None,
    }
}

impl Interface {
    fn new(description: &InterfaceDescriptionBlock<'_>, big_endian: bool) -> Self {
        let stated = description.if_tsresol;
        let exponent = stated & 0x7f;
        let resolution = if stated & 0x80 == 0 {
            Resolution::Decimal(exponent.min(19))
        } else {
            Resolution::Binary(exponent.min(63))
        };
        // The parser reads this option in one byte order only.
        let offset = description.if_tsoffset;
        let offset_s = if big_endian { offset.swap_bytes() } else { offset };
        Self { link: description.linktype.0 as u32, resolution, offset_s }
    }

    fn time(&self, ticks: u64) -> Time {
        let micros = match self.resolution {
            Resolution::Decimal(6) => i128::from(ticks),
            Resolution::Decimal(exponent) if exponent < 6 => {
                i128::from(ticks) * 10i128.pow(6 - u32::from(exponent))
            }
            Resolution::Decimal(exponent) => {
                i128::from(ticks) / 10i128.pow(u32::from(exponent) - 6)
            }
            Resolution::Binary(exponent) => (i128::from(ticks) * 1_000_000) >> exponent,
        };
        let micros = micros + i128::from(self.offset_s) * 1_000_000;
        Time(micros.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64)
    }
}

/// `reader` with its first [`HEAD`] bytes already read, so that short reads do not hide what the file is.
///
/// An error after some bytes is left for whoever reads on: what came before it is worth keeping.
fn with_head<R: Read>(mut reader: R) -> std::io::Result<Chain<Cursor<Vec<u8>>, R>> {
    let mut head = Vec::with_capacity(HEAD);
    match reader.by_ref().take(HEAD as u64).read_to_end(&mut head) {
        Err(error) if head.is_empty() => Err(error),
        _ => Ok(Cursor::new(head).chain(reader)),
    }
}
