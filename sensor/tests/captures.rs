//! Capture files of every kind, whole and broken. Layouts by hand: pcap(5) and draft-ietf-opsawg-pcapng.

use bartizan_sensor::capture::file::Capture;
use bartizan_sensor::capture::{Damage, Next, OpenError, Source};
use flate2::{Compression, write::GzEncoder};
use model::Time;
use std::io::{Cursor, Write};
use std::path::Path;

/// Time in microseconds, link, length on the wire, bytes.
type Seen = (Time, u32, u32, Vec<u8>);

fn open(bytes: Vec<u8>) -> Result<Capture, OpenError> {
    Capture::read_from(Cursor::new(bytes), Path::new("x.pcap"))
}

fn read(bytes: Vec<u8>) -> (Vec<Seen>, Option<Damage>) {
    let mut capture = open(bytes).expect("a capture");
    let mut seen = Vec::new();
    loop {
        match capture.next() {
            Ok(Next::Frame(frame)) => {
                seen.push((frame.time, frame.link, frame.wire_length, frame.bytes.to_vec()));
            }
            Ok(Next::Unusable(length)) => seen.push((Time(-1), 0, length, Vec::new())),
            Ok(Next::Tick(_)) => {}
            Ok(Next::End) => return (seen, None),
            Err(damage) => return (seen, Some(damage)),
        }
    }
}

fn pcap(magic: u32, big: bool, records: &[(u32, u32, u32, &[u8])]) -> Vec<u8> {
    let four = |number: u32| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    let two = |number: u16| if big { number.to_be_bytes() } else { number.to_le_bytes() };
    let mut out =
        [&four(magic)[..], &two(2), &two(4), &four(0), &four(0), &four(65535), &four(1)].concat();
    for (seconds, fraction, wire, bytes) in records {
        out.extend(
            [four(*seconds), four(*fraction), four(bytes.len() as u32), four(*wire)].concat(),
        );
        out.extend(*bytes);
    }
    out
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    body.resize(body.len().next_multiple_of(4), 0);
    let length = (body.len() as u32 + 12).to_le_bytes();
    [&kind.to_le_bytes()[..], &length, &body, &length].concat()
}

fn section() -> Vec<u8> {
    block(0x0a0d_0d0a, &[&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat())
}

/// An interface with a link type and, if given, `if_tsresol` (option 9).
fn interface(link: u16, resolution: Option<u8>) -> Vec<u8> {
    let mut body = [&link.to_le_bytes()[..], &[0, 0, 0, 0, 0, 0]].concat();
    if let Some(resolution) = resolution {
        body.extend([9, 0, 1, 0, resolution, 0, 0, 0, 0, 0, 0, 0]);
    }
    block(1, &body)
}

fn packet(interface: u32, ticks: u64, wire: u32, bytes: &[u8]) -> Vec<u8> {
    let numbers = [interface, (ticks >> 32) as u32, ticks as u32, bytes.len() as u32, wire];
    let head: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    block(6, &[&head[..], bytes].concat())
}

#[test]
fn pcap_is_read_in_both_orders_and_resolutions() {
    let expected = vec![(Time::new(7, 5), 1, 99, b"abc".to_vec())];
    for big in [false, true] {
        assert_eq!(read(pcap(0xa1b2_c3d4, big, &[(7, 5, 99, b"abc")])).0, expected);
        assert_eq!(read(pcap(0xa1b2_3c4d, big, &[(7, 5999, 99, b"abc")])).0, expected);
    }
}

/// Times by hand: 1.5 s is 1,500,000 µs, 1,500 ms, 1,500,000,000 ns, and 1.5 · 2^10 ticks of 2^-10 s.
#[test]
fn each_interface_of_pcapng_has_its_link_and_its_clock() {
    let bytes = [
        section(),
        interface(1, None),
        interface(101, Some(9)),
        interface(113, Some(3)),
        interface(0, Some(0x80 | 0x0a)),
        packet(0, 1_500_000, 3, b"abc"),
        packet(1, 1_500_000_000, 70, b"abcd"),
        packet(2, 1_500, 3, b"abc"),
        packet(3, 1_536, 3, b"abc"),
        packet(9, 0, 12, b"lost"),
    ]
    .concat();
    let (seen, damage) = read(bytes);
    assert!(damage.is_none());
    let time = Time::new(1, 500_000);
    let links: Vec<_> =
        seen.iter().map(|(time, link, wire, bytes)| (*time, *link, *wire, bytes.len())).collect();
    assert_eq!(
        links,
        [
            (time, 1, 3, 3),
            (time, 101, 70, 4),
            (time, 113, 3, 3),
            (time, 0, 3, 3),
            (Time(-1), 0, 12, 0)
        ]
    );
}

#[test]
fn a_new_section_has_interfaces_of_its_own() {
    let one = |link| [section(), interface(link, None), packet(0, 1, 3, b"abc")].concat();
    let links: Vec<u32> = read([one(1), one(101)].concat()).0.iter().map(|seen| seen.1).collect();
    assert_eq!(links, [1, 101]);
}

#[test]
fn gzip_is_seen_through() {
    let payloads: Vec<[u8; 16]> = (0u32..4000)
        .map(|at| {
            at.wrapping_mul(2_654_435_761).to_be_bytes().repeat(4).try_into().expect("16 bytes")
        })
        .collect();
    let records: Vec<(u32, u32, u32, &[u8])> =
        payloads.iter().map(|payload| (7, 5, 16, &payload[..])).collect();
    let plain = pcap(0xa1b2_c3d4, false, &records);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&plain).expect("memory");
    let gzip = gzip.finish().expect("memory");
    assert_eq!(read(gzip.clone()).0, read(plain).0);
    let (seen, damage) = read(gzip[..gzip.len() / 2].to_vec());
    assert!((1000..3000).contains(&seen.len()), "{}", seen.len());
    assert!(matches!(damage, Some(Damage::Truncated(_))), "{damage:?}");
    let refusal = open(gzip[..20].to_vec()).err().expect("refused").to_string();
    assert!(refusal.contains("cut short"), "{refusal}");
}

#[test]
fn a_small_gzip_that_lost_its_end_gives_all_that_can_be_unpacked() {
    let frame: Vec<u8> = (0..60).collect();
    let plain = [section(), interface(1, None), packet(0, 7, 60, &frame)].concat();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&plain).expect("memory");
    let gzip = gzip.finish().expect("memory");
    // RFC 1952, 2.3.1: the last eight bytes are a sum and a length; the packets are all before them.
    for lost in 1..=8 {
        let (seen, damage) = read(gzip[..gzip.len() - lost].to_vec());
        assert_eq!(seen, read(plain.clone()).0, "{lost} bytes lost");
        assert!(matches!(damage, Some(Damage::Truncated(_))), "{lost} bytes lost: {damage:?}");
    }
}

#[test]
fn a_capture_cut_anywhere_gives_its_whole_packets_and_says_so() {
    let whole = pcap(0xa1b2_c3d4, false, &[(7, 5, 3, b"abc"), (8, 5, 3, b"def")]);
    for length in 24..=whole.len() {
        let (seen, damage) = read(whole[..length].to_vec());
        assert_eq!(seen.len(), (length - 24) / 19, "{length} bytes");
        assert_eq!(damage.is_none(), (length - 24) % 19 == 0, "{length} bytes");
    }
}

#[test]
fn a_record_that_claims_too_much_is_damage() {
    let mut bytes = pcap(0xa1b2_c3d4, false, &[(7, 5, 3, b"abc"), (8, 5, 3, b"def")]);
    bytes[24 + 19 + 8..24 + 19 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
    let (seen, damage) = read(bytes);
    assert_eq!(seen.len(), 1);
    assert!(damage.is_some());
}

#[test]
fn a_packet_larger_than_the_buffer_is_read() {
    let large = vec![7; 3 << 20];
    let (seen, damage) =
        read(pcap(0xa1b2_c3d4, false, &[(7, 5, 3 << 20, &large), (8, 5, 3, b"abc")]));
    assert_eq!(seen.iter().map(|seen| seen.3.len()).collect::<Vec<_>>(), [3 << 20, 3]);
    assert!(damage.is_none());
}

#[test]
fn what_is_no_capture_is_refused_with_a_reason() {
    let refusal = |bytes: &[u8]| open(bytes.to_vec()).err().expect("refused").to_string();
    assert!(refusal(b"").contains("empty"));
    assert!(refusal(b"#!/bin/sh\necho this is no capture at all\n").contains("not a capture"));
    let missing = Capture::open(Path::new("no/such.pcap")).err().expect("missing").to_string();
    assert!(missing.contains("no such file"), "{missing}");
}
