//! What policy says of every flow: a row where it is not `ok`, and the hourly counts of all of them.
//!
//! Each slice is judged by itself. A flow gets one row for each verdict and outcome that it has, the first time it has
//! it; once it was established, a later one-way slice adds nothing. The hour counts every conversation once, by its
//! primary tap, and a flow in the hour in which it began.

use crate::detections::{Step, primary};
use crate::rows::Writer;
use crate::window::Span;
use anyhow::Context as _;
use model::flow::{ConnState, Direction};
use model::verdict::{Outcome, Verdict, VerdictHour, VerdictRow};
use model::{Time, verdict};
use policy::{Policy, Seen, outcome};
use query::{Scope, named};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::Ipv6Addr;
use store::Store;

const SQL: &str = include_str!("verdicts.sql");

/// What policy looks at in a slice, or in the conversations of an hour that are alike.
#[derive(Debug, Clone, Deserialize)]
struct Looked {
    #[serde(default)]
    tap: String,
    #[serde(default)]
    flow_id: u64,
    #[serde(default)]
    flow_start: Time,
    last_seen: Time,
    src_ip: Ipv6Addr,
    dst_ip: Ipv6Addr,
    src_port: u16,
    dst_port: u16,
    ip_protocol: u8,
    direction: Direction,
    conn_state: ConnState,
    src_packets: u64,
    dst_packets: u64,
    app: String,
    app_conf: u8,
    #[serde(default)]
    flows: u64,
    #[serde(default)]
    bytes: u64,
}

impl Looked {
    fn seen(&self) -> Seen<'_> {
        Seen {
            src_ip: self.src_ip,
            dst_ip: self.dst_ip,
            src_port: self.src_port,
            dst_port: self.dst_port,
            ip_protocol: self.ip_protocol,
            direction: self.direction,
            outcome: outcome(self.ip_protocol, self.conn_state, self.src_packets, self.dst_packets),
            app: &self.app,
            app_conf: self.app_conf,
            time: self.last_seen,
        }
    }
}

/// What was said of a flow already.
#[derive(Debug, Deserialize)]
struct Said {
    flow_id: u64,
    verdict: Verdict,
    outcome: Outcome,
}

type SaidOf = HashMap<u64, HashSet<(Verdict, Outcome)>>;

/// Judges the slices of `span` and writes what is not `ok` and was not said before. Returns slices and rows written.
pub async fn judge(
    store: &Store,
    policy: &Policy,
    span: Span,
    without: &[String],
) -> anyhow::Result<(u64, u64)> {
    let scope = Scope { from: span.from, to: span.to, without: without.to_vec() };
    let slices = store.ask::<Looked>(&named(SQL, "verdicts.slices").over(&scope)).await?.rows;
    let mut fresh: Vec<VerdictRow> =
        slices.iter().filter_map(|slice| verdict_of(policy, slice)).collect();
    if !fresh.is_empty() {
        let written = named(SQL, "verdicts.written").over(&scope).with("policy", policy.hash());
        let mut said = SaidOf::new();
        for row in store.ask::<Said>(&written).await?.rows {
            said.entry(row.flow_id).or_default().insert((row.verdict, row.outcome));
        }
        fresh.retain(|row| is_news(said.entry(row.flow_id).or_default(), row));
    }
    let mut writer = Writer::default();
    for row in &fresh {
        writer.push(row);
    }
    let written = writer.write(store).await.context("writing verdicts")?;
    Ok((slices.len() as u64, written))
}

fn verdict_of(policy: &Policy, slice: &Looked) -> Option<VerdictRow> {
    let judged = policy.judge(&slice.seen());
    (judged.verdict != Verdict::Ok).then(|| verdict::VerdictRow {
        flow_id: slice.flow_id,
        flow_start: slice.flow_start,
        time: slice.last_seen,
        tap: slice.tap.clone(),
        src_ip: slice.src_ip,
        dst_ip: slice.dst_ip,
        src_port: slice.src_port,
        dst_port: slice.dst_port,
        ip_protocol: slice.ip_protocol,
        src_zone: judged.src_zone.to_owned(),
        dst_zone: judged.dst_zone.to_owned(),
        conduit: judged.conduit.unwrap_or_default().to_owned(),
        verdict: judged.verdict,
        outcome: judged.outcome,
        policy: policy.hash().to_owned(),
    })
}

fn is_news(said: &mut HashSet<(Verdict, Outcome)>, row: &VerdictRow) -> bool {
    !said.contains(&(row.verdict, Outcome::Established)) && said.insert((row.verdict, row.outcome))
}

type HourKey = (String, String, String, String, Verdict, Outcome);

/// Counts the hour that starts at `hour` and writes the counts that changed; rows before `until` are counted.
pub async fn count_hour(
    store: &Store,
    policy: &Policy,
    hour: Span,
    without: &[String],
) -> anyhow::Result<u64> {
    let step =
        Step { from: hour.from, to: hour.to, window_from: hour.from, without: without.to_vec() };
    let question = primary::question(&named(SQL, "verdicts.hour"), &step);
    let alike = store.ask::<Looked>(&question).await?.rows;
    let mut counts: BTreeMap<HourKey, (u64, u64)> = BTreeMap::new();
    for looked in &alike {
        let (flows, bytes) = counts.entry(hour_key(policy, looked)).or_default();
        *flows += looked.flows;
        *bytes += looked.bytes;
    }
    let scope = Scope { from: hour.from, to: hour.from.plus(1), without: Vec::new() };
    let written = named(SQL, "verdicts.hour_written").over(&scope).with("policy", policy.hash());
    for row in store.ask::<VerdictHour>(&written).await?.rows {
        let key = (row.src_zone, row.dst_zone, row.service, row.conduit, row.verdict, row.outcome);
        match counts.get(&key) {
            Some(count) if *count == (row.flows, row.bytes) => drop(counts.remove(&key)),
            None if (row.flows, row.bytes) != (0, 0) => drop(counts.insert(key, (0, 0))),
            _ => {}
        }
    }
    let mut writer = Writer::default();
    for ((src_zone, dst_zone, service, conduit, verdict, outcome), (flows, bytes)) in counts {
        let (hour, policy) = (hour.from, policy.hash().to_owned());
        writer.push(&VerdictHour {
            hour,
            src_zone,
            dst_zone,
            service,
            conduit,
            verdict,
            outcome,
            policy,
            flows,
            bytes,
        });
    }
    writer.write(store).await.context("writing the hour's verdicts")
}

fn hour_key(policy: &Policy, looked: &Looked) -> HourKey {
    let judged = policy.judge(&looked.seen());
    let service = judged.service.map_or_else(
        || crate::entities::service(looked.ip_protocol, looked.dst_port),
        str::to_owned,
    );
    let conduit = judged.conduit.unwrap_or_default().to_owned();
    (
        judged.src_zone.to_owned(),
        judged.dst_zone.to_owned(),
        service,
        conduit,
        judged.verdict,
        judged.outcome,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(verdict: Verdict, outcome: Outcome) -> VerdictRow {
        let policy = Policy::read("[meta]\ninstitution = \"Example Bank\"\nversion = 1\n")
            .expect("a policy without zones");
        let slice = Looked {
            tap: "c".into(),
            flow_id: 1,
            flow_start: Time(0),
            last_seen: Time(1),
            src_ip: Ipv6Addr::LOCALHOST,
            dst_ip: Ipv6Addr::LOCALHOST,
            src_port: 1,
            dst_port: 2,
            ip_protocol: 6,
            direction: Direction::Syn,
            conn_state: ConnState::S1,
            src_packets: 1,
            dst_packets: 1,
            app: String::new(),
            app_conf: 0,
            flows: 0,
            bytes: 0,
        };
        let said = verdict_of(&policy, &slice).expect("nothing is declared");
        VerdictRow { verdict, outcome, ..said }
    }

    #[test]
    fn a_flow_is_said_once_for_each_verdict_and_outcome() {
        let mut said = HashSet::new();
        assert!(is_news(&mut said, &row(Verdict::Undeclared, Outcome::Blocked)));
        assert!(!is_news(&mut said, &row(Verdict::Undeclared, Outcome::Blocked)));
        assert!(is_news(&mut said, &row(Verdict::Undeclared, Outcome::Established)));
        assert!(is_news(&mut said, &row(Verdict::AppMismatch, Outcome::Established)));
    }

    #[test]
    fn an_established_flow_does_not_become_blocked_again() {
        let mut said = HashSet::new();
        assert!(is_news(&mut said, &row(Verdict::Undeclared, Outcome::Established)));
        assert!(!is_news(&mut said, &row(Verdict::Undeclared, Outcome::UnknownDirection)));
    }
}
