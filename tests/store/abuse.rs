//! Strangers on the port: whatever they send, the engine lives and answers the next question.

use bartizan_tests::RunningStore;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;
use store::Role;

/// What is sent, and whether the connection is then dropped with what was not read: a reset.
fn patterns() -> Vec<(&'static str, Vec<u8>)> {
    let long = |start: &str, middle: &str, times: usize, end: &str| {
        [start, &middle.repeat(times), end].concat().into_bytes()
    };
    vec![
        ("nothing", Vec::new()),
        ("garbage", (0..=255).cycle().take(4096).collect()),
        ("zeroes", vec![0; 65536]),
        ("a TLS hello", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()),
        ("a native hello", b"\x00\x11ClickHouse client\x18\x01\xd5\xa9\x03".to_vec()),
        ("half a line", b"POST /?query=SEL".to_vec()),
        ("no end of headers", b"POST / HTTP/1.1\r\nHost: a\r\n".to_vec()),
        ("a short body", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nSELECT 1".to_vec()),
        ("a negative length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\nSELECT 1".to_vec()),
        ("an absurd length", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\nx".to_vec()),
        ("a wrong chunk", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nSELECT 1\r\n0\r\n\r\n".to_vec()),
        ("a cut chunk", b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nSELECT".to_vec()),
        ("both lengths", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nSELECT 1\r\n0\r\n\r\n".to_vec()),
        ("a huge address", long("GET /?query=", "a", 1_100_000, " HTTP/1.1\r\nHost: a\r\n\r\n")),
        ("a huge header", long("GET / HTTP/1.1\r\nHost: a\r\nX: ", "a", 1_100_000, "\r\n\r\n")),
        ("many headers", long("GET / HTTP/1.1\r\nHost: a\r\n", "X-A: b\r\n", 5_000, "\r\n")),
        ("a wrong frame", b"POST /?decompress=1&query=INSERT%20INTO%20flow%20FORMAT%20Native HTTP/1.1\r\nHost: a\r\nContent-Length: 30\r\n\r\n\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x82\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x00\x00".to_vec()),
        ("wrong escapes", b"GET /?query=%ZZ%f HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
    ]
}

fn attack(port: u16, bytes: &[u8], how: usize) {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return };
    // The engine may hang up first; then there is nothing left to send or read.
    let sent = stream.write_all(bytes).is_ok();
    match how % 3 {
        0 => drop(stream),
        1 if sent && stream.shutdown(Shutdown::Write).is_ok() => {
            let read = stream.set_read_timeout(Some(Duration::from_millis(20)));
            read.expect("a duration that is not zero");
            stream.take(4096).read_to_end(&mut Vec::new()).ok();
        }
        _ => {
            // Dropped with an answer unread: a reset.
            stream.set_nonblocking(true).expect("it is a socket");
            stream.peek(&mut [0; 16]).ok();
        }
    }
}

#[tokio::test]
async fn the_engine_survives_whatever_is_sent_to_its_port() {
    let session = RunningStore::shared().open("abuse", Role::Owner).await;
    let url = session.place().url().expect("it runs");
    let port: u16 = url.rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port");
    let lock = RunningStore::shared().folder().join("lock");
    let process = std::fs::read_to_string(&lock).expect("its process");
    for (name, bytes) in patterns() {
        std::thread::scope(|threads| {
            for first in 0..4 {
                let bytes = &bytes;
                threads
                    .spawn(move || (0..25).for_each(|number| attack(port, bytes, first + number)));
            }
        });
        let alive = session.probe().await;
        assert!(alive.is_ok(), "after {name}: {alive:?}");
    }
    assert_eq!(
        std::fs::read_to_string(&lock).expect("its process"),
        process,
        "it died and was started again"
    );
}
