//! Generated months: a bank's ordinary days with attacks and decoys, as rows, and the true hazard beside them.
//!
//! Early warning is measured on them. The rows are flow slices and coverage, like the history of a story; nothing is played
//! as frames. Attacks come far more often than in any bank, or thirty days would hold nothing to measure.

pub mod course;
pub mod hazard;
pub mod laws;
mod play;

use crate::bank;
use crate::history::{History, Rows};
use crate::ordinary::Day;
use anyhow::{Context, bail};
use course::Episode;
use hazard::{HORIZONS, Hazard, TARGETS};
use laws::ROUTES;
use model::Time;
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

/// Taps that see something of a month.
const TAPS: &[char] = &['a', 'c', 'd', 'e'];
/// Ordinary days before the first, so that it has a memory.
const DAYS_BEFORE: i64 = 7;
/// Longest month, in days.
pub const LONGEST_DAYS: i64 = 400;
/// Between two lines of the hazard, in minutes.
const EVERY: i64 = 5;

/// Which month.
#[derive(Debug, Clone, Copy)]
pub struct Month {
    /// Seed of all draws.
    pub seed: u64,
    /// Its first midnight.
    pub from: Time,
    /// How long.
    pub days: i64,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Rows before and in it.
    pub rows: Rows,
    /// Episodes that an attack followed.
    pub foretold: usize,
    /// Attacks without any precursor.
    pub bare: usize,
    /// Episodes that nothing followed.
    pub decoys: usize,
}

/// Writes the month into `out`: `policy.toml`, `history/*.native`, `hazard.jsonl` and `month.json`. Files of an earlier run
/// are replaced. Tells `progress` after each day how many are done, and of how many.
pub fn write(
    month: Month,
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Summary> {
    if month.days < 1 || month.days > LONGEST_DAYS {
        bail!("a month has 1 to {LONGEST_DAYS} days, not {}", month.days);
    }
    let from = month.from.floor(Time::DAY);
    let episodes = course::course(month.seed, month.days);
    let rows = write_rows(&Month { from, ..month }, &episodes, out, progress)?;
    write_hazard(from, month.days, &episodes, &out.join("hazard.jsonl"))?;
    let summary = Summary {
        rows,
        foretold: count(&episodes, |one| one.door.is_some() && !one.steps.is_empty()),
        bare: count(&episodes, |one| one.steps.is_empty()),
        decoys: count(&episodes, |one| one.door.is_none()),
    };
    write_text(&out.join("policy.toml"), bank::POLICY)?;
    let truth = truth(&Month { from, ..month }, &episodes, &summary);
    let text = serde_json::to_string_pretty(&truth).context("putting the truth into JSON")?;
    write_text(&out.join("month.json"), &(text + "\n"))?;
    Ok(summary)
}

fn count(episodes: &[Episode], is_counted: impl Fn(&Episode) -> bool) -> usize {
    episodes.iter().filter(|one| is_counted(one)).count()
}

fn write_rows(
    month: &Month,
    episodes: &[Episode],
    out: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> anyhow::Result<Rows> {
    let folder = out.join("history");
    clear(&folder)?;
    let first = month.from.plus(-DAYS_BEFORE * Time::DAY);
    let end = month.from.plus(month.days * Time::DAY);
    let mut history = History::new(TAPS, first, end, &folder)
        .with_context(|| format!("making {}", folder.display()))?;
    let days = month.days + DAYS_BEFORE;
    for number in 0..days {
        let day = Day { start: first.plus(number * Time::DAY), seed: month.seed };
        for talk in play::ordinary(day) {
            history.add(&talk).context("writing rows")?;
        }
        let minutes = (number - DAYS_BEFORE) * 1_440..(number - DAYS_BEFORE + 1) * 1_440;
        for (at, one) in
            episodes.iter().enumerate().filter(|(_, one)| minutes.contains(&one.begin()))
        {
            for talk in play::conversations(month.from, month.seed, at, one) {
                history.add(&talk).context("writing rows")?;
            }
        }
        history.cover(day.start, day.end()).context("writing coverage")?;
        progress(number as u64 + 1, days as u64);
    }
    history.finish().context("writing rows")
}

/// One line for each fifth minute: by scope and level, the probabilities for each horizon, in millionths.
fn write_hazard(from: Time, days: i64, episodes: &[Episode], path: &Path) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        time: Time,
        struck_ppm: BTreeMap<&'a str, BTreeMap<&'a str, [u32; HORIZONS.len()]>>,
    }
    let file = File::create(path).with_context(|| format!("making {}", path.display()))?;
    let mut file = BufWriter::new(file);
    let hazard = Hazard::new();
    for minute in (0..days * 1_440).step_by(EVERY as usize) {
        let mut struck_ppm: BTreeMap<&str, BTreeMap<&str, _>> = BTreeMap::new();
        for (target, found) in TARGETS.iter().zip(hazard.at(minute, episodes)) {
            struck_ppm.entry(target.scope).or_default().insert(target.level, found);
        }
        let line = Line { time: from.plus(minute * Time::MINUTE), struck_ppm };
        serde_json::to_writer(&mut file, &line).context("writing the hazard")?;
        writeln!(file).context("writing the hazard")?;
    }
    file.flush().with_context(|| format!("writing {}", path.display()))
}

fn truth(month: &Month, episodes: &[Episode], summary: &Summary) -> Value {
    let at = |minute: i64| month.from.plus(minute * Time::MINUTE);
    let told = |one: &Episode| {
        let steps: Vec<Value> = one
            .steps
            .iter()
            .map(|taken| json!({"step": taken.step, "from": at(taken.begin), "to": at(taken.end)}))
            .collect();
        let mut told = Map::new();
        told.insert("route".into(), one.way().name.into());
        told.insert("kind".into(), if one.door.is_some() { "attack" } else { "decoy" }.into());
        told.insert("steps".into(), steps.into());
        if let Some((door, minute)) = one.attacked() {
            told.insert("door".into(), json!({"zone": door, "at": at(minute)}));
        }
        Value::Object(told)
    };
    json!({
        "seed": month.seed,
        "from": month.from,
        "to": at(month.days * 1_440),
        "days": month.days,
        "days_before": DAYS_BEFORE,
        "taps": TAPS.iter().map(char::to_string).collect::<Vec<_>>(),
        "rows": summary.rows,
        "rates_a_day": {"episodes": laws::EPISODES as f64 / 1e3, "bare_attacks": laws::BARE_ATTACKS as f64 / 1e3},
        "an_attack_follows_one_in": laws::ATTACK_ONE_IN,
        "routes": ROUTES.iter().map(|route| route.name).collect::<Vec<_>>(),
        "attacks_with_precursor": summary.foretold,
        "attacks_without": summary.bare,
        "decoys": summary.decoys,
        "thinned": play::thinned(),
        "horizons_min": HORIZONS,
        "strikes": strikes(month, episodes),
        "episodes": episodes.iter().map(told).collect::<Vec<_>>(),
    })
}

/// What is struck, in order: by which level of warnings, and whether something of the same episode was seen before.
fn strikes(month: &Month, episodes: &[Episode]) -> Vec<Value> {
    let of = |target: &'static hazard::Target| {
        let each = episodes.iter().flat_map(|one| target.strikes(one));
        each.map(|(minute, foretold)| (minute, target.scope, target.level, foretold))
            .collect::<Vec<_>>()
    };
    let mut all: Vec<_> = TARGETS.iter().flat_map(of).collect();
    all.retain(|(minute, ..)| *minute < month.days * 1_440);
    all.sort_unstable();
    all.iter()
        .map(|(minute, scope, level, foretold)| {
            let at = month.from.plus(minute * Time::MINUTE);
            json!({"at": at, "scope": scope, "level": level, "foretold": foretold})
        })
        .collect()
}

fn write_text(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// Makes `folder` and removes the rows of an earlier run from it.
fn clear(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "native") {
            fs::remove_file(&path).with_context(|| format!("replacing {}", path.display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        for folder in [folder.to_path_buf(), folder.join("history")] {
            for entry in fs::read_dir(folder).expect("it was written").flatten() {
                if entry.path().is_file() {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    all.insert(name, fs::read(entry.path()).expect("a file"));
                }
            }
        }
        all
    }

    #[test]
    fn the_same_seed_writes_the_same_bytes_and_a_line_of_hazard_every_fifth_minute() {
        let folder = tempfile::tempdir().expect("a folder");
        let from = "2026-01-04T00:00:00Z".parse().expect("a time");
        let month = Month { seed: 9, from, days: 2 };
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let summary = write(month, &one, &mut |_, _| {}).expect("it is written");
        write(month, &other, &mut |_, _| {}).expect("it is written");
        assert_eq!(bytes(&one), bytes(&other));
        assert!(summary.rows.flow > 5_000, "{summary:?}");
        // By hand: nine days of 1,440 minutes, four taps, two sides.
        assert_eq!(summary.rows.coverage, 9 * 1_440 * 4 * 2);
        let hazard = fs::read_to_string(one.join("hazard.jsonl")).expect("it is there");
        assert_eq!(hazard.lines().count(), 2 * 288);
        assert!(write(Month { days: 0, ..month }, &one, &mut |_, _| {}).is_err());
    }
}
