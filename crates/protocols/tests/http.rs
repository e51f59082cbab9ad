//! HTTP/1: transactions, in the order and shapes that RFC 9112 allows, and those it does not.

use crate::reading::{Reading, Talk};
use bartizan_protocols::{Confidence, Progress, Side, Transport, http};
use serde_json::{Value, json};

fn read(writes: &[(Side, &str)]) -> Reading {
    let writes = writes.iter().map(|(side, text)| (*side, text.as_bytes().to_vec()));
    Talk::new(Transport::Tcp, 80, writes).read(&http::PROTOCOL)
}

fn check(row: &Value, expected: &[(&str, Value)]) {
    for (column, value) in expected {
        assert_eq!(&row[column], value, "{column}");
    }
}

#[test]
fn pipelined_requests_get_their_own_responses() {
    let reading = crate::samples::of("http")[0].read(&http::PROTOCOL);
    let rows = &reading.rows;
    assert_eq!(rows.len(), 3);
    check(
        &rows[0],
        &[
            ("method", json!("GET")),
            ("host", json!("bank.example")),
            ("path", json!("/a")),
            ("query_bytes", json!(3)),
            ("user_agent", json!("t/1")),
            ("status", json!(200)),
            ("version", json!(11)),
            ("response_type", json!("text/html")),
            ("request_bytes", json!(0)),
            ("response_bytes", json!(5)),
            ("latency_us", json!(1000)),
            ("oddities", json!("")),
        ],
    );
    check(
        &rows[1],
        &[
            ("method", json!("POST")),
            ("status", json!(201)),
            ("request_type", json!("application/json")),
            ("request_bytes", json!(8)),
            ("response_bytes", json!(3)),
        ],
    );
    check(
        &rows[2],
        &[("method", json!("HEAD")), ("status", json!(200)), ("response_bytes", json!(0))],
    );
    assert_eq!(reading.learnt.confidence, Confidence::Walked);
    assert_eq!((reading.learnt.sni.as_str(), reading.learnt.dialect), ("bank.example", "HTTP/1.1"));
}

#[test]
fn a_body_without_length_ends_with_the_flow() {
    let rows = crate::samples::of("http")[1].read(&http::PROTOCOL).rows;
    check(
        &rows[0],
        &[
            ("host", json!("h.example")),
            ("path", json!("/")),
            ("version", json!(10)),
            ("response_type", json!("image/png")),
            ("response_bytes", json!(13)),
            ("oddities", json!("")),
        ],
    );
}

#[test]
fn a_tunnel_ends_the_reading() {
    let reading = read(&[
        (Side::Src, "CONNECT bank.example:443 HTTP/1.1\r\nHost: bank.example:443\r\n\r\n"),
        (Side::Dst, "HTTP/1.1 200 Connection established\r\n\r\n"),
        (Side::Src, "\u{16}\u{3}\u{1}"),
    ]);
    assert_eq!(reading.progress, Progress::Done);
    check(
        &reading.rows[0],
        &[
            ("method", json!("CONNECT")),
            ("host", json!("bank.example:443")),
            ("status", json!(200)),
            ("oddities", json!("")),
        ],
    );
    let upgrade = read(&[
        (Side::Src, "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n"),
        (Side::Dst, "HTTP/1.1 101 Switching Protocols\r\n\r\n"),
    ]);
    assert_eq!((upgrade.progress, &upgrade.rows[0]["status"]), (Progress::Done, &json!(101)));
}

#[test]
fn what_has_no_counterpart_says_so() {
    let reading = read(&[(Side::Dst, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")]);
    check(&reading.rows[0], &[("status", json!(200)), ("oddities", json!("no-request"))]);
    let reading = read(&[(Side::Src, "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")]);
    check(&reading.rows[0], &[("status", json!(0)), ("oddities", json!("no-response"))]);
    let reading = read(&[(Side::Src, "GET /x HTTP/1.1\r\nHost: a\r\nUser-Agent: slow")]);
    check(&reading.rows[0], &[("path", json!("/x")), ("oddities", json!("truncated,no-response"))]);
}

#[test]
fn a_second_length_is_told_as_request_smuggling_is() {
    let reading = read(&[(
        Side::Src,
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    )]);
    check(&reading.rows[0], &[("oddities", json!("no-response,ambiguous-length"))]);
}

#[test]
fn after_a_gap_the_next_head_is_found() {
    let mut talk = Talk::new(
        Transport::Tcp,
        80,
        [
            (Side::Src, b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
            (Side::Dst, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".to_vec()),
            (Side::Src, b"GET /2 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
            (Side::Dst, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec()),
        ],
    );
    talk.writes[3].gap = 97;
    let rows = talk.read(&http::PROTOCOL).rows;
    check(&rows[0], &[("status", json!(200)), ("oddities", json!("gap"))]);
    check(&rows[1], &[("path", json!("/2")), ("status", json!(404)), ("oddities", json!(""))]);
    talk.writes[3].gap = 4000;
    assert_eq!(talk.read(&http::PROTOCOL).rows[1]["status"], json!(404));
}

/// A stream that waits for a lost segment gives its responses late, with the times they had.
#[test]
fn responses_behind_a_gap_find_their_requests_by_time() {
    let get = |number: usize| format!("GET /{number} HTTP/1.1\r\nHost: a\r\n\r\n").into_bytes();
    let mut talk = Talk::new(Transport::Tcp, 80, (0..5).map(|number| (Side::Src, get(number))));
    for number in 1..5i64 {
        let bytes = format!("HTTP/1.1 20{number} OK\r\nContent-Length: 0\r\n\r\n").into_bytes();
        let gap = if number == 1 { 38 } else { 0 };
        talk.writes.push(crate::Write {
            side: Side::Dst,
            after_us: 1000 * (number + 1) + 500,
            gap,
            bytes,
        });
    }
    let rows = talk.read(&http::PROTOCOL).rows;
    let told: Vec<(&str, u64)> = rows
        .iter()
        .map(|row| (row["path"].as_str().unwrap(), row["status"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("/0", 0), ("/1", 201), ("/2", 202), ("/3", 203), ("/4", 204)]);
    assert_eq!(rows[0]["oddities"], json!("gap,no-response"));
}

#[test]
fn a_gap_inside_a_body_counts_as_body() {
    let mut talk = Talk::new(
        Transport::Tcp,
        80,
        [
            (Side::Src, b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n".to_vec()),
            (Side::Dst, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc".to_vec()),
            (Side::Dst, b"end".to_vec()),
        ],
    );
    talk.writes[2].gap = 94;
    check(
        &talk.read(&http::PROTOCOL).rows[0],
        &[("response_bytes", json!(100)), ("oddities", json!("gap"))],
    );
}

#[test]
fn an_interim_response_is_not_the_response() {
    let reading = read(&[
        (
            Side::Src,
            "POST /u HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
        ),
        (Side::Dst, "HTTP/1.1 100 Continue\r\n\r\n"),
        (Side::Src, "ok"),
        (Side::Dst, "HTTP/1.1 204 No Content\r\n\r\n"),
    ]);
    check(
        &reading.rows[0],
        &[("status", json!(204)), ("request_bytes", json!(2)), ("latency_us", json!(3000))],
    );
}

#[test]
fn nothing_secret_is_in_a_row() {
    let reading = read(&[
        (
            Side::Src,
            "POST /pay?pan=hidden HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer hidden\r\nCookie: s=hidden\r\n\
             X-Api-Key: hidden\r\nReferer: https://a/?t=hidden\r\nContent-Length: 6\r\n\r\nhidden",
        ),
        (Side::Dst, "HTTP/1.1 200 OK\r\nSet-Cookie: s=hidden\r\nContent-Length: 6\r\n\r\nhidden"),
        (
            Side::Src,
            "GET /4111111111111111/x HTTP/1.1\r\nHost: a\r\nUser-Agent: 4111 1111 1111 1111\r\n\r\n",
        ),
    ]);
    let text = serde_json::to_string(&reading.rows).unwrap();
    assert!(!text.contains("hidden") && !text.contains("4111"), "{text}");
}

#[test]
fn heads_that_break_the_grammar_are_read_as_far_as_they_go() {
    for (head, path, version, oddities) in [
        ("GET /w?a=1 HTTP/1.0.8\r\nHost: a\r\n\r\n", "/w", 10, "malformed,no-response"),
        ("GET HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1", 11, "malformed,no-response"),
        ("GET /x HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", "/x", 11, "malformed,no-response"),
    ] {
        let again = "GET /again HTTP/1.1\r\nHost: a\r\n\r\n";
        let rows = read(&[(Side::Src, head), (Side::Src, again)]).rows;
        assert_eq!(rows.len(), 2, "{head}");
        check(
            &rows[0],
            &[
                ("host", json!("a")),
                ("path", json!(path)),
                ("version", json!(version)),
                ("oddities", json!(oddities)),
            ],
        );
        assert_eq!(rows[1]["path"], json!("/again"));
    }
}

/// Load balancers ask so whether a server lives.
#[test]
fn the_oldest_http_is_read_too() {
    let reading = read(&[
        (Side::Src, "GET /\r\n\r\n"),
        (Side::Dst, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ]);
    check(
        &reading.rows[0],
        &[("version", json!(9)), ("status", json!(200)), ("oddities", json!(""))],
    );
}

/// As captures with a short snapshot length leave it.
#[test]
fn a_first_line_cut_short_is_a_row() {
    let reading = read(&[(Side::Src, "GET /account/list?id=7")]);
    check(
        &reading.rows[0],
        &[
            ("path", json!("/account/list")),
            ("query_bytes", json!(4)),
            ("oddities", json!("truncated,no-response")),
        ],
    );
}

#[test]
fn many_headers_are_all_read() {
    let many = "X-Header: y\r\n".repeat(500);
    let reading = read(&[
        (Side::Src, &format!("GET / HTTP/1.1\r\n{many}Host: late\r\n\r\n")),
        (Side::Dst, &format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 1\r\n\r\nx")),
    ]);
    check(
        &reading.rows[0],
        &[("host", json!("late")), ("response_bytes", json!(1)), ("oddities", json!(""))],
    );
}

#[test]
fn protocols_that_look_alike_are_not_http() {
    for text in [
        "OPTIONS rtsp://cam.example/stream RTSP/1.0\r\nCSeq: 1\r\n\r\n",
        "INVITE sip:a@b SIP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "SSH-2.0-OpenSSH_9.6\r\n",
        "EHLO mail.example\r\n",
    ] {
        let reading = read(&[(Side::Src, text)]);
        assert!(
            reading.rows.is_empty() && reading.progress == Progress::NotMine,
            "{text}: {:?}",
            reading.rows
        );
    }
}
