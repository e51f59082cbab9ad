//! Randomness that depends on nothing but the seed and the name of what is drawn.

use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest, Sha256};

/// A stream of draws of its own: adding one elsewhere does not move it.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream called `name` (and `number`) under `seed`.
    pub fn new(seed: u64, name: &str, number: i64) -> Self {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(number.to_le_bytes());
        hash.update(name.as_bytes());
        Self(ChaCha8Rng::from_seed(hash.finalize().into()))
    }

    /// An integer in `low..high`; `low` if the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if low < high { self.0.random_range(low..high) } else { low }
    }

    /// True once in `n` times on average.
    pub fn one_in(&mut self, n: i64) -> bool {
        self.between(0, n) == 0
    }

    /// `value` moved by up to `permille` thousandths of itself, uniformly, to either side.
    pub fn around(&mut self, value: i64, permille: i64) -> i64 {
        let reach = value / 1_000 * permille + value % 1_000 * permille / 1_000;
        self.between(value - reach, value + reach + 1)
    }

    /// A wait with mean `mean`, as between calls that know nothing of each other.
    ///
    /// Von Neumann's method ("Various techniques used in connection with random digits", 1951): comparisons of integers
    /// alone, so that every machine draws the same.
    pub fn exponential(&mut self, mean: i64) -> i64 {
        const BITS: u32 = 53;
        let mut whole = 0;
        loop {
            let first = self.0.next_u64() >> (64 - BITS);
            let (mut last, mut run) = (first, 1);
            loop {
                let next = self.0.next_u64() >> (64 - BITS);
                if next >= last {
                    break;
                }
                last = next;
                run += 1;
            }
            if run % 2 == 1 {
                return whole * mean + ((i128::from(first) * i128::from(mean)) >> BITS) as i64;
            }
            whole += 1;
        }
    }

    /// `count` random bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// Random bytes as an array.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// One of `choices`, which is not empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.between(0, choices.len() as i64) as usize]
    }

    /// A port as clients take them.
    pub fn port(&mut self) -> u16 {
        self.between(49_152, 65_000) as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_depends_on_seed_name_and_number() {
        let first = Dice::new(1, "a", 0).bytes(16);
        assert_eq!(first, Dice::new(1, "a", 0).bytes(16));
        for other in [Dice::new(2, "a", 0), Dice::new(1, "b", 0), Dice::new(1, "a", 1)] {
            assert_ne!(first, other.clone().bytes(16));
        }
    }

    #[test]
    fn around_stays_within_its_reach() {
        let mut dice = Dice::new(1, "reach", 0);
        let (mut low, mut high) = (i64::MAX, i64::MIN);
        for _ in 0..2_000 {
            let value = dice.around(600_000_000, 200);
            (low, high) = (low.min(value), high.max(value));
        }
        assert!((480_000_000..490_000_000).contains(&low), "{low}");
        assert!((710_000_000..=720_000_000).contains(&high), "{high}");
    }

    #[test]
    fn exponential_waits_have_their_mean() {
        let mut dice = Dice::new(1, "mean", 0);
        let mean = (0..20_000).map(|_| dice.exponential(1_000_000)).sum::<i64>() / 20_000;
        assert!((970_000..1_030_000).contains(&mean), "{mean}");
    }

    /// Of an exponential law 36.8 % lie beyond the mean and 5.0 % beyond three times it.
    #[test]
    fn exponential_waits_have_their_tail() {
        let mut dice = Dice::new(1, "tail", 0);
        let waits: Vec<i64> = (0..20_000).map(|_| dice.exponential(1_000)).collect();
        let beyond = |bound: i64| waits.iter().filter(|wait| **wait > bound).count();
        assert!((7_100..7_620).contains(&beyond(1_000)), "{}", beyond(1_000));
        assert!((870..1_120).contains(&beyond(3_000)), "{}", beyond(3_000));
    }
}
