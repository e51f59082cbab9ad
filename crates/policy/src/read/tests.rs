//! Reading: the forms of the file, the place of every mistake, and that no text is too strange.

use crate::declared::{Initiator, Selector};
use crate::{Grade, Mac, Policy, Problem};
use model::{Severity, Time};
use proptest::prelude::*;

const BANK: &str = r#"
zone = [
  { id = "swift", name = "SWIFT secure zone", cidrs = ["10.40.8.0/26"], criticality = 10, tags = ["swift", "cii"], site = "dc-a", dr_pair = "swift-dr", pcap = "off", business = ["xborder-payments"] },
  { id = "hsm", cidrs = ["10.40.9.0/28"], criticality = 10, tags = ["cde", "pin"], pcap = "off" },
]
host = [{ ip = "10.40.8.11", name = "saa-1", zone = "swift", role = "messaging-if" }]
group = [{ id = "payhub-app", members = ["10.40.2.21", "10.40.2.0/30", "saa-1"] }]
service = [{ id = "mq-tls", proto = "tcp", ports = [1414, "1500-1510"], app = ["ibmmq"], tls = "required", tls_min = "1.2" }]
calendar = [{ id = "xborder-hours", tz = "Asia/Shanghai", days = ["mon"], from = "07:30", to = "19:00" }]
deny = [{ id = "D-001", from = "any", to = "zone:hsm", except = ["C-0007"], severity = "high", controls = ["PCI:1.3.1"] }]
link = [{ id = "saa-mq", to = "host:saa-1", peek = "16KiB", marks = ["records"] }, { id = "inet-1", zones = ["internet"], link_bps = 10_000_000_000 }]

[meta]
institution = "Example Bank"
version = 17
approved_by = "netsec-board"
approved_at = 2026-11-02
default = "deny"

[[conduit]]
id = "C-0007"
from = "group:payhub-app"
to = ["host:saa-1", "zone:hsm"]
service = ["mq-tls"]
initiator = "from"
calendar = "xborder-hours"
out_of_hours = "high"
app = { mq_channels = ["PAYHUB.TO.SAA"] }
limits = { out_per_day = "400MiB" }
expires = 2027-06-30
review_days = 180
owner = "payments-it"
controls = ["SWIFT:2.4"]

[dr]
states = ["normal"]
"#;

/// The problems of a text, as their first lines would be printed.
fn problems(text: &str) -> Vec<String> {
    Policy::read(text).err().unwrap_or_default().iter().map(Problem::to_string).collect()
}

#[test]
fn the_file_of_the_handbook_is_read_and_what_is_not_judged_is_named() {
    let policy = Policy::read(BANK).expect("no errors");
    assert_eq!(policy.meta().institution, "Example Bank");
    assert_eq!(policy.zone("swift").map(|zone| zone.criticality), Some(10));
    assert_eq!(policy.host("saa-1").map(|host| host.role.as_str()), Some("messaging-if"));
    assert_eq!(policy.services()[0].ports, [(1414, 1414), (1500, 1510)]);
    let conduit = &policy.conduits()[0];
    assert_eq!(conduit.to, [Selector::Zone("hsm".into()), Selector::Host("saa-1".into())]);
    assert_eq!(conduit.initiator, Initiator::From);
    // `date -u -d 2027-07-01 +%s` is 1814400000: the last day is a whole day.
    assert_eq!(conduit.expires, Some(Time::new(1_814_400_000, 0)));
    assert_eq!(policy.denies()[0].severity, Severity::P3);
    assert_eq!(policy.links()[1].link_bps, 10_000_000_000);
    let warned: Vec<&str> =
        policy.warnings().iter().map(|warning| warning.message.as_str()).collect();
    let expected = [
        "`tls` of a service is not judged yet",
        "`tls_min` of a service is not judged yet",
        "`tz` of a calendar is not judged yet",
        "`from` of a calendar is not judged yet",
        "`to` of a calendar is not judged yet",
        "`calendar` of a conduit is not judged yet",
        "`out_of_hours` of a conduit is not judged yet",
        "`app` of a conduit is not judged yet",
        "`limits` of a conduit is not judged yet",
        "`review_days` of a conduit is not judged yet",
        "`dr` of a policy is not judged yet",
    ];
    assert_eq!(warned, expected);
    assert!(
        policy
            .warnings()
            .iter()
            .all(|warning| warning.severity == Grade::Warning && warning.line > 1)
    );
}

#[test]
fn a_link_of_the_card_rail_says_what_is_agreed_about_codes_and_authentication() {
    let text = "link = [\n  { id = \"sw-auth\", mac = \"none\", codes = { \"68\" = \"91\", \"06\" = \"96\" } },\n  { id = \"visa\", mac = \"required\" },\n  { id = \"inet\" },\n]\n";
    let policy = Policy::read(text).expect("no errors");
    assert!(policy.warnings().is_empty(), "{:?}", policy.warnings());
    let link = policy.link("sw-auth").expect("it is declared");
    assert_eq!(link.mac, Mac::Absent);
    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    assert_eq!(link.codes, [pair("06", "96"), pair("68", "91")]);
    assert_eq!(policy.link("visa").map(|link| link.mac), Some(Mac::Required));
    assert_eq!(policy.link("inet").map(|link| link.mac), Some(Mac::Unsaid));
    assert!(policy.link("atm").is_none());
}

#[test]
fn the_long_form_is_the_same_policy() {
    let short = r#"zone = [{ id = "a", cidrs = ["10.0.0.0/24"], criticality = 3 }]"#;
    let long = "[[zone]]\nid = \"a\"\ncidrs = [\"10.0.0.0/24\"]\ncriticality = 3\n";
    let (short, long) = (Policy::read(short).expect("short"), Policy::read(long).expect("long"));
    assert_eq!(short.zones(), long.zones());
    assert_ne!(short.hash(), long.hash());
}

#[test]
fn the_hash_is_the_beginning_of_the_sha_256_of_the_text() {
    // `printf '' | sha256sum` is e3b0c44298fc1c14…
    assert_eq!(Policy::read("").expect("an empty policy").hash(), "e3b0c44298fc1c14");
}

#[test]
fn every_mistake_is_told_with_its_place_and_what_was_meant() {
    let zone = "zone = [{ id = \"core\", cidrs = [\"10.0.0.0/24\"], criticality = 3 }]\n";
    let service = "service = [{ id = \"ssh\", proto = \"tcp\", ports = [22] }]\n";
    let with = |rest: &str| format!("{zone}{service}{rest}");
    let cases = [
        ("zone = [\n  { id = \"a\" ", "2:13: error: ", ""),
        (
            "[[link]]\nid = \"a\"\nmac = \"maybe\"\n",
            "3:7: error: `mac` must be one of required, none",
            "",
        ),
        (
            "[[link]]\nid = \"a\"\ncodes = [\"68\"]\n",
            "3:9: error: `codes` must be a table of texts",
            "",
        ),
        (
            "[[link]]\nid = \"a\"\ncodes = { \"68\" = 91 }\n",
            "3:18: error: `codes` must be a table of texts",
            "",
        ),
        ("zoen = []\n", "1:1: error: unknown key `zoen` in policy", "(did you mean zone?)"),
        ("zone = 3\n", "1:8: error: `zone` is a list of tables", "(did you mean [[zone]]?)"),
        (
            "[zone]\nid = \"a\"\n",
            "1:1: error: `zone` is a list of tables",
            "(did you mean [[zone]]?)",
        ),
        (
            "[[zone]]\nid = \"a\"\ncritical = 3\n",
            "3:1: error: unknown key `critical` in zone",
            "(did you mean criticality?)",
        ),
        ("[[zone]]\nid = \"a\"\n", "1:1: error: a zone needs `criticality`", ""),
        (
            "[[zone]]\nid = \"a\"\ncriticality = 11\n",
            "3:15: error: `criticality` must be a whole number from 0 to 10",
            "",
        ),
        ("[[zone]]\nid = \"a b\"\ncriticality = 1\n", "2:6: error: `id` must be letters", ""),
        (
            "[[zone]]\nid = \"a\"\ncriticality = 1\ncidrs = [\"10.0.0.0/8\", \"10.1.2.3/16\"]\n",
            "4:24: error: `10.1.2.3/16` has bits set after its prefix",
            "(did you mean 10.1.0.0/16?)",
        ),
        (
            "[[zone]]\nid = \"a\"\ncriticality = 1\ncidrs = [\"10.0.0/8\"]\n",
            "4:10: error: `10.0.0/8` is no address and no network",
            "",
        ),
        (
            &with("[[host]]\nname = \"x\"\nip = \"10.0.0.9\"\nzone = \"coer\"\n"),
            "6:8: error: no zone is named `coer`",
            "(did you mean core?)",
        ),
        (
            &with("[[host]]\nname = \"x\"\nip = \"10.0.0.999\"\n"),
            "5:6: error: `10.0.0.999` is no address",
            "",
        ),
        (
            &with("[[group]]\nid = \"g\"\nmembers = [\"hots\"]\n"),
            "5:12: error: no host is named `hots`",
            "",
        ),
        (
            "[[service]]\nid = \"x\"\nproto = \"tpc\"\n",
            "3:9: error: `proto` must be",
            "(did you mean tcp?)",
        ),
        (
            "[[service]]\nid = \"x\"\nproto = \"tcp\"\nports = [70000]\n",
            "4:10: error: a port is 0 to 65535",
            "",
        ),
        (
            "[[service]]\nid = \"ssh\"\nproto = \"tcp\"\n[[service]]\nid = \"ssh\"\nproto = \"tcp\"\n",
            "5:6: error: service `ssh` is declared twice",
            "",
        ),
        (
            &with("[[conduit]]\nid = \"c\"\nfrom = \"core\"\nto = \"any\"\nservice = \"ssh\"\n"),
            "5:8: error: `core` is no end of a rule",
            "(did you mean zone:core?)",
        ),
        (
            &with(
                "[[conduit]]\nid = \"c\"\nfrom = \"zone:croe\"\nto = \"any\"\nservice = \"ssh\"\n",
            ),
            "5:8: error: no zone is named `croe`",
            "(did you mean core?)",
        ),
        (
            &with("[[conduit]]\nid = \"c\"\nfrom = \"any\"\nto = \"any\"\nservice = [\"shh\"]\n"),
            "7:12: error: no service is named `shh`",
            "(did you mean ssh?)",
        ),
        (
            &with("[[conduit]]\nid = \"c\"\nfrom = \"any\"\nservice = \"any\"\n"),
            "3:1: error: a conduit needs `to`",
            "",
        ),
        (
            &with("[[conduit]]\nid = \"c\"\nfrom = \"any\"\nto = \"any\"\n"),
            "3:1: error: a conduit needs `service`",
            "",
        ),
        (
            &with(
                "[[conduit]]\nid = \"c\"\nfrom = \"any\"\nto = \"any\"\nservice = \"any\"\ninitiator = \"form\"\n",
            ),
            "8:13: error: `initiator` must be one of from, to, either",
            "(did you mean from?)",
        ),
        (
            &with(
                "[[conduit]]\nid = \"c\"\nfrom = \"any\"\nto = \"any\"\nservice = \"any\"\nexpires = \"soon\"\n",
            ),
            "8:11: error: `expires` must be a day or a moment",
            "",
        ),
        (
            &with("[[deny]]\nid = \"d\"\nfrom = \"any\"\nto = \"any\"\nexcept = [\"C-1\"]\n"),
            "7:11: error: no conduit is named `C-1`",
            "",
        ),
        (
            &with("[[deny]]\nid = \"d\"\nfrom = \"any\"\nto = \"any\"\nseverity = \"hihg\"\n"),
            "7:12: error: `severity` must be one of note, low, medium, high, critical",
            "(did you mean high?)",
        ),
        ("[meta]\ndefault = \"allow\"\n", "2:11: error: `default` must be `deny` or `observe`", ""),
        (
            "[[zone]]\nid = \"a\"\ncriticality = 1\nvalid_from = 2026-02-01\nvalid_to = 2026-01-01\n",
            "5:12: error: `valid_to` is not after `valid_from`",
            "",
        ),
        (
            "[[zone]]\nid = \"a\"\ncriticality = 1\ncidrs = [\"10.0.0.0/8\"]\n[[zone]]\nid = \"b\"\ncriticality = 1\ncidrs = [\"10.0.0.0/8\"]\n",
            "8:10: error: `10.0.0.0/8` is declared twice for the same time",
            "",
        ),
    ];
    for (text, beginning, end) in cases {
        let problems = problems(text);
        let told =
            problems.iter().any(|problem| problem.starts_with(beginning) && problem.ends_with(end));
        assert!(told, "{text}\ngave {problems:?}");
    }
}

#[test]
fn a_network_may_change_hands_in_time() {
    let text = "[[zone]]\nid = \"a\"\ncriticality = 1\ncidrs = [\"10.0.0.0/8\"]\nvalid_to = 2026-01-01\n\
                [[zone]]\nid = \"b\"\ncriticality = 1\ncidrs = [\"10.0.0.0/8\"]\nvalid_from = 2026-01-01\n";
    assert_eq!(problems(text), Vec::<String>::new());
}

#[test]
fn a_file_full_of_mistakes_tells_the_first_ones_and_how_many_more() {
    let text = (0..1000).map(|index| format!("key{index} = 1\n")).collect::<Vec<_>>().concat();
    let problems = problems(&text);
    assert_eq!(problems.len(), 200);
    assert!(problems[199].ends_with("and 800 more problems"), "{}", problems[199]);
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,300}", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Policy::read(&text);
        let _ = Policy::read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn a_damaged_policy_is_survived_and_its_problems_lie_inside_it(
        cuts in prop::collection::vec((0usize..BANK.len(), 0usize..12, "[\\[\\]{}=\",a-z0-9#\n]{0,4}"), 1..5)
    ) {
        let mut text = BANK.to_owned();
        for (at, length, insert) in cuts {
            let from = at.min(text.len());
            let to = (from + length).min(text.len());
            if text.is_char_boundary(from) && text.is_char_boundary(to) {
                text.replace_range(from..to, &insert);
            }
        }
        let lines = text.matches('\n').count() + 1;
        for problem in Policy::read(&text).map_or_else(|problems| problems, |policy| policy.warnings().to_vec()) {
            prop_assert!((1..=lines).contains(&problem.line) && problem.column >= 1 && problem.length >= 1);
        }
    }
}
