//! Addresses and the endpoints of a conversation.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Any address in the one form that rows hold: IPv4 as `::ffff:a.b.c.d`.
pub const fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// An address as people write it: IPv4 again where it was mapped.
pub const fn plain(address: Ipv6Addr) -> IpAddr {
    match address.to_ipv4_mapped() {
        Some(v4) => IpAddr::V4(v4),
        None => IpAddr::V6(address),
    }
}

/// Who spoke with whom, over what: the five values that name a conversation.
///
/// `src` is who opened it. ICMP and ICMPv6 have their type and code in the ports as the Community ID specification
/// maps them, so that request and reply are one conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoints {
    /// Who opened the conversation.
    pub src_ip: Ipv6Addr,
    /// Whom it was opened to.
    pub dst_ip: Ipv6Addr,
    /// Port of `src_ip`, 0 where the protocol has none.
    pub src_port: u16,
    /// Port of `dst_ip`, 0 where the protocol has none.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
}

impl Endpoints {
    /// The same conversation seen from the other side.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self {
            src_ip: self.dst_ip,
            dst_ip: self.src_ip,
            src_port: self.dst_port,
            dst_port: self.src_port,
            ip_protocol: self.ip_protocol,
        }
    }

    /// Whether both addresses are IPv4.
    pub const fn is_ipv4(&self) -> bool {
        self.src_ip.to_ipv4_mapped().is_some() && self.dst_ip.to_ipv4_mapped().is_some()
    }
}

impl fmt::Display for Endpoints {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (src, dst) = (plain(self.src_ip), plain(self.dst_ip));
        write!(out, "{src}:{} > {dst}:{} proto {}", self.src_port, self.dst_port, self.ip_protocol)
    }
}

/// Shorthand for tests and tables: an IPv4 address in mapped form.
pub const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv6Addr {
    Ipv4Addr::new(a, b, c, d).to_ipv6_mapped()
}
