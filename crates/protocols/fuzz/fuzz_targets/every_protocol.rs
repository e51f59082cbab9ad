//! Any conversation, to every protocol: nothing panics, nothing grows without bound, and where the stream was cut does
//! not matter.
//!
//! The first byte chooses protocol and transport. Then come the writes: one byte with side and gap, one with the
//! length, and the bytes.

#![no_main]

#[path = "../../tests/reading.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod reading;

use bartizan_protocols::{PROTOCOLS, Side, Transport};
use libfuzzer_sys::fuzz_target;
use reading::{Talk, Write};

/// More than any protocol may hold of one flow.
const MOST_HELD: usize = 512 * 1024;

fuzz_target!(|input: &[u8]| {
    let Some((choice, rest)) = input.split_first() else { return };
    let protocol = PROTOCOLS[usize::from(choice >> 1) % PROTOCOLS.len()];
    let transport = if choice & 1 == 0 { Transport::Tcp } else { Transport::Udp };
    if !protocol.is_carried_by(transport) {
        return;
    }
    let writes = writes(rest);
    let has_gap = writes.iter().any(|write| write.gap > 0);
    let talk = Talk { transport, port: 443, writes };
    let whole = talk.read(protocol);
    assert!(whole.most_held <= MOST_HELD);
    if transport == Transport::Tcp && !has_gap {
        let every: Vec<usize> = (1..talk.bytes()).collect();
        assert_eq!(talk.cut(&every).read(protocol).rows, whole.rows);
    }
});

fn writes(mut bytes: &[u8]) -> Vec<Write> {
    let mut writes = Vec::new();
    while let [head, length, rest @ ..] = bytes {
        let (part, rest) = rest.split_at(rest.len().min(usize::from(*length)));
        let side = if head & 1 == 0 { Side::Src } else { Side::Dst };
        let gap = if head & 0x80 == 0 { 0 } else { u64::from(head >> 1 & 0x3f) };
        let after_us = 1000 * (writes.len() as i64 + 1);
        writes.push(Write { side, after_us, gap, bytes: part.to_vec() });
        bytes = rest;
    }
    writes
}
