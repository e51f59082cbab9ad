//! The timing score of RITA v5, written anew from its published description, to compare with.
//!
//! Three sub-scores over the range of a day: how symmetric and how narrow the intervals are, how even the hourly counts,
//! and how long and unbroken the activity. Sizes and the modifiers that need context are left out, as they are of ours.

use super::sequences::WINDOW_S;

const HOURS: usize = 24;
const HOUR_S: i64 = 3_600;

/// Mean of the sub-scores of timestamps, histogram and duration, for calls at whole seconds of one window.
pub fn timing(seconds: &[i64]) -> f64 {
    let mut unique = seconds.to_vec();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() < 4 {
        return 0.0;
    }
    (timestamps(&unique) + histogram(seconds) + duration(&unique)) / 3.0
}

fn timestamps(unique: &[i64]) -> f64 {
    let mut intervals: Vec<f64> =
        unique.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
    intervals.sort_unstable_by(f64::total_cmp);
    let [low, middle, high] = [0.25, 0.5, 0.75].map(|share| quantile(&intervals, share));
    let is_flat = high - low < 10.0 || middle <= low || middle >= high;
    let skew = if is_flat { 0.0 } else { (low + high - 2.0 * middle) / (high - low) };
    let mut deviations: Vec<f64> =
        intervals.iter().map(|interval| (interval - middle).abs()).collect();
    deviations.sort_unstable_by(f64::total_cmp);
    let deviation = quantile(&deviations, 0.5);
    let narrow = if middle > 0.0 { ((middle - deviation) / middle).max(0.0) } else { 0.0 };
    f64::midpoint(1.0 - skew.abs(), narrow)
}

fn histogram(seconds: &[i64]) -> f64 {
    let bars = bars(seconds);
    let mean = bars.iter().sum::<f64>() / HOURS as f64;
    let variance = bars.iter().map(|bar| (bar - mean).powi(2)).sum::<f64>() / HOURS as f64;
    let even = (1.0 - variance.sqrt() / mean).max(0.0);
    let mut heights: Vec<f64> = bars.into_iter().filter(|bar| *bar > 0.0).collect();
    let active = heights.len();
    if active < 11 {
        return even;
    }
    heights.sort_unstable_by(f64::total_cmp);
    let mut repeats: Vec<usize> =
        heights.chunk_by(|a, b| a.total_cmp(b).is_eq()).map(<[f64]>::len).collect();
    repeats.sort_unstable_by(|a, b| b.cmp(a));
    let commonest: usize = repeats.iter().take(2).sum();
    even.max((commonest as f64 / (active as f64 - 1.0)).min(1.0))
}

fn duration(unique: &[i64]) -> f64 {
    let bars = bars(unique);
    if bars.iter().filter(|bar| **bar > 0.0).count() < 6 {
        return 0.0;
    }
    let span = (unique[unique.len() - 1] - unique[0]) as f64 / (HOURS as f64 * HOUR_S as f64);
    let longest = bars.split(|bar| *bar == 0.0).map(<[f64]>::len).max().unwrap_or(0);
    span.max(longest as f64 / 12.0).min(1.0)
}

fn bars(seconds: &[i64]) -> Vec<f64> {
    let mut bars = vec![0.0; HOURS];
    for second in seconds.iter().filter(|second| (**second as f64) < WINDOW_S * 3.0) {
        bars[(second / HOUR_S) as usize] += 1.0;
    }
    bars
}

fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, above) =
        (sorted[place as usize], sorted[(place as usize + 1).min(sorted.len() - 1)]);
    below + (above - below) * place.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: intervals are all 1,800 s (1), 8 of 24 bars of 2 (CV √2, so 0), 8 bars in a row of the 12 wanted.
    #[test]
    fn a_perfect_beacon_of_eight_hours_scores_five_ninths() {
        let seconds: Vec<i64> = (0..16).map(|call| 1_800 * call).collect();
        assert!((timing(&seconds) - (1.0 + 0.0 + 8.0 / 12.0) / 3.0).abs() < 1e-9);
    }

    #[test]
    fn fewer_than_four_times_have_no_score() {
        assert!(timing(&[1, 2, 2, 2, 3]).abs() < 1e-9);
    }
}
