//! Who is on the network: the name that a person knows an address by, and where it belongs.

use model::{Time, address::plain};
use policy::{Policy, Resolved};
use std::net::Ipv6Addr;

/// Zone of public addresses that no network of the bank holds.
const INTERNET: &str = "internet";

/// Zones of addresses that no network of the bank holds.
const OUTSIDE: [&str; 2] = [INTERNET, "unknown"];

/// An address at a moment, as policy knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entity<'p> {
    /// The address.
    pub ip: Ipv6Addr,
    /// Its place in policy.
    pub place: Resolved<'p>,
}

impl<'p> Entity<'p> {
    /// Who `ip` was at `at`.
    pub fn at(policy: &'p Policy, ip: Ipv6Addr, at: Time) -> Self {
        Self { ip, place: policy.resolve(ip, at) }
    }

    /// Key of the entity: host name, else address.
    pub fn key(&self) -> String {
        self.place.host.map_or_else(|| plain(self.ip).to_string(), str::to_owned)
    }

    /// Host name with its address, else the address alone: for sentences.
    pub fn described(&self) -> String {
        let address = plain(self.ip);
        self.place.host.map_or_else(|| address.to_string(), |host| format!("{host} ({address})"))
    }

    /// Whether it is on the internet: an address that policy does not know and that is nobody's there is not.
    pub fn is_on_internet(&self) -> bool {
        self.place.zone == INTERNET
    }

    /// Whether it is none of the bank's, as far as policy knows.
    pub fn is_outside(&self) -> bool {
        OUTSIDE.contains(&self.place.zone)
    }
}

/// The zone of the more critical of two entities; of equals the first's.
pub fn critical_zone<'p>(one: &Entity<'p>, other: &Entity<'p>) -> &'p str {
    if other.place.criticality > one.place.criticality { other.place.zone } else { one.place.zone }
}

/// Port and transport as people write it, such as `tcp/445`; the protocol alone where it has no ports.
pub fn service(ip_protocol: u8, port: u16) -> String {
    match ip_protocol {
        1 | 58 => "icmp".to_owned(),
        6 => format!("tcp/{port}"),
        17 => format!("udp/{port}"),
        other => format!("ip/{other}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::address::mapped;

    const POLICY: &str = r#"
zone = [{ id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 }]
host = [{ ip = "10.31.0.117", name = "pc-117" }]
[meta]
institution = "Example Bank"
version = 1
"#;

    #[test]
    fn a_host_is_known_by_its_name_and_a_stranger_by_its_address() {
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let at =
            |text: &str| Entity::at(&policy, mapped(text.parse().expect("an address")), Time(0));
        assert_eq!(at("10.31.0.117").described(), "pc-117 (10.31.0.117)");
        assert_eq!(
            (at("10.31.0.118").key().as_str(), at("10.31.0.118").is_outside()),
            ("10.31.0.118", false)
        );
        assert!(at("203.0.113.40").is_outside());
        assert_eq!(critical_zone(&at("203.0.113.40"), &at("10.31.0.117")), "office");
    }

    #[test]
    fn a_service_is_written_with_its_transport() {
        assert_eq!(
            (service(6, 445), service(17, 53), service(1, 0)),
            ("tcp/445".into(), "udp/53".into(), "icmp".into())
        );
    }
}
