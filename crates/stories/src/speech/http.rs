//! HTTP/1.1 requests and responses (RFC 9112) in clear.

use model::Time;

/// A GET without a body.
pub fn get(path: &str, host: &str, agent: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\nConnection: close\r\n\r\n").into()
}

/// A response with `body` as JSON.
pub fn ok(body: &str, at: Time) -> Vec<u8> {
    let date = crate::moment::format(at, "%a, %d %b %Y %H:%M:%S GMT");
    format!(
        "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into()
}

/// What a browser asks of a proxy (RFC 9110, 9.3.6).
pub fn connect(server: &str, agent: &str) -> Vec<u8> {
    format!("CONNECT {server}:443 HTTP/1.1\r\nHost: {server}:443\r\nUser-Agent: {agent}\r\nProxy-Connection: keep-alive\r\n\r\n")
        .into()
}

/// What the proxy answers.
pub fn connected() -> Vec<u8> {
    b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec()
}
