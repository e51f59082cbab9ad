//! Walks `PROTOCOLS`: what must hold of each, also of one whose author wrote no test.

mod dns;
mod http;
mod iso8583;
mod reading;
mod samples;
mod tls;

use bartizan_protocols::{PROBE_BYTES, PROTOCOLS, Payload, Probe, Progress, Side, Transport};
use proptest::prelude::*;
use reading::{START, Talk, Write};
use std::collections::HashSet;

/// More than any protocol may hold of one flow.
const MOST_HELD: usize = 512 * 1024;

#[test]
fn names_are_unique_and_lower_case_and_every_protocol_is_described() {
    let names: HashSet<_> = PROTOCOLS.iter().map(|protocol| protocol.name).collect();
    assert_eq!(names.len(), PROTOCOLS.len());
    for protocol in PROTOCOLS {
        let is_plain = |character: char| {
            character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_'
        };
        assert!(protocol.name.chars().all(is_plain), "{}", protocol.name);
        assert!(
            protocol.doc.len() > 20 && !protocol.doc.ends_with('.'),
            "{}: {:?}",
            protocol.name,
            protocol.doc
        );
        assert!(!protocol.transports.is_empty(), "{}", protocol.name);
        assert_eq!(protocol.table.is_some(), protocol.table_sql.is_some(), "{}", protocol.name);
    }
}

#[test]
fn every_protocol_has_samples_that_it_recognises_and_no_other_claims() {
    for owner in PROTOCOLS {
        let samples = samples::of(owner.name);
        assert!(!samples.is_empty(), "tests/samples.rs has none of {}", owner.name);
        for talk in samples {
            for side in [Side::Src, Side::Dst] {
                let Some(first) = talk.writes.iter().find(|write| write.side == side) else {
                    continue;
                };
                let seen = match talk.transport {
                    Transport::Tcp => &first.bytes[..first.bytes.len().min(PROBE_BYTES)],
                    Transport::Udp => &first.bytes,
                };
                let payload = Payload { side, time: START, bytes: seen, gap: 0 };
                assert_eq!(
                    (owner.probe)(talk.transport, &payload),
                    Probe::Yes,
                    "{} {side}",
                    owner.name
                );
                assert_eq!(
                    (owner.client)(talk.transport, &payload),
                    Some(Side::Src),
                    "{} {side}",
                    owner.name
                );
                for other in PROTOCOLS.iter().filter(|other| other.name != owner.name) {
                    let claim = (other.probe)(talk.transport, &payload);
                    assert_eq!(claim, Probe::No, "{} claims {} {side}", other.name, owner.name);
                }
            }
        }
    }
}

#[test]
fn a_probe_never_says_no_to_the_front_of_a_sample() {
    for protocol in PROTOCOLS {
        for talk in
            samples::of(protocol.name).iter().filter(|talk| talk.transport == Transport::Tcp)
        {
            let first = &talk.writes[0];
            for length in 0..first.bytes.len().min(PROBE_BYTES) {
                let payload = Payload {
                    side: first.side,
                    time: START,
                    bytes: &first.bytes[..length],
                    gap: 0,
                };
                let claim = (protocol.probe)(Transport::Tcp, &payload);
                assert_ne!(claim, Probe::No, "{} after {length} bytes", protocol.name);
            }
        }
    }
}

#[test]
fn cutting_a_sample_anywhere_gives_the_same_rows() {
    for protocol in PROTOCOLS {
        for talk in
            samples::of(protocol.name).iter().filter(|talk| talk.transport == Transport::Tcp)
        {
            let whole = talk.read(protocol);
            assert!(!whole.rows.is_empty(), "{} writes rows", protocol.name);
            for place in 1..talk.bytes() {
                let cut = talk.cut(&[place]).read(protocol);
                assert_eq!(
                    (&cut.rows, &cut.learnt),
                    (&whole.rows, &whole.learnt),
                    "{} at {place}",
                    protocol.name
                );
            }
            let every: Vec<usize> = (1..talk.bytes()).collect();
            assert_eq!(
                talk.cut(&every).read(protocol).rows,
                whole.rows,
                "{} byte by byte",
                protocol.name
            );
        }
    }
}

#[test]
fn every_byte_of_a_sample_is_read_and_none_is_called_odd() {
    for protocol in PROTOCOLS {
        for talk in samples::of(protocol.name) {
            let reading = talk.read(protocol);
            let counts = reading.learnt.counts;
            assert_eq!(counts.bytes_dropped, 0, "{}", protocol.name);
            let framing = if protocol.name == "dns" && talk.transport == Transport::Tcp {
                2 * (counts.src_records + counts.dst_records) as usize
            } else {
                0
            };
            assert_eq!(counts.bytes_scanned as usize + framing, talk.bytes(), "{}", protocol.name);
            assert!(
                reading.learnt.oddities.is_empty(),
                "{}: {}",
                protocol.name,
                reading.learnt.oddities
            );
            assert_eq!(reading.learnt.app, protocol.name);
        }
    }
}

#[test]
fn a_message_that_never_ends_is_not_kept() {
    let starts = [
        b"\x16\x03\x01\x40\x00\x0b\xff\xff\xff".to_vec(),
        b"\x16\x03\x01\x40\x00\x01\xff\xff\xff".to_vec(),
        b"GET /".to_vec(),
        b"GET / HTTP/1.1\r\nA: ".to_vec(),
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;".to_vec(),
        b"\x20\x00\x60\x00\x00\x00\x00\x02\x00\x30\x20\x04".to_vec(),
        b"\xff\xff\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www".to_vec(),
    ];
    for protocol in PROTOCOLS {
        for start in &starts {
            let endless = (0..64).map(|_| (Side::Src, vec![b'a'; 16_384]));
            let talk = Talk::new(
                Transport::Tcp,
                80,
                std::iter::once((Side::Src, start.clone())).chain(endless),
            );
            let reading = talk.read(protocol);
            assert!(
                reading.most_held <= MOST_HELD,
                "{} holds {}",
                protocol.name,
                reading.most_held
            );
        }
    }
}

#[test]
fn questions_without_answers_are_bounded_and_none_is_lost() {
    let question = reading::unhex(samples::DNS_QUESTION);
    let asked = (0..500u16).map(|id| (Side::Src, [&id.to_be_bytes(), &question[2..]].concat()));
    let get = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    let echo = reading::unhex(samples::ECHO);
    let echoes = (0..1500u16).map(|trace| {
        let [high, low] = (trace / 100, trace % 100).into();
        let packed = |number: u16| ((number / 10) << 4 | (number % 10)) as u8;
        let trace = [packed(high), packed(low)];
        (Side::Src, [&echo[..31], &trace, &echo[33..]].concat())
    });
    for (name, most, talk) in [
        ("dns", 64, Talk::new(Transport::Udp, 53, asked)),
        ("http", 256, Talk::new(Transport::Tcp, 80, (0..500).map(|_| (Side::Src, get.clone())))),
        ("iso8583", 1024, Talk::new(Transport::Tcp, 8583, echoes)),
    ] {
        let protocol =
            PROTOCOLS.iter().find(|protocol| protocol.name == name).expect("it is listed");
        let reading = talk.read(protocol);
        let asked = talk.writes.len();
        assert_eq!(reading.rows.len(), asked, "{name}");
        let is_cut = |row: &&serde_json::Value| {
            row["oddities"].as_str().is_some_and(|odd| odd.contains("cut"))
        };
        assert_eq!(reading.rows.iter().filter(is_cut).count(), asked - most, "{name}");
    }
}

/// Free text must pass the gate; hashes, addresses and words of ours need not.
#[test]
fn the_columns_of_a_table_are_the_fields_of_its_record_and_free_text_has_its_gate() {
    const OF_OURS: &[&str] = &["tap", "oddities"];
    for protocol in PROTOCOLS {
        let (Some(table), Some(sql)) = (protocol.table, protocol.table_sql) else { continue };
        assert!(sql.contains(&format!("CREATE TABLE IF NOT EXISTS {} (", table.name)));
        let body = sql
            .split_once(&format!("EXISTS {} (\n", table.name))
            .expect("a table file creates its table")
            .1;
        let sent: Vec<(&str, &str)> = body
            .lines()
            .take_while(|line| !line.is_empty())
            .map(|line| line.trim_end_matches(',').trim().split_once(' ').expect("name and type"))
            .map(|(name, rest)| (name, rest.split(" CODEC").next().expect("a type")))
            .collect();
        assert_eq!(sent.len(), table.columns.len(), "{}", table.name);
        for ((name, kind), column) in sent.iter().zip(table.columns) {
            let plain = kind
                .strip_prefix("LowCardinality(")
                .map_or(*kind, |inner| &inner[..inner.len() - 1]);
            let plain = plain.replace("Array(LowCardinality(String))", "Array(String)");
            assert_eq!((*name, plain.as_str()), (column.name, column.kind), "{}", table.name);
            let is_free_text = column.kind.contains("String") && !column.kind.contains("Fixed");
            if is_free_text && !OF_OURS.contains(name) {
                let gate = format!("CONSTRAINT {name}_holds_no_account_number CHECK NOT ");
                let (_, check) =
                    sql.split_once(&gate).unwrap_or_else(|| panic!("{} has no {gate}", table.name));
                let check = check.lines().next().unwrap_or_default();
                assert!(
                    check.contains("'[0-9]{13}'") && check.contains(name),
                    "{}.{name}: {check}",
                    table.name
                );
            }
        }
        for part in [
            "src_zone",
            "dst_zone",
            "policy",
            "late_s",
            "flow_start",
            "PARTITION BY toYYYYMMDD(time)",
        ] {
            assert!(sql.contains(part), "{} lacks {part}", table.name);
        }
    }
}

/// A damaged sample: bytes changed, lost, doubled or cut off.
fn damaged() -> impl Strategy<Value = (usize, Talk)> {
    let talks: Vec<(usize, Talk)> = PROTOCOLS
        .iter()
        .enumerate()
        .flat_map(|(at, protocol)| {
            samples::of(protocol.name).into_iter().map(move |talk| (at, talk))
        })
        .collect();
    let damage =
        proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 0..6);
    (prop::sample::select(talks), damage).prop_map(|((at, mut talk), damage)| {
        for (place, byte, kind) in damage {
            let write = place.index(talk.writes.len());
            let bytes = &mut talk.writes[write].bytes;
            if bytes.is_empty() {
                continue;
            }
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, byte),
                _ => bytes.truncate(place),
            }
        }
        (at, talk)
    })
}

fn anything() -> impl Strategy<Value = (usize, Talk)> {
    let side = prop_oneof![Just(Side::Src), Just(Side::Dst)];
    let write = (side, proptest::collection::vec(any::<u8>(), 0..300));
    let transport = prop_oneof![Just(Transport::Tcp), Just(Transport::Udp)];
    (0..PROTOCOLS.len(), transport, proptest::collection::vec(write, 0..6))
        .prop_map(|(at, transport, writes)| (at, Talk::new(transport, 443, writes)))
}

fn survives(at: usize, talk: &Talk) -> Result<(), TestCaseError> {
    let reading = talk.read(PROTOCOLS[at]);
    let counts = reading.learnt.counts;
    prop_assert!(reading.most_held <= MOST_HELD);
    prop_assert!(counts.bytes_scanned + counts.bytes_dropped <= talk.bytes() as u64);
    prop_assert!(reading.progress != Progress::NotMine || reading.rows.is_empty());
    for row in &reading.rows {
        for (column, value) in row.as_object().expect("a row is an object") {
            let is_exempt = column.contains("sha256")
                || column.starts_with("ja")
                || column.ends_with("_token")
                || column == "leg_key";
            let has_run = value.as_str().is_some_and(|text| {
                text.split(|character: char| !character.is_ascii_digit()).any(|run| run.len() >= 13)
            });
            prop_assert!(is_exempt || !has_run, "{column} {value}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_survived((at, talk) in anything()) {
        survives(at, &talk)?;
    }

    #[test]
    fn any_damage_is_survived((at, talk) in damaged()) {
        survives(at, &talk)?;
    }

    #[test]
    fn gaps_anywhere_are_survived(
        (at, talk) in damaged(),
        gaps in proptest::collection::vec((any::<prop::sample::Index>(), 1u64..5000), 1..4),
    ) {
        let bytes = talk.bytes().max(1);
        let places: Vec<usize> = gaps.iter().map(|(place, _)| place.index(bytes)).collect();
        let mut talk = if talk.transport == Transport::Tcp { talk.cut(&places) } else { talk };
        if talk.transport == Transport::Tcp {
            for (place, gap) in gaps {
                let write = place.index(talk.writes.len());
                talk.writes[write].gap = gap;
            }
        }
        survives(at, &talk)?;
    }

    #[test]
    fn cutting_a_damaged_stream_anywhere_gives_the_same_rows(
        (at, talk) in damaged(),
        places in proptest::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        if talk.transport == Transport::Tcp {
            let mut places: Vec<usize> = places.iter().map(|place| place.index(talk.bytes().max(1))).collect();
            places.sort_unstable();
            prop_assert_eq!(talk.cut(&places).read(PROTOCOLS[at]).rows, talk.read(PROTOCOLS[at]).rows);
        }
    }

    #[test]
    fn cutting_anything_anywhere_gives_the_same_rows(
        (at, talk) in anything(),
        places in proptest::collection::vec(any::<prop::sample::Index>(), 1..8),
    ) {
        if talk.transport == Transport::Tcp {
            let mut places: Vec<usize> = places.iter().map(|place| place.index(talk.bytes().max(1))).collect();
            places.sort_unstable();
            prop_assert_eq!(talk.cut(&places).read(PROTOCOLS[at]).rows, talk.read(PROTOCOLS[at]).rows);
        }
    }
}

#[test]
fn cutting_keeps_every_byte() {
    let talk = &samples::of("http")[0];
    let cut = talk.cut(&[3, 10, talk.writes[0].bytes.len() + 2]);
    let joined = |talk: &Talk| {
        talk.writes.iter().flat_map(|write: &Write| write.bytes.clone()).collect::<Vec<_>>()
    };
    assert_eq!((cut.writes.len(), joined(&cut)), (5, joined(talk)));
}
