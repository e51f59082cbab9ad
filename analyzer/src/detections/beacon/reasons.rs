//! From regular to suspicious: what is known of a pair besides its rhythm, as log-odds.
//!
//! Ordinary machines poll as regularly as any implant, so that rhythm alone never rings: its part is capped below the base.

use super::rows::{Calls, Certificate, Latest, Memory, Pair, Prevalence};
use crate::detections::Context;
use crate::entities::Entity;
use crate::score::part;
use model::Time;
use model::verdict::Verdict;
use model::warning::Contribution;
use policy::{Judgement, Seen};
use std::net::Ipv6Addr;

/// Log-odds that a regular pair is a beacon before anything else is known: one in a thousand.
pub const BASE: i32 = -6_900;
/// Most that rhythm alone may say.
pub const MOST_TIMING: u32 = 6_000;
/// Criticality from which an undeclared caller is suspicious though it comes from inside.
const CRITICAL: u8 = 8;
/// Criticality from which a client is a server that has no business to browse.
const SERVER: u8 = 7;
/// Servers whose certificates must be known before an issuer can be called rare.
const ISSUER_SERVERS: u64 = 20;
/// Roles of critical hosts at which people sit or which fetch on behalf of others.
const BROWSING: &[&str] =
    &["operator", "jump-host", "jump", "proxy", "workstation", "resolver", "mail", "update"];
/// Suffixes under which anyone may point a name at an address of the hour.
const DYNAMIC: &[&str] = &[
    "duckdns.org",
    "ddns.net",
    "hopto.org",
    "zapto.org",
    "sytes.net",
    "no-ip.org",
    "no-ip.biz",
    "no-ip.info",
    "myftp.org",
    "dyndns.org",
    "dyndns.biz",
    "dynu.net",
    "freeddns.org",
    "afraid.org",
    "mooo.com",
    "chickenkiller.com",
    "ngrok.io",
    "ngrok-free.app",
    "trycloudflare.com",
    "serveo.net",
];

/// What policy and memory know of a pair at a moment.
#[derive(Debug, Clone)]
pub struct Known<'p> {
    /// The caller.
    pub client: Entity<'p>,
    /// The server, by the address of its latest conversation.
    pub server: Entity<'p>,
    /// What policy says of the latest conversation.
    pub judgement: Judgement<'p>,
    /// When the pair was first seen.
    pub first_seen: Time,
    /// End of the step.
    pub now: Time,
    /// The oldest row in the store.
    pub memory_from: Time,
    /// How many of the zone's hosts call the server.
    pub prevalence: Prevalence,
    /// Whether the caller shows this server a TLS fingerprint that it shows no other.
    pub own_fingerprint: bool,
    /// Whether the server's name is under a dynamic-DNS suffix.
    pub dynamic_name: bool,
    /// Whether the caller asks for names, yet never for this server's.
    pub never_resolved: bool,
    /// What is odd about the certificate that the server showed.
    pub certificate_facets: Vec<&'static str>,
    /// Whether the protocol was identified.
    pub identified: bool,
}

impl<'p> Known<'p> {
    /// Asks policy and memory.
    pub fn of(pair: &Pair, calls: &Calls, memory: &Memory, context: &Context<'p>) -> Self {
        let now = context.step.to;
        let seen = seen(pair, &calls.latest, now);
        Self {
            client: Entity::at(context.policy, pair.client, now),
            server: Entity::at(context.policy, calls.latest.dst_ip, now),
            judgement: context.policy.judge(&seen),
            first_seen: memory.first_seen(pair, calls),
            now,
            memory_from: context.memory_from,
            prevalence: memory.prevalence(pair, calls),
            own_fingerprint: memory.has_own_fingerprint(pair, calls),
            dynamic_name: is_dynamic(&pair.server),
            never_resolved: memory.never_resolved(pair, calls, now),
            certificate_facets: memory
                .certificate(pair, now)
                .map(|shown| facets(shown, now))
                .unwrap_or_default(),
            identified: calls.latest.app_conf >= 2,
        }
    }

    /// Whether a conduit names the conversation.
    pub const fn is_declared(&self) -> bool {
        matches!(self.judgement.verdict, Verdict::Ok | Verdict::OkLateReview)
    }

    /// Whether the protocol was identified on a conduit that names it: a keep-alive, however regular.
    pub const fn is_keep_alive(&self) -> bool {
        self.is_declared() && self.identified
    }

    /// Whether the server is outside the bank.
    pub fn is_outward(&self) -> bool {
        self.server.is_outside() && !self.client.is_outside()
    }

    /// The parts of the score: base, rhythm, and each fact that speaks for or against it.
    pub fn contributions(&self, surprise_millinats: u32) -> Vec<Contribution> {
        let timing = surprise_millinats.min(MOST_TIMING) as i32;
        let mut parts = vec![
            part("one regular pair in a thousand is a beacon", "", BASE),
            part(
                "regular calls",
                format!("p = {:.4}", (-f64::from(timing) / 1_000.0).exp()),
                timing,
            ),
        ];
        parts.extend([self.age(), self.reach(), self.policy()].into_iter().flatten());
        if self.own_fingerprint {
            parts.push(part("TLS fingerprint of this client for this server only", "", 900));
        }
        if self.dynamic_name {
            parts.push(part("dynamic-DNS name", "", 700));
        }
        if self.never_resolved {
            parts.push(part("this client never asked for the server's name", "", 900));
        }
        if !self.certificate_facets.is_empty() {
            let weight = (500 * self.certificate_facets.len() as i32).min(1_500);
            parts.push(part("odd certificate", self.certificate_facets.join(", "), weight));
        }
        let client = &self.client.place;
        if client.criticality >= SERVER && !client.role.is_some_and(|role| BROWSING.contains(&role))
        {
            parts.push(part(
                "client is a critical server",
                format!("criticality {}", client.criticality),
                700,
            ));
        }
        parts
    }

    /// Novelty claims a memory that reaches back a week; without it nothing is said.
    fn age(&self) -> Option<Contribution> {
        let age = self.now.since(self.first_seen);
        let memory = self.now.since(self.memory_from);
        let value = format!("{} h ago", age / Time::HOUR);
        if age >= 30 * Time::DAY {
            Some(part("first seen long ago", value, -1_000))
        } else if memory < 7 * Time::DAY {
            None
        } else if age <= Time::DAY {
            Some(part("first seen within a day", value, 1_400))
        } else if age <= 7 * Time::DAY {
            Some(part("first seen within a week", value, 900))
        } else {
            None
        }
    }

    fn reach(&self) -> Option<Contribution> {
        let Prevalence { clients, hosts } = self.prevalence;
        let value = format!("{clients} of {hosts} hosts of the zone");
        if clients == 1 || 50 * clients <= hosts {
            Some(part("few clients call this server", value, 1_000))
        } else if 5 * clients >= hosts {
            Some(part("many clients call this server", value, -2_500))
        } else {
            None
        }
    }

    fn policy(&self) -> Option<Contribution> {
        let undeclared = matches!(self.judgement.verdict, Verdict::Undeclared | Verdict::Denied);
        if self.is_declared() {
            Some(part("declared", self.judgement.conduit.unwrap_or_default(), -3_000))
        } else if undeclared && self.is_outward() {
            Some(part("undeclared and outward", self.judgement.verdict.as_str(), 1_200))
        } else if undeclared && self.server.place.criticality >= CRITICAL {
            let value = format!("criticality {}", self.server.place.criticality);
            Some(part("undeclared into a critical zone", value, 1_200))
        } else {
            None
        }
    }
}

/// What is odd about a certificate; what cannot be told is not odd.
fn facets(shown: &Certificate, now: Time) -> Vec<&'static str> {
    let age = now.0.saturating_sub(shown.not_before_us);
    let is_rare = shown.issuer_elsewhere == 0
        && shown.servers.is_some_and(|servers| servers >= ISSUER_SERVERS);
    [
        (shown.self_signed == 1, "self-signed"),
        ((0..7 * Time::DAY).contains(&age), "younger than a week"),
        (is_rare, "issuer that no other server showed"),
    ]
    .into_iter()
    .filter_map(|(holds, name)| holds.then_some(name))
    .collect()
}

fn seen<'a>(pair: &Pair, latest: &'a Latest, time: Time) -> Seen<'a> {
    Seen {
        src_ip: pair.client,
        dst_ip: latest.dst_ip,
        src_port: latest.src_port,
        dst_port: pair.port,
        ip_protocol: pair.ip_protocol,
        direction: latest.direction,
        outcome: policy::outcome(
            pair.ip_protocol,
            latest.conn_state,
            latest.src_packets,
            latest.dst_packets,
        ),
        app: &latest.app,
        app_conf: latest.app_conf,
        time,
    }
}

fn is_dynamic(name: &str) -> bool {
    DYNAMIC.iter().any(|suffix| name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')))
}

/// Whether nobody in particular is called: multicast and broadcast.
pub fn is_for_everyone(address: Ipv6Addr) -> bool {
    address.is_multicast()
        || address.to_ipv4_mapped().is_some_and(|v4| v4.is_multicast() || v4.is_broadcast())
}
