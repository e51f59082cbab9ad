//! `bartizan demo`: a synthetic bank in one command, from the wire to a warning.
//!
//! Each story is written as captures, sent through the sensor into a database of its own, judged by the analyzer, and
//! held against its ground truth. Nothing is bundled, no network is used and nothing leaves the machine.

mod folder;
mod own;
mod step;
mod story;

use crate::failure::Exit;
use anyhow::Context;
use folder::Folder;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use step::Steps;
use story::Played;

/// Stories that are played, in this order; the last one is what the console then shows.
const STORIES: &[&str] = &["s13", "s03", "s01"];

/// Taps that are taken away from a story that was played, to show what nobody could have known then.
const BLIND: &[(&str, &str)] = &[("s03", "b")];

const EXAMPLES: &str = "\
Examples:
  bartizan demo                          play the stories and open the console
  bartizan demo --batch                  print what was found and exit
  bartizan demo trace.pcap               your own capture: zones are learned, with the reason for each border
  bartizan demo day/ --policy bank.toml  a folder of captures under a policy of yours
  bartizan demo --clean                  remove what it made";

/// What `bartizan demo` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// Captures of your own (pcap, pcapng, gzip) or folders of them, instead of the stories.
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The same as PATH.
    #[arg(long, value_name = "FILE")]
    pub pcap: Vec<PathBuf>,
    /// A policy for them, instead of learned zones.
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Print the result and exit; non-zero if anything was missed or false.
    #[arg(long)]
    pub batch: bool,
    /// Remove what an earlier demo made, and exit.
    #[arg(long)]
    pub clean: bool,
    /// Where captures and store are kept [default: $XDG_DATA_HOME/bartizan/demo].
    #[arg(long, value_name = "DIR")]
    pub folder: Option<PathBuf>,
    /// Seed of the synthetic bank.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Plays the stories, prints what was found against what is true, and opens the console unless told not to.
pub fn run(arguments: &Arguments) -> anyhow::Result<Option<Exit>> {
    let folder = Folder::at(arguments.folder.clone())?;
    if arguments.clean {
        return folder.remove().map(|()| None);
    }
    let captures: Vec<PathBuf> = arguments.paths.iter().chain(&arguments.pcap).cloned().collect();
    if !captures.is_empty() {
        return run_own(&captures, arguments, &folder);
    }
    println!(
        "Bartizan {} · demo: a synthetic bank, seed {} (no root, no network, nothing leaves this machine)",
        env!("CARGO_PKG_VERSION"),
        arguments.seed
    );
    folder.prepare(arguments.seed)?;
    let steps = Steps::new(&folder);
    let runtime = tokio::runtime::Runtime::new().context("no threads to be had")?;
    let session =
        runtime.block_on(folder.open_store(STORIES[0])).context("the store did not start")?;
    let mut played = Vec::new();
    for name in STORIES {
        played.push(story::play(name, arguments.seed, &folder, &steps)?);
        for (_, tap) in BLIND.iter().filter(|(story, _)| story == name) {
            story::without(name, tap, &folder, &steps)?;
        }
    }
    folder.write_profile(STORIES[STORIES.len() - 1])?;
    let failed = played.iter().any(|story| !story.passed);
    print_next(&played, failed)?;
    if is_watched(arguments) {
        let opened = steps.attached("bartizan", &["console", "--profile", "demo"]);
        drop(session);
        return opened.map(|()| None);
    }
    drop(session);
    Ok(failed.then_some(Exit::Failed))
}

fn is_watched(arguments: &Arguments) -> bool {
    !arguments.batch && std::io::stdout().is_terminal() && std::io::stdin().is_terminal()
}

/// Plays captures of the reader, and opens the console unless told not to.
fn run_own(
    captures: &[PathBuf],
    arguments: &Arguments,
    folder: &Folder,
) -> anyhow::Result<Option<Exit>> {
    println!(
        "Bartizan {} · demo: your own traffic (no root, no network, nothing leaves this machine)",
        env!("CARGO_PKG_VERSION")
    );
    folder.prepare(arguments.seed)?;
    let steps = Steps::new(folder);
    let runtime = tokio::runtime::Runtime::new().context("no threads to be had")?;
    let session =
        runtime.block_on(folder.open_store(own::NAME)).context("the store did not start")?;
    let policy = arguments.policy.as_deref();
    let judged_us = own::play(captures, policy, folder, &steps)?;
    let last = format!("{}h", (judged_us / model::Time::HOUR + 1).max(24));
    let program = std::env::args().next().unwrap_or_else(|| "bartizan".into());
    println!("Next");
    for (command, why) in [
        (format!("console --profile demo --last {last}"), "walk it"),
        ("policy learn --profile demo".into(), "the zones it drew, with reasons, as policy.toml"),
        ("explain INT-01".into(), "what a detection looks for"),
        ("demo --clean".into(), "remove what the demo made"),
    ] {
        println!("  {program} {command:<42} {why}");
    }
    if is_watched(arguments) {
        let opened = steps.attached("bartizan", &["console", "--profile", "demo", "--last", &last]);
        drop(session);
        return opened.map(|()| None);
    }
    drop(session);
    Ok(None)
}

fn print_next(played: &[Played], failed: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\nresult")?;
    for story in played {
        let word = if story.passed { "as expected" } else { "NOT as expected" };
        writeln!(out, "  {:<4} {:<34} {word}", story.name, story.title)?;
    }
    if failed {
        writeln!(out, "\nSomething was missed, false or failed: see above.")?;
    }
    // As this one was called, so that the lines work as written.
    let program = std::env::args().next().unwrap_or_else(|| "bartizan".into());
    writeln!(out, "\nNext")?;
    for (command, why) in [
        ("console --profile demo", "walk it"),
        ("warnings --profile demo", "the same as a table"),
        ("situation --profile demo", "index, level and drivers of every zone"),
        ("incidents --profile demo", "one attack, in the order of its chain"),
        ("graph path pc-117 saa-1 --profile demo", "how it got there"),
        ("forecast --profile demo", "what may come, with its record"),
        ("why-not jump-1 beacon --profile demo", "what kept a detection silent"),
        ("rules --profile demo", "rules in Sigma's format, and what they matched"),
        ("flows 'dst=203.0.113.40' --profile demo --limit 5", "the flows behind the beacon"),
        ("demo --clean", "remove what the demo made"),
    ] {
        writeln!(out, "  {program} {command:<52} {why}")?;
    }
    Ok(())
}
