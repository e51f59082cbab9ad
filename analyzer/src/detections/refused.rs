//! What policy did not call `ok`, as detections read it: conversations alike in one minute.

pub(super) mod why;

use super::{Step, primary};
use model::verdict::{Outcome, Verdict};
use model::{Severity, Time};
use policy::Policy;
use query::Named;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::Ipv6Addr;
use store::Question;

/// Conversations of one minute that are alike in all that a judgement looks at.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Refused {
    /// Start of the minute.
    pub at: Time,
    /// Who opened them.
    pub src_ip: Ipv6Addr,
    /// To whom.
    pub dst_ip: Ipv6Addr,
    /// Port of `dst_ip`.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// Zone of `src_ip`.
    pub src_zone: String,
    /// Zone of `dst_ip`.
    pub dst_zone: String,
    /// The conduit or deny rule that decided, empty if none.
    pub conduit: String,
    /// What policy says.
    pub verdict: Verdict,
    /// What became of them.
    pub outcome: Outcome,
    /// Hash of the policy.
    pub policy: String,
    /// How many, each counted at one tap.
    pub conversations: u64,
    /// Flows behind them, at most 64, ascending.
    pub flow_ids: Vec<u64>,
}

/// Flows that were judged in one minute and zone.
#[derive(Debug, Clone, Deserialize)]
struct Population {
    at: Time,
    zone: String,
    flows: u64,
}

impl Refused {
    /// How bad one of them is, by finance.md's order of verdicts: what was blocked proves a control that works.
    pub fn severity(&self, policy: &Policy) -> Severity {
        let established = match self.verdict {
            Verdict::Ok => Severity::P0,
            Verdict::Undeclared if policy.meta().observe => Severity::P0,
            Verdict::OkLateReview | Verdict::Expired => Severity::P1,
            Verdict::TlsWeak | Verdict::OverLimit | Verdict::OutOfWindow => Severity::P2,
            Verdict::AppMismatch | Verdict::IdentityMismatch | Verdict::Undeclared => Severity::P3,
            Verdict::Denied => {
                let rule = policy.denies().iter().find(|rule| rule.id == self.conduit);
                rule.map_or(Severity::P4, |rule| rule.severity)
            }
        };
        match self.outcome {
            Outcome::Established => established,
            Outcome::UnknownDirection => established.milder(),
            Outcome::Blocked => Severity::P0,
        }
    }
}

/// The question `named` from the start of the step's day.
pub(super) fn question(named: &Named, step: &Step) -> Question {
    primary::windowed(named, &Step { window_from: step.from.floor(Time::DAY), ..step.clone() })
}

/// The rows of the step's day up to its end that were judged under `policy`, in a fixed order.
pub(super) fn read(rows: &[Value], step: &Step, policy: &Policy) -> anyhow::Result<Vec<Refused>> {
    let mut refused = rows.iter().map(Refused::deserialize).collect::<Result<Vec<_>, _>>()?;
    let day = step.from.floor(Time::DAY);
    refused.retain(|row| day <= row.at && row.at < step.to && row.policy == policy.hash());
    refused.sort_by(|a, b| {
        let key = |row: &Refused| {
            (
                row.at,
                row.src_ip,
                row.dst_ip,
                row.ip_protocol,
                row.dst_port,
                row.verdict,
                row.outcome,
            )
        };
        key(a).cmp(&key(b)).then_with(|| a.flow_ids.cmp(&b.flow_ids))
    });
    Ok(refused)
}

/// Flows judged in the step, by zone.
pub(super) fn population(rows: &[Value], step: &Step) -> anyhow::Result<BTreeMap<String, u64>> {
    let mut zones = BTreeMap::new();
    for row in rows {
        let Population { at, zone, flows } = Population::deserialize(row)?;
        if step.from <= at && at < step.to {
            *zones.entry(zone).or_default() += flows;
        }
    }
    Ok(zones)
}

/// At most 1,000 flows behind `rows`, ascending.
pub(super) fn flow_ids<'a>(rows: impl IntoIterator<Item = &'a Refused>) -> Vec<u64> {
    let mut ids: Vec<u64> = rows.into_iter().flat_map(|row| row.flow_ids.iter().copied()).collect();
    ids.sort_unstable();
    ids.dedup();
    ids.truncate(1_000);
    ids
}

/// Rows for cases: one conversation at `minute`, established or not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample<'a> {
    pub(super) minute: i64,
    pub(super) src: (&'a str, &'a str),
    pub(super) dst: (&'a str, &'a str),
    pub(super) port: u16,
    pub(super) verdict: Verdict,
    pub(super) outcome: Outcome,
}

impl Sample<'_> {
    /// The row as the store would answer it, under `policy`.
    pub(super) fn row(&self, policy: &str) -> Value {
        let hash = Policy::read(policy).expect("the policy of a case is right").hash().to_owned();
        let address = |text: &str| model::mapped(text.parse().expect("an address"));
        let (src_ip, dst_ip) = (address(self.src.0), address(self.dst.0));
        let ends = model::Endpoints {
            src_ip,
            dst_ip,
            src_port: 50_000,
            dst_port: self.port,
            ip_protocol: 6,
        };
        let at = Time(self.minute * Time::MINUTE);
        serde_json::json!({
            "at": at.0, "src_ip": src_ip, "dst_ip": dst_ip, "dst_port": self.port, "ip_protocol": 6,
            "src_zone": self.src.1, "dst_zone": self.dst.1, "conduit": "", "verdict": self.verdict,
            "outcome": self.outcome, "policy": hash, "conversations": 1,
            "flow_ids": [model::id::flow_id("c", at, &ends)],
        })
    }
}
