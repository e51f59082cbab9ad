//! Cases of NET-07: what must ring, what must not, and what an evader changes.

use crate::detections::{Case, CaseKind, Step};
use crate::memory::usual::scaled;
use model::id::flow_id;
use model::{Endpoints, Severity, Time, mapped};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

const POLICY: &str = r#"
zone = [{ id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 }]
host = [{ ip = "10.31.0.117", name = "pc-117", role = "pc" }]
[meta]
institution = "Example Bank"
version = 1
"#;

/// The hour that is judged: 02:00 to 03:00 of a working day. 20,002 days after the epoch was a Monday.
const FROM: Time = Time(20_004 * Time::DAY + 2 * Time::HOUR);

const PC: Ipv4Addr = Ipv4Addr::new(10, 31, 0, 117);

/// What the host did: bytes sent, hosts spoken to, new ones.
fn hour(bytes_out: u64, peers: u64, new_peers: u64) -> Value {
    let ends = Endpoints {
        src_ip: mapped(IpAddr::V4(PC)),
        dst_ip: mapped(IpAddr::V4(Ipv4Addr::new(203, 0, 113, 70))),
        src_port: 50_000,
        dst_port: 443,
        ip_protocol: 6,
    };
    json!({
        "ip": ends.src_ip, "bytes_out": bytes_out, "peers": peers, "new_peers": new_peers,
        "most": [ends.dst_ip, 443, 6], "flow_ids": [flow_id("e", FROM, &ends)],
    })
}

/// What is usual for `entity` at this hour and at any: bytes, hosts, new hosts.
fn usual(entity: &str, n: u16, this: [u64; 3], any: [u64; 3]) -> Vec<Value> {
    let row = |feature: &str, cell: u8, value: u64| {
        let (centre, spread) = (scaled(value), if feature == "bytes_out" { 12 } else { 4 });
        json!({
            "entity": entity, "feature": feature, "cell": cell, "centre": centre, "spread": spread, "n": n,
        })
    };
    let mut rows = vec![row("days", 0, 0)];
    for (at, feature) in ["bytes_out", "peers", "new_peers"].iter().enumerate() {
        for (cell, values) in [(2, this), (72, any)] {
            if values[at] > 0 {
                rows.push(row(feature, cell, values[at]));
            }
        }
    }
    rows
}

/// A host that is silent at night and sends little by day, like its peers.
fn quiet() -> Vec<Value> {
    let by_day = [300_000, 3, 1];
    let mut rows = usual("pc-117", 28, [0; 3], by_day);
    rows.extend(usual("peers:office/pc", 40, [0; 3], by_day));
    rows
}

fn case(name: &'static str, kind: CaseKind, hour: Value, usual: Vec<Value>) -> Case {
    let rings = match kind {
        CaseKind::Negative => Vec::new(),
        _ => vec![("pc-117", Severity::P1)],
    };
    let step =
        Step { from: FROM, to: FROM.plus(Time::HOUR), window_from: FROM, without: Vec::new() };
    Case { name, kind, policy: POLICY, step, rows: vec![vec![hour], usual], rings }
}

pub(super) fn all() -> Vec<Case> {
    use CaseKind::{Evasion, Negative, Positive};
    let site = |knot: u16| {
        json!({
            "entity": "site", "feature": "surprise", "cell": 8, "centre": knot, "spread": 0, "n": 9_000,
        })
    };
    let mut often_odd = quiet();
    often_odd.push(site(900));
    let mut poisoned = usual("pc-117", 28, [4_000_000_000, 3, 1], [4_000_000_000, 3, 1]);
    poisoned.extend(usual("peers:office/pc", 40, [300_000, 3, 1], [300_000, 3, 1]));
    let mut new_here = usual("pc-117", 3, [4_000_000_000, 3, 1], [4_000_000_000, 3, 1]);
    new_here.extend(usual("peers:office/pc", 40, [0; 3], [300_000, 3, 1]));
    let backup = usual("pc-117", 28, [3_000_000_000, 2, 0], [3_000_000_000, 2, 0]);
    vec![
        case(
            "two gigabytes leave an office computer at night",
            Positive,
            hour(2_000_000_000, 2, 1),
            quiet(),
        ),
        case(
            "it speaks to two hundred hosts that it never met",
            Positive,
            hour(900_000, 200, 199),
            quiet(),
        ),
        case("somebody works late", Negative, hour(600_000, 4, 1), quiet()),
        case("much for this host, and little in itself", Negative, hour(9_000_000, 9, 9), quiet()),
        case("the nightly backup", Negative, hour(4_000_000_000, 2, 0), backup),
        case(
            "nothing is known of it and it has no peers",
            Negative,
            hour(2_000_000_000, 2, 1),
            Vec::new(),
        ),
        case("where one hour in 250 is as odd", Negative, hour(2_000_000_000, 2, 1), often_odd),
        case(
            "compromised since its first day, it is found by its peers",
            Evasion,
            hour(4_000_000_000, 2, 1),
            poisoned,
        ),
        case(
            "a computer that came three days ago is measured by its peers",
            Evasion,
            hour(40_000_000_000, 2, 1),
            new_here,
        ),
    ]
}
