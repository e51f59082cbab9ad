//! One story, played from its captures to its ground truth.

use super::folder::{Folder, database};
use super::step::Steps;
use anyhow::Context;
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

/// What the demo needs of a story's `truth.json`.
#[derive(Debug, Deserialize)]
struct Truth {
    title: String,
    from: String,
    to: String,
}

/// How a story went.
#[derive(Debug)]
pub struct Played {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Whether everything that must ring rang in time, and nothing else did.
    pub passed: bool,
}

/// Writes, senses, stores and judges one story, and prints what was found. What an earlier run finished is not done again.
pub fn play(name: &str, seed: u64, folder: &Folder, steps: &Steps) -> anyhow::Result<Played> {
    let home = folder.story(name);
    let done = home.join("done");
    println!("\n{name}");
    if !done.is_file() {
        let _ = fs::remove_dir_all(&home);
        steps.run(
            "generate",
            "bartizan-stories",
            &["write", name, "--seed", &seed.to_string(), "--out", &text(&home)],
        )?;
    }
    let truth = read_truth(&home)?;
    if done.is_file() {
        println!("  {:<9} as an earlier run left it in {}", "kept", home.display());
    } else {
        folder.write_settings(name, &truth.to)?;
        fill(name, folder, steps, &truth)?;
        fs::write(&done, "").with_context(|| format!("cannot write {}", done.display()))?;
    }
    let settings = text(&folder.settings(name));
    println!();
    let truth_file = text(&home.join("truth.json"));
    let passed = steps.shown(
        "bartizan-analyzer",
        &[
            "evaluate",
            "stories",
            "--truth",
            &truth_file,
            "--format",
            "table",
            "--config",
            &settings,
        ],
    )?;
    Ok(Played { name: name.to_owned(), title: truth.title, passed })
}

/// Judges a story again as if `tap` had been blind, into a database beside, and shows what is then unknown.
pub fn without(name: &str, tap: &str, folder: &Folder, steps: &Steps) -> anyhow::Result<()> {
    let home = folder.story(name);
    let settings = text(&folder.settings(name));
    let done = home.join(format!("done-without-{tap}"));
    let truth = read_truth(&home)?;
    println!("\n{name} without tap {tap}");
    if !done.is_file() {
        let beside = format!("{}_without_{tap}", database(name));
        let once = ["once", "--from", &truth.from, "--to", &truth.to, "--without", tap];
        let into = ["--into", &beside, "--config", &settings];
        steps.run("judge", "bartizan-analyzer", &[once.as_slice(), &into].concat())?;
        fs::write(&done, "").with_context(|| format!("cannot write {}", done.display()))?;
    }
    println!();
    steps.shown(
        "bartizan",
        &["situation", "--without", tap, "--format", "table", "--config", &settings],
    )?;
    Ok(())
}

fn fill(name: &str, folder: &Folder, steps: &Steps, truth: &Truth) -> anyhow::Result<()> {
    let home = folder.story(name);
    let settings = text(&folder.settings(name));
    let with = |arguments: &[&str]| -> Vec<String> {
        arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .chain(["--config".into(), settings.clone()])
            .collect()
    };
    steps.run("migrate", "bartizan-store", &with(&["migrate"]))?;
    steps.run("publish", "bartizan-analyzer", &with(&["publish"]))?;
    steps.run("history", "bartizan-store", &with(&["load", &text(&home.join("history"))]))?;
    let mut replay = with(&["replay"]);
    replay.extend(captures(&home)?.iter().map(|path| text(path)));
    steps.run("sense", "bartizan-sensor", &replay)?;
    steps.run(
        "judge",
        "bartizan-analyzer",
        &with(&["once", "--from", &truth.from, "--to", &truth.to]),
    )?;
    println!("  {:<9} {}", "database", database(name));
    Ok(())
}

fn captures(home: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(home).with_context(|| format!("cannot read {}", home.display()))?;
    let mut found: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "pcap"));
    found.sort();
    Ok(found)
}

fn read_truth(home: &Path) -> anyhow::Result<Truth> {
    let path = home.join("truth.json");
    let file =
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&file).with_context(|| format!("{} is not a ground truth", path.display()))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
