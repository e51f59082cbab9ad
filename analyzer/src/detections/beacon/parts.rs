//! The parts of a verdict: six numbers about the rhythm of a pair, each larger the more it is like a beacon's.
//!
//! They are effect sizes, not test statistics: a busy pair is not more of a beacon than a slow one. Logarithms and roots
//! are taken once and rounded to thousandths; whatever follows is whole numbers.

use super::sums::{BINS, SCALES, Sums};
use super::templates::Templates;

/// Fewest intervals that are judged.
pub const FEWEST: u32 = 6;
/// Shortest time that counts as a pause. Seconds.
const PAUSE_S: f64 = 3_600.0;
/// Time that always counts as a pause. Seconds.
const LONG_PAUSE_S: f64 = 14_400.0;
/// Widest window of eight median intervals whose dispersion has a vote. Seconds.
const WIDEST_S: f64 = 5_400.0;

/// One part of the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Log likelihood ratio of the best beacon's interval law to the best benign one, per interval.
    IntervalLaw,
    /// How much more of the intervals three neighbouring bins hold than a memoryless caller's would.
    Concentration,
    /// −ln of the squared coefficient of variation of the intervals.
    Variance,
    /// −√ of the share of intervals of three medians or more.
    Gaps,
    /// −ln of the Allan factor of calls in windows of eight medians.
    Dispersion,
    /// −√ of the share of intervals of an eighth of the median or less.
    Refractory,
}

impl Part {
    /// Every part, in the order of its weight.
    pub const ALL: [Self; 6] = [
        Self::IntervalLaw,
        Self::Concentration,
        Self::Variance,
        Self::Gaps,
        Self::Dispersion,
        Self::Refractory,
    ];

    /// Name in the evidence's numbers and in the shipped tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::IntervalLaw => "interval_law",
            Self::Concentration => "concentration",
            Self::Variance => "variance",
            Self::Gaps => "gaps",
            Self::Dispersion => "dispersion",
            Self::Refractory => "refractory",
        }
    }

    /// Its weight, in hundredths: fitted once by logistic regression on training sequences, frozen since.
    pub const fn weight(self) -> i64 {
        match self {
            Self::IntervalLaw => 243,
            Self::Concentration => 105,
            Self::Variance => 95,
            Self::Gaps => 87,
            Self::Dispersion => 56,
            Self::Refractory => 54,
        }
    }
}

/// What was measured of a pair's rhythm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Intervals that were judged: neither pauses nor bursts.
    pub n: u32,
    /// Whether calls came in bursts of several connections.
    pub burst: bool,
    /// Median interval. Milliseconds.
    pub median_ms: u32,
    /// The parts in the order of [`Part::ALL`], in thousandths; none where a part has no vote.
    pub values: [Option<i32>; 6],
}

impl Parts {
    /// Measures a pair; none if fewer than [`FEWEST`] intervals are left.
    pub fn of(sums: &Sums, templates: &Templates) -> Option<Self> {
        let Calls { intervals, burst, thinned } = Calls::of(sums)?;
        let n = total(&intervals);
        let median_s = median(&intervals)?;
        let (mean_s, squared_variation) = moments(&intervals);
        let values = [
            Some(templates.likelihood_ratio(&intervals, median_s)),
            Some(thousandths(concentration(&intervals, mean_s))),
            Some(thousandths(-squared_variation.clamp(0.003, 4.0).ln())),
            Some(thousandths(-share_from(&intervals, 3.0 * median_s).sqrt())),
            dispersion(sums, median_s, thinned).map(thousandths),
            Some(thousandths(-(1.0 - share_from(&intervals, median_s / 8.0)).max(0.0).sqrt())),
        ];
        Some(Self { n, burst, median_ms: (1_000.0 * median_s).round() as u32, values })
    }
}

/// Intervals between calls, once pauses and bursts are gone.
struct Calls {
    intervals: [u32; BINS],
    burst: bool,
    /// Intervals before bursts were taken out, for each that is left.
    thinned: f64,
}

impl Calls {
    fn of(sums: &Sums) -> Option<Self> {
        let mut intervals = sums.intervals;
        let pause_s = LONG_PAUSE_S.min(PAUSE_S.max(8.0 * median(&intervals)?));
        for at in (0..BINS).filter(|at| middle(*at) > pause_s) {
            intervals[at] = 0;
        }
        let all = total(&intervals);
        let split = burst_split(&intervals);
        if let Some(split) = split {
            intervals[..split].fill(0);
        }
        let shortest_s = median(&intervals)? / 50.0;
        for at in (0..BINS).filter(|at| middle(*at) < shortest_s) {
            intervals[at] = 0;
        }
        let left = total(&intervals);
        (left >= FEWEST).then(|| Self {
            intervals,
            burst: split.is_some(),
            thinned: f64::from(all) / f64::from(left),
        })
    }
}

/// The first bin above the emptiest run of four that parts many short intervals from some long ones.
fn burst_split(intervals: &[u32; BINS]) -> Option<usize> {
    let all = total(intervals);
    let mut best: Option<(u32, usize)> = None;
    let mut below = 0;
    for start in 0..BINS - 4 {
        let inside = total(&intervals[start..start + 4]);
        let above = all - below - inside;
        let parts = 100 * inside <= 8 * all
            && 100 * below >= 25 * all
            && 100 * above >= 8 * all
            && above >= FEWEST;
        if parts && best.is_none_or(|(fewest, _)| inside < fewest) {
            best = Some((inside, start + 4));
        }
        below += intervals[start];
    }
    best.map(|(_, split)| split)
}

/// Place of an interval on the scale of bins: bin `i` reaches from `i` to `i + 1`.
pub fn place(interval_s: f64) -> f64 {
    4.0 * (interval_s / 2.0).log2()
}

fn seconds(place: f64) -> f64 {
    2.0 * (place / 4.0).exp2()
}

fn middle(at: usize) -> f64 {
    seconds(at as f64 + 0.5)
}

fn total(intervals: &[u32]) -> u32 {
    intervals.iter().sum()
}

/// The median interval, interpolated within its bin; none without intervals. Seconds.
fn median(intervals: &[u32; BINS]) -> Option<f64> {
    let half = f64::from(total(intervals)) / 2.0;
    let mut below = 0.0;
    for (at, &count) in intervals.iter().enumerate().filter(|(_, count)| **count > 0) {
        let count = f64::from(count);
        if below + count >= half {
            return Some(seconds(at as f64 + (half - below) / count));
        }
        below += count;
    }
    None
}

/// Mean in seconds, and the squared coefficient of variation.
fn moments(intervals: &[u32; BINS]) -> (f64, f64) {
    let n = f64::from(total(intervals));
    let sum = |power: i32| {
        intervals
            .iter()
            .enumerate()
            .map(|(at, count)| f64::from(*count) * middle(at).powi(power))
            .sum::<f64>()
    };
    let mean = sum(1) / n;
    (mean, (sum(2) / n / (mean * mean) - 1.0).max(0.0))
}

/// Share of the intervals of `from_s` or more, spread evenly within its bin.
fn share_from(intervals: &[u32; BINS], from_s: f64) -> f64 {
    let from = place(from_s);
    let above = intervals.iter().enumerate().map(|(at, count)| {
        let inside = (at as f64 + 1.0 - from).clamp(0.0, 1.0);
        f64::from(*count) * inside
    });
    above.sum::<f64>() / f64::from(total(intervals))
}

fn concentration(intervals: &[u32; BINS], mean_s: f64) -> f64 {
    let n = f64::from(total(intervals));
    let beyond = |at: usize| if at == BINS { 0.0 } else { (-seconds(at as f64) / mean_s).exp() };
    (0..=BINS - 3)
        .map(|at| f64::from(total(&intervals[at..at + 3])) / n - (beyond(at) - beyond(at + 3)))
        .fold(f64::NEG_INFINITY, f64::max)
}

/// −ln of the Allan factor at eight medians, between the two scales that hold it.
fn dispersion(sums: &Sums, median_s: f64, thinned: f64) -> Option<f64> {
    let width_s = 8.0 * median_s;
    if width_s > WIDEST_S {
        return None;
    }
    let factor = |scale: usize| {
        let at = sums.windows[scale];
        (at.counts > 0)
            .then(|| (at.squares as f64 / at.counts as f64 / thinned).clamp(0.03, 3.0).ln())
    };
    let at = (width_s / 30.0).log2().clamp(0.0, (SCALES - 1) as f64);
    let low = (at as usize).min(SCALES - 2);
    let (below, above) = (factor(low)?, factor(low + 1)?);
    Some(-(below + (above - below) * (at - low as f64)))
}

fn thousandths(value: f64) -> i32 {
    (1_000.0 * value).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detections::beacon::sums::{SEGMENT_S, bin};
    use crate::detections::beacon::templates::SHIPPED;

    fn of(intervals: &[(usize, u32)]) -> [u32; BINS] {
        let mut counts = [0; BINS];
        for (at, count) in intervals {
            counts[*at] = *count;
        }
        counts
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
    }

    /// By hand: half of eight intervals lies a half of the way through bin 4, which reaches from 4 s to 4·2^¼ s.
    #[test]
    fn the_median_is_interpolated_in_its_bin() {
        close(
            median(&of(&[(0, 2), (4, 4), (8, 2)])).expect("there are intervals"),
            4.0 * 0.125_f64.exp2(),
        );
        assert_eq!(median(&of(&[])), None);
    }

    /// By hand: middles 2·2^⅛ s and four times that, equally often: mean 2.5, variance 2.25 in units of the first.
    #[test]
    fn moments_are_those_of_the_middles() {
        let (mean_s, squared_variation) = moments(&of(&[(0, 5), (8, 5)]));
        close(mean_s, 2.5 * 2.0 * 0.125_f64.exp2());
        close(squared_variation, 2.25 / 6.25);
    }

    /// By hand: a bin is cut in proportion to octaves; 4·2^⅛ s is the middle of bin 4.
    #[test]
    fn a_share_is_cut_within_its_bin() {
        close(share_from(&of(&[(4, 10)]), 4.0 * 0.125_f64.exp2()), 0.5);
        close(share_from(&of(&[(4, 10), (8, 10)]), 8.0), 0.5);
        close(share_from(&of(&[(4, 10)]), 0.1), 1.0);
    }

    /// By hand: all intervals in bin 8 (8 to 9.51 s) with mean 10 s; the best three bins are 7 to 9 or 8 to 10, of which a
    /// memoryless caller has e^(−lo/10) − e^(−hi/10) with lo = 2·2^(7/4) or 8, hi = 2·2^(10/4) or 2·2^(11/4), or 6 to 8.
    #[test]
    fn concentration_is_above_a_memoryless_caller() {
        let edge = |at: f64| 2.0 * (at / 4.0).exp2();
        let least = (6..=8).map(|at| {
            (-edge(f64::from(at)) / 10.0).exp() - (-edge(f64::from(at) + 3.0) / 10.0).exp()
        });
        close(concentration(&of(&[(8, 20)]), 10.0), 1.0 - least.fold(f64::INFINITY, f64::min));
    }

    #[test]
    fn a_run_of_four_empty_bins_parts_bursts_from_calls() {
        assert_eq!(burst_split(&of(&[(2, 10), (30, 10)])), Some(7));
        // Five calls above are too few; a fifth of the intervals between is no gap.
        assert_eq!(burst_split(&of(&[(2, 10), (30, 5)])), None);
        assert_eq!(burst_split(&of(&[(2, 10), (4, 5), (6, 5), (8, 10)])), None);
    }

    /// A metronome of 60 s: all intervals in one bin, no gaps, nothing short, dispersion at its floor.
    #[test]
    fn a_metronome_is_as_regular_as_can_be() {
        let seconds: Vec<i64> = (0..480).map(|call| 60 * call).collect();
        let sums = Sums::of(&seconds, SEGMENT_S).expect("there are calls");
        let parts = Parts::of(&sums, &SHIPPED).expect("there are intervals");
        assert_eq!((parts.n, parts.burst), (479, false));
        let [_, concentration, variance, gaps, dispersion, refractory] =
            parts.values.map(|value| value.expect("a vote"));
        // −ln 0.003 = 5.809; −ln 0.03 = 3.507.
        assert_eq!((variance, gaps, refractory), (5_809, 0, 0));
        assert!(concentration > 700, "{concentration}");
        assert!((3_400..=3_507).contains(&dispersion), "{dispersion}");
        assert_eq!(sums.intervals[bin(60)], 479);
    }

    #[test]
    fn slow_callers_have_no_vote_on_dispersion_and_few_calls_no_verdict() {
        let calls = |count: i64, apart: i64| {
            Sums::of(&(0..count).map(|call| apart * call).collect::<Vec<_>>(), SEGMENT_S)
        };
        let slow = Parts::of(&calls(20, 900).expect("calls"), &SHIPPED).expect("intervals");
        assert_eq!(slow.values[4], None);
        assert_eq!(Parts::of(&calls(6, 900).expect("calls"), &SHIPPED), None);
        assert!(Parts::of(&calls(7, 900).expect("calls"), &SHIPPED).is_some());
    }

    #[test]
    fn a_night_without_calls_is_a_pause_and_not_a_gap() {
        let seconds: Vec<i64> =
            (0..40).map(|call| 60 * call).chain((0..40).map(|call| 20_000 + 60 * call)).collect();
        let parts =
            Parts::of(&Sums::of(&seconds, SEGMENT_S).expect("calls"), &SHIPPED).expect("intervals");
        assert_eq!((parts.n, parts.values[3]), (78, Some(0)));
    }

    /// Calls of three connections, 300 s apart: the long intervals alone are judged.
    #[test]
    fn bursts_are_taken_out_and_the_calls_are_judged() {
        let seconds: Vec<i64> =
            (0..90).flat_map(|call| [300 * call, 300 * call + 3, 300 * call + 6]).collect();
        let parts =
            Parts::of(&Sums::of(&seconds, SEGMENT_S).expect("calls"), &SHIPPED).expect("intervals");
        assert_eq!((parts.n, parts.burst), (89, true));
        assert!((270_000..320_000).contains(&parts.median_ms), "{}", parts.median_ms);
    }
}
