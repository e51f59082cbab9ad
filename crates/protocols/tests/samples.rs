//! Conversations of every protocol, whole and in order: what the tests of all protocols cut, damage and count.

use crate::reading::{Talk, unhex};
use bartizan_protocols::{Side, Transport};

/// What every protocol must have at least one of.
pub fn of(protocol: &str) -> Vec<Talk> {
    match protocol {
        "tls" => tls(),
        "dns" => dns(),
        "http" => http(),
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
