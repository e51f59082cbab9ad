//! Zones learned from what was seen, with the reason for each border: where to begin when there is no policy yet.
//!
//! A learned policy only observes: nothing is undeclared under it. Every host gets the role that most of its callers gave
//! it by what they asked of it; a network (a /24, or a /64) belongs to the zone of most of its hosts, the others are named
//! one by one. What passed between zones is proposed as conduits in comments, the most critical and the rarest first, and is
//! never accepted by itself.

mod role;
mod write;

use ipnet::IpNet;
use role::{Kind, Role};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;

/// Networks whose addresses are nobody's on the internet, and may so be the bank's (RFC 1918, RFC 6598, RFC 4193, RFC 3927,
/// RFC 4291).
const OWN: [&str; 7] = [
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "100.64.0.0/10",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
];

/// Addresses that are no host: many hosts at once, or none.
const NO_HOST: [&str; 6] =
    ["0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "::/127", "ff00::/8"];

/// What was seen from one address to another on one service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Talk {
    /// Who opened it.
    pub src: IpAddr,
    /// Whom it was opened to.
    pub dst: IpAddr,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// Port of `dst`.
    pub port: u16,
    /// Protocol that was identified, empty if none.
    pub app: String,
    /// How many flows.
    pub flows: u64,
    /// Whether `dst` answered any of them.
    pub answered: bool,
}

/// Zones, hosts and proposed conduits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Learned {
    /// Why these addresses are taken for the bank's own.
    pub own: String,
    /// The zones, the most critical first.
    pub zones: Vec<Zone>,
    /// Hosts that are named one by one.
    pub hosts: Vec<Host>,
    /// What passed between zones, the most critical and the rarest first.
    pub passes: Vec<Pass>,
}

/// A learned zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Zone {
    /// Its id.
    pub id: String,
    /// Its name for people.
    pub name: String,
    /// 0 to 10, by what its hosts do.
    pub criticality: u8,
    /// Its networks, each with the reason for its border.
    pub borders: Vec<Border>,
    /// Hosts of it, in its networks or named one by one.
    pub members: usize,
}

/// One network of a zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Border {
    /// The network.
    pub cidr: IpNet,
    /// Why it is of this zone.
    pub reason: String,
}

/// A host with a role of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Host {
    /// Its address.
    pub ip: IpAddr,
    /// A name made of role and address.
    pub name: String,
    /// Its zone.
    pub zone: String,
    /// What it does.
    pub role: String,
    /// Why that is known.
    pub reason: String,
}

/// What passed from one zone to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pass {
    /// Zone that opened it.
    pub from: String,
    /// Zone that answered.
    pub to: String,
    /// Service, as `tcp/443`.
    pub service: String,
    /// How many flows.
    pub flows: u64,
    /// Criticality of the zone that answered.
    pub criticality: u8,
}

/// What one host was seen to do.
#[derive(Debug, Default)]
struct Seen {
    /// Callers by role that they asked for.
    asked_by: BTreeMap<Role, BTreeSet<IpAddr>>,
    /// Whom it called.
    called: BTreeSet<IpAddr>,
}

/// Zones, hosts and passes of what was seen; in any order, any number of times for the same pair.
#[must_use]
pub fn learn(talks: &[Talk]) -> Learned {
    let own = Own::of(talks);
    let seen = hosts(talks, &own);
    let roles: BTreeMap<IpAddr, (Role, String)> =
        seen.iter().map(|(ip, seen)| (*ip, seen.role())).collect();
    let mut networks: BTreeMap<IpNet, Vec<IpAddr>> = BTreeMap::new();
    for ip in roles.keys() {
        networks.entry(network(*ip)).or_default().push(*ip);
    }
    let mut drafts: BTreeMap<(std::cmp::Reverse<u8>, String), Zone> = BTreeMap::new();
    let mut named = Vec::new();
    for (cidr, members) in &networks {
        let kind = usual(members, &roles);
        let id = zone_id(kind, *cidr);
        let alike = members.iter().filter(|ip| roles[*ip].0.kind() == kind).count();
        let border = Border { cidr: *cidr, reason: reason(kind, alike, members.len()) };
        let zone = draft(&mut drafts, kind, &id);
        zone.borders.push(border);
        zone.members += alike;
        for ip in members {
            let (role, why) = &roles[ip];
            let odd = role.kind() != kind;
            if odd {
                draft(&mut drafts, role.kind(), &zone_id(role.kind(), *cidr)).members += 1;
            }
            if odd || role.is_server() {
                let zone = zone_id(role.kind(), *cidr);
                let name = format!("{}-{}", role.word(), plain(*ip));
                named.push(Host {
                    ip: *ip,
                    name,
                    zone,
                    role: role.word().into(),
                    reason: why.clone(),
                });
            }
        }
    }
    let zones: Vec<Zone> = drafts.into_values().collect();
    let passes = passes(talks, &zones, &named);
    Learned { own: own.why, zones, hosts: named, passes }
}

/// Which addresses are the bank's own, and why.
#[derive(Debug)]
struct Own {
    networks: Vec<IpNet>,
    why: String,
}

impl Own {
    fn of(talks: &[Talk]) -> Self {
        let private = nets(&OWN);
        let holds = |nets: &[IpNet], ip: IpAddr| nets.iter().any(|net| net.contains(&ip));
        let ends = || talks.iter().flat_map(|talk| [talk.src, talk.dst]);
        if ends().any(|ip| is_host(ip) && holds(&private, ip)) {
            let why = "addresses that are nobody's on the internet are taken for the bank's own";
            return Self { networks: private, why: why.into() };
        }
        let mut opened: BTreeMap<IpNet, u64> = BTreeMap::new();
        for talk in talks.iter().filter(|talk| is_host(talk.src)) {
            *opened.entry(network(talk.src)).or_default() += talk.flows;
        }
        match opened.iter().max_by_key(|(net, flows)| (**flows, std::cmp::Reverse(**net))) {
            Some((net, _)) => Self {
                networks: vec![*net],
                why: format!(
                    "no private address was seen: {net}, which opened the most, is taken for the bank's own"
                ),
            },
            None => Self { networks: Vec::new(), why: "no host was seen".into() },
        }
    }

    fn holds(&self, ip: IpAddr) -> bool {
        is_host(ip) && self.networks.iter().any(|net| net.contains(&ip))
    }
}

fn nets(texts: &[&str]) -> Vec<IpNet> {
    texts.iter().map(|text| text.parse().expect("the lists above are networks")).collect()
}

fn is_host(ip: IpAddr) -> bool {
    static NOBODY: LazyLock<Vec<IpNet>> = LazyLock::new(|| nets(&NO_HOST));
    !NOBODY.iter().any(|net| net.contains(&ip))
        && !matches!(ip, IpAddr::V4(four) if four.is_broadcast())
}

/// The network that an address is taken to lie in: a /24 or a /64.
fn network(ip: IpAddr) -> IpNet {
    let length = if ip.is_ipv4() { 24 } else { 64 };
    IpNet::new(ip, length).expect("the length fits the family").trunc()
}

fn hosts(talks: &[Talk], own: &Own) -> BTreeMap<IpAddr, Seen> {
    let mut hosts: BTreeMap<IpAddr, Seen> = BTreeMap::new();
    for talk in talks {
        if own.holds(talk.src) {
            hosts.entry(talk.src).or_default().called.insert(talk.dst);
        }
        if own.holds(talk.dst) && talk.answered {
            let seen = hosts.entry(talk.dst).or_default();
            let role = Role::of(talk.ip_protocol, talk.port, &talk.app);
            seen.asked_by.entry(role).or_default().insert(talk.src);
        }
    }
    hosts
}

impl Seen {
    /// The role that most callers gave it, and why; of equals the more critical.
    fn role(&self) -> (Role, String) {
        let asked =
            self.asked_by.iter().filter(|(role, _)| role.is_server()).max_by_key(|(role, by)| {
                (by.len(), role.kind().criticality(), std::cmp::Reverse(**role))
            });
        match asked {
            Some((role, by)) => {
                (*role, format!("answered {} for {}", role.asked_for(), callers(by.len())))
            }
            None if self.called.is_empty() => {
                (Role::Silent, "was spoken to, and opened nothing itself".into())
            }
            None => {
                (Role::Client, format!("opened flows to {} and served nobody", self.called.len()))
            }
        }
    }
}

fn callers(count: usize) -> String {
    if count == 1 { "1 caller".into() } else { format!("{count} callers") }
}

/// What most hosts of a network are; of equals the less critical.
fn usual(members: &[IpAddr], roles: &BTreeMap<IpAddr, (Role, String)>) -> Kind {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for ip in members {
        *counts.entry(roles[ip].0.kind()).or_default() += 1;
    }
    let most = counts
        .into_iter()
        .max_by_key(|(kind, count)| (*count, std::cmp::Reverse(kind.criticality())));
    most.map_or(Kind::Clients, |(kind, _)| kind)
}

fn reason(kind: Kind, alike: usize, members: usize) -> String {
    format!("{alike} of its {members} seen hosts {}", kind.does())
}

/// Clients are told apart by their wider network, servers by what they do.
fn zone_id(kind: Kind, cidr: IpNet) -> String {
    if kind != Kind::Clients {
        return kind.id().into();
    }
    match cidr.addr() {
        IpAddr::V4(four) => {
            let [one, two, ..] = four.octets();
            format!("{}-{one}-{two}", kind.id())
        }
        IpAddr::V6(six) => format!("{}-{:x}", kind.id(), six.segments()[0]),
    }
}

fn draft<'d>(
    drafts: &'d mut BTreeMap<(std::cmp::Reverse<u8>, String), Zone>,
    kind: Kind,
    id: &str,
) -> &'d mut Zone {
    drafts.entry((std::cmp::Reverse(kind.criticality()), id.to_owned())).or_insert_with(|| Zone {
        id: id.to_owned(),
        name: kind.name().into(),
        criticality: kind.criticality(),
        borders: Vec::new(),
        members: 0,
    })
}

/// An address as a part of a name.
fn plain(ip: IpAddr) -> String {
    ip.to_string().replace([':', '.'], "-").trim_matches('-').to_owned()
}

/// What was answered between zones, the most critical and the rarest first.
fn passes(talks: &[Talk], zones: &[Zone], hosts: &[Host]) -> Vec<Pass> {
    let by_id: BTreeMap<&str, u8> =
        zones.iter().map(|zone| (zone.id.as_str(), zone.criticality)).collect();
    let by_ip: BTreeMap<IpAddr, &str> =
        hosts.iter().map(|host| (host.ip, host.zone.as_str())).collect();
    let by_network: BTreeMap<IpNet, &str> = zones
        .iter()
        .flat_map(|zone| zone.borders.iter().map(|border| (border.cidr, zone.id.as_str())))
        .collect();
    let zone_of = |ip: IpAddr| -> (&str, u8) {
        let id = by_ip.get(&ip).or_else(|| by_network.get(&network(ip)));
        id.map_or(("internet", 0), |id| (*id, by_id[id]))
    };
    let mut counts: BTreeMap<(&str, &str, String), (u64, u8)> = BTreeMap::new();
    for talk in talks.iter().filter(|talk| talk.answered && is_host(talk.dst)) {
        let ((from, _), (to, criticality)) = (zone_of(talk.src), zone_of(talk.dst));
        if from != to {
            let service = role::service(talk.ip_protocol, talk.port);
            let count = counts.entry((from, to, service)).or_insert((0, criticality));
            count.0 += talk.flows;
        }
    }
    let mut passes: Vec<Pass> = counts
        .into_iter()
        .map(|((from, to, service), (flows, criticality))| Pass {
            from: from.into(),
            to: to.into(),
            service,
            flows,
            criticality,
        })
        .collect();
    passes.sort_by_key(|pass| (std::cmp::Reverse(pass.criticality), pass.flows));
    passes
}

#[cfg(test)]
mod tests;
