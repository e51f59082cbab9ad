//! Networks and addresses as a policy writes them.

use super::fields::{Fields, Placed};
use ipnet::IpNet;
use std::net::IpAddr;

/// A network in CIDR notation, or one address; complains of host bits.
pub(super) fn read(fields: &Fields<'_, '_>, text: &Placed<String>) -> Option<IpNet> {
    let written = text.value.trim();
    if let Ok(address) = written.parse::<IpAddr>() {
        return Some(IpNet::from(plain(address)));
    }
    let Ok(network) = written.parse::<IpNet>() else {
        fields.error(
            &text.span,
            format!("`{written}` is no address and no network such as 10.40.8.0/26"),
            None,
        );
        return None;
    };
    if network.trunc() != network {
        let message = format!("`{written}` has bits set after its prefix");
        fields.error(&text.span, message, Some(network.trunc().to_string()));
        return None;
    }
    Some(unmapped(network))
}

/// One address.
pub(super) fn address(fields: &Fields<'_, '_>, text: &Placed<String>) -> Option<IpAddr> {
    let address = text.value.trim().parse::<IpAddr>();
    if address.is_err() {
        fields.error(&text.span, format!("`{}` is no address", text.value), None);
    }
    address.ok().map(plain)
}

/// IPv4 where it was written as IPv6.
fn plain(address: IpAddr) -> IpAddr {
    model::address::plain(model::mapped(address))
}

/// A network of mapped addresses is an IPv4 network.
fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else { return network };
    let bits = v6.prefix_len().checked_sub(96);
    let v4 = v6.network().to_ipv4_mapped().zip(bits);
    v4.and_then(|(v4, bits)| ipnet::Ipv4Net::new(v4, bits).ok()).map_or(network, IpNet::V4)
}
