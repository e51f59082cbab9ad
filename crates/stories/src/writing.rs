//! Writes a story: captures, policy, the sensor's links, history and truth.

use crate::bank;
use crate::captures::{BUDGET, Captures};
use crate::cards;
use crate::history::{History, Rows};
use crate::ordinary::{self, Day};
use crate::stories::{Scene, Story};
use crate::truth::{Hostile, Truth, chain, situations, split};
use anyhow::{Context, bail};
use model::Time;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

/// Settings of the sensor that a story needs, where it needs any.
const SENSOR: &str = "sensor.toml";

/// What was written.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Where.
    pub folder: PathBuf,
    /// What `truth.json` says.
    pub truth: Truth,
    /// Bytes of each capture file.
    pub capture_bytes: BTreeMap<String, u64>,
}

/// Writes `story` into `out`, which is made if need be; files of an earlier run are replaced. Play ends before minute
/// `until`, or where the story ends.
pub fn write(story: &Story, seed: u64, out: &Path, until: Option<i64>) -> anyhow::Result<Summary> {
    write_showing(story, seed, out, until, &mut |_, _| {})
}

/// As [`write`], and tells `progress` after each day how many are done, and of how many.
pub fn write_showing(
    story: &Story,
    seed: u64,
    out: &Path,
    until: Option<i64>,
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Summary> {
    let until = until.unwrap_or(story.last_minute);
    if !story.can_end_at(until) {
        bail!(
            "{} plays from minute {} to {}: {until} is not a minute it can end at",
            story.id,
            story.first_minute,
            story.last_minute
        );
    }
    let span = Span::of(story, seed, until);
    let history = out.join("history");
    clear(out, "tap-", ".pcap")?;
    clear(&history, "", ".native")?;
    clear(out, SENSOR, "")?;
    let mut play = Play {
        captures: Captures::new(story.taps, span.from, span.to, BUDGET),
        history: History::new(story.taps, span.history_from, span.from, &history)
            .with_context(|| format!("making {}", history.display()))?,
        hostile: Vec::new(),
        span,
    };
    play.days(story, progress)?;
    play.finish(story, out)
}

/// When a story plays.
#[derive(Debug, Clone, Copy)]
struct Span {
    scene: Scene,
    history_from: Time,
    from: Time,
    to: Time,
    until: i64,
}

impl Span {
    fn of(story: &Story, seed: u64, until: i64) -> Self {
        let scene = Scene { t0: story.t0(), seed };
        let from = scene.minute(story.first_minute);
        Self {
            scene,
            history_from: from.plus(-story.days_before * Time::DAY),
            from,
            to: scene.minute(until),
            until,
        }
    }
}

struct Play {
    captures: Captures,
    history: History,
    hostile: Vec<Hostile>,
    span: Span,
}

impl Play {
    /// Plays every day that history or the story touches.
    fn days(&mut self, story: &Story, progress: &mut dyn FnMut(u64, u64)) -> anyhow::Result<()> {
        let first = self.span.history_from.floor(Time::DAY);
        let days = self.span.to.plus(-1).since(first) / Time::DAY + 1;
        for number in 0..days {
            let day = Day { start: first.plus(number * Time::DAY), seed: self.span.scene.seed };
            for talk in ordinary::conversations(day) {
                if talk.start < self.span.from {
                    self.history.add(&talk).context("writing history")?;
                }
                if day.end() > self.span.from {
                    self.captures.add(&talk)?;
                }
            }
            if let Some(before) = story.cards_before
                && day.start < self.span.from
            {
                let session = before(day, self.span.from);
                let talks = session.conversations(&mut day.dice("connections of the card rail"));
                talks
                    .iter()
                    .try_for_each(|talk| self.history.add(talk))
                    .context("writing history")?;
                self.history.add_cards(&session, &talks).context("writing history")?;
            }
            self.history.cover(day.start, day.end()).context("writing coverage")?;
            progress(number as u64 + 1, days as u64);
        }
        for talk in (story.happens)(&self.span.scene) {
            let taps = self.captures.add(&talk)?;
            if !talk.role.is_empty() && !taps.is_empty() {
                self.hostile.push(Hostile::of(&talk, &self.span.scene, &taps));
            }
        }
        Ok(())
    }

    fn finish(self, story: &Story, out: &Path) -> anyhow::Result<Summary> {
        let history_rows = self.history.finish().context("writing history")?;
        let mut truth = truth_of(story, &self.span, history_rows, self.hostile);
        let mut capture_bytes = BTreeMap::new();
        for (tap, seen) in self.captures.finish() {
            let path = out.join(format!("tap-{tap}.pcap"));
            let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
            seen.capture
                .write(&mut BufWriter::new(file))
                .with_context(|| format!("writing {}", path.display()))?;
            truth.packets.insert(tap.to_string(), seen.capture.frames() as u64);
            truth.wire_bytes.insert(
                tap.to_string(),
                seen.capture.iter().map(|(_, _, wire)| u64::from(wire)).sum(),
            );
            truth.flows.insert(tap.to_string(), seen.conversations);
            capture_bytes.insert(tap.to_string(), seen.capture.file_bytes());
        }
        write_text(&out.join("policy.toml"), bank::POLICY)?;
        if story.cards_before.is_some() {
            write_text(&out.join(SENSOR), &cards::settings())?;
        }
        let text = serde_json::to_string_pretty(&truth).context("putting the truth into JSON")?;
        write_text(&out.join("truth.json"), &(text + "\n"))?;
        Ok(Summary { folder: out.into(), truth, capture_bytes })
    }
}

fn truth_of(story: &Story, span: &Span, history_rows: Rows, malicious: Vec<Hostile>) -> Truth {
    let (expected, later) = split(story, span.until);
    Truth {
        story: story.id,
        name: story.name,
        title: story.title,
        seed: span.scene.seed,
        t0: span.scene.t0,
        from: span.from,
        to: span.to,
        history_from: span.history_from,
        history_rows,
        taps: story.taps.iter().map(char::to_string).collect(),
        packets: BTreeMap::new(),
        wire_bytes: BTreeMap::new(),
        flows: BTreeMap::new(),
        malicious,
        expected,
        later,
        false_from: story.quiet_above,
        quiet: story.is_quiet,
        situations: situations(story, span.until),
        chain: chain(story, span.until),
        one_incident: !story.chain.is_empty(),
        index_below: story.index_below,
        level_none: story.is_quiet,
        money: story.money.map(Into::into),
    }
}

fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// Removes what an earlier run left: files of `folder` with this prefix and ending.
fn clear(folder: &Path, prefix: &str, ending: &str) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(prefix) && name.ends_with(ending) {
            fs::remove_file(&path).with_context(|| format!("replacing {}", path.display()))?;
        }
    }
    Ok(())
}
