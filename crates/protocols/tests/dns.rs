//! DNS: transactions, and messages that are not as they should be.

use crate::reading::{Talk, Write, unhex};
use crate::samples::{DNS_ANSWER, DNS_QUESTION};
use bartizan_protocols::dns::{self, message::Message};
use bartizan_protocols::{Side, Transport};
use serde_json::{Value, json};
use simple_dns::rdata::{A, AAAA, MX, RData, SRV, TXT};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, ResourceRecord, TYPE};

fn rows(writes: Vec<(Side, Vec<u8>)>) -> Vec<Value> {
    Talk::new(Transport::Udp, 53, writes).read(&dns::PROTOCOL).rows
}

fn check(row: &Value, expected: &[(&str, Value)]) {
    for (column, value) in expected {
        assert_eq!(&row[column], value, "{column}");
    }
}

/// Sizes counted by hand in the sample.
#[test]
fn a_question_and_its_answer_are_one_row() {
    let rows = rows(vec![(Side::Src, unhex(DNS_QUESTION)), (Side::Dst, unhex(DNS_ANSWER))]);
    assert_eq!(rows.len(), 1);
    check(
        &rows[0],
        &[
            ("table", json!("dns")),
            ("time", json!("2023-11-14T22:13:20.001000Z")),
            ("age_us", json!(1000)),
            ("qname", json!("www.example.com")),
            ("domain", json!("example.com")),
            ("qtype", json!(1)),
            ("answered", json!(true)),
            ("rcode", json!(0)),
            ("rd", json!(true)),
            ("ra", json!(true)),
            ("aa", json!(false)),
            ("answers", json!(["web.example.com", "192.0.2.80"])),
            ("addresses", json!(["::ffff:192.0.2.80"])),
            ("answer_count", json!(2)),
            ("answer_bytes", json!(10)),
            ("ttl_min_s", json!(60)),
            ("request_bytes", json!(33)),
            ("response_bytes", json!(67)),
            ("latency_us", json!(1000)),
            ("oddities", json!("")),
        ],
    );
}

#[test]
fn a_question_asked_again_is_one_row_that_says_so() {
    let question = unhex(DNS_QUESTION);
    let rows = rows(vec![
        (Side::Src, question.clone()),
        (Side::Src, question),
        (Side::Dst, unhex(DNS_ANSWER)),
    ]);
    assert_eq!(rows.len(), 1);
    check(&rows[0], &[("oddities", json!("repeated")), ("latency_us", json!(2000))]);
}

#[test]
fn an_answer_to_another_question_is_no_answer() {
    let mut answer = unhex(DNS_ANSWER);
    answer[13] = b'x';
    let rows = rows(vec![(Side::Src, unhex(DNS_QUESTION)), (Side::Dst, answer)]);
    assert_eq!(rows.len(), 2);
    check(&rows[0], &[("qname", json!("xww.example.com")), ("oddities", json!("no-request"))]);
    check(&rows[1], &[("qname", json!("www.example.com")), ("oddities", json!("no-response"))]);
}

#[test]
fn a_question_is_given_up_after_thirty_seconds_of_packets() {
    let mut talk = Talk::new(Transport::Udp, 53, [(Side::Src, unhex(DNS_QUESTION))]);
    let late = |after_us, id: u8| {
        let mut bytes = unhex(DNS_QUESTION);
        bytes[0] = id;
        Write { side: Side::Src, after_us, gap: 0, bytes }
    };
    talk.writes.push(late(20_000_000, 1));
    talk.writes.push(late(31_000_000, 2));
    talk.writes.push(Write {
        side: Side::Dst,
        after_us: 32_000_000,
        gap: 0,
        bytes: unhex(DNS_ANSWER),
    });
    let oddities: Vec<Value> =
        talk.read(&dns::PROTOCOL).rows.iter().map(|row| row["oddities"].clone()).collect();
    assert_eq!(oddities, ["no-response", "no-request", "no-response", "no-response"]);
}

#[test]
fn a_name_that_loops_is_a_row_with_an_oddity() {
    let mut question = unhex(DNS_QUESTION);
    question.truncate(12);
    question.extend(unhex("0161 c00c 0001 0001"));
    let mut first = unhex(DNS_QUESTION);
    first[0] = 0xff;
    let rows = rows(vec![(Side::Src, first), (Side::Src, question)]);
    check(&rows[1], &[("qname", json!("a")), ("oddities", json!("no-response,name-loop"))]);
}

#[test]
fn a_message_cut_short_keeps_what_it_has() {
    let mut answer = unhex(DNS_ANSWER);
    answer.truncate(55);
    let rows = rows(vec![(Side::Src, unhex(DNS_QUESTION)), (Side::Dst, answer)]);
    check(&rows[0], &[("answers", json!(["web.example.com"])), ("oddities", json!("truncated"))]);
}

#[test]
fn multicast_names_are_a_dialect_without_pairs() {
    let talk = Talk::new(Transport::Udp, 5353, [(Side::Src, unhex(DNS_ANSWER))]);
    let reading = talk.read(&dns::PROTOCOL);
    assert_eq!(reading.learnt.dialect, "mdns");
    check(&reading.rows[0], &[("answered", json!(true)), ("oddities", json!(""))]);
}

/// Name service of NetBIOS (RFC 1002) has DNS's header, and is another protocol.
#[test]
fn netbios_names_are_not_dns() {
    let mut query = unhex("8000 0110 0001 0000 0000 0000 20");
    query.extend(b"CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\0");
    query.extend(unhex("0021 0001"));
    assert!(rows(vec![(Side::Src, query)]).is_empty());
}

/// What `simple-dns` writes is what we read, kind by kind.
#[test]
fn answers_that_another_library_writes_are_read() {
    let name = |text: &'static str| Name::new(text).expect("a name");
    let mut text = TXT::new();
    text.add_string("v=spf1 -all").expect("short text");
    let records = [
        (RData::A(A { address: 0xc000_0201 }), "192.0.2.1"),
        (RData::AAAA(AAAA { address: 0x2001_0db8_0000_0000_0000_0000_0000_0001 }), "2001:db8::1"),
        (
            RData::MX(MX { preference: 10, exchange: name("mail.example.com") }),
            "10 mail.example.com",
        ),
        (
            RData::SRV(SRV { priority: 1, weight: 2, port: 88, target: name("kdc.example.com") }),
            "1 2 88 kdc.example.com",
        ),
        (RData::CNAME(name("cdn.example.net").into()), "cdn.example.net"),
        (RData::PTR(name("host.example.org").into()), "host.example.org"),
        (RData::TXT(text), "v=spf1 -all"),
    ];
    let mut packet = Packet::new_reply(7);
    packet.set_flags(PacketFlag::RECURSION_AVAILABLE | PacketFlag::AUTHORITATIVE_ANSWER);
    packet.questions.push(Question::new(
        name("Example.COM"),
        QTYPE::TYPE(TYPE::A),
        QCLASS::CLASS(CLASS::IN),
        false,
    ));
    for (data, _) in &records {
        packet.answers.push(ResourceRecord::new(name("Example.COM"), CLASS::IN, 77, data.clone()));
    }
    for bytes in [
        packet.build_bytes_vec().expect("bytes"),
        packet.build_bytes_vec_compressed().expect("bytes"),
    ] {
        let message = Message::read(&bytes);
        let answers: Vec<&str> = message.answers.iter().map(model::Text::as_str).collect();
        assert_eq!(answers, records.each_ref().map(|(_, text)| *text));
        assert_eq!(
            (message.qname.as_str(), message.qtype, message.ttl_min_s),
            ("example.com", 1, 77)
        );
        assert!(message.oddities.is_empty(), "{}", message.oddities);
        assert_eq!(message.addresses.len(), 2);
    }
}
