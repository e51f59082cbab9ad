//! `bartizan-stories`: lists stories and writes them.

use anyhow::Context;
use bartizan_stories::month::{self, Month};
use bartizan_stories::{STORIES, Story, Summary, write_showing};
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use model::Time;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Writes a synthetic bank and what happens to it: captures, policy, the days before, and the truth.
#[derive(Debug, Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  bartizan-stories list
  bartizan-stories write S1 --out s1
  bartizan-stories write quiet-day --seed 7 --until 120 --out morning
  bartizan-stories month --seed 4 --days 28 --out month-4
  tshark -r s1/tap-d.pcap -Y 'ip.addr == 203.0.113.40'"
)]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Lists the stories.
    List,
    /// Writes a story: tap-*.pcap, policy.toml, sensor.toml where it has card links, history/*.native, truth.json. The same seed gives the same bytes.
    Write {
        /// Id or word of the story, as `list` prints them.
        name: String,
        /// Seed of all draws.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder to write into; made if need be. [default: story-ID]
        #[arg(long)]
        out: Option<PathBuf>,
        /// Ends before this minute of the story. [default: where the story ends]
        #[arg(long, value_name = "MIN")]
        until: Option<i64>,
        /// Says nothing unless it fails.
        #[arg(short, long)]
        quiet: bool,
    },
    /// Writes a bank's days with attacks and decoys as rows: policy.toml, history/*.native, month.json, hazard.jsonl.
    Month {
        /// Seed of all draws.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many days, 1 to 400.
        #[arg(long, default_value_t = 28)]
        days: i64,
        /// Its first day, as RFC 3339.
        #[arg(long, value_name = "TIME", default_value = "2026-01-04T00:00:00Z")]
        from: Time,
        /// Folder to write into; made if need be. [default: month-SEED]
        #[arg(long)]
        out: Option<PathBuf>,
        /// Says nothing unless it fails.
        #[arg(short, long)]
        quiet: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bartizan-stories: {error:#}");
            ExitCode::from(1)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.verb {
        Verb::List => list().map(|()| ExitCode::SUCCESS),
        Verb::Month { seed, days, from, out, quiet } => {
            if !(1..=month::LONGEST_DAYS).contains(&days) {
                eprintln!(
                    "bartizan-stories: --days {days} is not between 1 and {}",
                    month::LONGEST_DAYS
                );
                return Ok(ExitCode::from(2));
            }
            let out = out.unwrap_or_else(|| PathBuf::from(format!("month-{seed}")));
            show_month(Month { seed, from, days }, &out, quiet)?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Write { name, seed, out, until, quiet } => {
            let story = match asked(&name, until) {
                Ok(story) => story,
                Err(why) => {
                    eprintln!("bartizan-stories: {why}");
                    return Ok(ExitCode::from(2));
                }
            };
            let out =
                out.unwrap_or_else(|| PathBuf::from(format!("story-{}", story.id.to_lowercase())));
            let summary = show(story, seed, &out, until, quiet)?;
            if !quiet {
                report(&summary)?;
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// The story of this name, or why it cannot be told so.
fn asked(name: &str, until: Option<i64>) -> Result<&'static Story, String> {
    let Some(story) = Story::named(name) else {
        let names: Vec<String> =
            STORIES.iter().map(|story| format!("{} ({})", story.id, story.name)).collect();
        return Err(format!("there is no story {name:?}; there are {}", names.join(", ")));
    };
    match until {
        Some(minute) if !story.can_end_at(minute) => Err(format!(
            "{} plays from minute {} to {}; --until {minute} is not between them",
            story.id, story.first_minute, story.last_minute
        )),
        _ => Ok(story),
    }
}

fn list() -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    for story in STORIES {
        let taps: String = story.taps.iter().collect();
        let line = format!(
            "{:<4} {:<12} {}  minutes {} to {}  taps {taps}  {}",
            story.id, story.name, story.t0, story.first_minute, story.last_minute, story.title
        );
        if unless_closed(writeln!(out, "{line}"))?.is_none() {
            break;
        }
    }
    Ok(())
}

/// Writes the story under a progress bar, which a quick run does not show.
fn show(
    story: &Story,
    seed: u64,
    out: &Path,
    until: Option<i64>,
    quiet: bool,
) -> anyhow::Result<Summary> {
    let bar = progress_bar(&format!("writing {}", story.id), quiet)?;
    let summary = write_showing(story, seed, out, until, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    summary.with_context(|| format!("{} was not written to {}", story.id, out.display()))
}

/// A bar for a terminal; elsewhere none is seen.
fn progress_bar(what: &str, quiet: bool) -> anyhow::Result<ProgressBar> {
    let is_shown = !quiet && io::stderr().is_terminal() && std::env::var_os("CI").is_none();
    let bar = if is_shown { ProgressBar::new(1) } else { ProgressBar::hidden() };
    let style = ProgressStyle::with_template("{msg} {bar:30} day {pos} of {len}, {eta} left");
    bar.set_style(style.context("laying out the progress bar")?);
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(500));
    Ok(bar)
}

/// Writes the month under a progress bar, and says what is in it.
fn show_month(month: Month, out: &Path, quiet: bool) -> anyhow::Result<()> {
    let bar = progress_bar(&format!("writing month {}", month.seed), quiet)?;
    let summary = month::write(month, out, &mut |done, of| {
        bar.set_length(of);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    let summary = summary.with_context(|| format!("no month in {}", out.display()))?;
    if !quiet {
        let text = format!(
            "seed {}: {} days from {} in {}\n{} rows of flow, {} of coverage; {} attacks with precursors, {} without, {} decoys",
            month.seed,
            month.days,
            month.from,
            out.display(),
            summary.rows.flow,
            summary.rows.coverage,
            summary.foretold,
            summary.bare,
            summary.decoys
        );
        unless_closed(writeln!(io::stdout().lock(), "{text}"))?;
    }
    Ok(())
}

fn report(summary: &Summary) -> anyhow::Result<()> {
    let truth = &summary.truth;
    let packets: u64 = truth.packets.values().sum();
    let bytes: u64 = summary.capture_bytes.values().sum();
    let text = format!(
        "{} seed {}: {} to {}\n{} taps, {packets} packets, {:.1} MB in {}\n{} rows of flow, {} of coverage and {} \
         of iso8583 before it; {} hostile conversations; policy.toml, truth.json",
        truth.story,
        truth.seed,
        truth.from,
        truth.to,
        truth.taps.len(),
        bytes as f64 / 1e6,
        summary.folder.display(),
        truth.history_rows.flow,
        truth.history_rows.coverage,
        truth.history_rows.iso8583,
        truth.malicious.len(),
    );
    unless_closed(writeln!(io::stdout().lock(), "{text}"))?;
    Ok(())
}

/// A reader that has gone is no error.
fn unless_closed(result: io::Result<()>) -> io::Result<Option<()>> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(None),
        other => other.map(Some),
    }
}
