//! What HTTP/1 looks like, from its first bytes on.

use crate::protocol::{PROBE_BYTES, Payload, Probe, Transport, other};
use model::coverage::Side;

const METHODS: &[&str] = &[
    "GET",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "CONNECT",
    "TRACE",
    "PROPFIND",
    "PROPPATCH",
    "MKCOL",
    "COPY",
    "MOVE",
    "LOCK",
    "UNLOCK",
    "SEARCH",
    "REPORT",
    "MERGE",
    "NOTIFY",
    "SUBSCRIBE",
    "UNSUBSCRIBE",
    "RPC_IN_DATA",
    "RPC_OUT_DATA",
    "BITS_POST",
    "CHECKOUT",
    "MKACTIVITY",
    "LINK",
    "UNLINK",
    "PURGE",
    "VIEW",
    "RPC_CONNECT",
];

pub(super) fn probe(_: Transport, payload: &Payload<'_>) -> Probe {
    let bytes = payload.bytes.trim_ascii_start();
    if let Some(version) = bytes.strip_prefix(b"HTTP/1.") {
        return if version.is_empty() { Probe::Maybe } else { Probe::Yes };
    }
    if b"HTTP/1.".starts_with(bytes) {
        return Probe::Maybe;
    }
    let Some(space) = bytes.iter().position(|byte| *byte == b' ') else {
        return if bytes.is_empty() || is_token(bytes) { Probe::Maybe } else { Probe::No };
    };
    let (method, target) = (&bytes[..space], &bytes[space + 1..]);
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if line.len() < bytes.len() {
        return if is_request_line(line) { Probe::Yes } else { Probe::No };
    }
    let is_known = METHODS.iter().any(|known| known.as_bytes() == method);
    match bytes.len() < PROBE_BYTES {
        _ if !is_token(method) || bytes.trim_ascii_end().iter().any(u8::is_ascii_control) => {
            Probe::No
        }
        true => Probe::Maybe,
        false if is_known && is_of_http(target) => Probe::Yes,
        false => Probe::No,
    }
}

/// Whether a first line, its end aside, is one of a request (RFC 9112 3), or of HTTP/0.9 (`GET /`), which load
/// balancers still ask in.
pub(super) fn is_request_line(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let mut words = line.split(|byte| *byte == b' ').filter(|word| !word.is_empty());
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let last = words.next_back();
    let is_old = method == b"GET" && target.starts_with(b"/") && last.is_none();
    is_token(method)
        && (is_old || last.unwrap_or(target).starts_with(b"HTTP/1."))
        && !line.iter().any(u8::is_ascii_control)
}

/// Whether a first line that breaks off can be one of a request.
pub(super) fn begins_request_line(line: &[u8]) -> bool {
    let method = line.split(|byte| *byte == b' ').next().unwrap_or_default();
    method.len() < line.len()
        && METHODS.iter().any(|known| known.as_bytes() == method)
        && is_of_http(&line[method.len() + 1..])
        && !line.iter().any(u8::is_ascii_control)
}

fn is_token(method: &[u8]) -> bool {
    (1..=24).contains(&method.len())
        && method.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a target can be HTTP's: not `rtsp://`, `sip:` or `icap://`.
fn is_of_http(target: &[u8]) -> bool {
    target.starts_with(b"http")
        || target.starts_with(b"/")
        || target.starts_with(b"*")
        || !target.windows(3).any(|window| window == b"://")
}

pub(super) fn client(_: Transport, payload: &Payload<'_>) -> Option<Side> {
    match probe(Transport::Tcp, payload) {
        Probe::No => None,
        _ if payload.bytes.starts_with(b"HTTP/1.") => Some(other(payload.side)),
        Probe::Maybe => None,
        Probe::Yes => Some(payload.side),
    }
}
