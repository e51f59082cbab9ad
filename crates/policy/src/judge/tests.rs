//! Verdicts: small policies by hand, and the tables against a reading of the rules one by one.

use super::*;
use model::address::v4;
use proptest::prelude::*;

/// `date -u -d 2026-03-12T12:00 +%s`.
const THURSDAY: Time = Time::new(1_773_316_800, 0);

const BANK: &str = r#"
zone = [
  { id = "swift", cidrs = ["10.40.8.0/26"], criticality = 10 },
  { id = "swift-ops", cidrs = ["10.40.8.64/27"], criticality = 9 },
  { id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 },
  { id = "atm", cidrs = ["10.60.0.0/16"], criticality = 7 },
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
]
host = [
  { ip = "10.40.8.11", name = "saa-1", role = "messaging-if" },
  { ip = "10.40.8.70", name = "jump-1" },
  { ip = "10.40.8.65", name = "op-1" },
  { ip = "10.40.2.30", name = "qm-1" },
]
group = [{ id = "web-users", members = ["10.31.1.0/24"] }]
service = [
  { id = "https", proto = "tcp", ports = [443], app = ["tls"] },
  { id = "ssh", proto = "tcp", ports = [22], app = ["ssh"] },
  { id = "mq", proto = "tcp", ports = [1414], app = ["ibmmq", "tls"] },
  { id = "dns", proto = "udp", ports = [53] },
  { id = "patch", proto = "tcp", ports = ["8530-8531"] },
]
conduit = [
  { id = "C-1", from = "host:jump-1", to = "host:saa-1", service = "https" },
  { id = "C-2", from = "zone:swift-ops", to = "host:jump-1", service = ["ssh", "https"] },
  { id = "C-3", from = "host:saa-1", to = "host:qm-1", service = "mq", expires = 2026-03-11 },
  { id = "C-4", from = "group:web-users", to = "zone:internet", service = "https" },
  { id = "C-5", from = "zone:core", to = "zone:atm", service = "patch", initiator = "either" },
  { id = "C-6", from = "zone:office", to = "zone:core", service = "dns", valid_from = 2026-03-13 },
  { id = "C-7", from = "zone:core", to = "zone:swift", service = "https", initiator = "to" },
  { id = "C-8", from = "zone:atm", to = "zone:atm", service = "patch" },
]
deny = [
  { id = "D-014", from = "zone:atm", to = "zone:atm", severity = "critical", except = ["C-8"], why = "ATM east-west" },
  { id = "D-020", from = "zone:office", to = "zone:swift", severity = "high" },
]
"#;

fn bank() -> Policy {
    Policy::read(BANK).unwrap_or_else(|problems| panic!("{problems:?}"))
}

fn seen<'a>(src_ip: Ipv6Addr, dst_ip: Ipv6Addr, dst_port: u16) -> Seen<'a> {
    Seen {
        src_ip,
        dst_ip,
        src_port: 50_000,
        dst_port,
        ip_protocol: 6,
        direction: Direction::Syn,
        outcome: Outcome::Established,
        app: "",
        app_conf: 0,
        time: THURSDAY,
    }
}

const SAA: Ipv6Addr = v4(10, 40, 8, 11);
const JUMP: Ipv6Addr = v4(10, 40, 8, 70);
const OP: Ipv6Addr = v4(10, 40, 8, 65);
const QM: Ipv6Addr = v4(10, 40, 2, 30);
const PC: Ipv6Addr = v4(10, 31, 1, 117);
const PC_ELSEWHERE: Ipv6Addr = v4(10, 31, 2, 117);
const OUT: Ipv6Addr = v4(203, 0, 113, 40);
const ATM: Ipv6Addr = v4(10, 60, 0, 7);
const ATM_2: Ipv6Addr = v4(10, 60, 0, 8);

#[test]
fn a_flow_is_ok_only_on_a_conduit_of_its_direction_and_service() {
    let policy = bank();
    let cases = [
        (JUMP, SAA, 443, Verdict::Ok, Some("C-1"), Severity::P0),
        (SAA, JUMP, 443, Verdict::Undeclared, None, Severity::P3),
        (JUMP, SAA, 445, Verdict::Undeclared, None, Severity::P3),
        (OP, SAA, 443, Verdict::Undeclared, None, Severity::P3),
        (OP, JUMP, 22, Verdict::Ok, Some("C-2"), Severity::P0),
        (PC, OUT, 443, Verdict::Ok, Some("C-4"), Severity::P0),
        (PC_ELSEWHERE, OUT, 443, Verdict::Undeclared, None, Severity::P3),
        (SAA, QM, 1414, Verdict::Expired, Some("C-3"), Severity::P1),
        (QM, ATM, 8530, Verdict::Ok, Some("C-5"), Severity::P0),
        (ATM, QM, 8531, Verdict::Ok, Some("C-5"), Severity::P0),
        (ATM, QM, 8532, Verdict::Undeclared, None, Severity::P3),
        (SAA, QM, 443, Verdict::Ok, Some("C-7"), Severity::P0),
        (QM, SAA, 443, Verdict::Undeclared, None, Severity::P3),
        (ATM, ATM_2, 445, Verdict::Denied, Some("D-014"), Severity::P4),
        (ATM, ATM_2, 8530, Verdict::Ok, Some("C-8"), Severity::P0),
        (PC, SAA, 443, Verdict::Denied, Some("D-020"), Severity::P3),
    ];
    for (src, dst, port, verdict, conduit, severity) in cases {
        let judged = policy.judge(&seen(src, dst, port));
        assert_eq!(
            (judged.verdict, judged.conduit, judged.severity),
            (verdict, conduit, severity),
            "{src} {dst}:{port}"
        );
    }
}

#[test]
fn a_conduit_holds_from_its_first_moment_and_through_its_last_day() {
    let policy = bank();
    let dns = |time| policy.judge(&Seen { ip_protocol: 17, time, ..seen(PC, QM, 53) }).verdict;
    assert_eq!(dns(THURSDAY), Verdict::Undeclared);
    assert_eq!(dns(THURSDAY.plus(12 * Time::HOUR)), Verdict::Ok);
    let mq = |time| policy.judge(&Seen { time, ..seen(SAA, QM, 1414) }).verdict;
    assert_eq!(
        mq(THURSDAY.plus(-12 * Time::HOUR - 1)),
        Verdict::Ok,
        "the last microsecond of 2026-03-11"
    );
    assert_eq!(mq(THURSDAY.plus(-12 * Time::HOUR)), Verdict::Expired);
}

#[test]
fn another_protocol_is_a_mismatch_once_it_is_sure() {
    let policy = bank();
    let app = |app, app_conf| policy.judge(&Seen { app, app_conf, ..seen(OP, JUMP, 22) });
    assert_eq!(app("ssh", 4).verdict, Verdict::Ok);
    assert_eq!(app("http", 1).verdict, Verdict::Ok);
    assert_eq!(app("http", 2).verdict, Verdict::AppMismatch);
    assert_eq!(
        (app("http", 2).severity, app("http", 2).conduit, app("http", 2).service),
        (Severity::P3, Some("C-2"), Some("ssh"))
    );
    let expired = policy.judge(&Seen { app: "ssh", app_conf: 3, ..seen(SAA, QM, 1414) });
    assert_eq!(
        expired.verdict,
        Verdict::AppMismatch,
        "the worse of two faults of one conduit is said"
    );
    assert_eq!(
        policy.judge(&Seen { ip_protocol: 17, ..seen(OP, JUMP, 22) }).verdict,
        Verdict::Undeclared
    );
}

#[test]
fn what_was_blocked_is_a_note_and_what_is_uncertain_is_milder() {
    let policy = bank();
    let severity = |outcome| policy.judge(&Seen { outcome, ..seen(ATM, ATM_2, 445) }).severity;
    assert_eq!(severity(Outcome::Established), Severity::P4);
    assert_eq!(severity(Outcome::UnknownDirection), Severity::P3);
    assert_eq!(severity(Outcome::Blocked), Severity::P0);
}

#[test]
fn a_flow_met_under_way_is_not_judged_backwards() {
    let policy = bank();
    let reply = Seen { direction: Direction::Unknown, src_port: 443, ..seen(SAA, JUMP, 50_000) };
    let judged = policy.judge(&reply);
    assert_eq!((judged.verdict, judged.conduit), (Verdict::Ok, Some("C-1")));
    assert_eq!(judged.outcome, Outcome::UnknownDirection);
    assert_eq!((judged.src_zone, judged.dst_zone), ("swift", "swift-ops"));
    let reply_of_nothing = Seen { src_port: 445, ..reply };
    let judged = policy.judge(&reply_of_nothing);
    assert_eq!((judged.verdict, judged.severity), (Verdict::Undeclared, Severity::P2));
}

#[test]
fn an_observing_policy_tells_nobody_of_what_is_undeclared() {
    let policy =
        Policy::read(&format!("{BANK}\n[meta]\ndefault = \"observe\"\n")).expect("a policy");
    let judged = policy.judge(&seen(OP, SAA, 445));
    assert_eq!((judged.verdict, judged.severity), (Verdict::Undeclared, Severity::P0));
    assert_eq!(
        policy.judge(&seen(ATM, ATM_2, 445)).severity,
        Severity::P4,
        "what is denied stays denied"
    );
}

#[test]
fn the_outcome_is_what_tcp_states_or_packets_of_both_sides_say() {
    use ConnState::*;
    let cases = [
        (6, S1, 3, 2, Outcome::Established),
        (6, Sf, 5, 5, Outcome::Established),
        (6, Rsto, 5, 5, Outcome::Established),
        (6, S0, 3, 0, Outcome::Blocked),
        (6, Rej, 1, 1, Outcome::Blocked),
        (6, Rstos0, 2, 0, Outcome::Blocked),
        (6, Shr, 0, 2, Outcome::UnknownDirection),
        (6, Other, 4, 4, Outcome::Established),
        (6, Other, 4, 0, Outcome::UnknownDirection),
        (17, Other, 1, 1, Outcome::Established),
        (17, Other, 1, 0, Outcome::UnknownDirection),
    ];
    for (ip_protocol, state, src, dst, expected) in cases {
        assert_eq!(
            outcome(ip_protocol, state, src, dst),
            expected,
            "{ip_protocol} {state} {src} {dst}"
        );
    }
}

/// A rule in a small world: zones a, b, c (10.0.0.0/24 to 10.0.2.0/24), hosts h0 to h2 (their .1), groups g0 to g2
/// (their upper halves).
#[derive(Debug, Clone)]
struct Rule {
    from: End,
    to: End,
    ports: (u16, u16),
    expired: bool,
    except: Vec<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Any,
    Zone(u8),
    Host(u8),
    Group(u8),
}

impl End {
    fn text(self) -> String {
        match self {
            Self::Any => "any".into(),
            Self::Zone(n) => format!("zone:z{n}"),
            Self::Host(n) => format!("host:h{n}"),
            Self::Group(n) => format!("group:g{n}"),
        }
    }

    fn holds(self, ip: (u8, u8)) -> bool {
        match self {
            Self::Any => true,
            Self::Zone(n) => ip.0 == n,
            Self::Host(n) => ip == (n, 1),
            Self::Group(n) => ip.0 == n && ip.1 >= 128,
        }
    }
}

impl Rule {
    fn matches(&self, src: (u8, u8), dst: (u8, u8), port: u16) -> bool {
        self.from.holds(src) && self.to.holds(dst) && (self.ports.0..=self.ports.1).contains(&port)
    }
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        Just(End::Any),
        (0u8..3).prop_map(End::Zone),
        (0u8..3).prop_map(End::Host),
        (0u8..3).prop_map(End::Group)
    ]
}

fn rule(conduits: usize) -> impl Strategy<Value = Rule> {
    let except = prop::collection::vec(0..conduits.max(1), 0..3);
    (end(), end(), 0u16..4, 0u16..4, any::<bool>(), except).prop_map(
        |(from, to, low, high, expired, except)| Rule {
            from,
            to,
            ports: (low.min(high), low.max(high)),
            expired,
            except,
        },
    )
}

fn written(conduits: &[(usize, Rule)], denies: &[Rule]) -> String {
    let mut text = String::new();
    for n in 0..3 {
        text += &format!("[[zone]]\nid = \"z{n}\"\ncidrs = [\"10.0.{n}.0/24\"]\ncriticality = 1\n");
        text += &format!("[[host]]\nname = \"h{n}\"\nip = \"10.0.{n}.1\"\n");
        text += &format!("[[group]]\nid = \"g{n}\"\nmembers = [\"10.0.{n}.128/25\"]\n");
    }
    let mut rule = |kind: &str, id: String, rule: &Rule, more: String| {
        let (low, high) = rule.ports;
        text +=
            &format!("[[service]]\nid = \"s-{id}\"\nproto = \"tcp\"\nports = [\"{low}-{high}\"]\n");
        let (from, to) = (rule.from.text(), rule.to.text());
        text += &format!(
            "[[{kind}]]\nid = \"{id}\"\nfrom = \"{from}\"\nto = \"{to}\"\nservice = \"s-{id}\"\n{more}"
        );
    };
    for (index, conduit) in conduits {
        let expires =
            if conduit.expired { "expires = 2026-01-01\n".to_owned() } else { String::new() };
        rule("conduit", format!("c{index}"), conduit, expires);
    }
    for (index, deny) in denies.iter().enumerate() {
        let except: Vec<String> = deny.except.iter().map(|index| format!("\"c{index}\"")).collect();
        rule("deny", format!("d{index}"), deny, format!("except = [{}]\n", except.join(", ")));
    }
    text
}

/// The rules read one by one, as their description says.
fn expected(
    conduits: &[(usize, Rule)],
    denies: &[Rule],
    src: (u8, u8),
    dst: (u8, u8),
    port: u16,
) -> Verdict {
    let denying: Vec<&Rule> = denies.iter().filter(|deny| deny.matches(src, dst, port)).collect();
    let passing = conduits.iter().filter(|(index, conduit)| {
        conduit.matches(src, dst, port) && denying.iter().all(|deny| deny.except.contains(index))
    });
    let verdicts =
        passing.map(|(_, conduit)| if conduit.expired { Verdict::Expired } else { Verdict::Ok });
    verdicts.min().unwrap_or(if denying.is_empty() { Verdict::Undeclared } else { Verdict::Denied })
}

proptest! {
    #[test]
    fn the_tables_say_what_the_rules_say_in_any_order(
        conduits in prop::collection::vec(rule(0), 4..9),
        denies in prop::collection::vec(rule(4), 0..3),
        order in any::<prop::sample::Index>(),
        flows in prop::collection::vec((0u8..3, prop::sample::select(vec![0u8, 1, 127, 128, 255]), 0u8..3, prop::sample::select(vec![0u8, 1, 127, 128, 255]), 0u16..4), 1..20),
    ) {
        let conduits: Vec<(usize, Rule)> = conduits.into_iter().enumerate().collect();
        let mut turned = conduits.clone();
        turned.rotate_left(order.index(conduits.len()));
        turned.reverse();
        let read = |conduits: &[(usize, Rule)]| Policy::read(&written(conduits, &denies)).map_err(|problems| TestCaseError::fail(format!("{problems:?}")));
        let (policy, turned) = (read(&conduits)?, read(&turned)?);
        for (src_zone, src_host, dst_zone, dst_host, port) in flows {
            let flow = seen(v4(10, 0, src_zone, src_host), v4(10, 0, dst_zone, dst_host), port);
            let judged = policy.judge(&flow);
            prop_assert_eq!(judged.verdict, expected(&conduits, &denies, (src_zone, src_host), (dst_zone, dst_host), port));
            let again = turned.judge(&flow);
            prop_assert_eq!((judged.verdict, judged.conduit, judged.service), (again.verdict, again.conduit, again.service));
        }
    }
}
