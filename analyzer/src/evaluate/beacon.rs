//! How well beacons are told from ordinary callers: true positives at fixed false-positive rates, against stated bars.

mod report;

pub use report::markdown;

use super::rita;
use super::sequences::{Beacon, FEWEST, Mix, WINDOW_S};
use super::tables::{Callers, calibrate_sums, in_streams, measured};
use crate::detections::beacon::calibration::{self, Calibration};
use crate::detections::beacon::parts::Parts;
use crate::detections::beacon::templates;

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

    /// The name in tables.
    pub const fn name(self) -> &'static str {
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
    /// Realised false-positive rates.
    pub realised: Vec<Realised>,
    /// Sequences in a cell.
    pub sequences: usize,
    /// Callers of each mix behind the thresholds.
    pub callers: usize,
}

/// What false-positive rate was realised on callers that set no threshold.
#[derive(Debug, Clone)]
pub struct Realised {
    /// Which callers.
    pub mix: Mix,
    /// Whether the thresholds are the shipped ones, of both mixes together, or the mix's own.
    pub shipped: bool,
    /// Segments of eight hours that they were seen through.
    pub segments: u32,
    /// Shares that rang at nominal 1 % and 0.1 %.
    pub rates: [f64; 2],
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
    let realised = judges.iter().flat_map(|judge| judge.realised(callers)).collect();
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
        let own = of(mix, THRESHOLD_SEED, callers, 1);
        calibrate_sums(&mut calibration, &own);
        let mut scores = in_streams(THRESHOLD_SEED, callers, |draw| {
            rita::timing(&mix.seconds(draw, WINDOW_S, FEWEST))
        });
        scores.sort_unstable_by(|a, b| b.total_cmp(a));
        let rita_cuts = [0.01, 0.001].map(|rate| scores[(rate * callers as f64) as usize]);
        Self { mix, calibration, rita_cuts }
    }

    /// Its own thresholds and the shipped ones on other callers, and the shipped ones on a horizon of two segments.
    fn realised(&self, callers: usize) -> [Realised; 3] {
        [(false, 1), (true, 1), (true, 2)].map(|(shipped, segments)| {
            let calibration = if shipped { &calibration::SHIPPED } else { &self.calibration };
            let others = of(self.mix, TEST_SEED, callers, segments);
            let rung = counted(others.iter().map(|parts| rings(calibration, Some(parts))));
            let rates = rung.map(|rung| rung as f64 / callers as f64);
            Realised { mix: self.mix, shipped, segments, rates }
        })
    }

    fn cell(&self, condition: Condition, period_s: f64, jitter: f64, drawn: &[Vec<i64>]) -> Cell {
        let found = counted(drawn.iter().map(|seconds| {
            rings(&self.calibration, measured(seconds, 1, &templates::SHIPPED).as_ref())
        }));
        let rita_found = counted(drawn.iter().map(|seconds| {
            let score = rita::timing(seconds);
            self.rita_cuts.map(|cut| score > cut)
        }));
        let bar = bar(self.mix, condition, period_s, jitter);
        Cell { mix: self.mix, condition, period_s, jitter, found, of: drawn.len(), rita_found, bar }
    }
}

/// The parts of ordinary callers.
fn of(mix: Mix, seed: u64, count: usize, segments: u32) -> Vec<Parts> {
    Callers { mix, seed, count, fewest: FEWEST, segments }.parts(&templates::SHIPPED)
}

fn rings(calibration: &Calibration, parts: Option<&Parts>) -> [bool; 2] {
    let surprise = parts.map_or(0, |parts| calibration.verdict(parts).surprise_millinats);
    CUTS_MILLINATS.map(|cut| surprise >= cut)
}

fn counted(rings: impl Iterator<Item = [bool; 2]>) -> [usize; 2] {
    rings.fold([0; 2], |[one, two], [a, b]| [one + usize::from(a), two + usize::from(b)])
}

/// One stated bar: mix, condition, periods from and up to, greatest jitter, least share found.
type Bar = (Mix, Condition, u32, u32, f64, f64);

/// The bars at a false-positive rate of 0.1 %; the first that fits a cell holds.
static BARS: [Bar; 25] = {
    use Condition::{Both, Clean, Missed, Noise};
    use Mix::{Hard, Ordinary};
    [
        (Ordinary, Clean, 30, 900, 0.9, 0.98),
        (Ordinary, Missed, 30, 300, 0.9, 0.98),
        (Ordinary, Missed, 600, 600, 0.5, 0.96),
        (Ordinary, Missed, 600, 600, 0.9, 0.80),
        (Ordinary, Missed, 900, 900, 0.2, 0.98),
        (Ordinary, Missed, 900, 900, 0.5, 0.88),
        (Ordinary, Missed, 900, 900, 0.9, 0.50),
        (Ordinary, Noise, 30, 300, 0.9, 0.98),
        (Ordinary, Noise, 600, 600, 0.5, 0.96),
        (Ordinary, Noise, 600, 600, 0.9, 0.80),
        (Ordinary, Noise, 900, 900, 0.2, 0.98),
        (Ordinary, Noise, 900, 900, 0.5, 0.88),
        (Ordinary, Noise, 900, 900, 0.9, 0.50),
        (Ordinary, Both, 30, 300, 0.5, 0.98),
        (Ordinary, Both, 120, 120, 0.9, 0.94),
        (Ordinary, Both, 300, 300, 0.9, 0.70),
        (Ordinary, Both, 600, 600, 0.2, 0.96),
        (Ordinary, Both, 600, 600, 0.5, 0.90),
        (Ordinary, Both, 900, 900, 0.2, 0.75),
        (Ordinary, Both, 900, 900, 0.5, 0.60),
        (Hard, Clean, 30, 600, 0.9, 0.98),
        (Hard, Both, 30, 60, 0.5, 0.98),
        (Hard, Both, 120, 120, 0.2, 0.95),
        (Hard, Both, 120, 120, 0.5, 0.88),
        (Hard, Both, 300, 300, 0.0, 0.95),
    ]
};

fn bar(mix: Mix, condition: Condition, period_s: f64, jitter: f64) -> Option<f64> {
    let fits = |bar: &&Bar| {
        (bar.0, bar.1) == (mix, condition)
            && (bar.2..=bar.3).contains(&(period_s as u32))
            && jitter <= bar.4
    };
    BARS.iter().find(fits).map(|bar| bar.5)
}
