//! What policy says of a flow: verdict, outcome and how bad that is.

use crate::policy::Policy;
use crate::rules::{Asked, Said};
use model::flow::{ConnState, Direction};
use model::verdict::{Outcome, Verdict};
use model::{Flow, Severity, Time};
use std::net::Ipv6Addr;

/// What is known of a flow, as far as policy looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen<'a> {
    /// Who opened it.
    pub src_ip: Ipv6Addr,
    /// To whom.
    pub dst_ip: Ipv6Addr,
    /// Port of `src_ip`.
    pub src_port: u16,
    /// Port of `dst_ip`.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// How it is known who opened.
    pub direction: Direction,
    /// What became of it: see [`outcome`].
    pub outcome: Outcome,
    /// Identified protocol, empty if none.
    pub app: &'a str,
    /// How sure: from 2 on another protocol than the declared one is a mismatch.
    pub app_conf: u8,
    /// The moment it is judged for.
    pub time: Time,
}

/// What policy says of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement<'p> {
    /// Ok, or what is wrong.
    pub verdict: Verdict,
    /// What became of the flow; `unknown-direction` too if nobody knows who opened it.
    pub outcome: Outcome,
    /// The conduit that permits it, or the deny rule that refuses it.
    pub conduit: Option<&'p str>,
    /// The declared service it was.
    pub service: Option<&'p str>,
    /// How bad: P0 if nothing is wrong, or nothing got through.
    pub severity: Severity,
    /// Zone of `src_ip`.
    pub src_zone: &'p str,
    /// Zone of `dst_ip`.
    pub dst_zone: &'p str,
}

impl<'a> Seen<'a> {
    /// What is known from one slice of a flow.
    pub fn of(flow: &'a Flow) -> Self {
        Self {
            src_ip: flow.src_ip,
            dst_ip: flow.dst_ip,
            src_port: flow.src_port,
            dst_port: flow.dst_port,
            ip_protocol: flow.ip_protocol,
            direction: flow.direction,
            outcome: outcome(flow.ip_protocol, flow.conn_state, flow.src_packets, flow.dst_packets),
            app: &flow.app,
            app_conf: flow.app_conf,
            time: flow.last_seen,
        }
    }
}

/// What became of a flow, from the TCP state it has reached (others: `OTH`) and the packets of each side so far.
///
/// TCP is established after SYN, SYN-ACK and ACK, and in a flow met under way when both sides speak; it is blocked when
/// the SYN got an RST or nothing. Where only the answerer was seen, and in one-way traffic of other protocols, nobody
/// can tell.
pub const fn outcome(
    ip_protocol: u8,
    conn_state: ConnState,
    src_packets: u64,
    dst_packets: u64,
) -> Outcome {
    const TCP: u8 = 6;
    let both = src_packets > 0 && dst_packets > 0;
    match conn_state {
        ConnState::S1
        | ConnState::Sf
        | ConnState::S2
        | ConnState::S3
        | ConnState::Rsto
        | ConnState::Rstr
            if ip_protocol == TCP =>
        {
            Outcome::Established
        }
        ConnState::S0 | ConnState::Rej | ConnState::Rstos0 | ConnState::Sh
            if ip_protocol == TCP =>
        {
            Outcome::Blocked
        }
        ConnState::Rstrh | ConnState::Shr if ip_protocol == TCP => Outcome::UnknownDirection,
        _ if both => Outcome::Established,
        _ => Outcome::UnknownDirection,
    }
}

pub(crate) fn judge<'p>(policy: &'p Policy, seen: &Seen<'_>) -> Judgement<'p> {
    let (places, declared) = (&policy.places, &policy.declared);
    let (src, dst) = (places.find(seen.src_ip, seen.time), places.find(seen.dst_ip, seen.time));
    let asked = Asked {
        from: src,
        to: dst,
        ip_protocol: seen.ip_protocol,
        port: seen.dst_port,
        app: seen.app,
        app_conf: seen.app_conf,
        time: seen.time,
    };
    let mut said = policy.rules.say(&asked, places);
    let mut outcome = seen.outcome;
    if seen.direction == Direction::Unknown {
        // Nobody knows who opened it: the milder of both readings holds, so that no reply is judged backwards.
        let backwards =
            policy.rules.say(&Asked { from: dst, to: src, port: seen.src_port, ..asked }, places);
        if backwards.verdict < said.verdict {
            said = backwards;
        }
        outcome = Outcome::UnknownDirection;
    }
    let rule = said.rule.map(|index| index as usize);
    Judgement {
        verdict: said.verdict,
        outcome,
        conduit: rule.map(|index| match said.verdict {
            Verdict::Denied => declared.denies[index].id.as_str(),
            _ => declared.conduits[index].id.as_str(),
        }),
        service: said.service.map(|index| declared.services[usize::from(index)].id.as_str()),
        severity: severity(&said, outcome, declared.meta.observe),
        src_zone: &declared.zones[usize::from(src.zone)].id,
        dst_zone: &declared.zones[usize::from(dst.zone)].id,
    }
}

/// How bad a verdict is: what was blocked proves a control that works, and is a note.
fn severity(said: &Said, outcome: Outcome, observe: bool) -> Severity {
    let established = match said.verdict {
        Verdict::Ok => Severity::P0,
        Verdict::Undeclared if observe => Severity::P0,
        Verdict::OkLateReview | Verdict::Expired => Severity::P1,
        Verdict::TlsWeak | Verdict::OverLimit | Verdict::OutOfWindow => Severity::P2,
        Verdict::AppMismatch | Verdict::IdentityMismatch | Verdict::Undeclared => Severity::P3,
        Verdict::Denied => said.severity,
    };
    match outcome {
        Outcome::Established => established,
        Outcome::UnknownDirection => established.milder(),
        Outcome::Blocked => Severity::P0,
    }
}

#[cfg(test)]
mod tests;
