//! What is known of an edge: whether it was used before, whether policy names it, and how much it surprises.

use super::hops::Hop;
use crate::entities::Entity;
use crate::memory::{hands_on, role};
use model::Text;
use model::verdict::{Outcome, Verdict};
use policy::{Judgement, Policy, Seen};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeSet;

#[derive(Debug, Deserialize)]
struct Edge {
    src: String,
    dst: String,
    app: String,
}

/// Edges between two roles.
#[derive(Debug, Clone, Deserialize)]
struct Roles {
    src_role: String,
    dst_role: String,
    app: String,
    edges: u64,
    fresh: u64,
}

/// The memory of edges as it was before the window.
#[derive(Debug, Default)]
pub(super) struct Memory {
    known: BTreeSet<(String, String, String)>,
    roles: Vec<Roles>,
}

/// One hop with what is known of its edge.
#[derive(Debug, Clone)]
pub(super) struct Used<'p> {
    pub(super) src: Entity<'p>,
    pub(super) dst: Entity<'p>,
    pub(super) judgement: Judgement<'p>,
    pub(super) is_known: bool,
    /// −ln of the chance that somebody of this role makes this new edge today; 0 if it is not new. Thousandths.
    pub(super) surprise_millinats: u32,
}

impl Memory {
    pub(super) fn read(edges: &[Value], roles: &[Value]) -> anyhow::Result<Self> {
        let mut memory = Self::default();
        for edge in edges {
            let Edge { src, dst, app } = Edge::deserialize(edge)?;
            memory.known.insert((src, dst, app));
        }
        memory.roles = roles.iter().map(Roles::deserialize).collect::<Result<_, _>>()?;
        Ok(memory)
    }

    /// What is known of the edge of `hop`.
    pub(super) fn of<'p>(&self, hop: &Hop, policy: &'p Policy) -> Used<'p> {
        let src = Entity::at(policy, hop.src_ip, hop.start);
        let dst = Entity::at(policy, hop.dst_ip, hop.start);
        let safe = |entity: &Entity<'_>| String::from(Text::from(entity.key().as_str()));
        let is_known = self.known.contains(&(safe(&src), safe(&dst), hop.service.clone()));
        let surprise_millinats = if is_known { 0 } else { self.surprise(&src, &dst, &hop.service) };
        Used { src, dst, judgement: judged(hop, policy), is_known, surprise_millinats }
    }

    /// −ln of: the chance that a new edge of this role and service leads to such a role, times the chance that an edge of
    /// this role is new (Good, Turing). In thousandths, rounded once.
    fn surprise(&self, src: &Entity<'_>, dst: &Entity<'_>, service: &str) -> u32 {
        let (from, to) = (role(src), role(dst));
        let of_role = || self.roles.iter().filter(|row| row.src_role == from);
        let of_service = || of_role().filter(|row| row.app == service);
        let sum = |rows: &mut dyn Iterator<Item = &Roles>, what: fn(&Roles) -> u64| -> f64 {
            rows.map(what).sum::<u64>() as f64
        };
        let led = sum(&mut of_service().filter(|row| row.dst_role == to), |row| row.edges);
        let all = sum(&mut of_service(), |row| row.edges);
        let targets: BTreeSet<&str> =
            of_role().map(|row| row.dst_role.as_str()).chain([to]).collect();
        let leads = (led + 0.5) / (all + 0.5 * targets.len() as f64);
        let edges = sum(&mut of_role(), |row| row.edges);
        let is_new = (sum(&mut of_role(), |row| row.fresh) + 0.5) / (edges + 1.0);
        crate::score::surprise(leads * is_new.min(1.0))
    }
}

fn judged<'p>(hop: &Hop, policy: &'p Policy) -> Judgement<'p> {
    policy.judge(&Seen {
        src_ip: hop.src_ip,
        dst_ip: hop.dst_ip,
        src_port: hop.src_port,
        dst_port: hop.dst_port,
        ip_protocol: 6,
        direction: hop.direction,
        outcome: Outcome::Established,
        app: &hop.app,
        app_conf: hop.app_conf,
        time: hop.start,
    })
}

impl Used<'_> {
    /// Whether a conduit names it, be it in need of review.
    pub(super) const fn is_declared(&self) -> bool {
        matches!(self.judgement.verdict, Verdict::Ok | Verdict::OkLateReview)
    }

    /// Whether a rule denies it.
    pub(super) const fn is_denied(&self) -> bool {
        matches!(self.judgement.verdict, Verdict::Denied)
    }

    /// Never used before, and no conduit names it.
    pub(super) const fn is_strange(&self) -> bool {
        !self.is_known && !self.is_declared()
    }

    /// Whether it leads to a host of the bank that is administered over `service`.
    pub(super) fn is_administration(&self, service: &str) -> bool {
        !self.dst.is_outside() && hands_on::is_administered(service, self.dst.place.role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Time;
    use model::address::mapped;
    use serde_json::json;

    const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "mgmt", cidrs = ["10.30.0.0/24"], criticality = 9 },
]
host = [{ ip = "10.30.0.5", name = "pam-1", role = "pam" }, { ip = "10.30.0.9", name = "nms-1", role = "nms" }]
"#;

    /// By hand: the office has 9 edges, 8 of them https to pam and 1 ssh to nms, none of the last weeks. Over https the next
    /// new edge leads to pam with (8 + ½)/(8 + ½·2), is new with ½/10: 0.0472, −ln = 3.053; over ssh to pam with
    /// ½/(1 + 1) · ½/10 = 0.0125: 4.382.
    #[test]
    fn an_edge_surprises_more_where_its_role_does_not_lead() {
        let row = |to: &str, app: &str, edges: u64| json!({"src_role": "office", "dst_role": to, "app": app, "edges": edges, "fresh": 0});
        let memory =
            Memory::read(&[], &[row("pam", "https", 8), row("nms", "ssh", 1)]).expect("rows");
        let policy = Policy::read(POLICY).expect("the policy above is right");
        let at =
            |text: &str| Entity::at(&policy, mapped(text.parse().expect("an address")), Time(0));
        let surprise = |service| memory.surprise(&at("10.31.0.7"), &at("10.30.0.5"), service);
        assert_eq!((surprise("https"), surprise("ssh")), (3_053, 4_382));
    }
}
