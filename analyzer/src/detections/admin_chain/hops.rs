//! Hops: conversations on hands-on services, and which may have caused which.

use crate::detections::Step;
use model::Time;
use model::flow::Direction;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::net::Ipv6Addr;

/// A hop that begins later than this after another has ended was not caused by it. Microseconds.
pub(super) const APART_US: i64 = 15 * Time::MINUTE;

/// Most hops of a chain.
const LONGEST: usize = 8;

/// One time in which a conversation was open, as the store answers it.
#[derive(Debug, Clone, Deserialize)]
struct Stretch {
    at: Time,
    start: Time,
    open_from: Time,
    open_to: Time,
    flow_id: u64,
    src_ip: Ipv6Addr,
    dst_ip: Ipv6Addr,
    src_port: u16,
    dst_port: u16,
    service: String,
    direction: Direction,
    app: String,
    app_conf: u8,
}

/// One conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hop {
    /// Minute in which it became one.
    pub(super) at: Time,
    /// Its first packet.
    pub(super) start: Time,
    /// When it was open.
    open: Vec<(Time, Time)>,
    pub(super) flow_id: u64,
    pub(super) src_ip: Ipv6Addr,
    pub(super) dst_ip: Ipv6Addr,
    pub(super) src_port: u16,
    pub(super) dst_port: u16,
    pub(super) service: String,
    pub(super) direction: Direction,
    pub(super) app: String,
    pub(super) app_conf: u8,
}

impl Hop {
    /// Whether `later` begins while this is open, or soon after, at the host to which this leads.
    fn may_cause(&self, later: &Self) -> bool {
        self.dst_ip == later.src_ip
            && (self.start, self.flow_id) < (later.start, later.flow_id)
            && self
                .open
                .iter()
                .any(|(from, to)| *from <= later.start && later.start <= to.plus(APART_US))
    }
}

/// The hops that were there before the end of the step, by start.
pub(super) fn read(rows: &[Value], step: &Step) -> anyhow::Result<Vec<Hop>> {
    let mut hops: BTreeMap<u64, Hop> = BTreeMap::new();
    for row in rows {
        let row = Stretch::deserialize(row)?;
        if row.at >= step.to {
            continue;
        }
        let hop = hops.entry(row.flow_id).or_insert_with(|| Hop {
            at: row.at,
            start: row.start,
            open: Vec::new(),
            flow_id: row.flow_id,
            src_ip: row.src_ip,
            dst_ip: row.dst_ip,
            src_port: row.src_port,
            dst_port: row.dst_port,
            service: row.service.clone(),
            direction: row.direction,
            app: row.app.clone(),
            app_conf: row.app_conf,
        });
        hop.at = hop.at.min(row.at);
        // It may have been open before the first slice that was read.
        let from =
            if row.open_from.since(row.start) <= APART_US { row.start } else { row.open_from };
        hop.open.push((from, row.open_to));
    }
    let mut hops: Vec<Hop> = hops.into_values().collect();
    for hop in &mut hops {
        hop.open.sort_unstable();
    }
    hops.sort_by_key(|hop| (hop.start, hop.flow_id));
    Ok(hops)
}

/// The most telling way to each hop: places in `hops`, the hop itself last.
///
/// Of the hops that may have caused it, the one on the strangest way did, and of those alike the latest. `strangeness` is
/// of a hop by itself; a way's is the sum.
pub(super) fn ways(hops: &[Hop], strangeness: impl Fn(usize) -> u32) -> Vec<Vec<usize>> {
    let mut to: HashMap<Ipv6Addr, Vec<usize>> = HashMap::new();
    let mut ways: Vec<Vec<usize>> = Vec::with_capacity(hops.len());
    let mut sums: Vec<u32> = Vec::with_capacity(hops.len());
    for (at, hop) in hops.iter().enumerate() {
        let fits = |before: &&usize| {
            let way = &ways[**before];
            way.len() < LONGEST
                && hops[**before].may_cause(hop)
                && hops[way[0]].src_ip != hop.dst_ip
                && way.iter().all(|one| hops[*one].dst_ip != hop.dst_ip)
        };
        let before = to.get(&hop.src_ip).into_iter().flatten().filter(fits);
        let cause = before.max_by_key(|before| (sums[**before], hops[**before].start, **before));
        let mut way = cause.map_or_else(Vec::new, |cause| ways[*cause].clone());
        sums.push(cause.map_or(0, |cause| sums[*cause]).saturating_add(strangeness(at)));
        way.push(at);
        ways.push(way);
        to.entry(hop.dst_ip).or_default().push(at);
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(id: u64, src: u8, dst: u8, from_min: i64, to_min: i64) -> Hop {
        let ip = |last: u8| std::net::Ipv4Addr::new(10, 0, 0, last).to_ipv6_mapped();
        let minute = |at: i64| Time(at * Time::MINUTE);
        Hop {
            at: minute(from_min),
            start: minute(from_min),
            open: vec![(minute(from_min), minute(to_min))],
            flow_id: id,
            src_ip: ip(src),
            dst_ip: ip(dst),
            src_port: 50_000,
            dst_port: 22,
            service: "ssh".into(),
            direction: Direction::Syn,
            app: "ssh".into(),
            app_conf: 4,
        }
    }

    #[test]
    fn a_hop_is_caused_by_what_is_open_or_ended_a_quarter_of_an_hour_ago_at_most() {
        let first = hop(1, 1, 2, 0, 10);
        assert!(first.may_cause(&hop(2, 2, 3, 5, 6)));
        assert!(first.may_cause(&hop(2, 2, 3, 25, 26)));
        assert!(!first.may_cause(&hop(2, 2, 3, 26, 27)));
        assert!(!first.may_cause(&hop(2, 3, 4, 5, 6)), "another host");
        assert!(!hop(2, 2, 3, 5, 6).may_cause(&first), "the future");
    }

    #[test]
    fn while_it_is_silent_a_conversation_causes_nothing() {
        let mut first = hop(1, 1, 2, 0, 10);
        first.open.push((Time(60 * Time::MINUTE), Time(70 * Time::MINUTE)));
        assert!(!first.may_cause(&hop(2, 2, 3, 40, 41)));
        assert!(first.may_cause(&hop(2, 2, 3, 65, 66)));
    }

    #[test]
    fn the_strangest_cause_counts_and_of_those_alike_the_latest() {
        let hops =
            [hop(1, 1, 5, 0, 60), hop(2, 2, 5, 10, 60), hop(3, 3, 5, 20, 60), hop(4, 5, 6, 30, 60)];
        assert_eq!(ways(&hops, |_| 0)[3], [2, 3]);
        assert_eq!(ways(&hops, |at| u32::from(at == 1))[3], [1, 3]);
    }

    #[test]
    fn a_way_does_not_come_back() {
        let hops =
            [hop(1, 1, 2, 0, 60), hop(2, 2, 3, 5, 60), hop(3, 3, 1, 10, 60), hop(4, 3, 2, 11, 60)];
        assert_eq!(ways(&hops, |_| 0), [vec![0], vec![0, 1], vec![2], vec![3]]);
    }
}
