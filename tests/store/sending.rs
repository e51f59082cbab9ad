//! Sending: repeats add nothing, what is refused is kept aside, what is in the way is said.

use bartizan_tests::RunningStore;
use model::batch::{Batch, Form};
use model::{Evidence, Flow, Ledger, Severity, Time, id::HashId};
use serde::Deserialize;
use store::{Error, Outcome, Prepared, Question, Role, Sender, State, Store, Token};

#[derive(Deserialize)]
struct Sums {
    rows: u64,
    bytes: u64,
}

async fn sums(store: &Store, sql: &str) -> (u64, u64) {
    let answer = store.ask::<Sums>(&Question::new("sums", sql)).await.expect("sums");
    (answer.rows[0].rows, answer.rows[0].bytes)
}

const FLOWS: &str = "SELECT count() AS rows, sum(src_bytes) AS bytes FROM flow";
const HOURS: &str = "SELECT sum(flows) AS rows, sum(src_bytes) AS bytes FROM flow_hour";
const PEERS: &str = "SELECT sum(flows) AS rows, sum(src_bytes) AS bytes FROM flow_hour_peer";
const DAYS: &str = "SELECT sum(flows) AS rows, sum(src_bytes) AS bytes FROM flow_day";

fn flows(from_day: i64, days: i64, bytes: u64) -> Batch {
    let mut batch = Batch::new(Form::Native);
    for day in from_day..from_day + days {
        let first_seen = Time(day * Time::DAY);
        batch.push(&Flow {
            first_seen,
            last_seen: first_seen,
            flow_start: first_seen,
            src_bytes: bytes,
            ..Flow::default()
        });
    }
    batch
}

fn evidence(subject: &str) -> Batch {
    let mut batch = Batch::new(Form::Native);
    batch.push(&Evidence { subject: subject.into(), ..sent(0) });
    batch
}

#[tokio::test]
async fn a_repeat_adds_nothing_to_a_table_or_its_views() {
    let session = RunningStore::shared().open("repeats", Role::Owner).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = Sender::new(session.store().clone(), "repeats", folder.path());
    let batch = flows(20_000, 3, 10);
    let prepared = sender.prepare(&batch.blocks()[0]);
    for _ in 0..3 {
        assert_eq!(sender.deliver(&prepared).await.outcome, Outcome::Acknowledged);
    }
    assert_eq!(sender.send(flows(20_000, 3, 10)).await[0].outcome, Outcome::Acknowledged);
    for sql in [FLOWS, HOURS, PEERS, DAYS] {
        assert_eq!(sums(&session, sql).await, (6, 60), "{sql}");
    }
}

#[tokio::test]
async fn evidence_is_read_as_it_was_sent_and_its_highest_revision_counts() {
    let session = RunningStore::shared().open("evidence", Role::Owner).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = Sender::new(session.store().clone(), "evidence", folder.path());
    for revision in [1, 0, 2] {
        let mut batch = Batch::new(Form::Native);
        let question = Question::new("now", "SELECT * FROM evidence_now");
        batch.push(&sent(revision));
        assert_eq!(sender.send(batch).await[0].outcome, Outcome::Acknowledged);
        let now = session.ask::<Evidence>(&question).await.expect("evidence").rows;
        assert_eq!(now, [sent(revision.max(1))]);
    }
}

fn sent(revision: u32) -> Evidence {
    Evidence {
        id: HashId::of(&[b"one"]),
        revision,
        strength: 3,
        detection: "TST-01".into(),
        subject: "it's \u{202e}".into(),
        object: "o".into(),
        cause: HashId::of(&[b"cause"]),
        episode_start: Time(1),
        seen: Time::new(1_772_323_200, 5),
        p_value: 1e-9,
        severity: Severity::P3,
        numbers: "{\"n\":1}".into(),
        flow_ids: vec![1, u64::MAX],
        coverage: "{}".into(),
        policy: "p".into(),
        rule_version: "v".into(),
    }
}

#[tokio::test]
async fn refused_rows_are_kept_aside_and_counted_and_the_next_batch_goes_on() {
    let session = RunningStore::shared().open("refused", Role::Owner).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = Sender::new(session.store().clone(), "refused", folder.path());
    let refused = sender.send(evidence("4111111111111111")).await.remove(0);
    assert!(
        matches!(refused.outcome, Outcome::Refused(Error::Refused { code: 469, .. })),
        "{refused:?}"
    );
    assert_eq!((refused.rows, refused.table.as_str()), (1, "evidence"));
    let kept: Vec<_> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let bytes = kept
        .iter()
        .find(|file| file.extension().is_some_and(|end| end == "native"))
        .expect("a dead letter");
    assert_eq!(
        std::fs::read(bytes).expect("readable"),
        evidence("4111111111111111").blocks()[0].to_native()
    );
    assert_eq!(sender.send(evidence("10.0.0.1")).await[0].outcome, Outcome::Acknowledged);
    assert_eq!(sums(&session, "SELECT count() AS rows, 0 AS bytes FROM evidence").await.0, 1);
}

#[tokio::test]
async fn rows_of_too_many_days_are_refused_not_tried_for_ever() {
    let session = RunningStore::shared().open("days", Role::Owner).await;
    let folder = tempfile::tempdir().expect("a folder");
    let mut sender = Sender::new(session.store().clone(), "days", folder.path());
    let delivery = sender.send(flows(10_000, 5_000, 1)).await.remove(0);
    assert!(
        matches!(delivery.outcome, Outcome::Refused(Error::Refused { code: 252, .. })),
        "{delivery:?}"
    );
    assert_eq!(sums(&session, FLOWS).await, (0, 0));
}

fn much_evidence(rows: u32) -> Batch {
    let mut batch = Batch::new(Form::Native);
    for revision in 0..rows {
        batch.push(&sent(revision));
    }
    batch
}

/// The first trouble that a sender reports when it delivers `batch` to `store`.
async fn trouble(store: Store, batch: Batch) -> State {
    let folder = tempfile::tempdir().expect("a folder");
    let (report, mut reported) = tokio::sync::mpsc::unbounded_channel();
    let mut sender = Sender::new(store, "trouble", folder.path()).on_change(move |state| {
        report.send(state.clone()).expect("somebody listens");
    });
    tokio::select! {
        biased;
        state = reported.recv() => state.expect("the sender lives"),
        delivered = sender.send(batch) => panic!("it was delivered: {delivered:?}"),
    }
}

#[tokio::test]
async fn a_sender_without_rights_or_tables_waits_for_a_person_and_says_so() {
    let sensor = RunningStore::shared().product(Role::Sensor).await;
    let state = trouble(sensor.store().clone(), evidence("10.0.0.1")).await;
    assert!(matches!(state, State::Paused(Error::Denied { code: 497, .. })), "{state:?}");
    // The refusal comes while the body is still being sent, and must not look like a store that is away.
    let state = trouble(sensor.store().clone(), much_evidence(200_000)).await;
    assert!(matches!(state, State::Paused(Error::Denied { code: 497, .. })), "{state:?}");
    let nowhere = RunningStore::shared().settings("no_tables");
    let store = Store::find(&nowhere, Role::Owner).await.expect("the engine answers");
    let state = trouble(store, evidence("10.0.0.1")).await;
    assert!(matches!(state, State::Paused(Error::SchemaOld { .. })), "{state:?}");
}

#[tokio::test]
async fn wrong_bytes_are_refused_by_their_codes() {
    let session = RunningStore::shared().open("bytes", Role::Owner).await;
    let mut batch = Batch::new(Form::Native);
    batch.push(&Ledger {
        minute: Time(0),
        tap: "A".into(),
        worker: 0,
        stage: "flow".into(),
        reason: "kept".into(),
        packets: 1,
        bytes: 2,
        records: 3,
    });
    let whole = Prepared::from_block(&batch.blocks()[0], Token::of("bytes", 0, 0, "ledger"));
    let cut = Prepared { native: whole.native.slice(..whole.native.len() - 3), ..whole.clone() };
    let error = session.insert(&cut).await.expect_err("it is cut");
    assert!(matches!(error, Error::Refused { code: 33, .. }), "{error}");
    let foreign = Prepared { table: "coverage".into(), ..whole.clone() };
    let error = session.insert(&foreign).await.expect_err("other columns");
    assert!(matches!(error, Error::SchemaOld { .. }), "{error}");
    let absent = Prepared { table: "absent".into(), ..whole.clone() };
    let error = session.insert(&absent).await.expect_err("no such table");
    assert!(matches!(error, Error::SchemaOld { .. }), "{error}");
    assert_eq!(sums(&session, "SELECT count() AS rows, 0 AS bytes FROM ledger").await.0, 0);
    assert_eq!(session.insert(&whole).await, Ok(()));
}
