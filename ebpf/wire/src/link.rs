//! Ethernet and its VLAN tags (IEEE 802.3, 802.1Q, 802.1ad).

use crate::bytes::two;
use crate::headers::{Code, Headers};
use crate::internet;

/// EtherType of IPv4.
pub const IPV4: u16 = 0x0800;
/// EtherType of IPv6.
pub const IPV6: u16 = 0x86dd;
const TAG: u16 = 0x8100;
const SERVICE_TAG: u16 = 0x88a8;
const OLD_SERVICE_TAG: u16 = 0x9100;
const ETHERNET: usize = 14;

/// Reads an Ethernet frame down to its payload.
pub fn ethernet(frame: &[u8], headers: &mut Headers) -> Code {
    if frame.len() < ETHERNET {
        return Code::ShortLink;
    }
    ether_type(frame, two(frame, 12), ETHERNET, headers)
}

/// Reads what follows an EtherType that stands before `offset`, VLAN tags included.
pub fn ether_type(frame: &[u8], kind: u16, offset: usize, headers: &mut Headers) -> Code {
    let mut kind = kind;
    let mut offset = offset;
    if is_tag(kind) {
        if offset + 4 > frame.len() {
            return Code::ShortLink;
        }
        headers.vlan = two(frame, offset) & 0x0fff;
        headers.tags = 1;
        kind = two(frame, offset + 2);
        offset += 4;
    }
    if headers.tags == 1 && is_tag(kind) {
        if offset + 4 > frame.len() {
            return Code::ShortLink;
        }
        headers.inner_vlan = two(frame, offset) & 0x0fff;
        headers.tags = 2;
        kind = two(frame, offset + 2);
        offset += 4;
    }
    headers.ether_type = kind;
    headers.internet_offset = offset as u32;
    if kind == IPV4 {
        internet::ipv4(frame, offset, headers)
    } else if kind == IPV6 {
        internet::ipv6(frame, offset, headers)
    } else if is_tag(kind) {
        Code::ManyTags
    } else {
        Code::NotIp
    }
}

/// Whether an EtherType opens a VLAN tag.
pub const fn is_tag(kind: u16) -> bool {
    kind == TAG || kind == SERVICE_TAG || kind == OLD_SERVICE_TAG
}
