//! The links that a bank has declared: which flows are of which protocol and dialect, and the key for their tokens.

use crate::iso8583::Dialect;
use crate::token::TokenKey;
use model::Endpoints;
use model::coverage::Side;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// What is declared; parsers find it in [`crate::FlowFacts`].
#[derive(Debug, Default)]
pub struct Links {
    links: Vec<Link>,
    key: Option<TokenKey>,
}

/// A flow that needs no probing, because the bank says what it is.
#[derive(Debug, Clone)]
pub struct Link {
    /// Its name, as rows tell it.
    pub id: Arc<str>,
    /// The end that flows of it are opened to.
    pub to: End,
    /// Name of its protocol, as in `flow.app`.
    pub app: &'static str,
    /// How its messages are written.
    pub dialect: Arc<Dialect>,
}

/// An address or a network, with a port or without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct End {
    /// Address, IPv4 mapped.
    pub address: Ipv6Addr,
    /// Bits of `address` that must agree, up to 128; an IPv4 network has 96 more than people write.
    pub prefix: u8,
    /// Port; none: any.
    pub port: Option<u16>,
}

impl End {
    /// Whether an address and port are of it.
    pub fn holds(&self, address: Ipv6Addr, port: u16) -> bool {
        let beyond = 128 - u32::from(self.prefix.min(128));
        let differs = u128::from(address) ^ u128::from(self.address);
        differs.checked_shr(beyond).unwrap_or(0) == 0 && self.port.is_none_or(|own| own == port)
    }
}

impl Links {
    /// The declared links, and the key for tokens if there is one.
    pub fn new(mut links: Vec<Link>, key: Option<TokenKey>) -> Self {
        links.sort_by_key(|link| (link.to.port.is_none(), 128 - link.to.prefix.min(128)));
        Self { links, key }
    }

    /// The link of a flow, and the side that its end `to` is on; of several the narrowest.
    pub fn of(&self, ends: &Endpoints) -> Option<(&Link, Side)> {
        let side_of = |link: &Link| {
            if link.to.holds(ends.dst_ip, ends.dst_port) {
                Some(Side::Dst)
            } else {
                link.to.holds(ends.src_ip, ends.src_port).then_some(Side::Src)
            }
        };
        self.links.iter().find_map(|link| Some((link, side_of(link)?)))
    }

    /// The key for tokens; none: tokens stay zero.
    pub const fn key(&self) -> Option<&TokenKey> {
        self.key.as_ref()
    }

    /// Whether nothing is declared.
    pub const fn is_empty(&self) -> bool {
        self.links.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iso8583::dialect;
    use model::address::v4;

    fn link(id: &str, address: Ipv6Addr, prefix: u8, port: Option<u16>) -> Link {
        let dialect = dialect::BUILT_IN[0].clone();
        Link { id: id.into(), to: End { address, prefix, port }, app: "iso8583", dialect }
    }

    fn ends(src: (Ipv6Addr, u16), dst: (Ipv6Addr, u16)) -> Endpoints {
        Endpoints { src_ip: src.0, src_port: src.1, dst_ip: dst.0, dst_port: dst.1, ip_protocol: 6 }
    }

    #[test]
    fn the_narrowest_declaration_holds_whichever_way_the_flow_was_opened() {
        let links = Links::new(
            vec![
                link("net", v4(10, 2, 0, 0), 112, None),
                link("host", v4(10, 2, 7, 1), 128, None),
                link("port", v4(10, 2, 0, 0), 112, Some(8583)),
            ],
            None,
        );
        let client = (v4(192, 0, 2, 1), 40_000);
        let of = |ends: &Endpoints| links.of(ends).map(|(link, side)| (link.id.to_string(), side));
        assert_eq!(of(&ends(client, (v4(10, 2, 7, 1), 8583))), Some(("port".into(), Side::Dst)));
        assert_eq!(of(&ends(client, (v4(10, 2, 7, 1), 9000))), Some(("host".into(), Side::Dst)));
        assert_eq!(of(&ends((v4(10, 2, 9, 9), 5), client)), Some(("net".into(), Side::Src)));
        assert_eq!(of(&ends(client, (v4(10, 3, 0, 1), 8583))), None);
    }

    #[test]
    fn a_network_of_no_bits_holds_everything() {
        let end = End { address: Ipv6Addr::UNSPECIFIED, prefix: 0, port: None };
        assert!(end.holds(v4(1, 2, 3, 4), 1));
    }
}
