//! Rules over stored rows: judged with the other detections, twice, span by span, at two taps; and looked back on.

use analyzer::judge::Judge;
use analyzer::warnings::Pass;
use analyzer::window::Span;
use bartizan_tests::{RunningStore, fresh_folder, program};
use model::batch::Block;
use model::flow::{ConnState, Direction};
use model::{Coverage, Flow, Record, Side, Time, mapped};
use policy::Policy;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use store::{Prepared, Question, Role, Session, Store, Token};

/// `date -u -d 2026-03-11T12:00 +%s`.
const NOON: Time = Time::new(1_773_230_400, 0);

/// Clear-text administration into a critical zone.
const RULE: &str = "R-8f0b7d52";

const POLICY: &str = r#"
zone = [
  { id = "core", cidrs = ["10.40.2.0/24"], criticality = 10 },
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4 },
]
host = [{ ip = "10.31.0.7", name = "pc-7", zone = "office" }]
service = [{ id = "telnet", proto = "tcp", ports = [23] }]
conduit = [{ id = "C-1", from = "zone:office", to = "zone:core", service = ["telnet"] }]
[meta]
institution = "Town Bank"
version = 1
"#;

fn policy() -> Policy {
    Policy::read(POLICY).expect("the policy above is right")
}

fn minute(minute: i64) -> Time {
    NOON.plus(minute * Time::MINUTE)
}

fn range() -> Span {
    Span::new(NOON, minute(340))
}

/// Telnet from an office computer, with its number, to a host of the core.
fn telnet(at: i64, tap: &str, who: u8, answered: bool) -> Flow {
    let start = minute(at).plus(7 * Time::SECOND);
    Flow {
        tap: tap.into(),
        flow_start: start,
        first_seen: start,
        last_seen: start.plus(Time::SECOND),
        src_ip: mapped(std::net::Ipv4Addr::new(10, 31, 0, who).into()),
        dst_ip: mapped(std::net::Ipv4Addr::new(10, 40, 2, 21).into()),
        src_port: 40_000 + at as u16,
        dst_port: 23,
        ip_protocol: 6,
        direction: Direction::Syn,
        conn_state: if answered { ConnState::Sf } else { ConnState::S0 },
        src_packets: 5,
        dst_packets: if answered { 4 } else { 0 },
        src_bytes: 400,
        dst_bytes: if answered { 400 } else { 0 },
        ..Flow::default()
    }
}

/// What happens: pc-7 is answered at minutes 0, 30, 70 and 320; the tap of the office sees only half of the call at 30.
/// Its neighbour is answered once, seen at both taps whole, and once it is not answered.
fn flows() -> Vec<Flow> {
    let mut flows = vec![
        telnet(0, "c", 7, true),
        telnet(30, "c", 7, true),
        telnet(30, "b", 7, false),
        telnet(70, "c", 7, true),
        telnet(320, "c", 7, true),
        telnet(60, "b", 8, true),
        telnet(60, "c", 8, true),
        telnet(61, "c", 8, false),
    ];
    flows.sort_by_key(|flow| flow.first_seen);
    flows
}

async fn insert<R: Record>(store: &Store, rows: &[R]) {
    let mut block = Block::new(R::TABLE);
    for row in rows {
        row.encode(&mut block);
    }
    if block.rows() > 0 {
        let token = Token::of_content(R::TABLE.name, &block.to_native());
        store.insert(&Prepared::from_block(&block, token)).await.expect("the rows are taken");
    }
}

fn covered(span: Span) -> Vec<Coverage> {
    let of = |minute, tap: &str, direction| Coverage {
        minute,
        tap: tap.into(),
        vlan: 0,
        direction,
        packets_per_s: 1.0,
        drop_ppm: 0,
        one_way_ppm: 0,
        clock_offset_us: 0,
        bytes_scanned: 0,
    };
    let both = |minute| {
        ["b", "c"]
            .into_iter()
            .flat_map(move |tap| [Side::Src, Side::Dst].map(|direction| of(minute, tap, direction)))
    };
    span.minutes().flat_map(both).collect()
}

async fn opened(name: &str, flows: &[Flow], coverage: &[Coverage]) -> Session {
    let owner = RunningStore::shared().open(name, Role::Owner).await;
    let session = RunningStore::shared().open(name, Role::Analyzer).await;
    analyzer::publish(&session, &policy()).await.expect("the policy is published");
    insert(&owner, flows).await;
    insert(&owner, coverage).await;
    session
}

#[derive(Debug, PartialEq, Deserialize)]
struct Rang {
    subject: String,
    minute: i64,
    evidence: u64,
}

async fn rang(store: &Store) -> Vec<Rang> {
    let sql = "SELECT subject, dateDiff('minute', {noon:DateTime64(6)}, time) AS minute, length(evidence_ids) AS evidence
        FROM warning_now WHERE detection = {rule:String} ORDER BY time, subject";
    let question = Question::new("rang", sql).with("noon", NOON).with("rule", RULE);
    store.ask::<Rang>(&question).await.expect("the view is there").rows
}

/// One minute after the first match of each; pc-7's calls up to 70 are one cause, that at 320 comes more than four hours later.
fn expected() -> Vec<Rang> {
    let rang = |subject: &str, minute, evidence| Rang { subject: subject.into(), minute, evidence };
    vec![rang("pc-7", 1, 2), rang("10.31.0.8", 61, 1), rang("pc-7", 321, 1)]
}

#[tokio::test(flavor = "multi_thread")]
async fn matches_of_one_cause_ring_once_and_judging_again_adds_nothing() {
    let store = opened("rules_judged", &flows(), &covered(range())).await;
    let policy = policy();
    analyzer::once(&store, &policy, range(), &[]).await.expect("the range is judged");
    assert_eq!(rang(&store).await, expected());
    let again = analyzer::once(&store, &policy, range(), &[]).await.expect("it is judged again");
    assert_eq!(again.written(), 0, "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn span_by_span_rules_ring_as_over_the_whole() {
    let store = opened("rules_live", &[], &[]).await;
    let owner = RunningStore::shared().open("rules_live", Role::Owner).await;
    let policy = policy();
    let mut judge = Judge::open(&store, &policy, NOON, &[]).await.expect("a judge");
    for span in range().steps(20 * Time::MINUTE) {
        let new: Vec<Flow> =
            flows().into_iter().filter(|flow| span.holds(flow.first_seen)).collect();
        insert(&owner, &new).await;
        insert(&owner, &covered(span)).await;
        if !new.is_empty() {
            judge.span(span, Pass::Early).await.expect("a glimpse of what is open");
        }
        judge.span(span, Pass::Closed).await.expect("the span is judged");
    }
    assert_eq!(rang(&store).await, expected());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_that_is_left_out_is_not_read_by_rules() {
    let store = opened("rules_without", &flows(), &covered(range())).await;
    let without = ["c".to_owned()];
    analyzer::once(&store, &policy(), range(), &without).await.expect("the range is judged");
    let subjects: Vec<String> = rang(&store).await.into_iter().map(|row| row.subject).collect();
    assert_eq!(subjects, ["10.31.0.8"], "tap b saw the neighbour whole, and pc-7 by half");
}

/// Settings of a database of the shared engine, as a file.
fn settings(name: &str, folder: &Path) -> String {
    let settings = RunningStore::shared().settings(name);
    std::fs::create_dir_all(folder).expect("the build folder is writable");
    let policy = folder.join("policy.toml");
    std::fs::write(&policy, POLICY).expect("a file");
    let file = folder.join("bartizan.toml");
    let (engine, policy) = (settings.folder.to_string_lossy(), policy.to_string_lossy());
    let database = settings.database;
    let text = format!(
        "[store]\nfolder = {engine:?}\ndatabase = {database:?}\n[analyzer]\npolicy = {policy:?}\n"
    );
    std::fs::write(&file, text).expect("a file");
    file.to_string_lossy().into_owned()
}

fn bartizan(arguments: &[&str]) -> Output {
    Command::new(program("bartizan")).args(arguments).output().expect("the program starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backtest_says_how_often_a_rule_would_have_rung_and_on_whom() {
    let folder = fresh_folder("backtest");
    let _store = opened("rules_backtest", &flows(), &covered(range())).await;
    let settings = settings("rules_backtest", &folder);
    let (row, code) = backtest(RULE, "2026-03-10T12:00:00Z", "2026-03-11T22:00:00Z", &settings);
    assert_eq!(code, Some(0), "{row}");
    let counts = (&row["matches"], &row["warnings"], &row["busiest_shift"]);
    assert_eq!(counts, (&5.into(), &3.into(), &2.into()));
    let days = row["days"].as_array().expect("days").iter();
    assert_eq!(days.map(|day| day["matches"].as_u64()).collect::<Vec<_>>(), [Some(0), Some(5)]);
    let on = |at: usize| {
        let one = &row["entities"][at];
        (one["entity"].as_str(), one["matches"].as_u64(), one["warnings"].as_u64())
    };
    assert_eq!(on(0), (Some("pc-7"), Some(4), Some(2)));
    assert_eq!(on(1), (Some("10.31.0.8"), Some(1), Some(1)));
    // From noon, when the taps begin, to 22:00 each should have seen 600 minutes, and saw 340.
    assert_eq!(row["unknown_ppm"], 260_000_000 / 600);

    // A file that is not enabled: every call is a cause of its own, unanswered ones too, and an hour has four of them. The
    // one at 30 is seen whole at tap c alone.
    let file = folder.join("mine.yml");
    let rule = "title: Telnet\nid: 0badc0de-0000-4000-8000-000000000001\nstatus: test\nlevel: low\n\
        logsource: {product: zeek, service: conn}\ndetection: {s: {id.resp_p: 23}, condition: s}\n\
        bartizan: {budget: 1, suppress_key: [src_ip, src_port]}\n";
    std::fs::write(&file, rule).expect("a file");
    let file = file.to_string_lossy();
    let (row, code) = backtest(&file, "2026-03-11T12:00:00Z", "2026-03-11T13:02:00Z", &settings);
    assert_eq!(
        (&row["matches"], &row["warnings"], code),
        (&4.into(), &4.into(), Some(10)),
        "{row}"
    );
    assert_eq!(row["refusal"], "4.0 warnings a shift exceed 3 times the budget of 1");
}

/// What `rules backtest` prints as JSON, and its exit code.
fn backtest(rule: &str, from: &str, to: &str, settings: &str) -> (Value, Option<i32>) {
    let words = ["rules", "backtest", rule, "--format", "jsonl", "--from", from, "--to", to];
    let output = bartizan(&[&words[..], &["--config", settings]].concat());
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    let row = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{said}"));
    (row, output.status.code())
}

#[test]
fn what_is_wrong_with_a_rule_is_underlined_and_exits_with_3() {
    let folder = fresh_folder("validate");
    std::fs::create_dir_all(&folder).expect("the build folder is writable");
    let file = folder.join("wrong.yml");
    let rule = "title: Wrong\nid: 0badc0de-0000-4000-8000-000000000002\nlevel: low\n\
        logsource: {product: bartizan, service: dns}\ndetection:\n  s:\n    qnome|contains: x\n  condition: s\n";
    std::fs::write(&file, rule).expect("a file");
    let output = bartizan(&["rules", "validate", &file.to_string_lossy()]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(
        said.contains(
            "wrong.yml:7:5: unsupported: table dns has no field `qnome`; is `qname` meant?"
        ),
        "{said}"
    );
    assert!(said.contains("        qnome|contains: x\n        ^^^^^\n"), "{said}");
}
