//! What is remembered on the real engine: days that were only loaded, an hour however it is cut, and nothing twice.

use analyzer::memory::remember;
use analyzer::window::Span;
use bartizan_tests::RunningStore;
use model::batch::Block;
use model::flow::{ConnState, Direction};
use model::{Coverage, Flow, Record, Side, Time, mapped};
use policy::Policy;
use serde::Deserialize;
use std::net::Ipv4Addr;
use store::{Prepared, Question, Role, Session, Store, Token};

/// `date -u -d 2026-03-02 +%s`: a Monday.
const FIRST: Time = Time::new(1_772_409_600, 0);
/// Days that are loaded; the next is remembered.
const DAYS: i64 = 16;
/// The hour that is remembered: 09:00 of the day after.
const HOUR: Time = FIRST.plus(DAYS * Time::DAY + 9 * Time::HOUR);
/// A day of which nothing was covered, and on which much was sent.
const UNCOVERED: i64 = 3;

const POLICY: &str = r#"
zone = [
  { id = "office", cidrs = ["10.31.0.0/16"], criticality = 4, site = "dc-a" },
  { id = "mgmt", cidrs = ["10.30.0.0/24"], criticality = 9 },
]
host = [
  { ip = "10.30.0.5", name = "pam-1", role = "pam" },
  { ip = "10.30.0.9", name = "wiki-1", role = "web" },
]
calendar = [{ id = "bank", days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] }]
[meta]
institution = "Small Bank"
version = 1
"#;

#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Line {
    line: String,
}

async fn lines(store: &Store, sql: &'static str) -> Vec<String> {
    let rows = store.ask::<Line>(&Question::new("lines", sql)).await.expect(sql).rows;
    rows.into_iter().map(|row| row.line).collect()
}

fn policy() -> Policy {
    Policy::read(POLICY).expect("the policy above is right")
}

async fn opened(name: &str) -> Session {
    let owner = RunningStore::shared().open(name, Role::Owner).await;
    let session = RunningStore::shared().open(name, Role::Analyzer).await;
    analyzer::publish(&session, &policy()).await.expect("the policy is published");
    let flows: Vec<Flow> = (0..=DAYS).flat_map(day).collect();
    insert(&owner, &flows).await;
    let minutes = (0..DAYS * Time::DAY / Time::MINUTE).map(|at| FIRST.plus(at * Time::MINUTE));
    let uncovered = FIRST.plus(UNCOVERED * Time::DAY);
    let covered: Vec<Coverage> =
        minutes.filter(|minute| minute.floor(Time::DAY) != uncovered).map(coverage).collect();
    insert(&owner, &covered).await;
    session
}

async fn insert<R: Record>(store: &Store, rows: &[R]) {
    let mut block = Block::new(R::TABLE);
    for row in rows {
        row.encode(&mut block);
    }
    let token = Token::of_content(R::TABLE.name, &block.to_native());
    store.insert(&Prepared::from_block(&block, token)).await.expect("the rows are taken");
}

fn coverage(minute: Time) -> Coverage {
    Coverage {
        minute,
        tap: "e".into(),
        vlan: 0,
        direction: Side::Src,
        packets_per_s: 1.0,
        drop_ppm: 0,
        one_way_ppm: 0,
        clock_offset_us: 0,
        bytes_scanned: 0,
    }
}

/// One day: at 09:10 ten computers open the access manager, which works on the wiki; a page is read outside; somebody outside
/// knocks in vain.
fn day(number: i64) -> Vec<Flow> {
    let at = FIRST.plus(number * Time::DAY + 9 * Time::HOUR + 10 * Time::MINUTE);
    let pam = [10, 30, 0, 5];
    let sent = if number == UNCOVERED { 900_000 } else { 1_000 };
    let mut flows: Vec<Flow> =
        (1..=10).map(|pc| flow(at, [10, 31, 0, pc], pam, 443, (sent, 2_000))).collect();
    let later = at.plus(20 * Time::MINUTE);
    flows.push(flow(later, pam, [10, 30, 0, 9], 22, (1_500, 1_600)));
    flows.push(flow(later, [10, 31, 0, 1], [203, 0, 113, 7], 443, (800, 900)));
    flows.push(flow(later, [203, 0, 113, 66], [10, 31, 0, 1], 22, (60, 0)));
    flows
}

fn flow(start: Time, src: [u8; 4], dst: [u8; 4], dst_port: u16, bytes: (u64, u64)) -> Flow {
    Flow {
        tap: "e".into(),
        flow_start: start,
        first_seen: start,
        last_seen: start.plus(2 * Time::SECOND),
        src_ip: mapped(Ipv4Addr::from(src).into()),
        dst_ip: mapped(Ipv4Addr::from(dst).into()),
        src_port: 40_000,
        dst_port,
        ip_protocol: 6,
        direction: Direction::Syn,
        conn_state: if bytes.1 > 0 { ConnState::Sf } else { ConnState::S0 },
        src_packets: 5,
        dst_packets: if bytes.1 > 0 { 5 } else { 0 },
        src_bytes: bytes.0,
        dst_bytes: bytes.1,
        ..Flow::default()
    }
}

const EDGES: &str = "
    SELECT concat(src, ' > ', dst, ' ', app, ' ', toString(min(first_seen)), ' ', toString(max(last_seen))) AS line
    FROM admin_edge GROUP BY src, dst, app ORDER BY line";
const ENTITIES: &str = "
    SELECT concat(entity, ' ', zone, ' ', kind, ' ', toString(first_seen), ' ', toString(last_seen)) AS line
    FROM entity_now ORDER BY line";
const CELLS: &str = "
    SELECT concat(entity, ' ', feature, ' ', toString(cell), ': ', toString(centre), ' ', toString(spread), ' ', toString(n)) AS line
    FROM baseline WHERE entity IN ('10.31.0.2', 'peers:office/', 'site') AND feature != 'surprise' ORDER BY entity, feature, cell";

async fn hour(store: &Store) -> u64 {
    let span = Span::new(HOUR, HOUR.plus(Time::HOUR));
    remember(store, &policy(), span, &[]).await.expect("the hour is remembered")
}

#[tokio::test(flavor = "multi_thread")]
async fn days_that_were_only_loaded_are_remembered_and_only_once() {
    let store = opened("memory_loaded").await;
    assert!(hour(&store).await > 0);
    let edges = lines(&store, EDGES).await;
    assert_eq!(edges.len(), 11, "browsing is none: {edges:#?}");
    let (first, last) = ("2026-03-02 09:00:00.000000", "2026-03-18 09:30:00.000000");
    assert_eq!(edges[10], format!("pam-1 > wiki-1 ssh {first} {last}"));
    let entities = lines(&store, ENTITIES).await;
    assert!(entities.contains(&format!("203.0.113.7 internet outside {first} {last}")));
    assert!(!entities.iter().any(|line| line.starts_with("203.0.113.66")), "nobody answered it");
    // Sixteen days but one are known. round(16·log₂ 1,001) = 159; one host spoken to is 16·log₂ 2 = 16.
    let cells = [
        "10.31.0.2 bytes_out 9: 159 0 15",
        "10.31.0.2 bytes_out 72: 159 0 15",
        "10.31.0.2 days 0: 0 0 15",
        "10.31.0.2 peers 9: 16 0 15",
        "10.31.0.2 peers 72: 16 0 15",
        "peers:office/ bytes_out 9: 159 0 10",
        "peers:office/ bytes_out 72: 159 0 10",
        "peers:office/ days 0: 0 0 10",
        "peers:office/ peers 9: 16 0 10",
        "peers:office/ peers 72: 16 0 10",
        "site known 0: 0 0 360",
    ];
    assert_eq!(lines(&store, CELLS).await, cells);
    assert_eq!(hour(&store).await, 0, "again, nothing is new");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_does_not_matter_how_an_hour_is_cut() {
    let whole = opened("memory_whole").await;
    hour(&whole).await;
    let cut = opened("memory_cut").await;
    for span in Span::new(HOUR, HOUR.plus(Time::HOUR)).steps(5 * Time::MINUTE) {
        remember(&cut, &policy(), span, &[]).await.expect("the span is remembered");
    }
    for sql in [EDGES, ENTITIES, CELLS] {
        assert_eq!(lines(&cut, sql).await, lines(&whole, sql).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_that_is_left_out_taught_nothing() {
    let store = opened("memory_without").await;
    let span = Span::new(HOUR, HOUR.plus(Time::HOUR));
    remember(&store, &policy(), span, &["e".to_owned()]).await.expect("the hour is remembered");
    assert!(lines(&store, ENTITIES).await.is_empty());
    assert_eq!(lines(&store, CELLS).await, ["site known 0: 0 0 0"]);
}
