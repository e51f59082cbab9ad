//! The same rows as if a tap had been blind, judged into a database beside the first.

use super::{Town, judge, opened, rang};
use bartizan_tests::RunningStore;
use model::{Level, Situation};
use serde::Deserialize;
use std::collections::BTreeMap;
use store::schema::{Beside, Layout, migrate_beside};
use store::{Error, Question, Role, Session, Store};

#[derive(Debug, Deserialize)]
struct Number {
    n: u64,
}

async fn number(store: &Store, sql: &str) -> u64 {
    store.ask::<Number>(&Question::new("number", sql)).await.expect(sql).rows[0].n
}

/// The last row of each zone.
async fn zones(store: &Store) -> BTreeMap<String, Situation> {
    let sql = "SELECT toUnixTimestamp64Micro(s.time) AS time, scope, name, index, index_if_blind, threat, vulnerability,
        availability, coverage, level, gate, drivers
        FROM situation AS s FINAL WHERE scope = 'zone' ORDER BY s.time DESC LIMIT 1 BY name";
    let rows = store.ask::<Situation>(&Question::new("zones", sql)).await.expect(sql).rows;
    rows.into_iter().map(|row| (row.name.clone(), row)).collect()
}

/// The town's database `name`, judged, and the one beside it without `tap`, made and not judged.
async fn made(name: &str, tap: &str) -> (Session, Store) {
    let source = opened(name, &Town::whole()).await;
    let ledger = "INSERT INTO ledger (minute, tap, worker, stage, reason, packets)
        SELECT minute, tap, 0, 'capture', reason, packets FROM
        (SELECT DISTINCT minute, tap FROM coverage) AS c
        CROSS JOIN (SELECT 'received' AS reason, 10 AS packets UNION ALL SELECT 'kept', 9 UNION ALL SELECT 'ring full', 1) AS r";
    let owner = RunningStore::shared().open(name, Role::Owner).await;
    owner.execute(ledger).await.expect("the ledger is taken");
    judge(&source, &[]).await;
    let beside = Beside::new(source.database(), &[tap.to_owned()]);
    let target = owner.with_database(&beside.name());
    migrate_beside(&target, &Layout::SingleNode, &beside).await.expect("it is made");
    let analyzer = source.with_database(&beside.name());
    (source, analyzer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_beside_holds_what_the_other_taps_saw_and_its_books_balance() {
    let (source, beside) = made("beside_rows", "c").await;
    for table in ["flow", "flow_hour", "flow_hour_peer", "flow_day"] {
        let others =
            number(&source, &format!("SELECT count() AS n FROM {table} WHERE tap != 'c'")).await;
        assert!(others > 0, "{table}");
        assert_eq!(
            number(&beside, &format!("SELECT count() AS n FROM {table}")).await,
            others,
            "{table}"
        );
    }
    let computed = "SELECT uniqExact(flow_id) AS n FROM flow WHERE last_seen >= flow_start AND community_id LIKE '1:%'";
    assert_eq!(
        number(&beside, computed).await,
        number(&source, &computed.replace("WHERE", "WHERE tap != 'c' AND")).await,
        "columns that are computed are there"
    );
    let whole = "SELECT count() AS n FROM flow_whole WHERE tap = 'c'";
    assert!(number(&source, whole).await > 0 && number(&beside, whole).await == 0);
    let lost = "SELECT count() AS n FROM coverage WHERE tap = 'c' AND (drop_ppm != 1000000 OR packets_per_s != 0)";
    assert_eq!(number(&beside, lost).await, 0);
    let covered = "SELECT count() AS n FROM coverage";
    assert_eq!(number(&beside, covered).await, number(&source, covered).await);
    let sum = |condition: &str| format!("SELECT sum(packets) AS n FROM ledger WHERE {condition}");
    let received = number(&beside, &sum("reason = 'received'")).await;
    let removed = number(&beside, &sum("reason = 'removed'")).await;
    assert_eq!(received, number(&source, &sum("reason = 'received'")).await);
    assert_eq!(removed, number(&source, &sum("reason = 'received' AND tap = 'c'")).await);
    assert!(removed > 0);
    assert_eq!(number(&beside, &sum("reason != 'received'")).await, received);
    for table in ["evidence", "warning", "judged", "situation", "verdict"] {
        let rows = format!("SELECT count() AS n FROM {table}");
        assert!(number(&source, &rows).await > 0 && number(&beside, &rows).await == 0, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needed_the_tap_is_unknown_by_name_and_no_zone_turns_calm() {
    let (source, beside) = made("beside_judged", "c").await;
    let without = ["c".to_owned()];
    let summary = judge(&beside, &without).await;
    assert!(summary.unknown > 0);
    let rang: Vec<_> = rang(&beside).await.into_iter().map(|(detection, _, _)| detection).collect();
    assert!(!rang.contains(&"FIN-01".to_owned()), "tap c alone sees the stranger: {rang:?}");
    let unknown =
        "SELECT uniqExact(detection) AS n FROM judged FINAL WHERE tap = 'c' AND unknown > 0";
    let judged = "SELECT uniqExact(detection) AS n FROM judged FINAL";
    assert_eq!(number(&beside, unknown).await, number(&beside, judged).await);
    assert!(number(&beside, unknown).await >= 4);

    let (with, blind) = (zones(&source).await, zones(&beside).await);
    assert_eq!(with.keys().collect::<Vec<_>>(), blind.keys().collect::<Vec<_>>());
    for (zone, with) in &with {
        let blind = &blind[zone];
        assert!(blind.index_if_blind + 0.01 >= with.index, "{zone}: {with:?} {blind:?}");
        let told = present::told_level(blind.level, blind.index, blind.index_if_blind);
        assert!(with.level == Level::None || told != "-", "{zone} turned calm");
    }
    let swift = &blind["swift"];
    assert_eq!((swift.coverage, swift.index), (0.0, 0.0), "{swift:?}");
    assert_eq!(present::told_level(swift.level, swift.index, swift.index_if_blind), "?");
    let office = &blind["office"];
    assert!(office.coverage > 0.9, "tap e sees the office: {office:?}");
    assert_eq!(judge(&beside, &without).await.written(), 0, "judged again");
}

fn said(result: Result<store::schema::Migrated, Error>) -> String {
    match result {
        Err(Error::Setting(said)) => said,
        other => panic!("it was taken: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_beside_is_refused_where_it_would_harm_or_lie() {
    let (source, beside) = made("beside_refused", "c").await;
    let owner = RunningStore::shared().open("beside_refused", Role::Owner).await;
    let name = source.database().to_owned();
    let make = async |database: &str, of: &str, taps: &[&str]| {
        let taps: Vec<_> = taps.iter().map(|tap| (*tap).to_owned()).collect();
        let beside = Beside::new(of, &taps);
        migrate_beside(&owner.with_database(database), &Layout::SingleNode, &beside).await
    };
    let stranger = said(make("bartizan_beside_x", &name, &["x"]).await);
    assert!(stranger.contains("\"x\"") && stranger.contains("c, e"), "{stranger}");
    assert!(said(make("bartizan_beside_x", &name, &[]).await).contains("--without"));
    assert!(said(make(&name, &name, &["c"]).await).contains("itself"));
    let other = RunningStore::shared().open("beside_refused_other", Role::Owner).await;
    assert!(said(make(other.database(), &name, &["c"]).await).contains("rows of its own"));
    assert!(said(make(beside.database(), &name, &["e"]).await).contains("without c"));
    assert!(
        said(make("bartizan_beside_x", beside.database(), &["e"]).await).contains("stands beside")
    );
    let again = make(beside.database(), &name, &["c"]).await.expect("it is up to date");
    assert!(again.files.is_empty(), "{again:?}");
    let settings = RunningStore::shared().settings("beside_refused_without_c");
    Store::open(&settings, Role::Analyzer).await.expect("it opens as any other");
    let analyzer = RunningStore::shared().open("beside_refused", Role::Analyzer).await;
    let denied = Beside::new(&name, &["e".to_owned()]);
    let denied =
        migrate_beside(&analyzer.with_database(&denied.name()), &Layout::SingleNode, &denied).await;
    assert!(matches!(denied, Err(Error::Denied { .. })), "{denied:?}");
}
