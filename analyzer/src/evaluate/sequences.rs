//! Generated callers: beacons, and the ordinary traffic that they hide in.
//!
//! The laws are the definition, not the bytes. Times are seconds from the start of a window of eight hours.

use super::draw::Draw;

/// The window that callers are seen through, unless another is named. Seconds.
pub const WINDOW_S: f64 = 28_800.0;
/// Fewest distinct seconds of a sequence; poorer ones are drawn again.
pub const FEWEST: usize = 12;
const HOUR_S: f64 = 3_600.0;
const DAY_S: f64 = 24.0 * HOUR_S;
/// Nine o'clock, when the window of a generated day opens.
const OPENING_S: f64 = 9.0 * HOUR_S;

/// A beacon's habits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beacon {
    /// Longest sleep. Seconds.
    pub period_s: f64,
    /// Share of the sleep that is drawn: it is period·(1 − U(0, jitter)).
    pub jitter: f64,
    /// Probability that a call is missing.
    pub missed: f64,
    /// Foreign calls for each of its own.
    pub noise: f64,
    /// Connections of each call.
    pub connections: u32,
}

/// A population of ordinary callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mix {
    /// People and simple programs.
    Ordinary,
    /// With retry storms, hidden regularity and daily swings.
    Hard,
}

impl Beacon {
    /// A beacon without loss or noise.
    pub const fn clean(period_s: f64, jitter: f64) -> Self {
        Self { period_s, jitter, missed: 0.0, noise: 0.0, connections: 1 }
    }

    /// Its whole seconds in one window, at least [`FEWEST`] distinct ones.
    pub fn seconds(&self, draw: &mut Draw) -> Vec<i64> {
        redrawn(FEWEST, WINDOW_S, || self.times(draw, WINDOW_S))
    }

    /// Times of its calls within `window_s`, unsorted.
    pub fn times(&self, draw: &mut Draw, window_s: f64) -> Vec<f64> {
        let mut calls = Vec::new();
        let mut at = draw.between(0.0, self.period_s);
        while at < window_s {
            if !draw.chance(self.missed) {
                calls.push(at);
            }
            at += self.period_s * (1.0 - draw.between(0.0, self.jitter));
        }
        let foreign = draw.poisson(self.noise * calls.len() as f64);
        let copies = [0.4, 3.5];
        let own = calls.clone();
        for copy in copies.iter().take(self.connections as usize - 1) {
            calls.extend(own.iter().map(|call| call + copy));
        }
        calls.extend((0..foreign).map(|_| draw.between(0.0, window_s)));
        for call in &mut calls {
            *call += draw.between(0.0, 0.3);
        }
        calls
    }
}

impl Mix {
    /// The name in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ordinary => "ordinary",
            Self::Hard => "hard",
        }
    }

    /// Whole seconds of one caller in a window of `window_s`, at least `fewest` distinct ones.
    pub fn seconds(self, draw: &mut Draw, window_s: f64, fewest: usize) -> Vec<i64> {
        redrawn(fewest, window_s, || match self {
            Self::Ordinary => ordinary(draw, window_s),
            Self::Hard => hard(draw, window_s),
        })
    }
}

fn redrawn(fewest: usize, window_s: f64, mut times: impl FnMut() -> Vec<f64>) -> Vec<i64> {
    loop {
        let mut seconds: Vec<i64> = times()
            .into_iter()
            .filter(|at| (0.0..window_s).contains(at))
            .map(|at| at as i64)
            .collect();
        seconds.sort_unstable();
        let distinct = seconds.chunk_by(|a, b| a == b).count();
        if distinct >= fewest {
            return seconds;
        }
    }
}

/// One of five kinds, 12 to 1,500 calls over a day.
fn ordinary(draw: &mut Draw, window_s: f64) -> Vec<f64> {
    let n = draw.log_between(12.0, 1_500.0);
    match draw.whole(0, 4) {
        0 => scattered(draw, n, 0.0, DAY_S, OPENING_S),
        1 => scattered(draw, n, OPENING_S, OPENING_S + 9.0 * HOUR_S, OPENING_S),
        2 => ordinary_sessions(draw, n),
        3 => {
            let sigma = draw.between(0.8, 2.2);
            spanned(draw, n, window_s, |draw| draw.lognormal(1.0, sigma))
        }
        _ => {
            let shape = draw.between(0.3, 1.5);
            spanned(draw, n, window_s, |draw| draw.gamma(shape))
        }
    }
}

/// A Poisson process of `n` calls from `from` to `to`, seen from `opening` on.
fn scattered(draw: &mut Draw, n: f64, from: f64, to: f64, opening: f64) -> Vec<f64> {
    (0..draw.poisson(n)).map(|_| draw.between(from, to) - opening).collect()
}

fn ordinary_sessions(draw: &mut Draw, n: f64) -> Vec<f64> {
    let length = draw.whole(4, 19);
    let gap_s = draw.between(2.0, 60.0);
    let mut calls = Vec::new();
    for _ in 0..(n / f64::from(length)).round().max(1.0) as u32 {
        let mut at = draw.between(8.0 * HOUR_S, 20.0 * HOUR_S) - OPENING_S;
        for _ in 0..length {
            calls.push(at);
            at += draw.exponential(gap_s);
        }
    }
    calls
}

/// `n` intervals scaled to a span of 6 to 24 hours, seen through a window placed uniformly inside.
fn spanned(
    draw: &mut Draw,
    n: f64,
    window_s: f64,
    mut interval: impl FnMut(&mut Draw) -> f64,
) -> Vec<f64> {
    let mut at = 0.0;
    let mut calls = vec![0.0];
    for _ in 0..n.round() as u32 {
        at += interval(draw);
        calls.push(at);
    }
    let span_s = draw.between(6.0, 24.0) * HOUR_S;
    let start = draw.between(0.0, (span_s - window_s).max(0.0));
    calls.iter().map(|call| call * span_s / at - start).collect()
}

/// One of six kinds, 12 to 2,000 calls expected in the window.
fn hard(draw: &mut Draw, window_s: f64) -> Vec<f64> {
    let n = draw.log_between(12.0, 2_000.0);
    match draw.whole(0, 5) {
        0 => {
            let shape = draw.between(0.4, 2.5);
            renewal(draw, window_s, window_s / n / shape, |draw| draw.gamma(shape))
        }
        1 => tidal(draw, n, window_s),
        2 => retry_storms(draw, n, window_s),
        3 => hard_sessions(draw, n, window_s),
        4 => {
            let sigma: f64 = draw.between(0.7, 2.0);
            renewal(draw, window_s, window_s / n / (sigma * sigma / 2.0).exp(), |draw| {
                draw.lognormal(1.0, sigma)
            })
        }
        _ => {
            let (shape, share) = (draw.between(1.0, 2.5), draw.between(0.3, 0.9));
            let mut calls =
                renewal(draw, window_s, window_s / (n * share) / shape, |draw| draw.gamma(shape));
            calls.extend(scattered(draw, n * (1.0 - share), 0.0, window_s, 0.0));
            calls
        }
    }
}

/// A renewal process that has run for long when the window opens.
fn renewal(
    draw: &mut Draw,
    window_s: f64,
    scale_s: f64,
    mut interval: impl FnMut(&mut Draw) -> f64,
) -> Vec<f64> {
    let mut at = -draw.between(0.5, 1.0) * window_s;
    let mut calls = Vec::new();
    while at < window_s {
        at += scale_s * interval(draw);
        calls.push(at);
    }
    calls
}

/// A rate that swings with the day, and one hour of lunch.
fn tidal(draw: &mut Draw, n: f64, window_s: f64) -> Vec<f64> {
    let (swing, phase) = (draw.between(0.3, 1.0), draw.between(0.0, std::f64::consts::TAU));
    let (lunch_s, appetite) = (draw.between(0.0, window_s - HOUR_S), draw.between(0.1, 0.6));
    let mut calls = Vec::new();
    for _ in 0..draw.poisson(n * (1.0 + swing)) {
        let at = draw.between(0.0, window_s);
        let tide =
            (1.0 + swing * (std::f64::consts::TAU * at / DAY_S + phase).sin()) / (1.0 + swing);
        let rate = if (lunch_s..lunch_s + HOUR_S).contains(&at) { tide * appetite } else { tide };
        if draw.chance(rate) {
            calls.push(at);
        }
    }
    calls
}

/// Scattered calls; one in seven is tried again at 1, 2, 4 … 60 s.
fn retry_storms(draw: &mut Draw, n: f64, window_s: f64) -> Vec<f64> {
    let mut calls = Vec::new();
    for _ in 0..draw.poisson(0.4 * n) {
        let mut at = draw.between(0.0, window_s);
        calls.push(at);
        if draw.chance(0.15) {
            let mut wait_s = 1.0_f64;
            for _ in 0..draw.whole(3, 40) {
                at += wait_s * draw.between(0.9, 1.1);
                calls.push(at);
                wait_s = (2.0 * wait_s).min(60.0);
            }
        }
    }
    calls
}

fn hard_sessions(draw: &mut Draw, n: f64, window_s: f64) -> Vec<f64> {
    let (mean, sigma) = (draw.between(4.0, 30.0), draw.between(0.6, 1.2));
    let mut calls = Vec::new();
    for _ in 0..draw.poisson(n / mean).max(1) {
        let gap_s = draw.between(3.0, 60.0);
        let mut at = draw.between(0.0, window_s);
        for _ in 0..draw.geometric(mean) {
            calls.push(at);
            at += draw.lognormal(gap_s, sigma);
        }
    }
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_callers_and_another_seed_others() {
        let drawn = |seed| {
            let mut draw = Draw::new(seed);
            (
                Mix::Ordinary.seconds(&mut draw, WINDOW_S, FEWEST),
                Mix::Hard.seconds(&mut draw, WINDOW_S, FEWEST),
            )
        };
        assert_eq!(drawn(5), drawn(5));
        assert_ne!(drawn(5), drawn(6));
    }

    #[test]
    fn a_clean_beacon_sleeps_no_longer_than_its_period() {
        let seconds = Beacon::clean(300.0, 0.2).seconds(&mut Draw::new(3));
        assert!(seconds.windows(2).all(|pair| (239..=301).contains(&(pair[1] - pair[0]))));
        assert!((96..=121).contains(&seconds.len()), "{} calls", seconds.len());
    }

    #[test]
    fn missed_calls_and_noise_come_in_their_shares() {
        let count = |missed, noise| {
            let mut draw = Draw::new(9);
            let beacon = Beacon { missed, noise, ..Beacon::clean(60.0, 0.0) };
            (0..50).map(|_| beacon.seconds(&mut draw).len()).sum::<usize>() as f64 / 50.0 / 480.0
        };
        assert!((count(0.2, 0.0) - 0.8).abs() < 0.02);
        assert!((count(0.2, 0.3) - 1.04).abs() < 0.02);
    }

    #[test]
    fn every_sequence_lies_in_the_window_and_is_long_enough() {
        let mut draw = Draw::new(4);
        for mix in [Mix::Ordinary, Mix::Hard] {
            for _ in 0..200 {
                let seconds = mix.seconds(&mut draw, WINDOW_S, FEWEST);
                assert!(
                    seconds.len() >= FEWEST
                        && seconds[0] >= 0
                        && seconds[seconds.len() - 1] < 28_800
                );
            }
        }
    }
}
