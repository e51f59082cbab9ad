//! kill -9 in the middle of inserts: nothing is lost, nothing counts twice, views included.

use super::process::OwnEngine;
use bartizan_tests::{fresh_folder, wait_until};
use config::settings::Store as Settings;
use model::batch::{Batch, Form};
use model::{Flow, Time, address::v4};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use store::{Outcome, Question, Role, Sender, State, Store};

const WRITERS: u64 = 3;
const BATCHES: u64 = 40;
const ROWS: u64 = 4_000;
const KILLS: u64 = 5;

/// Batch `batch` of `writer`: rows on both sides of a midnight.
fn rows(writer: u64, batch: u64) -> Batch {
    let midnight = Time::new(1_772_323_200, 0);
    let mut all = Batch::new(Form::Native);
    for row in 0..ROWS {
        let first_seen = midnight.plus((row as i64 - ROWS as i64 / 2) * Time::SECOND);
        all.push(&Flow {
            tap: format!("writer-{writer}").into(),
            flow_start: first_seen,
            first_seen,
            last_seen: first_seen.plus(row as i64),
            src_ip: v4(10, writer as u8, (row / 250) as u8, (row % 250) as u8),
            dst_ip: v4(10, 99, 0, (row % 7) as u8),
            src_port: row as u16,
            dst_port: 443,
            ip_protocol: 6,
            src_packets: 1,
            src_bytes: batch * ROWS + row,
            ..Flow::default()
        });
    }
    all
}

#[derive(Default)]
struct Progress {
    acknowledged: AtomicU64,
    troubles: AtomicU64,
}

/// Writes all batches of `writer`, however often the store dies.
fn write(settings: &Settings, writer: u64, progress: &Arc<Progress>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::find(settings, Role::Sensor).await.expect("it runs at first");
        let letters = tempfile::tempdir().expect("a folder");
        let counted = progress.clone();
        let mut sender = Sender::new(store, format!("writer-{writer}"), letters.path()).on_change(
            move |state| {
                counted.troubles.fetch_add(u64::from(*state != State::Flowing), Ordering::SeqCst);
            },
        );
        for batch in 0..BATCHES {
            for delivery in sender.send(rows(writer, batch)).await {
                assert_eq!(delivery.outcome, Outcome::Acknowledged);
            }
            progress.acknowledged.fetch_add(1, Ordering::SeqCst);
        }
    });
}

fn sums(settings: &Settings, sql: &str) -> String {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let bytes = runtime.block_on(async {
        let store = Store::find(settings, Role::Owner).await.expect("it runs");
        store.ask_raw(&Question::new("sums", sql), "CSV").await.expect("sums").0
    });
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

#[test]
fn rows_are_in_the_store_exactly_once_however_often_it_is_killed() {
    let settings = Settings { folder: fresh_folder("crash"), ..Settings::default() };
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    drop(runtime.block_on(Store::open(&settings, Role::Owner)).expect("its tables are made"));
    let mut engine = OwnEngine::start(&settings.folder);
    let answers = || runtime.block_on(Store::find(&settings, Role::Owner)).ok();
    wait_until("the engine", answers);

    let progress = Arc::new(Progress::default());
    std::thread::scope(|threads| {
        for writer in 0..WRITERS {
            let (settings, progress) = (&settings, &progress);
            threads.spawn(move || write(settings, writer, progress));
        }
        for kill in 1..=KILLS {
            let due = kill * WRITERS * BATCHES / (KILLS + 1);
            wait_until("progress", || {
                (progress.acknowledged.load(Ordering::SeqCst) >= due).then_some(())
            });
            engine.kill();
            engine = OwnEngine::start(&settings.folder);
        }
    });

    assert!(
        progress.troubles.load(Ordering::SeqCst) > 0,
        "no writer met a dead store: the test proves nothing"
    );
    let rows = WRITERS * BATCHES * ROWS;
    let bytes = WRITERS * (0..BATCHES * ROWS).sum::<u64>();
    let expected = format!("{rows},{bytes}");
    assert_eq!(sums(&settings, "SELECT count(), sum(src_bytes) FROM flow"), expected);
    assert_eq!(
        sums(&settings, "SELECT count(DISTINCT tap, src_bytes), sum(src_bytes) FROM flow"),
        expected
    );
    for rollup in ["flow_hour", "flow_hour_peer", "flow_day"] {
        assert_eq!(
            sums(&settings, &format!("SELECT sum(flows), sum(src_bytes) FROM {rollup}")),
            expected,
            "{rollup}"
        );
    }
}
