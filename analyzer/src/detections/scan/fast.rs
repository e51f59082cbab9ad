//! The sequential test: each first contact of a source moves the odds that it scans.

use super::contact::Contact;
use crate::score;
use model::{Time, warning::Contribution};
use std::collections::BTreeSet;

/// Success share of a source of which nothing is known.
pub(super) const USUAL_SUCCESS: f64 = 0.8;

/// Success share of a scanner's contacts.
const SCANNER_SUCCESS: f64 = 0.2;

/// The test ends either way at four times ln 4, each rounded to a thousandth of a nat.
pub(super) const BOUND: i64 = 4 * 1_386;

/// The sum is kept below this many times ln 4: the range of a signed byte.
const SATURATION: i64 = 127 * 1_386;

/// Targets or ports without which no sum rings.
pub(super) const TARGETS: usize = 10;

/// Hosts that fail within a minute and ring by themselves.
const HOSTS_A_MINUTE: usize = 50;
/// Ports that fail within a minute and ring by themselves.
const PORTS_A_MINUTE: usize = 100;

/// Prior of a source: one in a hundred is a scanner once it has ten new targets. Thousandths of a nat.
const BASE: i32 = -4_600;

/// What a hard limit adds: it rings by itself.
pub(super) const HARD: i32 = 9_000;

/// Most that a test can add.
pub(super) const MOST: u32 = 9_000;

/// The contacts since the test last started anew.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) contacts: Vec<Contact>,
}

/// A run whose condition holds.
#[derive(Debug, Clone)]
pub(super) struct Scanned {
    pub(super) kind: &'static str,
    pub(super) run: Run,
    /// The contact with which the condition first held.
    pub(super) rung_at: Time,
    /// −ln p, thousandths.
    pub(super) surprise_millinats: u32,
    pub(super) parts: Vec<Contribution>,
    pub(super) numbers: serde_json::Map<String, serde_json::Value>,
}

impl Run {
    pub(super) fn hosts(&self) -> usize {
        self.contacts.iter().map(|contact| contact.dst_ip).collect::<BTreeSet<_>>().len()
    }

    pub(super) fn ports(&self) -> usize {
        self.contacts
            .iter()
            .map(|contact| (contact.ip_protocol, contact.dst_port))
            .collect::<BTreeSet<_>>()
            .len()
    }

    pub(super) fn failed(&self) -> usize {
        self.contacts.iter().filter(|contact| contact.failed).count()
    }

    pub(super) fn answered(&self) -> usize {
        self.contacts.len() - self.failed()
    }

    pub(super) fn span_us(&self) -> i64 {
        match (self.contacts.first(), self.contacts.last()) {
            (Some(first), Some(last)) => last.at.since(first.at),
            _ => 0,
        }
    }
}

/// The test of one source: its sum, how often it started, and since when it rings.
struct Test {
    failure: i64,
    success: i64,
    sum: i64,
    starts: u32,
    hosts: BTreeSet<std::net::Ipv6Addr>,
    ports: BTreeSet<(u8, u16)>,
    run: Run,
    rung_at: Option<Time>,
}

impl Test {
    fn new(theta: f64) -> Self {
        let step = |scanner: f64, benign: f64| (1_000.0 * (scanner / benign).ln()).round() as i64;
        Self {
            failure: step(1.0 - SCANNER_SUCCESS, 1.0 - theta),
            success: step(SCANNER_SUCCESS, theta),
            sum: 0,
            starts: 1,
            hosts: BTreeSet::new(),
            ports: BTreeSet::new(),
            run: Run::default(),
            rung_at: None,
        }
    }

    fn add(&mut self, contact: &Contact) {
        self.sum =
            (self.sum + if contact.failed { self.failure } else { self.success }).min(SATURATION);
        self.hosts.insert(contact.dst_ip);
        self.ports.insert((contact.ip_protocol, contact.dst_port));
        self.run.contacts.push(contact.clone());
        if self.sum <= -BOUND {
            self.end_as_benign();
        } else if self.rung_at.is_none() && self.holds() {
            self.rung_at = Some(contact.at);
        }
    }

    fn end_as_benign(&mut self) {
        self.sum = 0;
        self.starts += 1;
        self.hosts.clear();
        self.ports.clear();
        self.run.contacts.clear();
        self.rung_at = None;
    }

    fn holds(&self) -> bool {
        self.sum >= BOUND && (self.hosts.len() >= TARGETS || self.ports.len() >= TARGETS)
    }

    /// −ln of min(1, starts × e^−sum), thousandths.
    fn surprise(&self) -> u32 {
        let price = (1_000.0 * f64::from(self.starts).ln()).round() as i64;
        (self.sum - price).max(0) as u32
    }
}

/// Where the test of `contacts` stands at their end: its sum in thousandths of a nat, and how often it has started.
pub(super) fn standing(contacts: &[Contact], theta: f64) -> (i64, u32) {
    let mut test = Test::new(theta);
    contacts.iter().filter(|contact| !contact.known).for_each(|contact| test.add(contact));
    (test.sum, test.starts)
}

/// The scan in `contacts` (sorted, one source or prefix, one day), if the test or a hard limit holds at their end.
pub(super) fn scanned(contacts: &[Contact], theta: f64) -> Option<Scanned> {
    let mut test = Test::new(theta);
    contacts.iter().filter(|contact| !contact.known).for_each(|contact| test.add(contact));
    let hard = first_beyond_limit(contacts);
    let rung_at = [test.rung_at, hard].into_iter().flatten().min()?;
    let surprise = test.surprise();
    let mut parts = vec![score::part("one source in a hundred scans", "", BASE)];
    let value = format!("sum {:.1} nats, start {}", test.sum as f64 / 1_000.0, test.starts);
    parts.push(score::part("sequential test", value, surprise.min(MOST) as i32));
    if hard.is_some() {
        parts.push(score::part(
            "hard limit",
            format!("{HOSTS_A_MINUTE} hosts or {PORTS_A_MINUTE} ports a minute"),
            HARD,
        ));
    }
    let mut numbers = serde_json::Map::new();
    numbers.insert("sum_millinats".into(), test.sum.into());
    numbers.insert("starts".into(), test.starts.into());
    numbers.insert("usual_success_per_mille".into(), ((theta * 1_000.0).round() as i64).into());
    numbers.insert("hard_limit".into(), hard.is_some().into());
    let run = if test.rung_at.is_some() { test.run } else { Run { contacts: contacts.to_vec() } };
    Some(Scanned { kind: "fast", run, rung_at, surprise_millinats: surprise, parts, numbers })
}

/// The first failed contact by which a minute held too many failed hosts or ports.
fn first_beyond_limit(contacts: &[Contact]) -> Option<Time> {
    let failed: Vec<_> = contacts.iter().filter(|contact| contact.failed).collect();
    if failed.len() < HOSTS_A_MINUTE {
        return None;
    }
    let mut from = 0;
    (0..failed.len()).find_map(|at| {
        while failed[at].at.since(failed[from].at) >= Time::MINUTE {
            from += 1;
        }
        let minute = &failed[from..=at];
        if minute.len() < HOSTS_A_MINUTE {
            return None;
        }
        let hosts = minute.iter().map(|contact| contact.dst_ip).collect::<BTreeSet<_>>().len();
        let ports = minute
            .iter()
            .map(|contact| (contact.ip_protocol, contact.dst_port))
            .collect::<BTreeSet<_>>()
            .len();
        (hosts >= HOSTS_A_MINUTE || ports >= PORTS_A_MINUTE).then_some(failed[at].at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn contact(second: i64, host: u32, failed: bool) -> Contact {
        Contact {
            at: Time::new(second, 0),
            dst_ip: Ipv4Addr::from_bits(0x0A28_0000 + host).to_ipv6_mapped(),
            dst_port: 445,
            ip_protocol: 6,
            src_ip: Ipv4Addr::new(10, 31, 1, 44).to_ipv6_mapped(),
            flow_id: u64::from(host),
            failed,
            known: false,
        }
    }

    /// With a usual success of 0.8 each contact moves the sum by ln 4 = 1.386 nats: by hand, the tenth failure is the
    /// first with ten targets, when the sum is 10·ln 4 = 13.86.
    #[test]
    fn ten_failures_in_a_row_ring_at_the_tenth() {
        let contacts: Vec<_> = (0..10).map(|at| contact(at * 10, at as u32, true)).collect();
        assert!(scanned(&contacts[..9], USUAL_SUCCESS).is_none());
        let scanned = scanned(&contacts, USUAL_SUCCESS).expect("ten targets without an answer");
        assert_eq!((scanned.rung_at, scanned.surprise_millinats), (Time::new(90, 0), 13_860));
    }

    /// Four successes bring the sum to −4·ln 4 and start the test anew: of 4 + 10 contacts the run holds the last ten, and
    /// p is twice 4^−10.
    #[test]
    fn a_test_that_ended_as_benign_starts_anew_and_pays_for_it() {
        let contacts: Vec<_> = (0..14).map(|at| contact(at, at as u32, at >= 4)).collect();
        let scanned = scanned(&contacts, USUAL_SUCCESS).expect("ten failures after the new start");
        assert_eq!((scanned.run.contacts.len(), scanned.surprise_millinats), (10, 13_860 - 693));
    }

    #[test]
    fn a_source_whose_contacts_usually_fail_must_fail_more() {
        let contacts: Vec<_> = (0..11).map(|at| contact(at, at as u32, true)).collect();
        assert!(scanned(&contacts, 0.8).is_some());
        // At 0.5 a failure adds ln 1.6 = 0.470 nats: 11 × 470 = 5,170 < 5,544; the twelfth reaches 5,640.
        assert!(scanned(&contacts, 0.5).is_none());
        let twelve: Vec<_> = (0..12).map(|at| contact(at, at as u32, true)).collect();
        assert!(scanned(&twelve, 0.5).is_some());
    }

    #[test]
    fn known_targets_are_no_first_contacts() {
        let contacts: Vec<_> =
            (0..30).map(|at| Contact { known: true, ..contact(at, at as u32, true) }).collect();
        assert!(scanned(&contacts, USUAL_SUCCESS).is_none());
    }

    #[test]
    fn fifty_failing_hosts_in_a_minute_ring_whatever_the_test_says() {
        let contacts: Vec<_> =
            (0..50).map(|at| Contact { known: true, ..contact(at, at as u32, true) }).collect();
        assert_eq!(scanned(&contacts, 0.5).expect("the hard limit").rung_at, Time::new(49, 0));
        let slower: Vec<_> =
            (0..50).map(|at| Contact { known: true, ..contact(at * 2, at as u32, true) }).collect();
        assert!(scanned(&slower, 0.5).is_none());
    }
}
