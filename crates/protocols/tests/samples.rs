//! Conversations of every protocol, whole and in order: what the tests of all protocols cut, damage and count.

use crate::reading::{Talk, unhex};
use bartizan_protocols::{Side, Transport};

/// What every protocol must have at least one of.
pub fn of(protocol: &str) -> Vec<Talk> {
    match protocol {
        "tls" => tls(),
        "dns" => dns(),
        "http" => http(),
        "iso8583" => iso8583(),
        _ => Vec::new(),
    }
}

fn tls() -> Vec<Talk> {
    [
        include_str!("streams/tls_1_2.txt"),
        include_str!("streams/tls_1_2_client_certificate.txt"),
        include_str!("streams/tls_1_2_resumed.txt"),
        include_str!("streams/tls_1_3.txt"),
        include_str!("streams/tls_1_3_resumed.txt"),
        include_str!("streams/tls_rfc_8448.txt"),
    ]
    .map(|text| Talk::from_text(443, text))
    .into()
}

/// `www.example.com A` asked and answered with a CNAME and an address, by hand from RFC 1035 4.1.
pub const DNS_QUESTION: &str =
    "1234 0100 0001 0000 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001";
/// Its answer: `www.example.com CNAME web.example.com` (TTL 300), `web.example.com A 192.0.2.80` (TTL 60).
pub const DNS_ANSWER: &str = "1234 8180 0001 0002 0000 0000 03777777 076578616d706c65 03636f6d 00 0001 0001 \
     c00c 0005 0001 0000012c 0006 03776562 c010 c02d 0001 0001 0000003c 0004 c0000250";

fn dns() -> Vec<Talk> {
    let (question, answer) = (unhex(DNS_QUESTION), unhex(DNS_ANSWER));
    let framed = |message: &[u8]| [&(message.len() as u16).to_be_bytes(), message].concat();
    let other = [&[0x43, 0x21], &question[2..]].concat();
    let other_answer = [&[0x43, 0x21], &answer[2..]].concat();
    vec![
        Talk::new(Transport::Udp, 53, [(Side::Src, question.clone()), (Side::Dst, answer.clone())]),
        Talk::new(
            Transport::Tcp,
            53,
            [
                (Side::Src, [framed(&question), framed(&other)].concat()),
                (Side::Dst, [framed(&other_answer), framed(&answer)].concat()),
            ],
        ),
    ]
}

fn http() -> Vec<Talk> {
    let requests = b"GET /a?x=1 HTTP/1.1\r\nHost: bank.example\r\nUser-Agent: t/1\r\n\r\n\
        POST /b HTTP/1.1\r\nHost: bank.example\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n\
        4\r\n{\"a\"\r\n4;x=y\r\n: 1}\r\n0\r\nT: v\r\n\r\n\
        HEAD /c HTTP/1.1\r\nHost: bank.example\r\n\r\n";
    let responses = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello\
        HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n";
    let closed = b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\nuntil the end";
    vec![
        Talk::new(
            Transport::Tcp,
            80,
            [(Side::Src, requests.to_vec()), (Side::Dst, responses.to_vec())],
        ),
        Talk::new(
            Transport::Tcp,
            8080,
            [
                (Side::Src, b"GET http://h.example/ HTTP/1.0\r\n\r\n".to_vec()),
                (Side::Dst, closed.to_vec()),
            ],
        ),
    ]
}

/// A terminal's sign-on as published (elements 11, 41, 42, 60 and 63 of the UnionPay terminal specification).
pub const SIGN_ON: &str = "003B 6000060000 602200000000 0800 0020000000C00012 001247 3538443031313135 \
     383837353844303438313635353535 0011 000000010030 0002 3031";
/// Its answer by hand: TPDU turned round, elements 11, 12, 13, 39 and 41.
pub const SIGN_ON_ANSWER: &str =
    "0027 6000000006 602200000000 0810 0038000002800000 001247 090530 1124 3030 3538443031313135";
/// An echo with two bitmaps, elements 7, 11 and 70, by hand in the form of the published answer.
pub const ECHO: &str =
    "0021 6000000000 0800 8220000000000000 0400000000000000 1204092456 000001 0301";
/// The answer as published (elements 7, 11, 39 and 70).
pub const ECHO_ANSWER: &str =
    "0023 6000000000 0810 8220000002000000 0400000000000000 1204092457 000001 3030 0001";

fn iso8583() -> Vec<Talk> {
    let echo = |mti: &str, more: &str| {
        let map = if more.is_empty() { "8220000000000000" } else { "8220000002000000" };
        let map = unhex(&format!("{map} 0400000000000000"));
        [mti.as_bytes(), &map, b"1204092456", b"000007", more.as_bytes(), b"301"].concat()
    };
    let binary = |message: &[u8]| [&(message.len() as u16).to_be_bytes(), message].concat();
    let digits = |message: &[u8]| [format!("{:04}", message.len()).as_bytes(), message].concat();
    let answer = unhex(ECHO_ANSWER);
    let answer = [&answer[..25], &unhex("1204092456 000001 3030 0301")].concat();
    let (ask, tell) = (echo("0800", ""), echo("0810", "00"));
    vec![
        Talk::new(
            Transport::Tcp,
            8583,
            [(Side::Src, unhex(SIGN_ON)), (Side::Dst, unhex(SIGN_ON_ANSWER))],
        ),
        Talk::new(Transport::Tcp, 8583, [(Side::Src, unhex(ECHO)), (Side::Dst, answer)]),
        Talk::new(Transport::Tcp, 8583, [(Side::Src, binary(&ask)), (Side::Dst, binary(&tell))]),
        Talk::new(Transport::Tcp, 8600, [(Side::Src, digits(&ask)), (Side::Dst, digits(&tell))]),
    ]
}
