//! Makes a model: weights by regression, the penalty by the tuning bank, bands and cuts by the calibration bank.

use super::bank::Bank;
use super::bins::{Bin, TARGETS};
use super::early::early;
use super::fit::{Fit, logistic};
use super::{cases, said};
use crate::forecast::Kind;
use crate::forecast::inputs::COUNT;
use crate::forecast::model::{Model, RANGES, Target, range};
use crate::score;

/// Penalties that are tried.
const PENALTIES: [f64; 6] = [1.0, 10.0, 50.0, 200.0, 1_000.0, 5_000.0];
/// Cuts that are tried, in ten-thousandths, the lowest first.
const CUTS: [u16; 14] =
    [100, 150, 200, 300, 400, 600, 800, 1_000, 1_500, 2_000, 2_500, 3_000, 4_000, 5_000];
/// False early warnings a day that a cut may cost.
const FALSE_A_DAY: f64 = 1.0;
/// Largest weight, in thousandths of a nat for a whole unit.
const HEAVIEST: f64 = 30_000.0;
/// Fewest residuals for a band of their own.
const FEWEST: usize = 50;

/// A model from the bins of three kinds of banks.
pub fn model(banks: &[Bank], training: &[Bin], tuning: &[Bin], calibration: &[Bin]) -> Model {
    let targets = (0..TARGETS).map(|target| fitted(training, tuning, target)).collect();
    let mut model = Model { version: "1".into(), targets };
    let probabilities = said(&model, calibration);
    for target in 0..TARGETS {
        model.targets[target].bands = bands(&model, calibration, target);
        let column: Vec<u16> = probabilities.iter().map(|said| said[target]).collect();
        model.targets[target].cut = CUTS
            .into_iter()
            .find(|cut| {
                early(banks, calibration, &column, target, *cut).misses_a_day() <= FALSE_A_DAY
            })
            .unwrap_or(CUTS[CUTS.len() - 1]);
    }
    model
}

/// Weights for one level and horizon; where it never came in training nothing is known.
fn fitted(training: &[Bin], tuning: &[Bin], target: usize) -> Target {
    let known = cases(training, target);
    let unknown =
        Target { intercepts: [-score::LIMIT; Kind::ALL.len()], cut: u16::MAX, ..Target::default() };
    if !known.iter().any(|case| case.came) {
        return unknown;
    }
    let all: Vec<usize> = (0..COUNT).collect();
    let held = cases(tuning, target);
    let brier = |fit: &Fit| {
        let errors = held.iter().map(|case| {
            let p = logistic(fit.odds(case.kind, case.inputs));
            (p - f64::from(u8::from(case.came))).powi(2)
        });
        errors.sum::<f64>()
    };
    let fits: Vec<(f64, Fit)> = PENALTIES
        .iter()
        .map(|penalty| Fit::of(&known, *penalty, &all))
        .map(|fit| (brier(&fit), fit))
        .collect();
    let best =
        fits.into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).expect("some penalty is tried").1;
    let limit = f64::from(score::LIMIT);
    Target {
        intercepts: best.intercepts.map(|nats| (nats * 1e3).round().clamp(-limit, limit) as i32),
        weights: best.weights.map(|nats| (nats * 1e3).round().clamp(-HEAVIEST, HEAVIEST) as i32),
        ..unknown
    }
}

/// By kind and range of probability: how far below and above the sum the true log-odds lie, with 80 % between. The tenth and the
/// ninetieth percentile of n residuals are those at ⌊0.1 (n + 1)⌋ and ⌈0.9 (n + 1)⌉ (split conformal: Lei, G'Sell, Rinaldo,
/// Tibshirani and Wasserman, JASA 113, 2018).
fn bands(
    model: &Model,
    bins: &[Bin],
    target: usize,
) -> [[(i32, i32); RANGES.len()]; Kind::ALL.len()] {
    let mut residuals: Vec<Vec<Vec<i32>>> = vec![vec![Vec::new(); RANGES.len()]; Kind::ALL.len()];
    for bin in bins {
        let foreseen = model.foresee(bin.kind, bin.present, &bin.inputs);
        for one in foreseen.iter().filter(|one| one.target == target) {
            let residual = odds(bin.truly[target]) - score::sum(&one.parts);
            residuals[bin.kind as usize][range(one.probability)].push(residual);
        }
    }
    std::array::from_fn(|kind| {
        std::array::from_fn(|range| {
            let own = &residuals[kind][range];
            let mut used: Vec<i32> = if own.len() >= FEWEST {
                own.clone()
            } else {
                residuals.iter().flat_map(|kinds| kinds[range].clone()).collect()
            };
            used.sort_unstable();
            percentiles(&used)
        })
    })
}

fn percentiles(sorted: &[i32]) -> (i32, i32) {
    let n = sorted.len();
    if n < FEWEST {
        return (-score::LIMIT, score::LIMIT);
    }
    let (low, high) = ((n + 1) / 10, ((n + 1) * 9).div_ceil(10));
    (sorted[low.max(1) - 1], sorted[high.min(n) - 1])
}

/// Thousandths of a nat, within what a score can say.
fn odds(p: f64) -> i32 {
    let p = p.clamp(1e-4, 1.0 - 1e-4);
    ((p / (1.0 - p)).ln() * 1e3).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand, of the numbers 1 to 99: the 10th and the 90th.
    #[test]
    fn percentiles_are_those_of_split_conformal() {
        let numbers: Vec<i32> = (1..=99).collect();
        assert_eq!(percentiles(&numbers), (10, 90));
        assert_eq!(percentiles(&numbers[..20]), (-score::LIMIT, score::LIMIT));
    }
}
