//! Cases that prove the beacon: generated callers with fixed seeds, as the rows that its questions would give.

use super::rows::Pair;
use super::{ABOUT, horizon_from};
use crate::detections::{Case, CaseKind, Step};
use crate::evaluate::draw::Draw;
use crate::evaluate::sequences::{Beacon, FEWEST, Mix, WINDOW_S};
use model::{Severity, Time, mapped};
use serde_json::{Value, json};
use std::net::Ipv6Addr;

/// A small bank: one declared balancer check, one declared way out, and offices that may go nowhere else.
const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "ebank-dmz", cidrs = ["10.50.0.0/24"], criticality = 8 },
  { id = "internet", cidrs = ["203.0.113.0/24", "198.51.100.0/24"], criticality = 0 },
]
host = [{ ip = "10.31.0.117", name = "pc-117" }, { ip = "10.50.0.5", name = "adc-1" }, { ip = "10.50.0.10", name = "web-1" }]
service = [{ id = "web", proto = "tcp", ports = [8080] }, { id = "https", proto = "tcp", ports = [443] }]

[meta]
institution = "Example Bank"
version = 1

[[conduit]]
id = "C-0001"
from = "host:adc-1"
to = "host:web-1"
service = ["web"]
"#;

/// Thursday 2026-03-12 08:00, when a segment begins. Seconds since the epoch.
const MORNING_S: i64 = 1_773_302_400;

/// One caller in one or two segments.
pub struct Caller {
    /// Whom it calls.
    pub pair: Pair,
    /// Address of the server.
    pub dst_ip: Ipv6Addr,
    /// Its zone.
    pub zone: &'static str,
    /// Seconds since the epoch.
    pub seconds: Vec<i64>,
}

impl Caller {
    /// A TCP caller of an address.
    pub fn new(
        client: &str,
        zone: &'static str,
        server: &str,
        port: u16,
        seconds: Vec<i64>,
    ) -> Self {
        let address = |text: &str| mapped(text.parse().expect("an address written here"));
        let dst_ip = address(server);
        let pair =
            Pair { client: address(client), server: dst_ip.to_string(), port, ip_protocol: 6 };
        Self { pair, dst_ip, zone, seconds }
    }

    /// The step in which it called last.
    pub fn last_step(&self) -> Step {
        let last = Time::new(self.seconds.iter().copied().max().expect("a caller has called"), 0);
        let from = last.floor(ABOUT.step_us);
        let to = from.plus(ABOUT.step_us);
        Step { from, to, window_from: to.plus(-ABOUT.window_us), without: Vec::new() }
    }

    /// The rows of `beacon.calls` in `step`.
    pub fn calls(&self, step: &Step) -> Vec<Value> {
        let mut seconds = self.seconds.clone();
        seconds.sort_unstable();
        seconds.retain(|second| (horizon_from(step).seconds()..step.to.seconds()).contains(second));
        let bucket = |second: i64| Time::new(second, 0).floor(ABOUT.step_us).0;
        seconds
            .chunk_by(|a, b| bucket(*a) == bucket(*b))
            .map(|calls| self.row(bucket(calls[0]), calls))
            .collect()
    }

    fn row(&self, bucket_us: i64, seconds: &[i64]) -> Value {
        let mut distinct = seconds.to_vec();
        distinct.dedup();
        json!({
            "bucket_us": bucket_us, "client": self.pair.client, "server": self.pair.server, "port": self.pair.port,
            "ip_protocol": self.pair.ip_protocol, "zone": self.zone, "ja4": "", "seconds": distinct,
            "calls": seconds.len(), "flow_ids": [bucket_us], "dst_ip": self.dst_ip, "src_port": 50_000,
            "direction": "syn", "conn_state": "SF", "app": "", "app_conf": 0, "src_packets": 9, "dst_packets": 8,
        })
    }

    /// The row of `beacon.memory` in `step`: what came before its hour, and before `earlier` for the first time.
    pub fn memory(&self, step: &Step, earlier: Option<Time>) -> Vec<Value> {
        let hour = step.from.floor(Time::HOUR).seconds();
        let mut seconds: Vec<i64> =
            self.seconds.iter().copied().filter(|second| *second < hour).collect();
        seconds.sort_unstable();
        let Some(first) = earlier.or(seconds.first().map(|first| Time::new(*first, 0))) else {
            return Vec::new();
        };
        let hours: Vec<[i64; 2]> = seconds
            .chunk_by(|a, b| a / 3_600 == b / 3_600)
            .map(|calls| [calls[0], calls[calls.len() - 1]])
            .collect();
        vec![json!({
            "client": self.pair.client, "server": self.pair.server, "port": self.pair.port,
            "ip_protocol": self.pair.ip_protocol, "first_us": first.0, "hours": hours,
        })]
    }

    fn case(self, name: &'static str, kind: CaseKind, rings: bool) -> Case {
        let step = self.last_step();
        let rows = self.rows(&step);
        let rings = if rings { vec![("pc-117", Severity::P3)] } else { Vec::new() };
        Case { name, kind, policy: POLICY, step, rows, rings }
    }

    /// The rows of every question in `step`, in a zone of 200 hosts.
    pub fn rows(&self, step: &Step) -> Vec<Vec<Value>> {
        let hosts = vec![json!({ "zone": self.zone, "hosts": 200 })];
        let none = Vec::new;
        vec![self.calls(step), self.memory(step, None), none(), hosts, none(), none(), none()]
    }
}

/// Every case.
pub fn all() -> Vec<Case> {
    vec![
        outward(swung(600.0, 6)).case(
            "a call every 600 s, a fifth early or late, for six hours",
            CaseKind::Positive,
            true,
        ),
        outward(beacon(60.0, 0.0, 0.0, 0.0)).case(
            "a metronome of one minute",
            CaseKind::Positive,
            true,
        ),
        balancer().case(
            "a balancer's check every 30 s on a declared conduit",
            CaseKind::Negative,
            false,
        ),
        outward(browsing()).case("a person who browses", CaseKind::Negative, false),
        updater(),
        outward(beacon(300.0, 0.5, 0.2, 0.3)).case(
            "half of the sleep drawn, a fifth of the calls missing, a third of noise",
            CaseKind::Evasion,
            true,
        ),
        outward(in_bursts()).case("three connections for each call", CaseKind::Evasion, true),
        outward(beacon(900.0, 0.9, 0.2, 0.3)).case(
            "gap: nine tenths of a long sleep drawn, with loss and noise",
            CaseKind::Evasion,
            false,
        ),
    ]
}

fn outward(seconds: Vec<i64>) -> Caller {
    Caller::new("10.31.0.117", "office", "203.0.113.40", 443, seconds)
}

/// Calls from noon on, `period_s` apart, a fifth more or less.
fn swung(period_s: f64, hours: i64) -> Vec<i64> {
    let mut draw = Draw::new(117);
    let mut at = 0.0;
    let mut seconds = Vec::new();
    while at < (hours * 3_600) as f64 {
        seconds.push(MORNING_S + 4 * 3_600 + at as i64);
        at += period_s * (1.0 + draw.between(-0.2, 0.2));
    }
    seconds
}

fn beacon(period_s: f64, jitter: f64, missed: f64, noise: f64) -> Vec<i64> {
    since_morning(
        Beacon { missed, noise, ..Beacon::clean(period_s, jitter) }.seconds(&mut Draw::new(118)),
    )
}

fn in_bursts() -> Vec<i64> {
    since_morning(
        Beacon { connections: 3, ..Beacon::clean(300.0, 0.2) }.seconds(&mut Draw::new(119)),
    )
}

fn browsing() -> Vec<i64> {
    since_morning(Mix::Hard.seconds(&mut Draw::new(120), WINDOW_S, FEWEST))
}

fn since_morning(seconds: Vec<i64>) -> Vec<i64> {
    seconds.into_iter().map(|second| MORNING_S + second).collect()
}

fn balancer() -> Caller {
    let checks = (0..960).map(|check| MORNING_S + 30 * check).collect();
    Caller::new("10.50.0.5", "ebank-dmz", "10.50.0.10", 8_080, checks)
}

/// Undeclared, but old and used by every second host of its zone.
fn updater() -> Case {
    let caller = outward(beacon(600.0, 0.05, 0.0, 0.0));
    let long_ago = caller.last_step().to.plus(-40 * Time::DAY);
    let mut case = caller.case(
        "an updater that half of the zone has called for weeks",
        CaseKind::Negative,
        false,
    );
    let caller = outward(Vec::new());
    case.rows[1] = caller.memory(&case.step, Some(long_ago));
    case.rows[2] = vec![json!({
        "server": caller.pair.server, "port": caller.pair.port, "ip_protocol": 6, "zone": "office", "clients": 100, "callers": [],
    })];
    case
}
