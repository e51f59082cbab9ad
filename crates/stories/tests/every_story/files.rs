//! Reads what a story wrote, by the formats' own descriptions.

use model::Time;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;

/// A frame of a capture.
pub struct Frame<'a> {
    /// When it was seen.
    pub time: Time,
    /// What was captured of it.
    pub bytes: &'a [u8],
}

/// Every file under `folder`, by its path in it, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            names.extend(self::names(&path).iter().map(|inner| format!("{name}/{inner}")));
        } else {
            names.push(name);
        }
    }
    names.sort();
    names
}

/// The frames of a pcap file of microseconds, little endian.
pub fn frames(file: &[u8]) -> Vec<Frame<'_>> {
    assert_eq!(file[..4], [0xD4, 0xC3, 0xB2, 0xA1]);
    let number = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
    let (mut at, mut frames) = (24, Vec::new());
    while at < file.len() {
        let time = Time::new(i64::from(number(at)), i64::from(number(at + 4)));
        let length = number(at + 8) as usize;
        assert!(length <= number(at + 12) as usize, "captured at most what was on the wire");
        frames.push(Frame { time, bytes: &file[at + 16..at + 16 + length] });
        at += 16 + length;
    }
    frames
}

/// Who opened what by a SYN, and when.
pub fn opened(frames: &[Frame<'_>]) -> BTreeMap<(Ipv4Addr, u16, Ipv4Addr, u16), Time> {
    let mut opened = BTreeMap::new();
    for Frame { time, bytes } in frames {
        let address =
            |at: usize| Ipv4Addr::new(bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]);
        let port = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        if bytes[23] == 6 && bytes[47] & 0x12 == 0x02 {
            opened.insert((address(26), port(34), address(30), port(36)), *time);
        }
    }
    opened
}

/// Rows in the Native files of `table`: the second number of each.
pub fn native_rows(folder: &Path, table: &str) -> u64 {
    let is_of = |name: &&String| name.starts_with(&format!("{table}-"));
    names(folder)
        .iter()
        .filter(is_of)
        .map(|name| {
            let file = std::fs::read(folder.join(name)).expect("a file of rows");
            let mut at = 0;
            varint(&file, &mut at);
            varint(&file, &mut at)
        })
        .sum()
}

fn varint(bytes: &[u8], at: &mut usize) -> u64 {
    let (mut value, mut shift) = (0, 0);
    loop {
        let byte = bytes[*at];
        *at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        shift += 7;
        if byte < 0x80 {
            return value;
        }
    }
}
