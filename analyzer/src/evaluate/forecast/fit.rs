//! Logistic regression with a penalty on the weights, by Newton's method.
//!
//! Inputs are brought to mean 0 and deviation 1 before, so that one penalty fits all; the result is folded back into weights for
//! the inputs as they are. The penalty is the sum of squares of the weights (Hoerl and Kennard, Technometrics 12(1), 1970; for
//! the logistic case le Cessie and van Houwelingen, Applied Statistics 41(1), 1992). Each kind of scope has an intercept, drawn
//! slightly to that of all.

use crate::forecast::Kind;
use crate::forecast::inputs::{COUNT, Inputs};

const KINDS: usize = Kind::ALL.len();
const SIZE: usize = KINDS + COUNT;
/// Pull of each kind's intercept to that of all kinds.
const INTERCEPT_PENALTY: f64 = 1.0;
const ROUNDS: usize = 25;

/// One bin of one scope.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Its kind.
    pub kind: Kind,
    /// What was known.
    pub inputs: &'a Inputs,
    /// Whether the level came.
    pub came: bool,
}

/// A fitted regression, for inputs in whole units and odds in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// By kind.
    pub intercepts: [f64; KINDS],
    /// By input; those left out have none.
    pub weights: [f64; COUNT],
}

impl Fit {
    /// Fits `cases` with this penalty; inputs whose place is not in `used` get no weight.
    pub fn of(cases: &[Case<'_>], penalty: f64, used: &[usize]) -> Self {
        let scale = Scale::of(cases, used);
        let rate = (cases.iter().filter(|case| case.came).count() as f64 + 0.5)
            / (cases.len() as f64 + 1.0);
        let start = (rate / (1.0 - rate)).ln();
        let mut beta = [0.0; SIZE];
        beta[..KINDS].fill(start);
        for _ in 0..ROUNDS {
            let (gradient, hessian) = derivatives(cases, &scale, &beta, penalty, start);
            let step = solve(hessian, gradient);
            let longest = step.iter().fold(0.0_f64, |longest, part| longest.max(part.abs()));
            let shorten = if longest > 2.0 { 2.0 / longest } else { 1.0 };
            for (value, part) in beta.iter_mut().zip(step) {
                *value += part * shorten;
            }
            if longest < 1e-6 {
                break;
            }
        }
        scale.unfold(&beta)
    }

    /// Log-odds of a case.
    pub fn odds(&self, kind: Kind, inputs: &Inputs) -> f64 {
        let parts =
            inputs.iter().zip(self.weights).map(|(value, weight)| *value as f64 / 1e3 * weight);
        self.intercepts[kind as usize] + parts.sum::<f64>()
    }
}

/// Probability of log-odds.
pub fn logistic(odds: f64) -> f64 {
    1.0 / (1.0 + (-odds).exp())
}

/// Means and deviations of the inputs; deviation 0 where an input is left out.
struct Scale {
    mean: [f64; COUNT],
    deviation: [f64; COUNT],
}

impl Scale {
    fn of(cases: &[Case<'_>], used: &[usize]) -> Self {
        let n = cases.len().max(1) as f64;
        let (mut mean, mut deviation) = ([0.0; COUNT], [0.0; COUNT]);
        for at in used.iter().copied() {
            mean[at] = cases.iter().map(|case| case.inputs[at] as f64 / 1e3).sum::<f64>() / n;
            let squares =
                cases.iter().map(|case| (case.inputs[at] as f64 / 1e3 - mean[at]).powi(2));
            let spread = (squares.sum::<f64>() / n).sqrt();
            deviation[at] = if spread < 1e-9 { 0.0 } else { spread };
        }
        Self { mean, deviation }
    }

    fn row(&self, case: &Case<'_>) -> [f64; SIZE] {
        let mut row = [0.0; SIZE];
        row[case.kind as usize] = 1.0;
        for (at, value) in case.inputs.iter().enumerate() {
            if self.deviation[at] > 0.0 {
                row[KINDS + at] = (*value as f64 / 1e3 - self.mean[at]) / self.deviation[at];
            }
        }
        row
    }

    fn unfold(&self, beta: &[f64; SIZE]) -> Fit {
        let mut weights = [0.0; COUNT];
        let mut shift = 0.0;
        for at in 0..COUNT {
            if self.deviation[at] > 0.0 {
                weights[at] = beta[KINDS + at] / self.deviation[at];
                shift += weights[at] * self.mean[at];
            }
        }
        let intercepts = std::array::from_fn(|kind| beta[kind] - shift);
        Fit { intercepts, weights }
    }
}

type Square = Box<[[f64; SIZE]; SIZE]>;

/// Gradient of the penalised log-likelihood, and the negative of its second derivative.
fn derivatives(
    cases: &[Case<'_>],
    scale: &Scale,
    beta: &[f64; SIZE],
    penalty: f64,
    start: f64,
) -> ([f64; SIZE], Square) {
    let mut gradient = [0.0; SIZE];
    let mut hessian: Square = Box::new([[0.0; SIZE]; SIZE]);
    for case in cases {
        let row = scale.row(case);
        let p = logistic(row.iter().zip(beta).map(|(x, b)| x * b).sum());
        let miss = f64::from(u8::from(case.came)) - p;
        let weight = p * (1.0 - p);
        for (at, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
            gradient[at] += miss * x;
            for (other, y) in row.iter().enumerate().skip(at) {
                hessian[at][other] += weight * x * y;
            }
        }
    }
    for at in 0..SIZE {
        let (pull, towards) = if at < KINDS { (INTERCEPT_PENALTY, start) } else { (penalty, 0.0) };
        gradient[at] -= pull * (beta[at] - towards);
        hessian[at][at] += pull;
        for other in 0..at {
            hessian[at][other] = hessian[other][at];
        }
    }
    (gradient, hessian)
}

/// Solves a symmetric positive definite system by Cholesky's method.
fn solve(mut matrix: Square, mut right: [f64; SIZE]) -> [f64; SIZE] {
    for at in 0..SIZE {
        for row in at..SIZE {
            let mut sum = matrix[row][at];
            for before in 0..at {
                sum -= matrix[row][before] * matrix[at][before];
            }
            matrix[row][at] = if row == at { sum.max(1e-12).sqrt() } else { sum / matrix[at][at] };
        }
    }
    for at in 0..SIZE {
        for before in 0..at {
            right[at] -= matrix[at][before] * right[before];
        }
        right[at] /= matrix[at][at];
    }
    for at in (0..SIZE).rev() {
        for after in at + 1..SIZE {
            right[at] -= matrix[after][at] * right[after];
        }
        right[at] /= matrix[at][at];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::draw::Draw;

    fn drawn(draw: &mut Draw) -> Inputs {
        let mut inputs = [0; COUNT];
        inputs[0] = (draw.normal() * 1_000.0) as i64;
        inputs[3] = (draw.exponential(500.0)) as i64;
        inputs
    }

    /// 40,000 cases of a known law; each weight within five standard errors (about 1/√(n·p·(1−p)) of its unit).
    #[test]
    fn a_known_law_is_found_again() {
        let mut draw = Draw::new(77);
        let inputs: Vec<Inputs> = (0..40_000).map(|_| drawn(&mut draw)).collect();
        let kinds = [Kind::Institution, Kind::Crown];
        let law = |kind: Kind, inputs: &Inputs| {
            let base = if kind == Kind::Crown { -1.0 } else { -2.0 };
            base + 0.8 * inputs[0] as f64 / 1e3 - 1.5 * inputs[3] as f64 / 1e3
        };
        let cases: Vec<Case<'_>> = inputs
            .iter()
            .enumerate()
            .map(|(at, inputs)| {
                let kind = kinds[at % 2];
                Case { kind, inputs, came: draw.chance(logistic(law(kind, inputs))) }
            })
            .collect();
        let fit = Fit::of(&cases, 0.1, &(0..COUNT).collect::<Vec<_>>());
        assert!((fit.weights[0] - 0.8).abs() < 0.1, "{fit:?}");
        assert!((fit.weights[3] + 1.5).abs() < 0.25, "{fit:?}");
        assert!(
            (fit.intercepts[0] + 2.0).abs() < 0.15 && (fit.intercepts[1] + 1.0).abs() < 0.15,
            "{fit:?}"
        );
        assert!(fit.weights[1].abs() < 1e-9, "what never varies has no weight");
    }

    #[test]
    fn a_heavy_penalty_leaves_the_mean() {
        let mut draw = Draw::new(78);
        let inputs: Vec<Inputs> = (0..4_000).map(|_| drawn(&mut draw)).collect();
        let cases: Vec<Case<'_>> = inputs
            .iter()
            .map(|inputs| Case { kind: Kind::Inner, inputs, came: inputs[0] > 0 })
            .collect();
        let fit = Fit::of(&cases, 1e9, &(0..COUNT).collect::<Vec<_>>());
        let share = cases.iter().filter(|case| case.came).count() as f64 / 4_000.0;
        assert!((logistic(fit.odds(Kind::Inner, &[0; COUNT])) - share).abs() < 0.01);
    }

    /// By hand: of an identity matrix scaled by 4 the solution is a quarter of the right side.
    #[test]
    fn a_scaled_identity_is_solved() {
        let mut matrix: Square = Box::new([[0.0; SIZE]; SIZE]);
        for at in 0..SIZE {
            matrix[at][at] = 4.0;
        }
        let solved = solve(matrix, std::array::from_fn(|at| at as f64));
        assert!(solved.iter().enumerate().all(|(at, x)| (x - at as f64 / 4.0).abs() < 1e-12));
    }
}
