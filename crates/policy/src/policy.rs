//! The policy, compiled: what can be asked of it.

use crate::declared::{Conduit, Deny, Group, Host, Link, Meta, Service, Zone};
use crate::judge::{self, Judgement, Seen};
use crate::places::Places;
use crate::problem::Problem;
use crate::read::{self, Declared};
use crate::rules::Rules;
use model::Time;
use model::zone::ZoneOf;
use std::fmt::Write as _;
use std::net::Ipv6Addr;

/// The bank's policy, compiled from one text.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(crate) declared: Declared,
    pub(crate) places: Places,
    pub(crate) rules: Rules,
    hash: String,
    warnings: Vec<Problem>,
}

/// Where an address belongs at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved<'p> {
    /// Zone id; `internet` or `unknown` where no network of the policy holds the address.
    pub zone: &'p str,
    /// Host name.
    pub host: Option<&'p str>,
    /// Role of the host.
    pub role: Option<&'p str>,
    /// 0 to 10: the host's own, else its zone's.
    pub criticality: u8,
    /// Business services of the zone.
    pub business: &'p [String],
    /// Tags of the zone.
    pub tags: &'p [String],
}

impl Policy {
    /// Reads and compiles a policy file.
    ///
    /// # Errors
    /// All problems of the text in its order, warnings among them, if one of them is an error.
    pub fn read(text: &str) -> Result<Self, Vec<Problem>> {
        let (declared, warnings) = read::read(text)?;
        let places = Places::compile(&declared);
        let rules = Rules::compile(&declared, &places);
        Ok(Self { places, rules, declared, hash: hash(text), warnings })
    }

    /// First 16 hex digits of the SHA-256 of the text: what stands in every row judged by it.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// What is in the text and not judged yet, or is probably a mistake.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Whose policy it is.
    pub const fn meta(&self) -> &Meta {
        &self.declared.meta
    }

    /// Where `ip` belonged at `at`: the host of that address, else the longest network that holds it.
    pub fn resolve(&self, ip: Ipv6Addr, at: Time) -> Resolved<'_> {
        let place = self.places.find(ip, at);
        let zone = &self.declared.zones[usize::from(place.zone)];
        let host = place.host.map(|index| &self.declared.hosts[index as usize]);
        Resolved {
            zone: &zone.id,
            host: host.map(|host| host.name.as_str()),
            role: host.map(|host| host.role.as_str()).filter(|role| !role.is_empty()),
            criticality: host.and_then(|host| host.criticality).unwrap_or(zone.criticality),
            business: &zone.business,
            tags: &zone.tags,
        }
    }

    /// What is to be said of a flow. Never allocates.
    pub fn judge(&self, seen: &Seen<'_>) -> Judgement<'_> {
        judge::judge(self, seen)
    }

    /// Whether `ip` is in `group` at `at`, by address or as one of its hosts.
    pub fn in_group(&self, group: &str, ip: Ipv6Addr, at: Time) -> bool {
        let index = self.declared.groups.iter().position(|known| known.id == group);
        index.is_some_and(|index| self.places.has_group(&self.places.find(ip, at), index as u16))
    }

    /// The zone of this id.
    pub fn zone(&self, id: &str) -> Option<&Zone> {
        self.declared.zones.iter().find(|zone| zone.id == id)
    }

    /// All zones, `internet` and `unknown` among them.
    pub fn zones(&self) -> &[Zone] {
        &self.declared.zones
    }

    /// The host of this name; the first declaration if it has several addresses.
    pub fn host(&self, name: &str) -> Option<&Host> {
        self.declared.hosts.iter().find(|host| host.name == name)
    }

    /// All hosts.
    pub fn hosts(&self) -> &[Host] {
        &self.declared.hosts
    }

    /// All groups.
    pub fn groups(&self) -> &[Group] {
        &self.declared.groups
    }

    /// All services.
    pub fn services(&self) -> &[Service] {
        &self.declared.services
    }

    /// All conduits.
    pub fn conduits(&self) -> &[Conduit] {
        &self.declared.conduits
    }

    /// All deny rules.
    pub fn denies(&self) -> &[Deny] {
        &self.declared.denies
    }

    /// The link of this id, as the sensor's settings and rows of `iso8583` name it.
    pub fn link(&self, id: &str) -> Option<&Link> {
        self.declared.links.iter().find(|link| link.id == id)
    }

    /// All links.
    pub fn links(&self) -> &[Link] {
        &self.declared.links
    }

    /// Every named set of addresses, in CIDR notation: groups by their id, hosts of a role as `role_<role>`, networks of a
    /// zone as `zone_<id>`.
    pub fn named_networks(&self) -> Vec<(String, Vec<String>)> {
        let of_host = |host: &Host| host.ip.to_string();
        let group = |group: &Group| {
            let hosts = self.declared.hosts.iter().filter(|host| group.hosts.contains(&host.name));
            let networks = group.networks.iter().map(ToString::to_string);
            (group.id.clone(), networks.chain(hosts.map(of_host)).collect())
        };
        let zone = |zone: &Zone| {
            (format!("zone_{}", zone.id), zone.cidrs.iter().map(ToString::to_string).collect())
        };
        let mut roles: std::collections::BTreeMap<String, Vec<String>> =
            std::collections::BTreeMap::new();
        for host in self.declared.hosts.iter().filter(|host| !host.role.is_empty()) {
            roles.entry(format!("role_{}", host.role)).or_default().push(of_host(host));
        }
        let groups = self.declared.groups.iter().map(group);
        groups.chain(roles).chain(self.declared.zones.iter().map(zone)).collect()
    }

    /// Networks and hosts with their zones: what the dictionary of the store is made from.
    pub fn zone_rows(&self) -> Vec<ZoneOf> {
        self.places.rows(&self.declared, &self.hash)
    }
}

fn hash(text: &str) -> String {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(8).fold(String::new(), |mut hash, byte| {
        let _ = write!(hash, "{byte:02x}");
        hash
    })
}
