//! The link layers a frame may begin with, by LINKTYPE number (tcpdump.org/linktypes.html).

use super::wireless;
use wire::link::{IPV4, IPV6, ether_type, ethernet};
use wire::{Code, Headers, internet};

const PPPOE_SESSION: u16 = 0x8864;
const MPLS: u16 = 0x8847;
const MPLS_UPSTREAM: u16 = 0x8848;

/// Reads `frame` from its link header on; `None` if that link type is not known here.
pub(super) fn read(link: u32, frame: &[u8], headers: &mut Headers) -> Option<Code> {
    Some(match link {
        1 => after_ethernet(frame, ethernet(frame, headers), headers),
        0 => null(frame, headers),
        108 => loopback(frame, headers),
        9 | 50 => ppp(frame, 0, headers),
        204 => ppp(frame, 1, headers),
        51 => pppoe(frame, 0, headers),
        12 | 14 | 101 | 228 | 229 => internet::any(frame, 0, headers),
        104 => typed(frame, 2, 4, headers),
        113 => typed(frame, 14, 16, headers),
        276 => typed(frame, 0, 20, headers),
        107 => frame_relay(frame, headers),
        239 => netfilter(frame, headers),
        105 => wireless::read(frame, 0, headers),
        127 => wireless::radiotap(frame, headers),
        _ => return None,
    })
}

/// A link header that holds an EtherType at `kind_at`, with the packet at `offset` (cooked capture, Cisco HDLC).
fn typed(frame: &[u8], kind_at: usize, offset: usize, headers: &mut Headers) -> Code {
    let Some(kind) = two(frame, kind_at) else { return Code::ShortLink };
    if frame.len() < offset {
        return Code::ShortLink;
    }
    let code = ether_type(frame, kind, offset, headers);
    after_ethernet(frame, code, headers)
}

/// What else than IP may carry IP behind an EtherType: PPPoE, MPLS, and LLC with SNAP where it is a length (802.3).
pub(super) fn after_ethernet(frame: &[u8], code: Code, headers: &mut Headers) -> Code {
    if code != Code::NotIp {
        return code;
    }
    let offset = headers.internet_offset as usize;
    match headers.ether_type {
        PPPOE_SESSION => pppoe(frame, offset, headers),
        MPLS | MPLS_UPSTREAM => mpls(frame, offset, headers),
        0..=1500 => llc(frame, offset, headers),
        _ => code,
    }
}

/// LLC with a SNAP header (IEEE 802.2, RFC 1042); anything else in LLC is not IP.
pub(super) fn llc(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    let snap = frame.get(offset..offset + 6) == Some(&[0xaa, 0xaa, 3, 0, 0, 0]);
    match two(frame, offset + 6) {
        Some(kind) if snap => ether_type(frame, kind, offset + 8, headers),
        _ => Code::NotIp,
    }
}

/// BSD loopback: the address family in the byte order of the machine that captured.
fn null(frame: &[u8], headers: &mut Headers) -> Code {
    let Some(family) = four(frame, 0) else { return Code::ShortLink };
    family_of(frame, if family > 0xffff { family.swap_bytes() } else { family }, headers)
}

/// OpenBSD loopback: the address family in network order.
fn loopback(frame: &[u8], headers: &mut Headers) -> Code {
    four(frame, 0).map_or(Code::ShortLink, |family| family_of(frame, family, headers))
}

fn family_of(frame: &[u8], family: u32, headers: &mut Headers) -> Code {
    match family {
        2 => internet::ipv4(frame, 4, headers),
        10 | 24 | 28 | 30 => internet::ipv6(frame, 4, headers),
        _ => Code::NotIp,
    }
}

/// PPP (RFC 1661), with or without HDLC address and control, protocol field of one byte or two.
fn ppp(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    let offset =
        if frame.get(offset..offset + 2) == Some(&[0xff, 3]) { offset + 2 } else { offset };
    let (Some(&first), Some(wide)) = (frame.get(offset), two(frame, offset)) else {
        return Code::ShortLink;
    };
    let (protocol, length) = if first & 1 == 1 { (u16::from(first), 1) } else { (wide, 2) };
    match protocol {
        0x0021 => internet::ipv4(frame, offset + length, headers),
        0x0057 => internet::ipv6(frame, offset + length, headers),
        0x0281 | 0x0283 => mpls(frame, offset + length, headers),
        _ => Code::NotIp,
    }
}

/// PPPoE session (RFC 2516): six bytes, then PPP.
fn pppoe(frame: &[u8], offset: usize, headers: &mut Headers) -> Code {
    match frame.get(offset..offset + 2) {
        None => Code::ShortLink,
        Some(&[0x11, 0]) => ppp(frame, offset + 6, headers),
        Some(_) => Code::NotIp,
    }
}

/// MPLS (RFC 3032): labels up to the bottom of the stack, then IP, or Ethernet behind a control word (RFC 4385).
fn mpls(frame: &[u8], mut offset: usize, headers: &mut Headers) -> Code {
    for _ in 0..8 {
        let Some(label) = four(frame, offset) else { return Code::ShortLink };
        offset += 4;
        if label & 0x100 == 0 {
            continue;
        }
        return match frame.get(offset).map(|byte| byte >> 4) {
            Some(4) => internet::ipv4(frame, offset, headers),
            Some(6) => internet::ipv6(frame, offset, headers),
            Some(0) => match two(frame, offset + 16) {
                Some(kind) => ether_type(frame, kind, offset + 18, headers),
                None => Code::ShortLink,
            },
            Some(_) => Code::NotIp,
            None => Code::ShortLink,
        };
    }
    Code::NotIp
}

/// Frame relay (RFC 2427): address of two to four bytes, control, then an NLPID or SNAP.
fn frame_relay(frame: &[u8], headers: &mut Headers) -> Code {
    let Some(end) = frame.iter().take(4).position(|byte| byte & 1 == 1) else {
        return Code::ShortLink;
    };
    let at = end + 1;
    // With one padding byte where the encapsulation asks for it.
    let at = if frame.get(at..at + 2) == Some(&[3, 0]) { at + 2 } else { at + 1 };
    match frame.get(at) {
        Some(0xcc) => internet::ipv4(frame, at + 1, headers),
        Some(0x8e) => internet::ipv6(frame, at + 1, headers),
        Some(0x80) => match two(frame, at + 4) {
            Some(kind) => ether_type(frame, kind, at + 6, headers),
            None => Code::ShortLink,
        },
        Some(_) => cisco_relay(frame, end + 1, headers),
        None => Code::ShortLink,
    }
}

/// Cisco's frame relay: an EtherType right after the address.
fn cisco_relay(frame: &[u8], at: usize, headers: &mut Headers) -> Code {
    match two(frame, at) {
        Some(kind @ (IPV4 | IPV6)) => ether_type(frame, kind, at + 2, headers),
        Some(_) => Code::NotIp,
        None => Code::ShortLink,
    }
}

/// Linux netfilter log: a header of four bytes, then attributes in the byte order of the machine; type 9 is the packet.
fn netfilter(frame: &[u8], headers: &mut Headers) -> Code {
    let mut at = 4;
    for _ in 0..64 {
        let Some(&[a, b, c, d]) = frame.get(at..at + 4) else { return Code::ShortLink };
        let (mut length, mut kind) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
        if kind > 0x7fff || length < 4 {
            (length, kind) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        }
        if length < 4 {
            return Code::NotIp;
        }
        if kind == 9 {
            return internet::any(frame, at + 4, headers);
        }
        at += usize::from(length).next_multiple_of(4);
    }
    Code::NotIp
}

/// Two bytes in network order.
pub(super) fn two(frame: &[u8], at: usize) -> Option<u16> {
    frame.get(at..at + 2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
}

fn four(frame: &[u8], at: usize) -> Option<u32> {
    frame.get(at..at + 4).map(|bytes| u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
}
