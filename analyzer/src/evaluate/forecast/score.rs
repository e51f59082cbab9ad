//! How good probabilities are: Brier scores, skill with its interval, and reliability.

use super::bins::Bin;
use crate::evaluate::draw::Draw;
use crate::forecast::Kind;
use model::Time;
use std::collections::BTreeMap;

/// Days in a block of the bootstrap: whole weeks, longer than anything lasts in a generated bank.
const BLOCK_DAYS: usize = 7;
/// Resamples.
const RESAMPLES: usize = 1_000;
/// Bins of the reliability table.
const TABLE_BINS: usize = 10;

/// One scored forecast.
#[derive(Debug, Clone, Copy)]
pub struct Scored {
    /// Day of the test, over all banks one after the other.
    pub day: usize,
    /// The model's.
    pub model: f64,
    /// Climatology's.
    pub climate: f64,
    /// Of the present index alone.
    pub persistence: f64,
    /// The true one.
    pub oracle: f64,
    /// Whether it came.
    pub came: bool,
}

/// Skill with its 80 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Skill {
    /// 1 − BS / BS of the reference.
    pub skill: f64,
    /// Tenth percentile.
    pub low: f64,
    /// Ninetieth percentile.
    pub high: f64,
}

/// Brier scores over all days.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Brier {
    /// The model's.
    pub model: f64,
    /// Climatology's.
    pub climate: f64,
    /// Of the present index alone.
    pub persistence: f64,
    /// The true hazard's.
    pub oracle: f64,
}

/// Sums of squared errors of one day.
#[derive(Debug, Clone, Copy, Default)]
struct Day {
    errors: Brier,
    count: f64,
}

/// Squared errors by day.
#[derive(Debug, Clone)]
pub struct Errors(Vec<Day>);

impl Errors {
    /// Of `scored` over so many days.
    pub fn of(scored: &[Scored], days: usize) -> Self {
        let mut all = vec![Day::default(); days];
        for one in scored {
            let came = f64::from(u8::from(one.came));
            let day = &mut all[one.day];
            day.errors.model += (one.model - came).powi(2);
            day.errors.climate += (one.climate - came).powi(2);
            day.errors.persistence += (one.persistence - came).powi(2);
            day.errors.oracle += (one.oracle - came).powi(2);
            day.count += 1.0;
        }
        Self(all)
    }

    /// Mean squared errors.
    pub fn brier(&self) -> Brier {
        mean(self.0.iter())
    }

    /// Skill of the model against a reference; blocks of seven days, drawn with replacement and around the end.
    pub fn skill(&self, reference: fn(&Brier) -> f64, seed: u64) -> Skill {
        let of = |brier: &Brier| {
            if reference(brier) > 0.0 { 1.0 - brier.model / reference(brier) } else { 0.0 }
        };
        let mut draw = Draw::new(seed);
        let mut drawn: Vec<f64> = (0..RESAMPLES).map(|_| of(&self.resampled(&mut draw))).collect();
        drawn.sort_by(f64::total_cmp);
        Skill {
            skill: of(&self.brier()),
            low: drawn[RESAMPLES / 10],
            high: drawn[RESAMPLES * 9 / 10 - 1],
        }
    }

    fn resampled(&self, draw: &mut Draw) -> Brier {
        let days = self.0.len();
        let blocks = days.div_ceil(BLOCK_DAYS);
        let mut taken = Vec::with_capacity(blocks * BLOCK_DAYS);
        for _ in 0..blocks {
            let start = draw.whole(0, days as u32 - 1) as usize;
            taken.extend((start..start + BLOCK_DAYS).map(|at| at % days));
        }
        mean(taken[..days].iter().map(|at| &self.0[*at]))
    }
}

fn mean<'a>(days: impl Iterator<Item = &'a Day>) -> Brier {
    let mut sum = Day::default();
    for day in days {
        sum.errors.model += day.errors.model;
        sum.errors.climate += day.errors.climate;
        sum.errors.persistence += day.errors.persistence;
        sum.errors.oracle += day.errors.oracle;
        sum.count += day.count;
    }
    let n = sum.count.max(1.0);
    let Brier { model, climate, persistence, oracle } = sum.errors;
    Brier {
        model: model / n,
        climate: climate / n,
        persistence: persistence / n,
        oracle: oracle / n,
    }
}

/// One bin of a reliability table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reliable {
    /// Forecasts in it.
    pub count: usize,
    /// Their mean.
    pub said: f64,
    /// Share that came.
    pub came: f64,
}

/// Ten bins of equal count, by forecast, and the mean distance between what was said and what came.
pub fn reliability(mut said: Vec<(f64, bool)>) -> (Vec<Reliable>, f64) {
    said.sort_by(|a, b| a.0.total_cmp(&b.0));
    let n = said.len();
    let bins: Vec<Reliable> = (0..TABLE_BINS)
        .map(|bin| &said[bin * n / TABLE_BINS..(bin + 1) * n / TABLE_BINS])
        .filter(|bin| !bin.is_empty())
        .map(|bin| {
            let count = bin.len();
            Reliable {
                count,
                said: bin.iter().map(|(p, _)| p).sum::<f64>() / count as f64,
                came: bin.iter().filter(|(_, came)| *came).count() as f64 / count as f64,
            }
        })
        .collect();
    let error =
        bins.iter().map(|bin| bin.count as f64 / n as f64 * (bin.said - bin.came).abs()).sum();
    (bins, error)
}

/// Walk-forward climatology: how often it came for this kind of scope in this kind of hour, as far as that is known.
#[derive(Debug, Clone, Default)]
pub struct Climate {
    counts: BTreeMap<(Kind, bool), (f64, f64)>,
    /// Outcomes that are not known yet, with the moment from which they are.
    waiting: Vec<(Time, (Kind, bool), bool)>,
    known: usize,
}

impl Climate {
    /// Adds what came of a bin, which is known from `known_at` on; bins come in the order of time.
    pub fn add(&mut self, bin: &Bin, came: bool, known_at: Time) {
        self.waiting.push((known_at, (bin.kind, bin.is_out_of_hours()), came));
    }

    /// The rate for a bin like this one, of all that was known at `at`; a half is added to both counts.
    pub fn rate(&mut self, bin: &Bin, at: Time) -> f64 {
        while let Some((known_at, key, came)) = self.waiting.get(self.known).copied()
            && known_at <= at
        {
            let (yes, all) = self.counts.entry(key).or_default();
            *yes += f64::from(u8::from(came));
            *all += 1.0;
            self.known += 1;
        }
        let (yes, all) =
            self.counts.get(&(bin.kind, bin.is_out_of_hours())).copied().unwrap_or_default();
        (yes + 0.5) / (all + 1.0)
    }

    /// All that was added counts as known, and what comes then begins a time of its own.
    pub fn settle(&mut self) {
        for (_, key, came) in self.waiting.split_off(self.known) {
            let (yes, all) = self.counts.entry(key).or_default();
            *yes += f64::from(u8::from(came));
            *all += 1.0;
        }
        self.waiting.clear();
        self.known = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scored(day: usize, model: f64, came: bool) -> Scored {
        Scored {
            day,
            model,
            climate: 0.5,
            persistence: 0.25,
            oracle: f64::from(u8::from(came)),
            came,
        }
    }

    /// By hand: errors of 0.1 and 0.2 squared are 0.01 and 0.04, mean 0.025; of a constant half 0.25: skill 0.9.
    #[test]
    fn skill_is_counted_out_by_hand() {
        let errors = Errors::of(&[scored(0, 0.9, true), scored(1, 0.2, false)], 2);
        assert!((errors.brier().model - 0.025).abs() < 1e-12);
        let skill = errors.skill(|brier| brier.climate, 1);
        assert!((skill.skill - 0.9).abs() < 1e-12, "{skill:?}");
        assert!(skill.low <= skill.skill && skill.skill <= skill.high, "{skill:?}");
        assert!((errors.brier().oracle).abs() < 1e-12);
    }

    /// By hand: of ten equal bins the fifth says 0.45 and nothing comes, the last says 0.95 and all comes.
    #[test]
    fn reliability_bins_hold_the_same_count() {
        let said: Vec<(f64, bool)> =
            (0..100).map(|at| (f64::from(at) / 100.0 + 0.005, at >= 50)).collect();
        let (bins, error) = reliability(said);
        assert!(bins.iter().all(|bin| bin.count == 10));
        assert!((bins[4].said - 0.45).abs() < 1e-9 && bins[4].came < 1e-9);
        assert!((bins[9].said - 0.95).abs() < 1e-9 && bins[9].came > 1.0 - 1e-9);
        // Mean of .05 .15 .25 .35 .45 twice.
        assert!((error - 0.25).abs() < 1e-9, "{error}");
    }
}
