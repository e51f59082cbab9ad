//! The program as a person meets it.

use super::files;
use bartizan_stories::STORIES;
use std::process::{Command, Output};

fn run(arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_bartizan-stories");
    Command::new(program).args(arguments).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_list_names_every_story() {
    let output = run(&["list"]);
    assert_eq!(output.status.code(), Some(0));
    let lines = text(&output.stdout);
    assert_eq!(lines.lines().count(), STORIES.len());
    for (line, story) in lines.lines().zip(STORIES) {
        assert!(line.starts_with(story.id) && line.contains(story.title), "{line}");
    }
}

#[test]
fn a_story_that_is_not_there_is_a_mistake_of_the_caller() {
    let output = run(&["write", "s99"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("S1 (bangladesh)"), "{}", text(&output.stderr));
    let output = run(&["write", "s1", "--until", "900"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("345"), "{}", text(&output.stderr));
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").expect("a file");
    let out = file.join("story");
    let output = run(&["write", "s13", "--until", "1", "--out", &out.to_string_lossy()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("story"), "{}", text(&output.stderr));
}

#[test]
fn what_is_written_is_said_unless_it_is_to_be_quiet() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().to_string_lossy().into_owned();
    let output = run(&["write", "quiet-day", "--until", "1", "--out", &out]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("S13 seed 1"), "{}", text(&output.stdout));
    assert!(files::names(folder.path()).contains(&"truth.json".to_owned()));
    let output = run(&["write", "quiet-day", "--until", "1", "--out", &out, "-q"]);
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
}
