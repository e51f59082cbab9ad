//! How well beacons are told from ordinary callers: true positives at fixed false-positive rates, against stated bars.

use super::rita;
use super::sequences::{Beacon, FEWEST, Mix};
use super::tables::{calibrate_sums, in_streams, measured, population};
use crate::detections::beacon::calibration::{self, Calibration};
use crate::detections::beacon::parts::Parts;
use crate::detections::beacon::templates;
use std::fmt::Write as _;

/// Seed of the ordinary callers that set the thresholds.
pub const THRESHOLD_SEED: u64 = 112;
/// Seed of the ordinary callers that the realised rate is measured on.
pub const TEST_SEED: u64 = 13;
/// Seed of the beacons.
pub const BEACON_SEED: u64 = 22;
/// Jitters of a row, in order.
pub const JITTERS: [f64; 4] = [0.0, 0.2, 0.5, 0.9];
/// Periods, in seconds.
pub const PERIODS_S: [f64; 6] = [30.0, 60.0, 120.0, 300.0, 600.0, 900.0];
/// −ln 0.01 and −ln 0.001, in thousandths of a nat.
const CUTS_MILLINATS: [u32; 2] = [4_605, 6_908];

/// What hinders a beacon from being seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Nothing.
    Clean,
    /// One call in five is missing.
    Missed,
    /// Three foreign calls for ten of its own.
    Noise,
    /// Both.
    Both,
}

impl Condition {
    const ALL: [Self; 4] = [Self::Clean, Self::Missed, Self::Noise, Self::Both];

    const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Missed => "20 % missed",
            Self::Noise => "30 % noise",
            Self::Both => "both",
        }
    }

    fn beacon(self, period_s: f64, jitter: f64) -> Beacon {
        let missed = if matches!(self, Self::Missed | Self::Both) { 0.2 } else { 0.0 };
        let noise = if matches!(self, Self::Noise | Self::Both) { 0.3 } else { 0.0 };
        Beacon { missed, noise, ..Beacon::clean(period_s, jitter) }
    }
}

/// One cell of the table.
#[derive(Debug, Clone)]
pub struct Cell {
    /// Against which callers.
    pub mix: Mix,
    /// What hinders it.
    pub condition: Condition,
    /// Seconds.
    pub period_s: f64,
    /// Jitter.
    pub jitter: f64,
    /// Sequences that rang at false-positive rates of 1 % and 0.1 %.
    pub found: [usize; 2],
    /// Sequences.
    pub of: usize,
    /// Sequences that the published RITA v5 score, re-implemented, finds at the same rates.
    pub rita_found: [usize; 2],
    /// Least share that must be found at 0.1 %, where one is stated.
    pub bar: Option<f64>,
}

impl Cell {
    /// Share found at 0.1 %.
    pub fn reached(&self) -> f64 {
        self.found[1] as f64 / self.of as f64
    }

    /// Whether a bar is stated and missed.
    pub fn misses(&self) -> bool {
        self.bar.is_some_and(|bar| self.reached() < bar)
    }

    /// Whether a miss fails the run: the ordinary mix, clean.
    pub fn is_required(&self) -> bool {
        self.mix == Mix::Ordinary && self.condition == Condition::Clean
    }
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Report {
    /// Every cell.
    pub cells: Vec<Cell>,
    /// For each mix, the realised rates at nominal 1 % and 0.1 %, and on how many callers.
    pub realised: Vec<(Mix, [f64; 2], usize)>,
    /// Sequences in a cell.
    pub sequences: usize,
    /// Callers of each mix behind the thresholds.
    pub callers: usize,
}

impl Report {
    /// Whether every required bar is reached.
    pub fn passed(&self) -> bool {
        !self.cells.iter().any(|cell| cell.is_required() && cell.misses())
    }
}

/// Measures every cell on unseen seeds: `quick` with fewer sequences.
pub fn run(quick: bool) -> Report {
    let (callers, sequences) = if quick { (20_000, 200) } else { (60_000, 1_000) };
    let judges: Vec<Judge> = [Mix::Ordinary, Mix::Hard].map(|mix| Judge::of(mix, callers)).into();
    let realised =
        judges.iter().map(|judge| (judge.mix, judge.realised(callers), callers)).collect();
    let mut cells = Vec::new();
    for (at, condition) in Condition::ALL.into_iter().enumerate() {
        for (period, period_s) in PERIODS_S.into_iter().enumerate() {
            for (row, jitter) in JITTERS.into_iter().enumerate() {
                let seed = BEACON_SEED * 10_000 + (at * 100 + period * 10 + row) as u64;
                let beacon = condition.beacon(period_s, jitter);
                let drawn = in_streams(seed, sequences, |draw| beacon.seconds(draw));
                cells.extend(
                    judges.iter().map(|judge| judge.cell(condition, period_s, jitter, &drawn)),
                );
            }
        }
    }
    Report { cells, realised, sequences, callers }
}

/// The thresholds of one mix.
struct Judge {
    mix: Mix,
    calibration: Calibration,
    rita_cuts: [f64; 2],
}

impl Judge {
    fn of(mix: Mix, callers: usize) -> Self {
        let mut calibration = calibration::SHIPPED.clone();
        calibrate_sums(
            &mut calibration,
            &population(mix, THRESHOLD_SEED, callers, FEWEST, &templates::SHIPPED),
        );
        let mut scores =
            in_streams(THRESHOLD_SEED, callers, |draw| rita::timing(&mix.seconds(draw, FEWEST)));
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        let rita_cuts = [0.01, 0.001].map(|rate| scores[(rate * callers as f64) as usize]);
        Self { mix, calibration, rita_cuts }
    }

    fn rings(&self, parts: Option<&Parts>) -> [bool; 2] {
        let surprise = parts.map_or(0, |parts| self.calibration.verdict(parts).surprise_millinats);
        CUTS_MILLINATS.map(|cut| surprise >= cut)
    }

    fn realised(&self, callers: usize) -> [f64; 2] {
        let others = population(self.mix, TEST_SEED, callers, FEWEST, &templates::SHIPPED);
        let rung = counted(others.iter().map(|parts| self.rings(Some(parts))));
        rung.map(|rung| rung as f64 / callers as f64)
    }

    fn cell(&self, condition: Condition, period_s: f64, jitter: f64, drawn: &[Vec<i64>]) -> Cell {
        let found = counted(
            drawn.iter().map(|seconds| self.rings(measured(seconds, &templates::SHIPPED).as_ref())),
        );
        let rita_found = counted(drawn.iter().map(|seconds| {
            let score = rita::timing(seconds);
            self.rita_cuts.map(|cut| score > cut)
        }));
        let bar = bar(self.mix, condition, period_s, jitter);
        Cell { mix: self.mix, condition, period_s, jitter, found, of: drawn.len(), rita_found, bar }
    }
}

fn counted(rings: impl Iterator<Item = [bool; 2]>) -> [usize; 2] {
    rings.fold([0; 2], |[one, two], [a, b]| [one + usize::from(a), two + usize::from(b)])
}

/// The least share that must be found at a false-positive rate of 0.1 %.
fn bar(mix: Mix, condition: Condition, period_s: f64, jitter: f64) -> Option<f64> {
    let to = |most: f64| jitter <= most;
    match (mix, condition, period_s as u32) {
        (Mix::Ordinary, Condition::Clean, _) => Some(0.98),
        (Mix::Ordinary, Condition::Both, 30..=60) if to(0.5) => Some(0.98),
        (Mix::Ordinary, Condition::Both, 120) => Some(if to(0.5) { 0.98 } else { 0.94 }),
        (Mix::Ordinary, Condition::Both, 300) => Some(if to(0.5) { 0.98 } else { 0.70 }),
        (Mix::Ordinary, Condition::Both, 600) if to(0.5) => Some(if to(0.2) { 0.96 } else { 0.90 }),
        (Mix::Ordinary, Condition::Both, 900) if to(0.5) => Some(if to(0.2) { 0.75 } else { 0.60 }),
        (Mix::Ordinary, Condition::Missed | Condition::Noise, 30..=300) => Some(0.98),
        (Mix::Ordinary, Condition::Missed | Condition::Noise, 600) => {
            Some(if to(0.5) { 0.96 } else { 0.80 })
        }
        (Mix::Ordinary, Condition::Missed | Condition::Noise, 900) => Some(if to(0.2) {
            0.98
        } else if to(0.5) {
            0.88
        } else {
            0.50
        }),
        (Mix::Hard, Condition::Clean, 30..=600) => Some(0.98),
        (Mix::Hard, Condition::Both, 30..=60) if to(0.5) => Some(0.98),
        (Mix::Hard, Condition::Both, 120) if to(0.5) => Some(if to(0.2) { 0.95 } else { 0.88 }),
        (Mix::Hard, Condition::Both, 300) if to(0.0) => Some(0.95),
        _ => None,
    }
}

/// The report as Markdown, as it stands in `docs/detection-quality.md`.
pub fn markdown(report: &Report) -> String {
    let mut text = String::from("## Beacon (INT-01)\n\n");
    let _ = writeln!(
        text,
        "One segment of eight hours, rhythm alone: no sizes, names or policy. {} sequences a cell, thresholds from {} \
         generated callers of each mix (seed {THRESHOLD_SEED}), realised rates on as many others (seed {TEST_SEED}), \
         beacons of seed {BEACON_SEED}; none of them was used to make the shipped tables. Measured on generated traffic.\n",
        report.sequences, report.callers
    );
    for (mix, [one, tenth], _) in &report.realised {
        let _ = writeln!(
            text,
            "- {} mix: realised false-positive rate {:.2} % at 1 %, {:.3} % at 0.1 %",
            mix.name(),
            100.0 * one,
            100.0 * tenth
        );
    }
    text.push_str(
        "\nShare found at a false-positive rate of 1 % / 0.1 %, for jitter 0 · 0.2 · 0.5 · 0.9; `!` marks a cell below its \
         bar at 0.1 %. RITA is a re-implementation of the published timing score of RITA v5, at the same two rates.\n\n\
         | Mix, condition, period | Bartizan | bar | RITA |\n|---|---|---|---|\n",
    );
    for row in report.cells.chunk_by(same_row_or_other_mix).flat_map(by_mix) {
        let first = row[0];
        let join = |cell: &dyn Fn(&Cell) -> String| {
            row.iter().map(|each| cell(each)).collect::<Vec<_>>().join(" · ")
        };
        let shares = |found: [usize; 2], of: usize| {
            found.map(|found| share(found as f64 / of as f64)).join("/")
        };
        let _ = writeln!(
            text,
            "| {}, {}, {} s | {} | {} | {} |",
            first.mix.name(),
            first.condition.name(),
            first.period_s,
            join(&|cell| shares(cell.found, cell.of) + if cell.misses() { "!" } else { "" }),
            join(&|cell| cell.bar.map_or_else(|| "–".into(), share)),
            join(&|cell| shares(cell.rita_found, cell.of)),
        );
    }
    text
}

fn same_row_or_other_mix(a: &Cell, b: &Cell) -> bool {
    a.condition == b.condition && a.period_s.total_cmp(&b.period_s).is_eq()
}

fn by_mix(row: &[Cell]) -> Vec<Vec<&Cell>> {
    [Mix::Ordinary, Mix::Hard].map(|mix| row.iter().filter(|cell| cell.mix == mix).collect()).into()
}

fn share(value: f64) -> String {
    if value >= 0.9995 {
        "1".into()
    } else {
        format!("{value:.3}").trim_start_matches('0').to_owned()
    }
}
