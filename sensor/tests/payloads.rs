//! Payload finds its parser, whichever way it comes.

use crate::packets::{ACK, End, Timed, at, conversation, run, tcp, udp};
use model::flow::Direction;
use serde_json::Value;

const CLIENT: End = End(1, 50_000);
const WEB: End = End(2, 8_080);
const ASK: &[u8] = b"GET /a?b=c HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
/// A question for www.example.com, type A (RFC 1035 4.1).
const QUESTION: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01";

fn answer() -> Vec<u8> {
    let mut answer = QUESTION.to_vec();
    (answer[2], answer[3]) = (0x81, 0x80);
    answer
}

fn rows(frames: &[Timed], table: &str) -> Vec<Value> {
    run(frames).rows(table).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_request_at_any_port_is_a_row() {
    let rows = rows(&conversation(0.0, CLIENT, WEB, &[ASK, ANSWER]), "http");
    assert_eq!(rows.len(), 1);
    assert_eq!((&rows[0]["host"], &rows[0]["status"]), (&"www.example.com".into(), &200.into()));
}

#[test]
fn a_request_of_many_segments_is_the_same_row() {
    let whole = rows(&conversation(0.0, CLIENT, WEB, &[ASK, ANSWER]), "http");
    // The opener's bytes one by one, the last segments first.
    let mut frames = conversation(0.0, CLIENT, WEB, &[ASK, ANSWER]);
    let (request, seq) = (frames.remove(3), 101);
    let mut pieces: Vec<Timed> = ASK
        .iter()
        .zip(0u32..)
        .map(|(byte, offset)| tcp(request.time, CLIENT, WEB, ACK, seq + offset, 901, &[*byte]))
        .collect();
    pieces[1..].reverse();
    frames.splice(3..3, pieces);
    assert_eq!(rows(&frames, "http"), whole);
}

#[test]
fn a_flow_picked_up_in_mid_stream_is_turned_by_its_protocol() {
    let frames =
        [tcp(at(0.0), WEB, CLIENT, ACK, 5, 5, ANSWER), tcp(at(1.0), CLIENT, WEB, ACK, 5, 90, ASK)];
    let out = run(&frames);
    let flow = &out.flows()[0];
    assert_eq!((flow.src_port, flow.dst_port, flow.direction), (50_000, 8_080, Direction::Role));
    assert_eq!(flow.app, "http");
}

#[test]
fn an_answer_seen_first_has_its_asker_as_source() {
    let frames = [udp(at(0.0), End(2, 53), End(1, 53), &answer())];
    let flow = run(&frames).flows().remove(0);
    assert_eq!(
        (flow.src_ip.octets()[15], flow.direction, flow.app.as_ref()),
        (1, Direction::Role, "dns")
    );
}

#[test]
fn a_row_and_its_flow_have_one_id() {
    let frames =
        [udp(at(0.0), CLIENT, End(2, 53), QUESTION), udp(at(0.02), End(2, 53), CLIENT, &answer())];
    let out = run(&frames);
    let row: Value = serde_json::from_str(out.rows("dns").next().expect("one row")).expect("JSON");
    let flow = &out.flows()[0];
    let id = model::id::flow_id(&flow.tap, flow.flow_start, &flow.endpoints());
    assert_eq!(row["flow_id"], id);
    assert_eq!(row["qname"], "www.example.com");
}

/// SMTP's words are nobody's here; what follows STARTTLS begins like TLS.
#[test]
fn another_protocol_may_take_over() {
    // The hello of RFC 8448 section 3, as far as a row needs it: record header, handshake header, version, random …
    let mut hello = vec![22, 3, 1, 0, 0, 1, 0, 0, 0, 3, 3];
    hello.extend([9; 32]);
    hello.extend([0, 0, 2, 0x13, 0x01, 1, 0, 0, 0]);
    let length = hello.len() as u8;
    (hello[4], hello[8]) = (length - 5, length - 9);
    let said: [&[u8]; 5] =
        [b"EHLO me\r\n", b"250 STARTTLS\r\n", b"STARTTLS\r\n", b"220 go\r\n", &hello];
    let rows = rows(&conversation(0.0, CLIENT, End(2, 25), &said), "tls");
    assert_eq!(rows.len(), 1);
}
