//! TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792), ICMPv6 (RFC 4443); ports of SCTP, DCCP and UDP-Lite.

use crate::bytes::{byte, four, two};
use crate::headers::{Code, Fragment, Headers};

/// IANA protocol number of ICMP.
pub const ICMP: u8 = 1;
/// IANA protocol number of TCP.
pub const TCP: u8 = 6;
/// IANA protocol number of UDP.
pub const UDP: u8 = 17;
/// IANA protocol number of ICMPv6.
pub const ICMPV6: u8 = 58;
const DCCP: u8 = 33;
const SCTP: u8 = 132;
const UDP_LITE: u8 = 136;

/// Reads the transport header at `offset`; `headers` already holds what the IP header says.
pub fn any(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    headers.transport_offset = offset as u32;
    if matches!(headers.fragment, Fragment::Later) {
        payload(frame, offset, headers);
        return Code::LaterFragment;
    }
    match headers.ip_protocol {
        TCP => tcp(frame, offset, headers),
        UDP => udp(frame, offset, headers),
        ICMP | ICMPV6 => icmp(frame, offset, headers),
        SCTP | DCCP | UDP_LITE => ports_only(frame, offset, headers),
        _ => {
            payload(frame, offset, headers);
            Code::Complete
        }
    }
}

fn tcp(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    if !fits(frame, offset, 20, headers) {
        return short(frame, offset, headers);
    }
    let header = ((byte(frame, offset + 12) >> 4) as usize) * 4;
    headers.src_port = two(frame, offset);
    headers.dst_port = two(frame, offset + 2);
    headers.tcp_seq = four(frame, offset + 4);
    headers.tcp_ack = four(frame, offset + 8);
    headers.tcp_flags = byte(frame, offset + 13);
    headers.tcp_window = two(frame, offset + 14);
    if header < 20 || offset + header > headers.internet_end as usize {
        return Code::BadTransport;
    }
    payload(frame, offset + header, headers);
    Code::Complete
}

fn udp(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    if !fits(frame, offset, 8, headers) {
        return short(frame, offset, headers);
    }
    headers.src_port = two(frame, offset);
    headers.dst_port = two(frame, offset + 2);
    let length = two(frame, offset + 4) as usize;
    payload(frame, offset + 8, headers);
    // A length of 0 is a jumbogram (RFC 2675); a fragment's length is that of the whole datagram.
    if length != 0 && matches!(headers.fragment, Fragment::Whole) {
        if length < 8 {
            return Code::BadTransport;
        }
        trim(headers, (length - 8) as u32);
    }
    Code::Complete
}

fn icmp(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    if !fits(frame, offset, 4, headers) {
        return short(frame, offset, headers);
    }
    headers.icmp_kind = byte(frame, offset);
    headers.icmp_code = byte(frame, offset + 1);
    let header = if fits(frame, offset, 8, headers) { 8 } else { 4 };
    payload(frame, offset + header, headers);
    Code::Complete
}

fn ports_only(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    if !fits(frame, offset, 4, headers) {
        return short(frame, offset, headers);
    }
    headers.src_port = two(frame, offset);
    headers.dst_port = two(frame, offset + 2);
    payload(frame, offset, headers);
    Code::Complete
}

/// The first bytes of a transport header that was cut: ports, if at least these are there.
fn short(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    if !matches!(headers.ip_protocol, ICMP | ICMPV6) && fits(frame, offset, 4, headers) {
        headers.src_port = two(frame, offset);
        headers.dst_port = two(frame, offset + 2);
    }
    Code::ShortTransport
}

/// Whether `length` bytes at `offset` are both captured and inside the IP packet.
fn fits(frame: &[u8], offset: usize, length: usize, headers: &Headers) -> bool {
    offset + length <= frame.len() && offset + length <= headers.internet_end as usize
}

/// What remains of the IP packet from `offset` on is payload.
fn payload(frame: &[u8], offset: usize, headers: &mut Headers) {
    let end = headers.internet_end as usize;
    let captured_end = if end < frame.len() { end } else { frame.len() };
    headers.payload_offset = offset as u32;
    headers.payload_length = end.saturating_sub(offset) as u32;
    headers.payload_captured = captured_end.saturating_sub(offset) as u32;
}

/// The payload is at most `length` bytes: what lies beyond is padding.
fn trim(headers: &mut Headers, length: u32) {
    if length < headers.payload_length {
        headers.payload_length = length;
    }
    if length < headers.payload_captured {
        headers.payload_captured = length;
    }
}
