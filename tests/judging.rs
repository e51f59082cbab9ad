//! Judging on the real engine: a range judged twice, span by span, late, and without a tap.

mod foresight;
mod situation;
mod town;
mod without;

use analyzer::judge::Judge;
use analyzer::warnings::Pass;
use bartizan_tests::RunningStore;
use model::Time;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::{Question, Role, Session, Store};
use town::{NOON, Town};

/// What a reader sees of every judgement; revisions and the moment of writing are left out.
const SEEN: [&str; 5] = [
    "SELECT * EXCEPT (revision) FROM evidence_now ORDER BY id",
    "SELECT * EXCEPT (revision) FROM warning_now ORDER BY id",
    "SELECT * FROM verdict FINAL ORDER BY flow_id, verdict, outcome",
    "SELECT * EXCEPT (written_at) FROM verdict_hour FINAL WHERE (flows, bytes) != (0, 0) ORDER BY ALL",
    "SELECT * EXCEPT (written_at) FROM judged FINAL WHERE (subjects, rung, unknown) != (0, 0, 0) ORDER BY ALL",
];

const COUNTS: &str = "
    SELECT 'evidence' AS name, count() AS rows FROM evidence UNION ALL SELECT 'warning', count() FROM warning
    UNION ALL SELECT 'verdict', count() FROM verdict UNION ALL SELECT 'verdict_hour', count() FROM verdict_hour
    UNION ALL SELECT 'judged', count() FROM judged";

#[derive(Debug, Deserialize)]
struct Count {
    name: String,
    rows: u64,
}

#[derive(Debug, Deserialize)]
struct Rang {
    detection: String,
    subject: String,
    minute: i64,
}

async fn seen(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for sql in SEEN {
        let (bytes, _) =
            store.ask_raw(&Question::new("seen", sql), "JSONEachRow").await.expect(sql);
        all.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    all
}

async fn counts(store: &Store) -> BTreeMap<String, u64> {
    let rows = store
        .ask::<Count>(&Question::new("counts", COUNTS))
        .await
        .expect("the tables are there")
        .rows;
    rows.into_iter().map(|row| (row.name, row.rows)).collect()
}

/// Detection, subject and minute after noon of every warning.
async fn rang(store: &Store) -> Vec<(String, String, i64)> {
    let question = Question::new(
        "rang",
        "SELECT detection, subject, dateDiff('minute', {noon:DateTime64(6)}, time) AS minute
        FROM warning_now ORDER BY time, detection, subject",
    );
    let rows =
        store.ask::<Rang>(&question.with("noon", NOON)).await.expect("the view is there").rows;
    rows.into_iter().map(|row| (row.detection, row.subject, row.minute)).collect()
}

/// A database with the town's policy in force and `rows` of it.
async fn opened(name: &str, town: &Town) -> Session {
    let owner = RunningStore::shared().open(name, Role::Owner).await;
    let session = RunningStore::shared().open(name, Role::Analyzer).await;
    analyzer::publish(&session, &town::policy()).await.expect("the policy is published");
    town.arrive(&owner).await;
    session
}

async fn judge(store: &Store, without: &[String]) -> analyzer::Summary {
    analyzer::once(store, &town::policy(), town::range(), without)
        .await
        .expect("the range is judged")
}

fn expected() -> Vec<(String, String, i64)> {
    let row =
        |detection: &str, subject: &str, minute| (detection.to_owned(), subject.to_owned(), minute);
    vec![row("INT-07", "pc-300", 41), row("POL", "office", 51), row("FIN-01", "op-1", 71)]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_range_that_is_judged_again_adds_no_row_to_any_table() {
    let store = opened("judging_again", &Town::whole()).await;
    let first = judge(&store, &[]).await;
    assert_eq!(rang(&store).await, expected());
    assert_eq!(first.unknown, 0, "{first:?}");
    let before = counts(&store).await;
    assert!(before.values().all(|rows| *rows > 0), "{before:?}");
    let second = judge(&store, &[]).await;
    assert_eq!((second.written(), second.slices), (0, first.slices), "{second:?}");
    assert_eq!(counts(&store).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn span_by_span_with_glimpses_ends_as_one_pass_over_the_whole() {
    let whole = opened("judging_whole", &Town::whole()).await;
    judge(&whole, &[]).await;
    let live = opened("judging_live", &Town::nothing()).await;
    let owner = RunningStore::shared().open("judging_live", Role::Owner).await;
    let policy = town::policy();
    let mut at_work = Judge::open(&live, &policy, NOON, &[]).await.expect("a judge");
    for span in town::handfuls() {
        Town::span(span, 0).arrive(&owner).await;
        at_work.span(span, Pass::Early).await.expect("a glimpse of what is open");
        Town::span(span, 1).arrive(&owner).await;
        at_work.span(span, Pass::Closed).await.expect("the span is judged");
        at_work.count_hour(span.from).await.expect("the hour is counted");
    }
    for (live, whole) in seen(&live).await.into_iter().zip(seen(&whole).await) {
        same_lines(&live, &whole);
    }
}

/// Says the first line that differs.
fn same_lines(one: &str, other: &str) {
    for (one, other) in one.lines().zip(other.lines()) {
        assert_eq!(one, other);
    }
    assert_eq!(one.lines().count(), other.lines().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_late_are_judged_when_their_range_is_judged_again() {
    let store = opened("judging_late", &Town::without_swift()).await;
    let owner = RunningStore::shared().open("judging_late", Role::Owner).await;
    judge(&store, &[]).await;
    let before = rang(&store).await;
    assert_eq!(before, expected()[..2].to_vec());
    Town::swift_alone().arrive(&owner).await;
    judge(&store, &[]).await;
    assert_eq!(rang(&store).await, expected());
    assert_eq!(judge(&store, &[]).await.written(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tap_that_is_left_out_is_unknown_and_what_it_alone_saw_does_not_ring() {
    let store = opened("judging_without", &Town::whole()).await;
    let summary = judge(&store, &["c".to_owned()]).await;
    assert!(summary.unknown > 0);
    let rang: Vec<_> = rang(&store).await.into_iter().map(|(detection, _, _)| detection).collect();
    assert_eq!(rang, ["INT-07", "POL"], "tap c alone sees the SWIFT zone");
    let unknown = "SELECT detection AS name, sum(unknown) AS rows FROM judged FINAL
        WHERE tap = 'c' AND reason = 'tap left out' GROUP BY name";
    let unknown = store
        .ask::<Count>(&Question::new("unknown", unknown))
        .await
        .expect("the table is there")
        .rows;
    let minutes = town::range().minutes().count() as u64;
    for row in &unknown {
        let about = analyzer::detections::in_force(&town::policy()).iter().map(|one| one.about());
        let width = about.into_iter().find(|about| about.id == row.name).map(|about| about.step_us);
        let width = width.expect("it is in the list").unsigned_abs();
        let steps = minutes * Time::MINUTE.unsigned_abs() / width;
        assert_eq!(row.rows, steps, "{}", row.name);
    }
    assert_eq!(unknown.len(), analyzer::detections::in_force(&town::policy()).len());
}
