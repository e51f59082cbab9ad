//! What many share says nothing about two: resolvers, proxies, scanners, and whatever half the bank talks to.

use crate::entities::Entity;
use model::Time;
use policy::Policy;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv6Addr;

/// Roles of hosts that act for others: nothing joins through them, whoever is accused.
const ROLES: [&str; 5] = ["resolver", "proxy", "scanner", "ntp", "patch"];
/// Groups of such hosts.
const GROUPS: [&str; 1] = ["scanners"];
/// Groups of hosts that everyone asks: they join where they act themselves.
const ASKED_BY_ALL: [&str; 1] = ["name-servers"];

/// Of a hundred hosts, so many peers make a host shared.
const SHARE_PER_CENT: u64 = 2;
/// In a small bank, so many at least.
const FEWEST: u64 = 20;

/// How much an entity says about two warnings that name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sharing {
    /// It joins.
    Own,
    /// It joins where it acts itself, not where others act on it.
    Asked,
    /// It never joins.
    Infrastructure,
}

/// An edge of administration, as `incidents.admin` has it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Administered {
    pub(super) src: String,
    pub(super) dst: String,
    pub(super) first: Time,
    pub(super) last: Time,
}

/// How many others an address spoke with.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(super) struct Degree {
    pub(super) ip: Ipv6Addr,
    pub(super) peers: u64,
}

/// What is known of entities besides their warnings.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared {
    /// Entities that are not their own.
    sharing: BTreeMap<String, Sharing>,
    /// By who was worked on: who worked there, from and until when.
    admin: BTreeMap<String, Vec<(String, Time, Time)>>,
}

impl Shared {
    /// What policy says of `entities`, where each is one of `addresses` of policy or an address itself.
    pub(super) fn new(
        entities: &BTreeMap<String, Vec<Ipv6Addr>>,
        degrees: &[Degree],
        hosts: u64,
        admin: Vec<Administered>,
        policy: &Policy,
        at: Time,
    ) -> Self {
        let peers: BTreeMap<_, _> = degrees.iter().map(|row| (row.ip, row.peers)).collect();
        let limit = FEWEST.max(hosts * SHARE_PER_CENT / 100);
        let mut shared = Self::default();
        for (key, addresses) in entities {
            let degree: u64 = addresses.iter().filter_map(|ip| peers.get(ip)).sum();
            let told = addresses
                .iter()
                .map(|ip| by_policy(policy, *ip, at))
                .max_by_key(|sharing| rank(*sharing));
            let told = told.unwrap_or(Sharing::Own);
            let told = if told == Sharing::Own && degree > limit { Sharing::Asked } else { told };
            if told != Sharing::Own {
                shared.sharing.insert(key.clone(), told);
            }
        }
        for row in admin {
            shared.admin.entry(row.dst).or_default().push((row.src, row.first, row.last));
        }
        shared
    }

    pub(super) fn of(&self, entity: &str) -> Sharing {
        self.sharing.get(entity).copied().unwrap_or(Sharing::Own)
    }

    /// Who administered `entity` at `at`, or up to a day before.
    pub(super) fn administered(&self, entity: &str, at: Time) -> BTreeSet<&str> {
        let edges = self.admin.get(entity).into_iter().flatten();
        edges
            .filter(|(_, first, last)| *first <= at && at.plus(-Time::DAY) <= *last)
            .map(|(src, ..)| src.as_str())
            .collect()
    }
}

const fn rank(sharing: Sharing) -> u8 {
    match sharing {
        Sharing::Own => 0,
        Sharing::Asked => 1,
        Sharing::Infrastructure => 2,
    }
}

fn by_policy(policy: &Policy, ip: Ipv6Addr, at: Time) -> Sharing {
    let role = Entity::at(policy, ip, at).place.role.unwrap_or_default();
    if ROLES.contains(&role) || GROUPS.iter().any(|group| policy.in_group(group, ip, at)) {
        Sharing::Infrastructure
    } else if ASKED_BY_ALL.iter().any(|group| policy.in_group(group, ip, at)) {
        Sharing::Asked
    } else {
        Sharing::Own
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::warned::tests::policy;
    use model::mapped;

    #[test]
    fn a_proxy_never_joins_and_a_host_of_many_peers_only_where_it_acts() {
        let ip = |text: &str| mapped(text.parse().expect("an address"));
        let entities = ["10.31.0.5", "10.40.8.11", "10.40.8.65"]
            .map(|text| {
                (
                    policy().resolve(ip(text), Time(0)).host.unwrap_or_default().to_owned(),
                    vec![ip(text)],
                )
            })
            .into_iter()
            .collect();
        let degrees = [
            Degree { ip: ip("10.40.8.11"), peers: 21 },
            Degree { ip: ip("10.40.8.65"), peers: 20 },
        ];
        let of = |hosts| {
            let shared = Shared::new(&entities, &degrees, hosts, Vec::new(), &policy(), Time(0));
            ["proxy-1", "saa-1", "op-1"].map(|key| shared.of(key))
        };
        // 2 % of 500 hosts are 10: the floor of 20 counts. Of 2,000 they are 40.
        assert_eq!(of(500), [Sharing::Infrastructure, Sharing::Asked, Sharing::Own]);
        assert_eq!(of(2_000), [Sharing::Infrastructure, Sharing::Own, Sharing::Own]);
    }

    #[test]
    fn an_edge_of_administration_counts_while_it_is_used_and_a_day_longer() {
        let hour = |at: i64| Time(at * Time::HOUR);
        let edge = Administered {
            src: "pc-117".into(),
            dst: "op-1".into(),
            first: hour(10),
            last: hour(12),
        };
        let shared = Shared::new(&BTreeMap::new(), &[], 0, vec![edge], &policy(), Time(0));
        let at = |at| shared.administered("op-1", hour(at)).len();
        assert_eq!([at(9), at(10), at(12), at(36), at(37)], [0, 1, 1, 1, 0]);
    }
}
