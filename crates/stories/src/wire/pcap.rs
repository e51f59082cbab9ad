//! A capture of one tap: frames put in any order, written in order of time as a classic pcap file.

use model::Time;
use std::io::{self, Write};

/// Frames of one tap, in memory until they are written.
#[derive(Debug, Default)]
pub struct Capture {
    bytes: Vec<u8>,
    frames: Vec<Frame>,
}

#[derive(Debug, Clone, Copy)]
struct Frame {
    time: Time,
    start: usize,
    captured: u32,
    wire: u32,
}

impl Capture {
    /// Bytes before the first frame of a file.
    const HEADER: u64 = 24;
    /// Bytes before each frame.
    const RECORD: u64 = 16;

    /// Adds a frame that `put` appends; `wire` is its length on the wire.
    pub fn push(&mut self, time: Time, wire: u32, put: impl FnOnce(&mut Vec<u8>)) {
        let start = self.bytes.len();
        put(&mut self.bytes);
        self.frames.push(Frame { time, start, captured: (self.bytes.len() - start) as u32, wire });
    }

    /// Frames held.
    pub const fn frames(&self) -> usize {
        self.frames.len()
    }

    /// Bytes that the file will have.
    pub const fn file_bytes(&self) -> u64 {
        Self::HEADER + Self::RECORD * self.frames.len() as u64 + self.bytes.len() as u64
    }

    /// Puts the frames in order of time; equal times keep the order in which they came.
    pub fn sort(&mut self) {
        self.frames.sort_by_key(|frame| frame.time);
    }

    /// The frames as they stand: time, captured bytes, length on the wire.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &[u8], u32)> {
        self.frames.iter().map(|frame| (frame.time, self.bytes_of(frame), frame.wire))
    }

    fn bytes_of(&self, frame: &Frame) -> &[u8] {
        &self.bytes[frame.start..frame.start + frame.captured as usize]
    }

    /// Writes the file: little endian, microseconds, link type Ethernet.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&0xA1B2_C3D4_u32.to_le_bytes())?;
        out.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0])?;
        out.write_all(&262_144_u32.to_le_bytes())?;
        out.write_all(&1_u32.to_le_bytes())?;
        for frame in &self.frames {
            out.write_all(&(frame.time.seconds() as u32).to_le_bytes())?;
            out.write_all(&(frame.time.0.rem_euclid(Time::SECOND) as u32).to_le_bytes())?;
            out.write_all(&frame.captured.to_le_bytes())?;
            out.write_all(&frame.wire.to_le_bytes())?;
            out.write_all(self.bytes_of(frame))?;
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_laid_out_as_libpcap_reads_it() {
        let mut capture = Capture::default();
        capture.push(Time::new(2, 5), 9, |out| out.extend_from_slice(b"later"));
        capture.push(Time::new(1, 7), 3, |out| out.extend_from_slice(b"one"));
        capture.sort();
        let mut file = Vec::new();
        capture.write(&mut file).expect("memory");
        assert_eq!(file.len() as u64, capture.file_bytes());
        assert_eq!(file[..4], [0xD4, 0xC3, 0xB2, 0xA1]);
        assert_eq!(file[24..43], *b"\x01\0\0\0\x07\0\0\0\x03\0\0\0\x03\0\0\0one");
        assert_eq!(file[43..], *b"\x02\0\0\0\x05\0\0\0\x05\0\0\0\x09\0\0\0later");
    }
}
