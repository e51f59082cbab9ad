//! ISO 8583: published messages, transactions, and streams that are not as they should be.
//!
//! Tokens were computed apart with Python's `hmac` and `hashlib`.

use crate::reading::{Reading, Talk, Write, unhex};
use crate::samples::{ECHO_ANSWER, SIGN_ON, SIGN_ON_ANSWER};
use bartizan_protocols::iso8583::{self, Dialect, dialect};
use bartizan_protocols::{Confidence, End, Link, Links, Progress, Side, TokenKey, Transport};
use model::address::v4;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::Arc;

/// A request of a POS terminal as published with its decoding, behind its length; its card has 17 digits in track 2.
const PURCHASE: &str = "0070 6000030000 603100310730 0200 302004C020C09811 000000 000000000001 000349 0210 00 12 \
     30 622582211299630 15D151110100000 3536383532333134 323335323134353236383539323336 313536 \
     C624834D367E9E9E 2000000000000000 0013 22000008000500 3637413232393941";

/// A purchase between institutions as published, with the header of 46 bytes, two bitmaps, chip data and a name in GBK.
const BETWEEN_INSTITUTIONS: &str = include_str!("streams/iso8583_cups.txt");

fn link_to(dialect: &Arc<Dialect>) -> Link {
    let end = End { address: v4(198, 51, 100, 1), prefix: 128, port: None };
    Link { id: "leg".into(), to: end, app: "iso8583", dialect: dialect.clone() }
}

fn built_in(name: &str) -> &'static Arc<Dialect> {
    dialect::BUILT_IN.iter().find(|dialect| dialect.name == name).expect("it is built in")
}

fn links_to(dialect: &Arc<Dialect>) -> Links {
    Links::new(vec![link_to(dialect)], Some(TokenKey::new((0..32).collect()).expect("long enough")))
}

fn declared(name: &str) -> Links {
    links_to(built_in(name))
}

fn talk(writes: impl IntoIterator<Item = (Side, Vec<u8>)>) -> Talk {
    Talk::new(Transport::Tcp, 8583, writes)
}

fn read(links: &Links, writes: impl IntoIterator<Item = (Side, Vec<u8>)>) -> Reading {
    talk(writes).read_with(&iso8583::PROTOCOL, links, true)
}

fn check(row: &Value, expected: &[(&str, Value)]) {
    for (column, value) in expected {
        assert_eq!(&row[column], value, "{column} of {row}");
    }
}

/// A message in characters with one binary bitmap, behind four digits of length.
fn ascii4(mti: &str, elements: &[(u32, &str)]) -> Vec<u8> {
    let map = elements.iter().fold(0u64, |map, (number, _)| map | 1 << (64 - number));
    let text: String = elements.iter().map(|(_, text)| *text).collect();
    let body = [mti.as_bytes(), &map.to_be_bytes(), text.as_bytes()].concat();
    [format!("{:04}", body.len()).as_bytes(), &body].concat()
}

const CASH: &[(u32, &str)] = &[
    (2, "164111111111111111"),
    (3, "011000"),
    (4, "000000050000"),
    (7, "1114221320"),
    (11, "000042"),
    (22, "051"),
    (41, "TERM0001"),
    (43, "BANK ATM 7            FRANKFURT       DE"),
    (49, "978"),
];

fn cash(mti: &str, more: &[(u32, &'static str)]) -> Vec<u8> {
    let mut elements = CASH.to_vec();
    elements.extend_from_slice(more);
    elements.sort_by_key(|(number, _)| *number);
    ascii4(mti, &elements)
}

#[test]
fn a_published_purchase_is_read_as_it_was_explained() {
    let reading = read(&declared("pos-tpdu"), [(Side::Src, unhex(PURCHASE))]);
    let presence: u64 = [3, 4, 11, 22, 25, 26, 35, 41, 42, 49, 52, 53, 60, 64]
        .map(|bit: u64| 1 << (bit - 1))
        .iter()
        .sum();
    check(
        &reading.rows[0],
        &[
            ("link", json!("leg")),
            ("dialect", json!("pos-tpdu")),
            ("side", json!("src")),
            ("tpdu", json!(0x0003_0000)),
            ("mti", json!("0200")),
            ("de3", json!("000000")),
            ("de11", json!(349)),
            ("de22", json!("021")),
            ("de25", json!("00")),
            ("de39", json!("")),
            ("de41", json!("56852314")),
            ("de49", json!("156")),
            ("amount_bucket", json!(0)),
            ("pan_token", json!("a6cbb790878b9001787ba91ef7421f30")),
            ("leg_key", json!("7556a3d6bbc61f50177c4484f88a3f31")),
            ("de42_token", json!("c3deb6429d955afa48aca70d6d1d0aa9")),
            ("presence", json!(presence)),
            ("answer_presence", json!(0)),
            ("bitmap_hash", json!(6_581_391_200_741_510_048_u64)),
            ("oddities", json!("no-response")),
        ],
    );
}

#[test]
fn a_published_message_between_institutions_is_walked_to_its_last_byte() {
    let reading = read(&declared("cups-46"), [(Side::Src, unhex(BETWEEN_INSTITUTIONS))]);
    check(
        &reading.rows[0],
        &[
            ("mti", json!("0200")),
            ("tpdu", json!(0)),
            ("de3", json!("000000")),
            ("de11", json!(376_899)),
            ("de22", json!("071")),
            ("de32", json!(14_427_963)),
            ("de33", json!(14_427_900)),
            ("de41", json!("30122915")),
            ("de43_country", json!("")),
            ("de49", json!("156")),
            ("amount_bucket", json!(8)),
            ("pan_token", json!("7d0fb63208b0e34d56d534b26c109abe")),
            ("leg_key", json!("89c6621ae26fd6a3d8c221ebab8d2f4a")),
            ("de37_token", json!("614904cdd7a25602b0d4c4d69facccd3")),
            ("tvr", json!(0)),
            ("oddities", json!("no-response")),
        ],
    );
    let presence = reading.rows[0]["presence"].as_u64().expect("a number");
    assert_eq!((presence & 1, presence >> 54 & 1), (1, 1), "elements 128 and 55 are there");
}

#[test]
fn an_undeclared_flow_is_read_if_its_first_message_can_be_walked() {
    let reading =
        read(&Links::default(), [(Side::Src, unhex(SIGN_ON)), (Side::Dst, unhex(SIGN_ON_ANSWER))]);
    check(
        &reading.rows[0],
        &[
            ("link", json!("")),
            ("dialect", json!("pos-tpdu")),
            ("tpdu", json!(0x0006_0000)),
            ("mti", json!("0800")),
            ("de11", json!(1247)),
            ("de39", json!("00")),
            ("de41", json!("58D01115")),
            ("latency_us", json!(1000)),
            ("pan_token", json!("0".repeat(32))),
            ("oddities", json!("")),
        ],
    );
    assert_eq!(reading.learnt.dialect, "pos-tpdu");
    assert_eq!((reading.learnt.counts.tokens_made, reading.learnt.counts.tokens_missing), (0, 1));
    let echo = read(&Links::default(), [(Side::Dst, unhex(ECHO_ANSWER))]);
    check(
        &echo.rows[0],
        &[
            ("dialect", json!("nac-bcd")),
            ("side", json!("src")),
            ("mti", json!("0810")),
            ("de70", json!("001")),
            ("de39", json!("00")),
            ("presence", json!(0)),
            ("oddities", json!("no-request")),
        ],
    );
}

#[test]
fn a_request_and_its_answer_are_one_transaction_and_one_of_its_issuer() {
    let answer = cash("0210", &[(39, "00"), (54, "0201001156C000000010000")]);
    let answer = [b"0000".as_slice(), &answer].concat();
    let reading = read(&declared("ascii4"), [(Side::Src, cash("0200", &[])), (Side::Dst, answer)]);
    assert_eq!(reading.rows.len(), 1);
    check(
        &reading.rows[0],
        &[
            ("mti", json!("0200")),
            ("de3", json!("011000")),
            ("de39", json!("00")),
            ("de43_country", json!("DE")),
            ("amount_bucket", json!(18)),
            ("pan_token", json!("3aed34a63d65bbe5a380f2f63f77c8c1")),
            ("leg_key", json!("e91677c472a64bf3f561bd171e7627fd")),
            ("de54_token", json!("96387fd589e955a017f18ac8e1590af7")),
            ("latency_us", json!(1000)),
            ("oddities", json!("")),
        ],
    );
    assert_eq!(reading.bins.len(), 1);
    check(
        &reading.bins[0],
        &[
            ("bin", json!(0)),
            ("link", json!("leg")),
            ("country", json!("DE")),
            ("entry_mode", json!("05")),
            ("de39", json!("00")),
            ("cash", json!(true)),
            ("messages", json!(1)),
        ],
    );
}

#[test]
fn without_a_key_tokens_are_zero_and_counted() {
    let links = Links::new(vec![link_to(built_in("ascii4"))], None);
    let reading = read(&links, [(Side::Src, cash("0200", &[]))]);
    let zero = json!("0".repeat(32));
    check(&reading.rows[0], &[("pan_token", zero.clone()), ("leg_key", zero)]);
    assert_eq!(reading.learnt.counts.tokens_missing, 2);
}

#[test]
fn answers_find_their_own_requests_whatever_their_order() {
    let with = |mti, trace: &'static str, more: &[(u32, &'static str)]| {
        let mut elements: Vec<_> =
            CASH.iter().filter(|(number, _)| *number != 11).copied().collect();
        elements.push((11, trace));
        elements.extend_from_slice(more);
        elements.sort_by_key(|(number, _)| *number);
        ascii4(mti, &elements)
    };
    let reading = read(
        &declared("ascii4"),
        [
            (Side::Src, with("0200", "000001", &[])),
            (Side::Src, with("0200", "000002", &[])),
            (Side::Src, with("0400", "000002", &[])),
            (Side::Dst, with("0210", "000002", &[(39, "51")])),
            (Side::Dst, with("0210", "000001", &[(39, "00")])),
            (Side::Dst, with("0410", "000009", &[(39, "00")])),
        ],
    );
    let told: Vec<_> = reading
        .rows
        .iter()
        .map(|row| {
            (row["mti"].clone(), row["de11"].clone(), row["de39"].clone(), row["oddities"].clone())
        })
        .collect();
    assert_eq!(
        told,
        [
            (json!("0200"), json!(2), json!("51"), json!("")),
            (json!("0200"), json!(1), json!("00"), json!("")),
            (json!("0410"), json!(9), json!("00"), json!("no-request")),
            (json!("0400"), json!(2), json!(""), json!("no-response")),
        ]
    );
}

#[test]
fn a_request_sent_again_is_one_row_that_says_so_and_one_unanswered_is_given_up_after_thirty_seconds()
 {
    let mut talk = talk([(Side::Src, cash("0200", &[])), (Side::Src, cash("0201", &[]))]);
    let later = |after_us, bytes| Write { side: Side::Src, after_us, gap: 0, bytes };
    talk.writes.push(later(32_000_000, ascii4("0800", &[(7, "1114221352"), (11, "000077")])));
    let reading = talk.read_with(&iso8583::PROTOCOL, &declared("ascii4"), true);
    let told: Vec<_> =
        reading.rows.iter().map(|row| (row["mti"].clone(), row["oddities"].clone())).collect();
    assert_eq!(
        told,
        [(json!("0200"), json!("no-response,repeated")), (json!("0800"), json!("no-response"))]
    );
}

#[test]
fn an_authentication_code_that_stays_the_same_is_noticed() {
    let mac = |trace: &str, mac: &str| {
        let elements =
            [(7, "1114221320"), (11, trace), (64, mac)].map(|(number, text)| (number, text));
        ascii4("0800", &elements)
    };
    let reading = read(
        &declared("ascii4"),
        [
            (Side::Src, mac("000001", "ABCDEFGH")),
            (Side::Src, mac("000002", "ABCDEFGH")),
            (Side::Src, mac("000003", "ABCDEFGI")),
        ],
    );
    let told: Vec<_> = reading.rows.iter().map(|row| row["mac_repeats"].clone()).collect();
    assert_eq!(told, [json!(false), json!(true), json!(false)]);
}

/// Tags 95 and 9F34 as EMV Book 3 has them; the rest of element 55 is not kept.
#[test]
fn of_the_chips_data_two_results_are_kept() {
    let chip = b"\x95\x05\x80\x00\x04\x08\x01\x5a\x08\x41\x11\x11\x11\x11\x11\x11\x11\x9f\x34\x03\x1e\x03\x02";
    let map = (1u64 << (64 - 7) | 1 << (64 - 11) | 1 << (64 - 55)).to_be_bytes();
    let body = [b"0200".as_slice(), &map, b"1114221320", b"000001", b"023", chip].concat();
    let message = [format!("{:04}", body.len()).as_bytes(), &body].concat();
    let reading = read(&declared("ascii4"), [(Side::Src, message)]);
    check(&reading.rows[0], &[("tvr", json!(0x80_0004_0801_u64)), ("cvm", json!(0x1e_0302))]);
}

#[test]
fn confidence_grows_from_the_declared_port_to_the_whole_walk() {
    let links = declared("ascii4");
    let (ask, answer) = (cash("0200", &[]), cash("0210", &[(39, "00")]));
    let both = [(Side::Src, ask.clone()), (Side::Dst, answer.clone())];
    assert_eq!(read(&links, both.clone()).learnt.confidence, Confidence::None);
    let three = [both.to_vec(), vec![(Side::Src, cash("0400", &[]))]].concat();
    assert_eq!(read(&links, three).learnt.confidence, Confidence::Walked);
    let mut longer = cash("0400", &[]);
    let length = format!("{:04}", longer.len());
    longer[..4].copy_from_slice(length.as_bytes());
    longer.extend(b"trai");
    let odd = [both.to_vec(), vec![(Side::Src, longer)]].concat();
    assert_eq!(read(&links, odd).learnt.confidence, Confidence::Stateful);
}

/// Nobody knows what the bytes of such a message are: its type and bitmaps are told, and nothing else.
#[test]
fn a_message_that_cannot_be_walked_tells_its_type_alone() {
    let mut cut = cash("0200", &[]);
    cut.truncate(60);
    cut[..4].copy_from_slice(b"0056");
    let mut letters = cash("0200", &[]);
    letters[20] = b'x';
    let echo = ascii4("0800", &[(7, "1114221320"), (11, "000001")]);
    for (message, oddity) in [(cut, "truncated"), (letters, "malformed")] {
        let reading = read(&declared("ascii4"), [(Side::Src, echo.clone()), (Side::Src, message)]);
        check(
            &reading.rows[0],
            &[
                ("mti", json!("0200")),
                ("de3", json!("")),
                ("de41", json!("")),
                ("pan_token", json!("0".repeat(32))),
                ("oddities", json!(oddity)),
            ],
        );
        assert_ne!(reading.rows[0]["presence"], json!(0));
    }
}

#[test]
fn other_bytes_on_a_declared_link_are_not_ours() {
    for bytes in [
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec(),
        Talk::from_text(443, include_str!("streams/tls_1_2.txt")).writes.swap_remove(0).bytes,
        b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(),
        cash("0200", &[]),
    ] {
        let reading = read(&declared("nac-bcd"), [(Side::Src, bytes)]);
        assert_eq!(reading.progress, Progress::NotMine);
        assert!(reading.rows.is_empty());
    }
}

#[test]
fn a_flow_picked_up_in_the_middle_of_a_message_finds_the_next_one() {
    let mut stream: Vec<u8> = cash("0200", &[])[37..].to_vec();
    let lost = stream.len() as u64;
    for trace in ["000001", "000002", "000003", "000004"] {
        stream.extend(ascii4("0800", &[(7, "1114221320"), (11, trace)]));
    }
    let whole = talk([(Side::Src, stream)]);
    let reading = whole.read_with(&iso8583::PROTOCOL, &declared("ascii4"), false);
    let traces: Vec<_> = reading.rows.iter().map(|row| row["de11"].clone()).collect();
    assert_eq!(traces, [1, 2, 3, 4].map(Value::from));
    assert_eq!(reading.learnt.counts.bytes_dropped, lost);
    let every: Vec<usize> = (1..whole.bytes()).collect();
    let cut = whole.cut(&every).read_with(&iso8583::PROTOCOL, &declared("ascii4"), false);
    assert_eq!(cut.rows, reading.rows);
}

#[test]
fn after_a_gap_the_next_message_is_found_at_its_end_or_later() {
    let ask = |trace| ascii4("0800", &[(7, "1114221320"), (11, trace)]);
    let mut talk =
        talk([(Side::Src, ask("000001")), (Side::Src, ask("000002")), (Side::Src, ask("000003"))]);
    talk.writes[1].gap = 500;
    let reading = talk.read_with(&iso8583::PROTOCOL, &declared("ascii4"), true);
    assert_eq!(reading.rows.len(), 3);
    talk.writes[1].bytes.drain(..9);
    let reading = talk.read_with(&iso8583::PROTOCOL, &declared("ascii4"), true);
    let traces: Vec<_> = reading.rows.iter().map(|row| row["de11"].clone()).collect();
    assert_eq!(traces, [1, 3].map(Value::from), "the rest of the flow is one message");
}

#[test]
fn a_tertiary_bitmap_and_the_1993_edition_are_walked() {
    let text = "framing = { len = \"ascii4\" }\nmti = \"ascii\"\nbitmap = \"hex\"\nnumeric = \"ascii\"\n[elements]\n130 = \"n3\"\n";
    let dialect = Arc::new(Dialect::read("own", text).expect("a dialect"));
    // Elements 7, 12 (n12 in 1993), 39 (n3 in 1993), 70 and 130; bits 1 and 65 announce the further bitmaps.
    let body = "18108210000002000000\
        8400000000000000\
        4000000000000000\
        1114221320\
        231114221320\
        800\
        301\
        042";
    let message = [format!("{:04}", body.len()), body.to_owned()].concat();
    let reading = read(&links_to(&dialect), [(Side::Dst, message.into_bytes())]);
    check(
        &reading.rows[0],
        &[
            ("mti", json!("1810")),
            ("de39", json!("800")),
            ("de70", json!("301")),
            ("oddities", json!("no-request")),
        ],
    );
}

#[test]
fn a_dialect_tells_who_stood_in() {
    let text = "framing = { len = \"ascii4\" }\nmti = \"ascii\"\nbitmap = \"binary\"\nnumeric = \"ascii\"\n\
        stand_in = { element = 44, at = 0, any_of = \"24\" }\n";
    let links = links_to(&Arc::new(Dialect::read("own", text).expect("a dialect")));
    for (told, expected) in [("012", true), ("011", false)] {
        let answer = cash("0210", &[(39, "00"), (44, told)]);
        let reading = read(&links, [(Side::Src, cash("0200", &[])), (Side::Dst, answer)]);
        assert_eq!(reading.rows[0]["stand_in"], json!(expected));
    }
}

/// Of random bytes behind a length that fits, and of other protocols, none begins a message that can be walked.
#[test]
fn nothing_else_is_taken_for_iso_8583() {
    use bartizan_protocols::{Payload, Probe};
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for round in 0..100_000 {
        let length = 22 + (next() % 200) as usize;
        let mut bytes: Vec<u8> = (0..length).map(|_| next() as u8).collect();
        match round % 4 {
            0 => bytes[..2].copy_from_slice(&(length as u16 - 2).to_be_bytes()),
            1 => bytes[..4].copy_from_slice(format!("{:04}", length - 4).as_bytes()),
            2 => bytes.iter_mut().for_each(|byte| *byte = b'0' + *byte % 10),
            // A header that fits, and random elements: what a test of the header alone would take.
            _ => {
                bytes[..2].copy_from_slice(&(length as u16 - 2).to_be_bytes());
                bytes[2..12]
                    .copy_from_slice(&[0x02, 0x00, 0x70, 0x24, 0x05, 0xc0, 0x20, 0xc0, 0x98, 0x11]);
            }
        }
        let payload = Payload { side: Side::Src, time: crate::START, bytes: &bytes, gap: 0 };
        assert_ne!((iso8583::PROTOCOL.probe)(Transport::Tcp, &payload), Probe::Yes, "{bytes:02x?}");
    }
}

/// The columns of the counts by issuer, which are no protocol's own table.
#[test]
fn the_columns_of_the_counts_by_issuer_are_those_of_their_table() {
    use model::Record;
    let sql = include_str!("../src/iso8583_bin.table.sql");
    let body = sql.split_once("EXISTS iso8583_bin (\n").expect("it creates its table").1;
    let held: Vec<(String, String)> = body
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| line.trim().split_once(' ').expect("name and type"))
        .map(|(name, rest)| {
            let kind = rest.split(" CODEC").next().expect("a type");
            (name.to_owned(), kind.replace("LowCardinality(String)", "String"))
        })
        .collect();
    let sent: Vec<(String, String)> = iso8583::Iso8583Bin::TABLE
        .columns
        .iter()
        .map(|column| (column.name.to_owned(), column.kind.to_owned()))
        .collect();
    assert_eq!(held, sent);
}

/// A stream of a declared link: messages with bytes changed, lost or doubled, and where it is cut.
fn damaged_stream() -> impl Strategy<Value = (Talk, Vec<usize>, bool)> {
    let message = prop_oneof![
        Just(cash("0200", &[])),
        Just(cash("0400", &[])),
        Just(ascii4("0800", &[(7, "1114221320"), (11, "000001")])),
        Just(cash("0210", &[(39, "00")])),
    ];
    let damage =
        proptest::option::weighted(0.4, (any::<prop::sample::Index>(), any::<u8>(), 0u8..3));
    let write = (any::<bool>(), message, damage).prop_map(|(is_src, mut bytes, damage)| {
        if let Some((place, byte, kind)) = damage {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => drop(bytes.remove(place)),
                _ => bytes.insert(place, byte),
            }
        }
        (if is_src { Side::Src } else { Side::Dst }, bytes)
    });
    let writes = proptest::collection::vec(write, 1..12);
    let places = proptest::collection::vec(any::<prop::sample::Index>(), 1..10);
    (writes, places, any::<bool>()).prop_map(|(writes, places, is_from_start)| {
        let talk = talk(writes);
        let bytes = talk.bytes();
        let mut places: Vec<usize> = places.iter().map(|place| place.index(bytes)).collect();
        places.sort_unstable();
        (talk, places, is_from_start)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_declared_stream_gives_the_same_rows_wherever_it_is_cut((talk, places, is_from_start) in damaged_stream()) {
        let links = declared("ascii4");
        let whole = talk.read_with(&iso8583::PROTOCOL, &links, is_from_start);
        let cut = talk.cut(&places).read_with(&iso8583::PROTOCOL, &links, is_from_start);
        prop_assert_eq!(cut.rows, whole.rows);
        if whole.progress != Progress::NotMine {
            let counts = whole.learnt.counts;
            prop_assert_eq!(counts.bytes_scanned + counts.bytes_dropped, talk.bytes() as u64);
        }
    }
}
