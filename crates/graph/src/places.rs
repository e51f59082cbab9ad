//! Addresses and the names and zones that the published policy gives them.

use model::address::{mapped, plain};
use model::zone::ZoneOf;
use model::{Time, address};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

/// Where an address belongs, and by which name people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Host name, else the address: the key of the entity.
    pub key: String,
    /// Zone; `unknown` if no network of the policy holds the address.
    pub zone: String,
    /// Role of the host, empty if none.
    pub role: String,
    /// 0 to 10.
    pub criticality: u8,
}

/// Networks and hosts of one version of the policy, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// By length of the prefix, then by its first address.
    networks: BTreeMap<u8, BTreeMap<u128, Named>>,
    addresses: BTreeMap<String, BTreeSet<Ipv6Addr>>,
    zones: BTreeMap<String, u8>,
}

#[derive(Debug, Clone)]
struct Named {
    zone: String,
    host: String,
    role: String,
    criticality: u8,
    since: Time,
}

impl Places {
    /// What `rows` say of `at`; of two rows of one network the one that became valid last. Rows that are no network are
    /// left out.
    pub fn new(rows: &[ZoneOf], at: Time) -> Self {
        let mut places = Self::default();
        let valid = |row: &&ZoneOf| row.valid_from <= at && at < row.valid_to;
        for row in rows.iter().filter(valid) {
            let Some((first, length)) = network(&row.cidr) else { continue };
            let known = places.networks.entry(length).or_default();
            if known.get(&first).is_some_and(|known| known.since > row.valid_from) {
                continue;
            }
            let named = Named {
                zone: row.zone.clone(),
                host: row.host.clone(),
                role: row.role.clone(),
                criticality: row.criticality,
                since: row.valid_from,
            };
            known.insert(first, named);
            if !row.host.is_empty() {
                let addresses = places.addresses.entry(row.host.clone()).or_default();
                addresses.insert(Ipv6Addr::from_bits(first));
            }
            let highest = places.zones.entry(row.zone.clone()).or_default();
            if row.host.is_empty() {
                *highest = row.criticality.max(*highest);
            }
        }
        places
    }

    /// Where `ip` belongs: the longest network that holds it.
    pub fn find(&self, ip: Ipv6Addr) -> Place {
        let bits = ip.to_bits();
        let held = |(length, known): (&u8, &BTreeMap<u128, Named>)| {
            known.get(&(bits & mask(*length))).cloned()
        };
        let named = self.networks.iter().rev().find_map(held);
        let key =
            |host: &str| if host.is_empty() { plain(ip).to_string() } else { host.to_owned() };
        match named {
            Some(Named { zone, host, role, criticality, .. }) => {
                Place { key: key(&host), zone, role, criticality }
            }
            None => {
                Place { key: key(""), zone: "unknown".into(), role: String::new(), criticality: 0 }
            }
        }
    }

    /// The addresses of an entity: those of a host of that name, else the address that the name is.
    pub fn addresses(&self, key: &str) -> Vec<Ipv6Addr> {
        if let Some(addresses) = self.addresses.get(key) {
            return addresses.iter().copied().collect();
        }
        key.parse::<IpAddr>().map(mapped).into_iter().collect()
    }

    /// Whether a zone is called so.
    pub fn is_zone(&self, name: &str) -> bool {
        self.zones.contains_key(name)
    }

    /// Whether policy names a host so.
    pub fn is_host(&self, name: &str) -> bool {
        self.addresses.contains_key(name)
    }

    /// Names of all hosts, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.addresses.keys().map(String::as_str)
    }

    /// The criticality of a zone, 0 if it is not known.
    pub fn criticality(&self, zone: &str) -> u8 {
        self.zones.get(zone).copied().unwrap_or(0)
    }
}

/// First address and length of a network, both counted in the 128 bits that rows have.
fn network(cidr: &str) -> Option<(u128, u8)> {
    let (ip, length) = cidr.split_once('/')?;
    let ip: IpAddr = ip.parse().ok()?;
    let length: u8 = length.parse().ok()?;
    let length = if ip.is_ipv4() { length.checked_add(96)? } else { length };
    (length <= 128).then(|| (address::mapped(ip).to_bits() & mask(length), length))
}

const fn mask(length: u8) -> u128 {
    if length == 0 { 0 } else { u128::MAX << (128 - length) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Rows as a policy of two zones and two hosts has them.
    pub(crate) fn rows() -> Vec<ZoneOf> {
        let row = |cidr: &str, zone: &str, host: &str, criticality| ZoneOf {
            cidr: cidr.into(),
            zone: zone.into(),
            host: host.into(),
            role: String::new(),
            criticality,
            tags: Vec::new(),
            business: Vec::new(),
            valid_from: Time(0),
            valid_to: Time(i64::MAX),
            policy: "p".into(),
        };
        vec![
            row("10.40.8.0/26", "swift", "", 10),
            row("10.40.8.64/27", "swift-ops", "", 9),
            row("10.31.0.0/16", "office", "", 3),
            row("0.0.0.0/0", "internet", "", 0),
            row("10.40.8.11/32", "swift", "saa-1", 10),
            row("10.40.8.65/32", "swift-ops", "op-1", 9),
            row("10.40.8.70/32", "swift-ops", "jump-1", 9),
            row("10.31.0.117/32", "office", "pc-117", 3),
        ]
    }

    fn at(places: &Places, ip: &str) -> (String, String, u8) {
        let place = places.find(mapped(ip.parse().expect("an address")));
        (place.key, place.zone, place.criticality)
    }

    #[test]
    fn the_longest_network_names_an_address() {
        let places = Places::new(&rows(), Time(0));
        assert_eq!(at(&places, "10.40.8.11"), ("saa-1".into(), "swift".into(), 10));
        assert_eq!(at(&places, "10.40.8.12"), ("10.40.8.12".into(), "swift".into(), 10));
        assert_eq!(at(&places, "203.0.113.40"), ("203.0.113.40".into(), "internet".into(), 0));
        assert_eq!(at(&places, "2001:db8::1").1, "unknown");
    }

    #[test]
    fn a_name_is_known_by_its_addresses_and_an_address_by_itself() {
        let places = Places::new(&rows(), Time(0));
        let ip = |text: &str| mapped(text.parse().expect("an address"));
        assert_eq!(places.addresses("op-1"), [ip("10.40.8.65")]);
        assert_eq!(places.addresses("10.31.0.118"), [ip("10.31.0.118")]);
        assert!(places.addresses("nobody").is_empty());
        assert!(places.is_zone("swift") && !places.is_zone("op-1"));
    }

    #[test]
    fn a_row_counts_while_it_is_valid_and_the_newer_of_two_wins() {
        let mut rows = rows();
        let mut moved = rows[4].clone();
        moved.host = "saa-2".into();
        moved.valid_from = Time(100);
        rows.push(moved);
        assert_eq!(at(&Places::new(&rows, Time(99)), "10.40.8.11").0, "saa-1");
        assert_eq!(at(&Places::new(&rows, Time(100)), "10.40.8.11").0, "saa-2");
    }

    #[test]
    fn what_is_no_network_is_left_out() {
        for cidr in ["", "10.0.0.0", "10.0.0.0/40", "x/3", "::/129"] {
            assert_eq!(network(cidr), None, "{cidr}");
        }
    }
}
