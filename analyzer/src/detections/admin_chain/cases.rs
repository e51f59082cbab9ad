//! Cases of INT-09: what must ring, what must not, and what an evader changes.

use super::hops::APART_US;
use crate::detections::{Case, CaseKind, Step};
use model::id::flow_id;
use model::{Endpoints, Severity, Time, mapped};
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr};

const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
  { id = "mgmt", cidrs = ["10.30.0.0/24"], criticality = 9 },
  { id = "dmz", cidrs = ["10.50.0.0/24"], criticality = 8 },
  { id = "swift-ops", cidrs = ["10.40.8.64/27"], criticality = 9 },
  { id = "swift", cidrs = ["10.40.8.0/26"], criticality = 10 },
]
host = [
  { ip = "10.31.0.31", name = "desk-31", role = "pc" },
  { ip = "10.31.0.117", name = "pc-117", role = "pc" },
  { ip = "10.31.1.2", name = "srv-2", role = "server" },
  { ip = "10.31.1.3", name = "srv-3", role = "server" },
  { ip = "10.30.0.5", name = "pam-1", role = "pam" },
  { ip = "10.30.0.10", name = "nms-1", role = "nms" },
  { ip = "10.50.0.30", name = "sftp-1", role = "mft" },
  { ip = "10.40.8.65", name = "op-1", role = "operator" },
  { ip = "10.40.8.70", name = "jump-1", role = "jump" },
  { ip = "10.40.8.11", name = "saa-1", role = "messaging-if" },
]
service = [{ id = "https", proto = "tcp", ports = [443] }, { id = "ssh", proto = "tcp", ports = [22] }]
conduit = [
  { id = "C-0201", from = "zone:office", to = "host:pam-1", service = ["https"] },
  { id = "C-0202", from = "host:pam-1", to = "host:jump-1", service = ["ssh"] },
  { id = "C-0203", from = "host:jump-1", to = "host:saa-1", service = ["https"] },
  { id = "C-0204", from = "host:op-1", to = "host:jump-1", service = ["ssh"] },
]
[meta]
institution = "Example Bank"
version = 1
"#;

/// The minute that is judged: 17:10 of a day.
const FROM: Time = Time(20_000 * Time::DAY + 17 * Time::HOUR + 10 * Time::MINUTE);

const DESK: [u8; 4] = [10, 31, 0, 31];
const PC: [u8; 4] = [10, 31, 0, 117];
const SRV_2: [u8; 4] = [10, 31, 1, 2];
const SRV_3: [u8; 4] = [10, 31, 1, 3];
const PAM: [u8; 4] = [10, 30, 0, 5];
const NMS: [u8; 4] = [10, 30, 0, 10];
const SFTP: [u8; 4] = [10, 50, 0, 30];
const OP: [u8; 4] = [10, 40, 8, 65];
const JUMP: [u8; 4] = [10, 40, 8, 70];
const SAA: [u8; 4] = [10, 40, 8, 11];

/// A hop that began some minutes before the judged one, and was open for some.
#[derive(Clone, Copy)]
struct Sample {
    src: [u8; 4],
    dst: [u8; 4],
    service: (&'static str, u16),
    ago_min: i64,
    open_min: i64,
}

const fn hop(
    src: [u8; 4],
    dst: [u8; 4],
    service: (&'static str, u16),
    ago_min: i64,
    open_min: i64,
) -> Sample {
    Sample { src, dst, service, ago_min, open_min }
}

const SSH: (&str, u16) = ("ssh", 22);
const RDP: (&str, u16) = ("rdp", 3_389);
const SMB: (&str, u16) = ("smb", 445);
const HTTPS: (&str, u16) = ("https", 443);

impl Sample {
    fn row(&self) -> Value {
        let start = FROM.plus(5 * Time::SECOND - self.ago_min * Time::MINUTE);
        let ip = |octets: [u8; 4]| mapped(IpAddr::V4(Ipv4Addr::from(octets)));
        let ends = Endpoints {
            src_ip: ip(self.src),
            dst_ip: ip(self.dst),
            src_port: 50_000,
            dst_port: self.service.1,
            ip_protocol: 6,
        };
        json!({
            "at": start.minute().0, "start": start.0, "open_from": start.0,
            "open_to": start.plus(self.open_min * Time::MINUTE).0,
            "flow_id": flow_id("c", start, &ends), "src_ip": ends.src_ip, "dst_ip": ends.dst_ip,
            "src_port": 50_000, "dst_port": self.service.1, "service": self.service.0,
            "direction": "syn", "app": "", "app_conf": 0,
        })
    }
}

/// What the operators do every day.
const OPERATORS: [(&str, &str, &str); 4] = [
    ("desk-31", "pam-1", "https"),
    ("pam-1", "jump-1", "ssh"),
    ("jump-1", "saa-1", "https"),
    ("nms-1", "srv-2", "ssh"),
];

fn case(
    name: &'static str,
    kind: CaseKind,
    hops: &[Sample],
    known: &[(&str, &str, &str)],
    rings: &[&'static str],
) -> Case {
    let edge = |(src, dst, app): &(&str, &str, &str)| json!({"src": src, "dst": dst, "app": app});
    let roles = [
        ("pc", "pam", "https", 30),
        ("pam", "jump", "ssh", 1),
        ("jump", "messaging-if", "https", 1),
        ("nms", "server", "ssh", 12),
        ("pc", "server", "smb", 40),
    ];
    let roles = roles.map(|(from, to, app, edges)| {
        json!({"src_role": from, "dst_role": to, "app": app, "edges": edges, "fresh": 0})
    });
    Case {
        name,
        kind,
        policy: POLICY,
        step: Step {
            from: FROM,
            to: FROM.plus(Time::MINUTE),
            window_from: FROM.floor(Time::DAY).plus(-6 * Time::HOUR),
            without: Vec::new(),
        },
        rows: vec![
            hops.iter().map(Sample::row).collect(),
            vec![json!({"at": FROM.0, "zone": "office", "sources": 3})],
            known.iter().map(edge).collect(),
            roles.to_vec(),
            Vec::new(),
        ],
        rings: rings.iter().map(|subject| (*subject, Severity::P3)).collect(),
    }
}

pub(super) fn all() -> Vec<Case> {
    let mut all = positive();
    all.extend(negative());
    all.extend(evasions());
    all
}

fn positive() -> Vec<Case> {
    let way_in = [hop(PC, OP, RDP, 10, 11), hop(OP, JUMP, SSH, 5, 6), hop(JUMP, SAA, HTTPS, 0, 1)];
    vec![
        case(
            "an office computer works its way to the messaging interface in three hops",
            CaseKind::Positive,
            &way_in,
            &OPERATORS,
            &["pc-117"],
        ),
        case(
            "the second hop is enough",
            CaseKind::Positive,
            &[hop(PC, OP, RDP, 5, 6), hop(OP, JUMP, SSH, 0, 1)],
            &OPERATORS,
            &["pc-117"],
        ),
        case(
            "one hop that nobody made before into what matters",
            CaseKind::Positive,
            &[hop(NMS, JUMP, SSH, 0, 1)],
            &OPERATORS,
            &["nms-1"],
        ),
    ]
}

fn negative() -> Vec<Case> {
    let silent = |name, hops: &[Sample], known: &[(&str, &str, &str)]| {
        case(name, CaseKind::Negative, hops, known, &[])
    };
    let work =
        [hop(DESK, PAM, HTTPS, 2, 3), hop(PAM, JUMP, SSH, 1, 2), hop(JUMP, SAA, HTTPS, 0, 1)];
    vec![
        silent("an operator comes by the access manager", &work, &OPERATORS),
        silent("the operator's first day: every hop is new and every hop is declared", &work, &[]),
        silent(
            "what was done before, though nobody declared it, is another detection's",
            &[hop(PC, SRV_2, SMB, 5, 6), hop(SRV_2, OP, SSH, 0, 1)],
            &[("pc-117", "srv-2", "smb"), ("srv-2", "op-1", "ssh")],
        ),
        silent(
            "hops that lead nowhere that matters",
            &[hop(PC, SRV_2, SMB, 5, 6), hop(SRV_2, SRV_3, SSH, 0, 1)],
            &OPERATORS,
        ),
        silent("the access manager is expected elsewhere", &[hop(PAM, SAA, SSH, 0, 1)], &OPERATORS),
        silent(
            "nothing new in this minute",
            &[hop(PC, OP, RDP, 15, 16), hop(OP, JUMP, SSH, 10, 11)],
            &OPERATORS,
        ),
    ]
}

fn evasions() -> Vec<Case> {
    let quarter = APART_US / Time::MINUTE;
    let rare = [hop(PC, SRV_2, SMB, 5, 6), hop(SRV_2, SFTP, SSH, 0, 1)];
    let evades = |name, hops: &[Sample], known: &[(&str, &str, &str)], rings: &[&'static str]| {
        case(name, CaseKind::Evasion, hops, known, rings)
    };
    let mut calibrated = evades(
        "into criticality 8 alone, where it is rarer than a host-day in a thousand",
        &rare,
        &[("pc-117", "srv-2", "smb")],
        &["pc-117"],
    );
    calibrated.rows[4] =
        vec![json!({"class": 0, "host_days": 4_000}), json!({"class": 4, "host_days": 2})];
    vec![
        evades(
            "ten minutes of silence between the hops, each closed before the next",
            &[hop(PC, OP, RDP, 24, 2), hop(OP, JUMP, SSH, 12, 2), hop(JUMP, SAA, HTTPS, 0, 1)],
            &OPERATORS,
            &["pc-117"],
        ),
        evades(
            "longer silence breaks the chain, and the new hop rings by itself",
            &[hop(PC, SRV_2, SMB, quarter + 5, 2), hop(SRV_2, JUMP, SSH, 0, 1)],
            &OPERATORS,
            &["srv-2"],
        ),
        evades(
            "relayed by a server, one service in and another out",
            &[hop(PC, SRV_2, SMB, 4, 5), hop(SRV_2, JUMP, SSH, 0, 1)],
            &OPERATORS,
            &["pc-117"],
        ),
        evades(
            "beside an operator's own session on the jump host",
            &[
                hop(PC, OP, RDP, 10, 11),
                hop(OP, JUMP, SSH, 5, 6),
                hop(DESK, PAM, HTTPS, 3, 4),
                hop(PAM, JUMP, SSH, 2, 3),
                hop(JUMP, SAA, HTTPS, 0, 1),
            ],
            &OPERATORS,
            &["pc-117"],
        ),
        calibrated,
    ]
}
