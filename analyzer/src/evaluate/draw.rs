//! Random numbers of the laws that the generators need, the same from the same seed everywhere.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::f64::consts::TAU;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// In [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// In [low, high), its logarithm uniform.
    pub fn log_between(&mut self, low: f64, high: f64) -> f64 {
        self.between(low.ln(), high.ln()).exp()
    }

    /// A whole number from `low` to `high`, both included.
    pub fn whole(&mut self, low: u32, high: u32) -> u32 {
        low + (self.unit() * f64::from(high - low + 1)) as u32
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// Exponential.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// Standard normal (Box and Muller, Ann. Math. Stat. 29(2), 1958).
    pub fn normal(&mut self) -> f64 {
        self.exponential(2.0).sqrt() * (TAU * self.unit()).cos()
    }

    /// Lognormal of this median.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Gamma of scale 1 (Marsaglia and Tsang, ACM TOMS 26(3), 2000).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let power = (1.0 - self.unit()).powf(1.0 / shape);
            return self.gamma(shape + 1.0) * power;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v > 0.0 && (1.0 - self.unit()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Poisson: the arrivals of a unit-rate process up to `mean`.
    pub fn poisson(&mut self, mean: f64) -> u32 {
        let (mut arrivals, mut time) = (0, self.exponential(1.0));
        while time < mean {
            arrivals += 1;
            time += self.exponential(1.0);
        }
        arrivals
    }

    /// Geometric from 1 up, of this mean.
    pub fn geometric(&mut self, mean: f64) -> u32 {
        let stay = (1.0 - 1.0 / mean).ln();
        1 + ((1.0 - self.unit()).ln() / stay) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Mean and variance of 40,000 draws, each within five standard errors of the law's own.
    #[test]
    fn each_law_has_its_mean_and_variance() {
        type Law = (&'static str, fn(&mut Draw) -> f64, f64, f64);
        let laws: [Law; 7] = [
            ("unit", Draw::unit, 0.5, 1.0 / 12.0),
            ("exponential", |draw| draw.exponential(3.0), 3.0, 9.0),
            ("normal", Draw::normal, 0.0, 1.0),
            ("gamma 0.4", |draw| draw.gamma(0.4), 0.4, 0.4),
            ("gamma 2.5", |draw| draw.gamma(2.5), 2.5, 2.5),
            ("poisson", |draw| f64::from(draw.poisson(7.0)), 7.0, 7.0),
            ("geometric", |draw| f64::from(draw.geometric(5.0)), 5.0, 20.0),
        ];
        for (name, law, mean, variance) in laws {
            let mut draw = Draw::new(1);
            let drawn: Vec<f64> = (0..40_000).map(|_| law(&mut draw)).collect();
            let n = drawn.len() as f64;
            let found = drawn.iter().sum::<f64>() / n;
            let spread = drawn.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
            assert!((found - mean).abs() < 5.0 * (variance / n).sqrt(), "{name}: mean {found}");
            assert!((spread / variance - 1.0).abs() < 0.1, "{name}: variance {spread}");
        }
    }
}
