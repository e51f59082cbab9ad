//! Cases of INT-07: what must ring, what must not, and what an evader changes.

use crate::detections::{Case, CaseKind, Step};
use model::id::flow_id;
use model::{Endpoints, Severity, Time, mapped};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "mgmt", cidrs = ["10.30.0.0/24"], criticality = 9 },
  { id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 },
]
host = [
  { ip = "10.31.1.44", name = "pc-300", zone = "office" },
  { ip = "10.30.0.66", name = "scanner-1", zone = "mgmt" },
]
group = [{ id = "scanners", members = ["scanner-1"] }]
[meta]
institution = "Example Bank"
version = 1
"#;

/// The minute that is judged: 11:00 of a day.
const FROM: Time = Time(20_000 * Time::DAY + 11 * Time::HOUR);

const PC: Ipv4Addr = Ipv4Addr::new(10, 31, 1, 44);

/// Contacts of one source, one row each.
struct Attempts {
    src: Ipv4Addr,
    /// Targets are counted up from here.
    first: Ipv4Addr,
    port: u16,
    count: u32,
    /// Time of the last contact, before the end of the step, and the time between two. Microseconds.
    until: i64,
    every: i64,
    /// Every so-manieth answers; 0 for none.
    answers: u32,
    known: bool,
}

impl Attempts {
    const fn new(src: Ipv4Addr, count: u32, every: i64) -> Self {
        let first = Ipv4Addr::new(10, 32, 0, 1);
        Self { src, first, port: 445, count, until: Time::SECOND, every, answers: 0, known: false }
    }

    fn rows(&self) -> Vec<Value> {
        (0..self.count).map(|at| self.row(at)).collect()
    }

    fn row(&self, at: u32) -> Value {
        let last = FROM.plus(Time::MINUTE - self.until);
        let moment = last.plus(-i64::from(self.count - 1 - at) * self.every);
        let dst_ip = mapped(IpAddr::V4(Ipv4Addr::from_bits(self.first.to_bits() + at)));
        let src_ip = mapped(IpAddr::V4(self.src));
        let ends =
            Endpoints { src_ip, dst_ip, src_port: 40_000, dst_port: self.port, ip_protocol: 6 };
        let answered = self.answers > 0 && at.is_multiple_of(self.answers);
        json!({
            "at": moment.0, "src_ip": src_ip, "dst_ip": dst_ip, "dst_port": self.port, "ip_protocol": 6,
            "flow_id": flow_id("e", moment, &ends), "failed": u8::from(!answered), "known": self.known,
        })
    }
}

/// One source that tries many ports of one host.
fn vertical() -> Vec<Value> {
    let mut rows = Attempts::new(PC, 40, Time::SECOND).rows();
    for (port, row) in (1u16..).zip(&mut rows) {
        row["dst_ip"] = json!("::ffff:10.40.2.21");
        row["dst_port"] = json!(port);
    }
    rows
}

/// Twenty hosts of one prefix that try three targets each.
fn spread() -> Vec<Value> {
    (0..20u8)
        .flat_map(|host| {
            let src = Ipv4Addr::new(10, 31, 1, 100 + host);
            let first = Ipv4Addr::new(10, 32, 0, 1 + 3 * host);
            Attempts { first, port: 3389, ..Attempts::new(src, 3, Time::SECOND) }.rows()
        })
        .collect()
}

fn habit(src: Ipv4Addr, targets: u64, answers: u64, new_a_day: &[u64]) -> Value {
    json!({"src_ip": mapped(IpAddr::V4(src)), "targets": targets, "answers": answers, "new_a_day": new_a_day})
}

fn case(
    name: &'static str,
    kind: CaseKind,
    contacts: Vec<Value>,
    habits: Vec<Value>,
    rings: &[(&'static str, Severity)],
) -> Case {
    let sources = vec![json!({"at": FROM.0, "zone": "office", "sources": 30})];
    let step = Step {
        from: FROM,
        to: FROM.plus(Time::MINUTE),
        window_from: FROM.floor(Time::DAY),
        without: Vec::new(),
    };
    Case {
        name,
        kind,
        policy: POLICY,
        step,
        rows: vec![contacts, sources, habits],
        rings: rings.to_vec(),
    }
}

/// Every case.
pub(super) fn all() -> Vec<Case> {
    let quick = |count, answers| {
        Attempts { answers, ..Attempts::new(PC, count, 50 * Time::SECOND / 60) }.rows()
    };
    let listed = Attempts::new(Ipv4Addr::new(10, 30, 0, 66), 254, Time::SECOND / 5).rows();
    let known = Attempts { known: true, ..Attempts::new(PC, 40, Time::SECOND) }.rows();
    let browsing = Attempts {
        answers: 1,
        port: 443,
        first: Ipv4Addr::new(198, 51, 100, 1),
        ..Attempts::new(PC, 60, 5 * Time::SECOND)
    };
    let slow = Attempts { answers: 1, ..Attempts::new(PC, 125, 5 * Time::MINUTE) }.rows();
    let curious = habit(PC, 700, 680, &[130, 110, 120, 140, 125, 118, 133, 127, 121, 119]);
    let mixed = Attempts { answers: 3, ..Attempts::new(PC, 60, Time::SECOND) }.rows();
    let steady = habit(PC, 40, 40, &[1, 2, 1]);
    let ring = [("pc-300", Severity::P2)];
    vec![
        case(
            "sixty hosts in fifty seconds, fifty-five of them silent",
            CaseKind::Positive,
            quick(60, 12),
            vec![],
            &ring,
        ),
        case(
            "forty ports of one host",
            CaseKind::Positive,
            vertical(),
            vec![steady.clone()],
            &ring,
        ),
        case("a listed scanner sweeps", CaseKind::Negative, listed, vec![], &[]),
        case("nine silent hosts are too few", CaseKind::Negative, quick(9, 0), vec![], &[]),
        case(
            "a person opens many sites that answer",
            CaseKind::Negative,
            browsing.rows(),
            vec![],
            &[],
        ),
        case("known servers are down", CaseKind::Negative, known, vec![], &[]),
        case(
            "a source that is curious every day",
            CaseKind::Negative,
            slow.clone(),
            vec![curious],
            &[],
        ),
        case(
            "one target each five minutes, all answering",
            CaseKind::Evasion,
            slow,
            vec![steady.clone()],
            &ring,
        ),
        case("a third answers to lower the sum", CaseKind::Evasion, mixed, vec![steady], &ring),
        case(
            "twenty sources share the work",
            CaseKind::Evasion,
            spread(),
            vec![],
            &[("10.31.1.0/24", Severity::P2)],
        ),
    ]
}
