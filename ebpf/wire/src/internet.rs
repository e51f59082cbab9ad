//! IPv4 (RFC 791) and IPv6 (RFC 8200).

use crate::bytes::{byte, four, sixteen, two};
use crate::headers::{Code, Fragment, Headers};
use crate::transport;

const IPV4: usize = 20;
const IPV6: usize = 40;

/// Reads an IP packet of either version that begins at `offset`.
pub fn any(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    let version = byte(frame, offset) >> 4;
    if offset >= frame.len() {
        Code::ShortInternet
    } else if version == 4 {
        ipv4(frame, offset, headers)
    } else if version == 6 {
        ipv6(frame, offset, headers)
    } else {
        Code::BadInternet
    }
}

/// Reads an IPv4 packet that begins at `offset`.
///
/// A total length of 0 means "to the end of the frame": segmentation offload writes such headers.
pub fn ipv4(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    headers.internet_offset = offset as u32;
    if offset + IPV4 > frame.len() {
        return Code::ShortInternet;
    }
    let first = byte(frame, offset);
    let header = ((first & 0x0f) as usize) * 4;
    if first >> 4 != 4 || header < IPV4 {
        return Code::BadInternet;
    }
    let total = two(frame, offset + 2) as usize;
    let end = if total == 0 { frame.len() } else { offset + total };
    if end < offset + header {
        return Code::BadInternet;
    }
    if offset + header > frame.len() {
        return Code::ShortInternet;
    }
    mapped(frame, offset + 12, &mut headers.src);
    mapped(frame, offset + 16, &mut headers.dst);
    headers.ip_version = 4;
    headers.ttl = byte(frame, offset + 8);
    headers.ip_protocol = byte(frame, offset + 9);
    headers.internet_end = end as u32;
    headers.transport_offset = (offset + header) as u32;
    let flags = two(frame, offset + 6);
    let place = flags & 0x1fff;
    if place != 0 {
        headers.fragment = Fragment::Later;
    } else if flags & 0x2000 != 0 {
        headers.fragment = Fragment::First;
    }
    if place != 0 || flags & 0x2000 != 0 {
        headers.fragment_id = two(frame, offset + 4) as u32;
    }
    transport::any(frame, offset + header, headers)
}

/// Reads an IPv6 packet that begins at `offset`; stops at the first extension header.
///
/// A payload length of 0 means "to the end of the frame": jumbograms and segmentation offload write it.
pub fn ipv6(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    headers.internet_offset = offset as u32;
    if offset + IPV6 > frame.len() {
        return Code::ShortInternet;
    }
    if byte(frame, offset) >> 4 != 6 {
        return Code::BadInternet;
    }
    let length = two(frame, offset + 4) as usize;
    let end = if length == 0 { frame.len() } else { offset + IPV6 + length };
    sixteen(frame, offset + 8, &mut headers.src);
    sixteen(frame, offset + 24, &mut headers.dst);
    headers.ip_version = 6;
    headers.ttl = byte(frame, offset + 7);
    headers.ip_protocol = byte(frame, offset + 6);
    headers.internet_end = end as u32;
    headers.transport_offset = (offset + IPV6) as u32;
    if is_extension(headers.ip_protocol) {
        return Code::Extension;
    }
    transport::any(frame, offset + IPV6, headers)
}

/// Whether an IPv6 next-header number is an extension header that another header follows (RFC 8200 4.1, RFC 4302).
pub const fn is_extension(next: u8) -> bool {
    matches!(next, 0 | 43 | 44 | 51 | 60)
}

fn mapped(frame: &[u8], at: usize, out: &mut [u8; 16]) {
    let address = four(frame, at).to_be_bytes();
    out[10] = 0xff;
    out[11] = 0xff;
    out[12] = address[0];
    out[13] = address[1];
    out[14] = address[2];
    out[15] = address[3];
}
