//! Filters and zones mean on the real engine what they mean in Rust.

use bartizan_tests::RunningStore;
use model::address::v4;
use model::batch::Block;
use model::flow::{ConnState, Direction};
use model::{Flow, Record, Time, mapped};
use policy::Policy;
use query::filter::{FIELDS, Field, Kind, TABLES, parse};
use serde::Deserialize;
use store::{Prepared, Question, Role, Store, Token};

/// `date -u -d 2026-03-11T12:00 +%s`.
const NOON: Time = Time::new(1_773_230_400, 0);

/// The rows that the console's queue filters; `/*where*/` is where the filter stands.
const QUEUE: &str = include_str!("../../console/src/views/warnings.sql");

async fn insert<R: Record>(store: &Store, rows: &[R]) {
    let mut block = Block::new(R::TABLE);
    for row in rows {
        row.encode(&mut block);
    }
    let token = Token::of_content(R::TABLE.name, &block.to_native());
    store.insert(&Prepared::from_block(&block, token)).await.expect("the rows are taken");
}

fn question(table: &str, filter: &str) -> Question {
    let filter = parse(filter).unwrap_or_else(|error| panic!("{filter}: {error}"));
    let (condition, params) = filter.to_sql(table).unwrap_or_else(|error| panic!("{error}"));
    let rows = if table == "flow" {
        format!(
            "SELECT count() AS rows, groupArray(src_port) AS ports
            FROM (SELECT src_port FROM flow WHERE {condition} ORDER BY src_port)"
        )
    } else {
        let standing = query::named(QUEUE, "warnings.standing").sql;
        let queue = query::named(QUEUE, "warnings.list").sql.replace("/*standing*/", standing);
        let queue = queue.replace("/*where*/", &format!("AND ({condition})"));
        format!("SELECT count() AS rows, CAST([], 'Array(UInt16)') AS ports FROM ({queue})")
    };
    let bound = Question::new("filter", rows)
        .with("from", Time(0))
        .with("to", NOON)
        .with("now", NOON)
        .with("id", "")
        .with("closed", 0)
        .with("limit", 100);
    params.into_iter().fold(bound, |question, (name, value)| question.with(name, value))
}

#[derive(Debug, Deserialize)]
struct Found {
    rows: u64,
    ports: Vec<u16>,
}

async fn ask(store: &Store, table: &str, filter: &str) -> Found {
    let question = question(table, filter);
    let answer = store.ask::<Found>(&question).await;
    let mut answer =
        answer.unwrap_or_else(|error| panic!("{table}: {filter}: {error}\n{}", question.sql));
    answer.rows.remove(0)
}

/// Every way in which a field can be compared, with values of its kind.
fn comparisons(field: &Field) -> Vec<String> {
    let (one, other) = match field.kind {
        Kind::Word | Kind::Text | Kind::Words | Kind::Id => ("\"it's\"", "b"),
        Kind::OneOf(words) => (words[0], words[1]),
        Kind::Number | Kind::Size => ("1", "2000"),
        Kind::Lasting(_) => ("90s", "6h"),
        Kind::Share => ("0.5", "1"),
        Kind::Moment => ("2026-03-01", "2026-03-01T12:00"),
        Kind::Address => ("10.0.0.0/8", "2001:db8::1"),
        Kind::Protocol => ("tcp", "132"),
        Kind::Level => ("I", "III"),
        Kind::Severity => ("P1", "P4"),
    };
    let mut comparisons = vec![
        format!("= {one}"),
        format!("!= {other}"),
        format!("in ({one}, {other})"),
        format!("not in ({other})"),
    ];
    match field.kind {
        Kind::Word | Kind::Text | Kind::Words => {
            comparisons.extend([format!(": {one}, {other}"), format!("~ {other}+")]);
        }
        Kind::Address => comparisons.push(format!("<< {one}")),
        Kind::OneOf(_) | Kind::Id | Kind::Protocol => {}
        _ => comparisons.extend(["<", "<=", ">", ">="].map(|sign| format!("{sign} {one}"))),
    }
    comparisons.into_iter().map(|comparison| format!("{} {comparison}", field.name)).collect()
}

#[tokio::test]
async fn every_field_can_be_asked_in_every_way() {
    let store = RunningStore::shared().open("filter_fields", Role::Owner).await;
    for table in TABLES {
        for field in FIELDS.iter().filter(|field| !field.columns(table).is_empty()) {
            for filter in comparisons(field) {
                assert_eq!(ask(&store, table, &filter).await.rows, 0, "an empty table: {filter}");
            }
        }
        for address in ["10.8.2.7", "10.8.0.0/16", "2001:db8::/32"] {
            assert_eq!(ask(&store, table, address).await.rows, 0);
        }
    }
}

/// Four flows, told apart by their source port.
fn flows() -> Vec<Flow> {
    let flow = |src_port, src_ip, dst_ip, dst_port, bytes, app: &'static str, sni: &str| Flow {
        tap: "d".into(),
        flow_start: NOON,
        first_seen: NOON,
        last_seen: NOON.plus(90 * Time::SECOND),
        src_ip,
        dst_ip,
        src_port,
        dst_port,
        ip_protocol: 6,
        direction: Direction::Syn,
        conn_state: ConnState::Sf,
        src_packets: 10,
        src_bytes: bytes,
        dst_bytes: 600,
        app: app.into(),
        app_conf: 3,
        sni: sni.into(),
        ..Flow::default()
    };
    let v6 = |text: &str| mapped(text.parse().expect("an address"));
    vec![
        flow(1, v4(10, 8, 2, 7), v4(203, 0, 113, 40), 443, 2_100, "tls", "cdn-sync.example"),
        flow(2, v4(10, 8, 2, 8), v4(10, 9, 0, 1), 445, 300_000, "smb", ""),
        flow(3, v6("2001:db8::7"), v6("2001:db8:1::1"), 443, 1_000, "tls", "WWW.example"),
        flow(4, v4(10, 9, 0, 1), v4(10, 8, 2, 7), 22, 500, "ssh", ""),
    ]
}

#[tokio::test]
async fn a_filter_finds_the_flows_that_a_person_would() {
    let store = RunningStore::shared().open("filter_flows", Role::Owner).await;
    insert(&store, &flows()).await;
    let cases: [(&str, &[u16]); 18] = [
        ("10.8.2.7", &[1, 4]),
        ("src = 10.8.2.7", &[1]),
        ("src << 10.8.0.0/16", &[1, 2]),
        ("src << 0.0.0.0/0", &[1, 2, 4]),
        ("ip << 2001:db8::/32", &[3]),
        ("not 10.0.0.0/8", &[3]),
        ("port in (443, 22)", &[1, 3, 4]),
        ("port not in (443)", &[2, 4]),
        ("bytes > 2700", &[2]),
        ("bytes >= 2.7k", &[1, 2]),
        ("sni:EXAMPLE", &[1, 3]),
        ("sni ~ ^cdn-", &[1]),
        ("app = tls and not sni:cdn", &[3]),
        ("app != tls", &[2, 4]),
        ("app:smb,ssh", &[2, 4]),
        ("conn = sf proto = tcp dir = syn dur = 90s", &[1, 2, 3, 4]),
        ("time > 2026-03-11T12:00", &[]),
        ("last_seen > 2026-03-11T12:01:29.999 (port = 22 or port = 445)", &[2, 4]),
    ];
    for (filter, expected) in cases {
        assert_eq!(ask(&store, "flow", filter).await.ports, expected, "{filter}");
    }
}

const BANK: &str = r#"
zone = [
  { id = "corp", cidrs = ["10.0.0.0/8", "2001:db8::/32"], criticality = 2 },
  { id = "core", cidrs = ["10.40.2.0/24", "2001:db8:40::/48"], criticality = 10 },
]
host = [
  { ip = "10.40.2.30", name = "qm-1", role = "mq-qm" },
  { ip = "10.40.2.31", name = "guest-1", zone = "corp", criticality = 1 },
  { ip = "2001:db8:40::5", name = "six-1" },
]
"#;

#[derive(Debug, PartialEq, Eq, Deserialize)]
struct Place {
    zone: String,
    host: String,
    criticality: u8,
    policy: String,
}

#[tokio::test]
async fn the_dictionary_resolves_as_the_policy_does() {
    let store = RunningStore::shared().open("filter_zones", Role::Owner).await;
    let policy = Policy::read(BANK).expect("a policy");
    insert(&store, &policy.zone_rows()).await;
    store.reload_zones().await.expect("the dictionary loads");
    let addresses = [
        "10.40.2.30",
        "10.40.2.31",
        "10.40.2.32",
        "10.40.3.1",
        "172.16.0.1",
        "203.0.113.40",
        "8.8.8.8",
        "224.0.0.1",
        "2001:db8:40::5",
        "2001:db8:40::6",
        "2001:db8:41::1",
        "2606:4700::1111",
        "fe80::1",
        "::1",
    ];
    for address in addresses {
        let ip = mapped(address.parse().expect("an address"));
        let sql = "SELECT dictGet('zone_dict', 'zone', ip) AS zone, dictGet('zone_dict', 'host', ip) AS host,
            dictGet('zone_dict', 'criticality', ip) AS criticality, dictGet('zone_dict', 'policy', ip) AS policy
            FROM (SELECT toIPv6({ip:String}) AS ip)";
        let question = Question::new("zone", sql).with("ip", ip.to_string());
        let found = store.ask::<Place>(&question).await.expect("an answer").rows.remove(0);
        let resolved = policy.resolve(ip, NOON);
        let expected = Place {
            zone: resolved.zone.to_owned(),
            host: resolved.host.unwrap_or_default().to_owned(),
            criticality: resolved.criticality,
            policy: policy.hash().to_owned(),
        };
        assert_eq!(found, expected, "{address}");
    }
}

#[tokio::test]
async fn a_network_that_is_no_longer_or_not_yet_valid_has_no_zone() {
    #[derive(Deserialize)]
    struct Zones {
        zones: Vec<String>,
    }

    let session = RunningStore::shared().open("validity", Role::Owner).await;
    let zone = |cidr: &str, zone: &str, valid_from: Time, valid_to: Time| model::zone::ZoneOf {
        cidr: cidr.into(),
        zone: zone.into(),
        host: String::new(),
        role: String::new(),
        criticality: 5,
        tags: Vec::new(),
        business: Vec::new(),
        valid_from,
        valid_to,
        policy: "p".into(),
    };
    let (past, future) = (Time::new(946_684_800, 0), Time::new(4_070_908_800, 0)); // the years 2000 and 2099
    let rows = [
        zone("10.1.0.0/16", "gone", Time(0), past),
        zone("10.2.0.0/16", "now", past, future),
        zone("10.3.0.0/16", "to-come", future, future.plus(Time::DAY)),
    ];
    insert(session.store(), &rows).await;
    session.reload_zones().await.expect("the dictionary is loaded");
    let sql = "SELECT arrayMap(octet -> dictGetOrDefault('zone_dict', 'zone',
        toIPv6('::ffff:10.' || toString(octet) || '.0.1'), 'none'), [1, 2, 3]) AS zones";
    let answer = session.ask::<Zones>(&Question::new("zones", sql)).await.expect("an answer");
    assert_eq!(answer.rows[0].zones, ["none", "now", "none"]);
}
