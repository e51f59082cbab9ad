//! How the town stands: index, level and gate, minute by minute or in one pass, and what a person's word changes.

use super::{NOON, Town, judge, opened, same_lines, town};
use analyzer::judge::Judge;
use analyzer::warnings::Pass;
use analyzer::window::Span;
use bartizan_tests::RunningStore;
use model::{Level, Situation, Time};
use serde::Deserialize;
use store::{Question, Role, Store};

const ROWS: &str = "
    SELECT toUnixTimestamp64Micro(s.time) AS time, scope, name, index, index_if_blind, threat, vulnerability, availability,
        coverage, level, gate, drivers
    FROM situation AS s FINAL ORDER BY s.time, scope, name";

async fn rows(store: &Store) -> Vec<Situation> {
    store.ask::<Situation>(&Question::new("rows", ROWS)).await.expect("the table is there").rows
}

fn minute(row: &Situation) -> i64 {
    row.time.since(NOON) / Time::MINUTE
}

/// The rows of one scope, by time.
fn of<'r>(rows: &'r [Situation], name: &str) -> Vec<&'r Situation> {
    rows.iter().filter(|row| row.name == name).collect()
}

#[derive(Deserialize)]
struct Score {
    score: u16,
}

/// finance.md 5.1 in floating point, for one P4 that was just seen in a zone of criticality 10.
fn index_of_one_critical(score: u16) -> f64 {
    let threat = 10_000.0 * f64::from(score) / 10_000.0;
    let (x, m) = ((1.0 + threat).log10(), 1_001f64.log10());
    100.0 * x.powi(3) / (x.powi(3) + m.powi(3))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stranger_puts_swift_at_two_and_judging_again_says_nothing_new() {
    let store = opened("situation_again", &Town::whole()).await;
    let summary = judge(&store, &[]).await;
    assert!(summary.assessed > 0, "{summary:?}");
    let told = rows(&store).await;
    let swift = of(&told, "swift");
    let first = swift.iter().find(|row| row.level == Level::II).expect("it reaches II");
    assert_eq!(minute(first), 71, "the minute in which FIN-01 rings");
    assert!(first.index >= 65.0 && first.gate.is_empty(), "the index is enough: {first:?}");
    let score = "SELECT score FROM warning_now WHERE detection = 'FIN-01'";
    let score = &store.ask::<Score>(&Question::new("score", score)).await.expect("a warning").rows;
    assert!((first.index - index_of_one_critical(score[0].score)).abs() <= 0.01, "{first:?}");
    assert!((first.index_if_blind - first.index).abs() < f64::EPSILON, "tap c sees: {first:?}");
    assert!(first.drivers.contains("FIN-01"), "{}", first.drivers);
    let before: Vec<_> = swift.iter().filter(|row| minute(row) < 71).collect();
    assert!(before.iter().all(|row| row.level == Level::None && row.index == 0.0), "{before:?}");
    assert_eq!(before.len(), 14, "every fifth minute");
    let bank = of(&told, "Town Bank");
    assert_eq!(bank.iter().find(|row| row.level == Level::II).map(|row| minute(row)), Some(71));
    let op_1 = of(&told, "op-1");
    assert_eq!(op_1.first().map(|row| (minute(row), row.level)), Some((71, Level::I)));
    assert_eq!(judge(&store, &[]).await.written(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn minute_by_minute_the_situation_is_that_of_one_pass() {
    let whole = opened("situation_whole", &Town::whole()).await;
    judge(&whole, &[]).await;
    let live = opened("situation_live", &Town::whole()).await;
    let policy = town::policy();
    let mut at_work = Judge::open(&live, &policy, NOON, &[]).await.expect("a judge");
    let quiet = NOON.plus(65 * Time::MINUTE);
    let until = Span::new(NOON, quiet).hours();
    let minutes = Span::new(quiet, town::range().to).steps(Time::MINUTE);
    for span in until.into_iter().chain(minutes) {
        at_work.span(span, Pass::Closed).await.expect("the span is judged");
    }
    let text = |rows: Vec<Situation>| {
        rows.iter().map(|row| format!("{row:?}")).collect::<Vec<_>>().join("\n")
    };
    same_lines(&text(rows(&live).await), &text(rows(&whole).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_closes_as_false_counts_no_more_from_then_on() {
    let store = opened("situation_closed", &Town::whole()).await;
    judge(&store, &[]).await;
    let person = RunningStore::shared().open("situation_closed", Role::Person).await;
    let closed = format!(
        "INSERT INTO triage (id, subject, subject_id, seq, at, action, state_from, state_to, disposition, reason)
         SELECT 1, 'warning', id, 1, fromUnixTimestamp64Micro({}), 'close', 'NEW', 'CLOSE', 'false-positive', 'a test'
         FROM warning_now WHERE detection = 'FIN-01'",
        NOON.plus(75 * Time::MINUTE).0
    );
    person.execute(&closed).await.expect("a person may close");
    judge(&store, &[]).await;
    let told = rows(&store).await;
    let swift = of(&told, "swift");
    let at = |when| swift.iter().find(|row| minute(row) == when).expect("a fifth minute");
    assert_eq!((at(71).level, at(71).index > 60.0), (Level::II, true));
    assert!(at(80).index.abs() < f64::EPSILON, "{:?}", at(80));
    assert_eq!(at(80).level, Level::II, "II is left by hand alone: {:?}", at(80));
    assert!(at(80).gate.starts_with("held until a person closes it"), "{}", at(80).gate);
    assert_eq!(judge(&store, &[]).await.written(), 0);
}
