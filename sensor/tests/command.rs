//! The program itself: what it prints, and how it ends.

use crate::packets::{End, Timed, conversation};
use model::Time;
use std::path::Path;
use std::process::{Command, Output};

fn sensor(arguments: &[&str], folder: &Path) -> Output {
    let program = env!("CARGO_BIN_EXE_bartizan-sensor");
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("XDG_CONFIG_HOME", folder)
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes frames as a capture.
pub fn write_capture(path: &Path, frames: &[Timed]) {
    let mut out = vec![
        0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0,
    ];
    for Timed { time, bytes } in frames {
        let numbers = [
            time.seconds() as u32,
            (time.0 % Time::SECOND) as u32,
            bytes.len() as u32,
            bytes.len() as u32,
        ];
        out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        out.extend(bytes);
    }
    std::fs::write(path, out).expect("a file");
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let frames =
        conversation(0.0, End(1, 50_000), End(2, 80), &[b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"]);
    for name in ["tap-a.pcap", "tap-b.pcap"] {
        write_capture(&folder.path().join(name), &frames);
    }
    folder
}

#[test]
fn rows_go_to_standard_output_and_the_books_to_standard_error() {
    let folder = folder();
    let output = sensor(&["replay", "tap-a.pcap", "--format", "jsonl"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let lines = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        lines.lines().filter(|line| line.starts_with("{\"table\":\"flow\",\"tap\":\"a\",")).count(),
        1
    );
    assert!(
        said(&output).contains("received 7 packets = kept 7 + dropped 0; 1 flows"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_folder_is_replayed_by_tap_into_one_file_for_each_table() {
    let folder = folder();
    let output = sensor(&["replay", ".", "--out", "rows", "-q"], folder.path());
    assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""));
    let flows =
        std::fs::read_to_string(folder.path().join("rows/flow.jsonl")).expect("a file of flows");
    assert!(flows.contains("\"tap\":\"a\"") && flows.contains("\"tap\":\"b\""), "{flows}");
    assert!(folder.path().join("rows/ledger.jsonl").is_file());
}

#[test]
fn a_capture_that_was_cut_is_kept_in_part() {
    let folder = folder();
    let bytes = std::fs::read(folder.path().join("tap-a.pcap")).expect("the capture");
    std::fs::write(folder.path().join("cut.pcap"), &bytes[..bytes.len() - 3]).expect("a file");
    let output = sensor(&["replay", "cut.pcap", "--format", "jsonl"], folder.path());
    assert_eq!(output.status.code(), Some(6));
    assert!(said(&output).contains("received 6 packets"), "{}", said(&output));
    assert!(said(&output).contains("ends in the middle of a packet"), "{}", said(&output));
}

#[test]
fn mistakes_have_their_sentence_and_their_code() {
    let folder = folder();
    std::fs::write(folder.path().join("notes.pcap"), "these are notes, no packets")
        .expect("a file");
    std::fs::write(folder.path().join("wrong.toml"), "[sensor]\nmax_flow = 3\n").expect("a file");
    std::fs::create_dir(folder.path().join("empty")).expect("a folder");
    let check = |arguments: &[&str], code: i32, words: &str| {
        let output = sensor(arguments, folder.path());
        let said = said(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    };
    check(&["replay", "missing.pcap"], 1, "no such file");
    check(&["replay", "notes.pcap", "--format", "jsonl"], 1, "not a capture");
    check(&["replay", "empty", "--format", "jsonl"], 1, "no capture in this folder");
    check(&["replay"], 2, "Usage");
    check(&["replay", "tap-a.pcap", "--config", "wrong.toml"], 3, "did you mean");
}

#[test]
fn a_store_that_does_not_answer_is_exit_4() {
    let folder = folder();
    // Nobody listens on the discard port of the loopback interface.
    std::fs::write(folder.path().join("away.toml"), "[store]\nurl = \"http://127.0.0.1:9\"\n")
        .expect("a file");
    let output =
        sensor(&["replay", "tap-a.pcap", "--config", "away.toml", "--wait", "0"], folder.path());
    assert_eq!(output.status.code(), Some(4), "{}", said(&output));
    assert!(said(&output).contains("E-STORE-001"), "{}", said(&output));
}
