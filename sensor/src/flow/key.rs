//! What makes packets belong to one flow, whichever way they go.

use model::Endpoints;
use model::id::icmp_ports;
use std::net::Ipv6Addr;
use wire::{Headers, transport};

/// Both ends in a fixed order, protocol and outer VLAN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// The end that sorts first by address, then port.
    pub low: ([u8; 16], u16),
    /// The other end.
    pub high: ([u8; 16], u16),
    /// Outer VLAN id, 0 if untagged: the same addresses may be in use in two VLANs.
    pub vlan: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
}

impl Key {
    /// The ends in the order of who opened.
    pub const fn ends(&self, src_is_low: bool) -> Endpoints {
        let (src, dst) = if src_is_low { (self.low, self.high) } else { (self.high, self.low) };
        Endpoints {
            src_ip: Ipv6Addr::from_octets(src.0),
            dst_ip: Ipv6Addr::from_octets(dst.0),
            src_port: src.1,
            dst_port: dst.1,
            ip_protocol: self.ip_protocol,
        }
    }
}

/// The key of a packet, and which end sent it.
#[derive(Debug, Clone, Copy)]
pub struct Keyed {
    /// The flow it belongs to.
    pub key: Key,
    /// Whether the low end sent it.
    pub from_low: bool,
    /// What the packet alone says of who opened the flow.
    pub opener: Opener,
}

/// What one packet says of who opened its flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// Nothing.
    Unknown,
    /// Its sender, by a SYN.
    SenderBySyn,
    /// Its receiver, by a SYN with ACK.
    ReceiverBySyn,
    /// Its sender, for it is a request (ICMP).
    SenderByRole,
    /// Its receiver, for it is a reply (ICMP).
    ReceiverByRole,
}

const SYN: u8 = 2;
const ACK: u8 = 16;

impl Keyed {
    /// The key of the packet that `headers` describe.
    pub fn of(headers: &Headers) -> Self {
        let (src_port, dst_port, opener) = match headers.ip_protocol {
            transport::ICMP | transport::ICMPV6 => icmp(headers),
            transport::TCP => (headers.src_port, headers.dst_port, by_flags(headers.tcp_flags)),
            _ => (headers.src_port, headers.dst_port, Opener::Unknown),
        };
        let (src, dst) = ((headers.src, src_port), (headers.dst, dst_port));
        let from_low = src <= dst;
        let (low, high) = if from_low { (src, dst) } else { (dst, src) };
        let (vlan, ip_protocol) = (headers.vlan, headers.ip_protocol);
        Self { key: Key { low, high, vlan, ip_protocol }, from_low, opener }
    }
}

fn by_flags(flags: u8) -> Opener {
    match flags & (SYN | ACK) {
        SYN => Opener::SenderBySyn,
        both if both == SYN | ACK => Opener::ReceiverBySyn,
        _ => Opener::Unknown,
    }
}

/// Type and code in the ports as the Community ID specification maps them; requests and replies are one flow.
fn icmp(headers: &Headers) -> (u16, u16, Opener) {
    let (src_port, dst_port, is_pair) =
        icmp_ports(headers.ip_protocol, headers.icmp_kind, headers.icmp_code);
    let opener = match (is_pair, headers.ip_protocol, headers.icmp_kind) {
        (false, ..) => Opener::Unknown,
        (true, transport::ICMP, 8 | 10 | 13 | 15 | 17)
        | (true, transport::ICMPV6, 128 | 130 | 133 | 135 | 139 | 144) => Opener::SenderByRole,
        (true, ..) => Opener::ReceiverByRole,
    };
    (src_port, dst_port, opener)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(src: u8, dst: u8, ports: (u16, u16), ip_protocol: u8) -> Headers {
        let (src_port, dst_port) = ports;
        Headers {
            src: [src; 16],
            dst: [dst; 16],
            src_port,
            dst_port,
            ip_protocol,
            ..Headers::default()
        }
    }

    #[test]
    fn both_directions_have_one_key() {
        let there = Keyed::of(&headers(1, 2, (1000, 80), 6));
        let back = Keyed::of(&headers(2, 1, (80, 1000), 6));
        assert_eq!(there.key, back.key);
        assert_ne!(there.from_low, back.from_low);
    }

    #[test]
    fn an_echo_and_its_reply_are_one_flow_opened_by_the_asker() {
        let echo = Keyed::of(&Headers { icmp_kind: 8, ..headers(1, 2, (0, 0), 1) });
        let reply = Keyed::of(&Headers { icmp_kind: 0, ..headers(2, 1, (0, 0), 1) });
        assert_eq!(echo.key, reply.key);
        assert_eq!((echo.opener, reply.opener), (Opener::SenderByRole, Opener::ReceiverByRole));
    }

    #[test]
    fn unreachable_messages_stay_one_way() {
        let there = Keyed::of(&Headers { icmp_kind: 3, icmp_code: 1, ..headers(1, 2, (0, 0), 1) });
        let back = Keyed::of(&Headers { icmp_kind: 3, icmp_code: 1, ..headers(2, 1, (0, 0), 1) });
        assert_ne!(there.key, back.key);
    }
}
