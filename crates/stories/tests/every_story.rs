//! Walks every story: the same bytes twice, within its budget, true to its truth, and judged by its own policy.

#[path = "every_story/cli.rs"]
mod cli;
#[path = "every_story/files.rs"]
mod files;
#[path = "every_story/judged.rs"]
mod judged;
#[path = "every_story/tshark.rs"]
mod tshark;

use bartizan_stories::{STORIES, Story, Summary, write};
use model::Time;
use std::path::Path;
use tempfile::TempDir;

/// A story with two days of history instead of thirty: what is tested does not depend on their number.
fn short(story: &Story) -> Story {
    Story { days_before: 2, ..*story }
}

/// Writes `story` into a folder of its own.
fn written(story: &Story, seed: u64, until: Option<i64>) -> (TempDir, Summary) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let summary = write(story, seed, folder.path(), until).expect("a story is written");
    (folder, summary)
}

#[test]
fn every_story_has_a_name_of_its_own_and_a_time() {
    for story in STORIES {
        assert!(Story::named(story.id).is_some_and(|found| found.id == story.id));
        assert!(Story::named(story.name).is_some_and(|found| found.id == story.id));
        assert_eq!(story.t0().minute(), story.t0(), "{} begins at a whole minute", story.id);
        assert!(story.first_minute < story.last_minute);
    }
    assert_eq!(Story::named("s01").map(|story| story.id), Some("S1"));
    assert_eq!(Story::named("S13").map(|story| story.id), Some("S13"));
    assert!(Story::named("s2").is_none());
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    for story in STORIES {
        let story = short(story);
        let until = Some((story.first_minute + 150).min(story.last_minute));
        let (first, _) = written(&story, 1, until);
        let (again, _) = written(&story, 1, until);
        let (other, _) = written(&story, 2, until);
        let names = files::names(first.path());
        assert!(names.len() >= story.taps.len() + 4, "{names:?}");
        assert_eq!(names, files::names(again.path()));
        for name in &names {
            let bytes = |folder: &Path| std::fs::read(folder.join(name)).expect("a written file");
            assert!(bytes(first.path()) == bytes(again.path()), "{} {name}", story.id);
            let is_capture = name.starts_with("tap-");
            assert!(
                !is_capture || bytes(first.path()) != bytes(other.path()),
                "{} {name}",
                story.id
            );
        }
    }
}

#[test]
fn a_second_run_leaves_nothing_of_the_first() {
    let story = short(STORIES[0]);
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir(folder.path().join("history")).expect("a folder");
    for stale in ["tap-z.pcap", "history/flow-0099.native"] {
        std::fs::write(folder.path().join(stale), "stale").expect("a file");
    }
    std::fs::write(folder.path().join("notes.txt"), "mine").expect("a file");
    write(&story, 1, folder.path(), Some(5)).expect("a story is written");
    let names = files::names(folder.path());
    assert!(!names.iter().any(|name| name.contains("tap-z") || name.contains("0099")), "{names:?}");
    assert!(names.iter().any(|name| name == "notes.txt"), "{names:?}");
}

#[test]
fn a_minute_outside_the_story_is_refused_before_anything_is_written() {
    for story in STORIES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for until in [story.first_minute, story.last_minute + 1] {
            let error =
                write(story, 1, folder.path(), Some(until)).expect_err("not a minute of it");
            assert!(error.to_string().contains(&until.to_string()), "{error}");
        }
        assert!(files::names(folder.path()).is_empty());
    }
}

#[test]
fn captures_keep_to_the_budget_and_to_what_the_truth_says() {
    for story in STORIES {
        let story = short(story);
        let (folder, summary) = written(&story, 1, None);
        let (mut frames, mut bytes) = (0, 0);
        for (tap, expected) in &summary.truth.packets {
            let file =
                std::fs::read(folder.path().join(format!("tap-{tap}.pcap"))).expect("a capture");
            let seen = files::frames(&file);
            assert_eq!(seen.len() as u64, *expected, "{} tap {tap}", story.id);
            assert!(seen.is_sorted_by_key(|frame| frame.time), "{} tap {tap}", story.id);
            assert!(
                seen.iter()
                    .all(|frame| summary.truth.from <= frame.time && frame.time < summary.truth.to)
            );
            frames += seen.len();
            bytes += file.len();
        }
        assert!(
            frames <= 5_000_000 && bytes <= 60_000_000,
            "{}: {frames} frames, {bytes} bytes",
            story.id
        );
    }
}

#[test]
fn hostile_conversations_of_the_truth_are_in_the_frames_of_their_taps() {
    for story in STORIES {
        let (folder, summary) = written(&short(story), 3, None);
        assert_eq!(summary.truth.malicious.is_empty(), story.is_quiet);
        for tap in summary.truth.packets.keys() {
            let file =
                std::fs::read(folder.path().join(format!("tap-{tap}.pcap"))).expect("a capture");
            let opened = files::opened(&files::frames(&file));
            for hostile in &summary.truth.malicious {
                let key = (hostile.src_ip, hostile.src_port, hostile.dst_ip, hostile.dst_port);
                let seen = opened
                    .get(&key)
                    .is_some_and(|time| time.since(hostile.start).abs() < Time::SECOND);
                assert_eq!(seen, hostile.taps.contains(tap), "{hostile:?} at tap {tap}");
            }
        }
    }
}

#[test]
fn history_has_the_rows_that_the_truth_counts() {
    for story in STORIES {
        let (folder, summary) = written(&short(story), 1, Some(story.first_minute + 1));
        let rows = |table: &str| files::native_rows(&folder.path().join("history"), table);
        assert_eq!(rows("flow"), summary.truth.history_rows.flow, "{}", story.id);
        assert_eq!(rows("coverage"), summary.truth.history_rows.coverage, "{}", story.id);
        assert_eq!(rows("iso8583"), summary.truth.history_rows.iso8583, "{}", story.id);
        assert_eq!(rows("iso8583_bin"), summary.truth.history_rows.iso8583_bin, "{}", story.id);
        assert_eq!(rows("iso8583") > 0, story.cards_before.is_some(), "{}", story.id);
        let minutes = 2 * 24 * 60;
        assert_eq!(summary.truth.history_rows.coverage, minutes * 2 * story.taps.len() as u64);
    }
}
