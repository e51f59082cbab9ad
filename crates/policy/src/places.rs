//! Addresses to places: a flat table of nested networks, with validity in time.
//!
//! Networks nest, so every address has one innermost network, and everything else that holds it is that network's
//! ancestors. The table is the sorted list of the places where the innermost network changes: one binary search, then a
//! walk outwards to the first declaration that holds at the moment asked about.

use crate::declared::{Validity, Zone};
use crate::read::Declared;
use ipnet::IpNet;
use model::{Time, address::mapped, zone::ZoneOf};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};

/// Networks that are nobody's on the internet; addresses in them that no zone holds are `unknown`.
const NOT_PUBLIC: [&str; 14] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "fc00::/7",
    "fe80::/10",
    "ff00::/8",
];

/// The moment after which rows say no more: the end of ClickHouse's `DateTime64`.
const LAST: Time = Time(10_413_705_600 * Time::SECOND);

const NONE: u32 = u32::MAX;

/// Where an address is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Index of the zone.
    pub(crate) zone: u16,
    /// Index of the host's declaration.
    pub(crate) host: Option<u32>,
    node: u32,
}

/// The compiled table.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    starts: Vec<u128>,
    owners: Vec<u32>,
    nodes: Vec<Node>,
    /// For each declaration of a host: the first one of the same name.
    names: Vec<u32>,
    /// For each first declaration of a host: its groups.
    host_groups: Vec<Vec<u16>>,
    unknown: u16,
}

#[derive(Debug, Clone)]
struct Node {
    parent: u32,
    network: IpNet,
    last: u128,
    entries: Vec<Entry>,
    groups: Vec<u16>,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    zone: Option<u16>,
    host: Option<u32>,
    validity: Validity,
}

type Drafts = BTreeMap<(u128, Reverse<u128>), (IpNet, Vec<Entry>, BTreeSet<u16>)>;

impl Places {
    pub(crate) fn compile(declared: &Declared) -> Self {
        let mut drafts = Drafts::new();
        let zone_of = |id: &str| {
            declared.zones.iter().position(|zone| zone.id == id).map(|index| index as u16)
        };
        let unknown = zone_of("unknown").expect("reading adds zone unknown");
        add_hosts(declared, &zone_of, &mut drafts);
        for (index, zone) in declared.zones.iter().enumerate() {
            for network in &zone.cidrs {
                let entry = Entry { zone: Some(index as u16), host: None, validity: zone.validity };
                draft(&mut drafts, *network).1.push(entry);
            }
        }
        add_defaults(
            declared,
            unknown,
            zone_of("internet").expect("reading adds zone internet"),
            &mut drafts,
        );
        let (names, host_groups) = add_groups(declared, &mut drafts);
        let mut places = Self {
            starts: Vec::new(),
            owners: Vec::new(),
            nodes: Vec::new(),
            names,
            host_groups,
            unknown,
        };
        places.flatten(drafts);
        places
    }

    /// Turns networks, outer before inner, into nodes and the list of changes.
    fn flatten(&mut self, drafts: Drafts) {
        let mut open: Vec<u32> = Vec::new();
        for ((start, Reverse(last)), (network, entries, mut groups)) in drafts {
            while let Some(&top) = open.last().filter(|&&top| self.nodes[top as usize].last < start)
            {
                self.close(top, &mut open);
            }
            let parent = open.last().copied().unwrap_or(NONE);
            if let Some(parent) = self.nodes.get(parent as usize) {
                groups.extend(&parent.groups);
            }
            let index = self.nodes.len() as u32;
            self.nodes.push(Node {
                parent,
                network,
                last,
                entries,
                groups: groups.into_iter().collect(),
            });
            self.change(start, index);
            open.push(index);
        }
        while let Some(&top) = open.last() {
            self.close(top, &mut open);
        }
    }

    fn close(&mut self, top: u32, open: &mut Vec<u32>) {
        open.pop();
        let last = self.nodes[top as usize].last;
        if let (Some(next), Some(&owner)) = (last.checked_add(1), open.last()) {
            self.change(next, owner);
        }
    }

    fn change(&mut self, start: u128, owner: u32) {
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.owners.pop();
        }
        self.starts.push(start);
        self.owners.push(owner);
    }

    /// Where `ip` was at `at`.
    pub(crate) fn find(&self, ip: Ipv6Addr, at: Time) -> Place {
        let after = self.starts.partition_point(|start| *start <= ip.to_bits());
        let node = self.owners[after - 1];
        let mut place = Place { zone: self.unknown, host: None, node };
        for node in self.outwards(node) {
            for entry in node.entries.iter().filter(|entry| entry.validity.holds(at)) {
                place.host = place.host.or(entry.host);
                if let Some(zone) = entry.zone {
                    place.zone = zone;
                    return place;
                }
            }
        }
        place
    }

    fn outwards(&self, node: u32) -> impl Iterator<Item = &Node> {
        let first = self.nodes.get(node as usize);
        std::iter::successors(first, |node| self.nodes.get(node.parent as usize))
    }

    /// Whether `place` is in the group, by address or by host.
    pub(crate) fn has_group(&self, place: &Place, group: u16) -> bool {
        self.nodes[place.node as usize].groups.contains(&group)
            || place
                .host
                .is_some_and(|host| self.host_groups[self.name(host) as usize].contains(&group))
    }

    /// The first declaration of the host that has the same name.
    pub(crate) fn name(&self, host: u32) -> u32 {
        self.names[host as usize]
    }

    /// Zones that an address of the group can be in, at any time.
    pub(crate) fn zones_of_group(&self, group: u16) -> BTreeSet<u16> {
        let by_address = (0..self.nodes.len() as u32)
            .filter(|node| self.nodes[*node as usize].groups.contains(&group));
        let mut zones: BTreeSet<u16> =
            by_address.flat_map(|node| self.zones_outwards(node)).collect();
        let hosts = (0..self.names.len() as u32)
            .filter(|host| self.host_groups[self.name(*host) as usize].contains(&group));
        zones.extend(hosts.flat_map(|host| self.zones_of_host(self.name(host))));
        zones
    }

    /// Zones that the host of this name can be in, at any time.
    pub(crate) fn zones_of_host(&self, name: u32) -> BTreeSet<u16> {
        let is_it = |entry: &Entry| entry.host.is_some_and(|host| self.name(host) == name);
        let nodes = (0..self.nodes.len() as u32)
            .filter(|node| self.nodes[*node as usize].entries.iter().any(is_it));
        nodes.flat_map(|node| self.zones_outwards(node)).collect()
    }

    fn zones_outwards(&self, node: u32) -> BTreeSet<u16> {
        let entries = self.outwards(node).flat_map(|node| &node.entries);
        entries.filter_map(|entry| entry.zone).chain([self.unknown]).collect()
    }

    /// One row for each network and host, and for each time in which it was the same.
    pub(crate) fn rows(&self, declared: &Declared, policy: &str) -> Vec<ZoneOf> {
        let mut rows = Vec::new();
        for node in &self.nodes {
            for entry in &node.entries {
                for validity in self.spells(node, entry) {
                    let zone = entry.zone.unwrap_or_else(|| {
                        self.find(first_address(node.network), validity.from).zone
                    });
                    rows.push(row(
                        declared,
                        node.network,
                        entry,
                        &declared.zones[usize::from(zone)],
                        validity,
                        policy,
                    ));
                }
            }
        }
        rows
    }

    /// The times of `entry`, cut where a surrounding network may change hands if the entry has no zone of its own.
    fn spells(&self, node: &Node, entry: &Entry) -> Vec<Validity> {
        if entry.zone.is_some() {
            return vec![entry.validity];
        }
        let outer = self.outwards(node.parent).flat_map(|node| &node.entries);
        let cuts = outer.flat_map(|outer| [outer.validity.from, outer.validity.to]);
        let inside = cuts.filter(|cut| entry.validity.from < *cut && *cut < entry.validity.to);
        let mut moments: BTreeSet<Time> = inside.collect();
        moments.extend([entry.validity.from, entry.validity.to]);
        let moments: Vec<Time> = moments.into_iter().collect();
        moments.windows(2).map(|pair| Validity { from: pair[0], to: pair[1] }).collect()
    }
}

fn row(
    declared: &Declared,
    network: IpNet,
    entry: &Entry,
    zone: &Zone,
    validity: Validity,
    policy: &str,
) -> ZoneOf {
    let host = entry.host.map(|index| &declared.hosts[index as usize]);
    ZoneOf {
        cidr: network.to_string(),
        zone: zone.id.clone(),
        host: host.map(|host| host.name.clone()).unwrap_or_default(),
        role: host.map(|host| host.role.clone()).unwrap_or_default(),
        criticality: host.and_then(|host| host.criticality).unwrap_or(zone.criticality),
        tags: zone.tags.clone(),
        business: zone.business.clone(),
        valid_from: validity.from.max(Time(0)),
        valid_to: validity.to.min(LAST),
        policy: policy.to_owned(),
    }
}

fn add_hosts(declared: &Declared, zone_of: &dyn Fn(&str) -> Option<u16>, drafts: &mut Drafts) {
    for (index, host) in declared.hosts.iter().enumerate() {
        let zone = host.zone.as_deref().and_then(zone_of);
        let entry = Entry { zone, host: Some(index as u32), validity: host.validity };
        draft(drafts, IpNet::from(host.ip)).1.push(entry);
    }
}

/// The networks of `internet` and `unknown`, unless the policy says itself whose everything else is.
fn add_defaults(declared: &Declared, unknown: u16, internet: u16, drafts: &mut Drafts) {
    let entry = |zone| Entry { zone: Some(zone), host: None, validity: Validity::ALWAYS };
    for all in ["0.0.0.0/0", "::/0"] {
        let all: IpNet = all.parse().expect("a constant network");
        let is_declared = declared.zones.iter().any(|zone| zone.cidrs.contains(&all));
        let draft_of_all = draft(drafts, all);
        if is_declared {
            continue;
        }
        draft_of_all.1.push(entry(internet));
        let same_family = |network: &IpNet| network.addr().is_ipv4() == all.addr().is_ipv4();
        let special =
            NOT_PUBLIC.iter().map(|network| network.parse::<IpNet>().expect("a constant network"));
        for network in special.filter(same_family) {
            draft(drafts, network).1.push(entry(unknown));
        }
    }
}

/// Marks the networks of groups; gives for each host its first namesake, and for each of those its groups.
fn add_groups(declared: &Declared, drafts: &mut Drafts) -> (Vec<u32>, Vec<Vec<u16>>) {
    let mut first: HashMap<&str, u32> = HashMap::new();
    let names: Vec<u32> = (0..)
        .zip(&declared.hosts)
        .map(|(index, host)| *first.entry(host.name.as_str()).or_insert(index))
        .collect();
    let mut host_groups = vec![Vec::new(); declared.hosts.len()];
    for (index, group) in declared.groups.iter().enumerate() {
        for network in &group.networks {
            draft(drafts, *network).2.insert(index as u16);
        }
        for name in group.hosts.iter().filter_map(|host| first.get(host.as_str())) {
            host_groups[*name as usize].push(index as u16);
        }
    }
    (names, host_groups)
}

fn draft(drafts: &mut Drafts, network: IpNet) -> &mut (IpNet, Vec<Entry>, BTreeSet<u16>) {
    let (first, last) = bounds(network);
    drafts.entry((first, Reverse(last))).or_insert_with(|| (network, Vec::new(), BTreeSet::new()))
}

fn first_address(network: IpNet) -> Ipv6Addr {
    mapped(network.network())
}

/// First and last address of a network among all 128-bit addresses.
fn bounds(network: IpNet) -> (u128, u128) {
    let bits = |address: IpAddr| mapped(address).to_bits();
    (bits(network.network()), bits(network.broadcast()))
}

#[cfg(test)]
mod tests;
