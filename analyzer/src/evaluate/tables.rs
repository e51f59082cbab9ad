//! Makes the beacon's shipped tables from generated callers: interval laws, quantiles of the parts, tail of the sum.
//!
//! One run with the published seeds gives the same bytes again.

use super::draw::Draw;
use super::sequences::{Beacon, Mix, WINDOW_S};
use crate::detections::beacon::calibration::{
    Calibration, KNOTS, STEP_MILLINATS, STEPS, STRATA, Stratum, stratum_of, weighted,
};
use crate::detections::beacon::parts::Parts;
use crate::detections::beacon::sums::{SEGMENT_S, Sums};
use crate::detections::beacon::templates::{Template, Templates, WIDTH};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Seed of the interval laws.
pub const LAWS_SEED: u64 = 10;
/// Seed of the ordinary callers behind the quantiles of the parts.
pub const TRAINING_SEED: u64 = 11;
/// Seed of the ordinary callers behind the p-values.
pub const CALIBRATION_SEED: u64 = 12;
/// Callers of each mix behind the shipped quantiles, and as many others behind the shipped p-values.
pub const CALLERS: usize = 300_000;
/// Fewest distinct seconds of a caller behind the shipped tables: pairs are judged from six intervals on.
pub const SHIPPED_FEWEST: usize = 7;
/// Fewest callers of a stratum; a poorer one is pooled with its neighbours.
pub const STRATUM_CALLERS: usize = 2_000;
/// Callers drawn from one stream: the streams of a population are independent and may be drawn at the same time.
const STREAM: usize = 2_500;
/// Share of the callers whose sums are the tail.
const TAIL: f64 = 0.05;

/// Writes `templates.txt` and `calibration.txt` into `folder`.
///
/// # Errors
/// If a file cannot be written.
pub fn write(folder: &Path) -> std::io::Result<()> {
    let laws = templates();
    std::fs::write(folder.join("templates.txt"), laws.write(&laws_header()))?;
    let calibration = calibration(&laws, CALLERS);
    std::fs::write(folder.join("calibration.txt"), calibration.write(&calibration_header(&laws)))
}

fn laws_header() -> String {
    format!(
        "Interval laws of beacons and ordinary callers in units of their median: round(1,000 ln p) of {WIDTH} bins of a \
         quarter octave from 1/32.\nVersion 1, seed {LAWS_SEED}. Made by `bartizan-analyzer evaluate \
         beacon --make-tables`; do not edit."
    )
}

fn calibration_header(laws: &Templates) -> String {
    format!(
        "Ordinary callers by stratum (number of intervals, without and with bursts): callers behind it, {KNOTS} quantiles of \
         each part at normal scores -3 to 3, and the sum at -ln p = 0, 0.25 ... All in thousandths.\nVersion 1, both mixes \
         alike, {CALLERS} callers of each; seeds {TRAINING_SEED} (parts) and {CALIBRATION_SEED} (sum). Made by \
         `bartizan-analyzer evaluate beacon --make-tables`; do not edit.\n{}",
        slice_line(laws)
    )
}

/// A fingerprint of the calibration of 1,500 callers of each mix: what a test makes again, as all of it takes too long.
fn slice_line(laws: &Templates) -> String {
    let slice = calibration(laws, 1_500).write("");
    let hash = Sha256::digest(slice.as_bytes());
    let hash = hash.iter().take(16).fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    format!("SHA-256 of the same from 1,500 callers of each mix begins with {hash}.")
}

/// The interval laws of beacons and ordinary callers.
pub fn templates() -> Templates {
    let mut draw = Draw::new(LAWS_SEED);
    Templates { beacons: beacon_laws(&mut draw), benign: benign_laws(&mut draw) }
}

fn beacon_laws(draw: &mut Draw) -> Vec<Template> {
    let mut laws = Vec::new();
    for jitter in [0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9] {
        for missed in [0.0, 0.1, 0.2, 0.3] {
            for noise in [0.0, 0.1, 0.3] {
                let beacon = Beacon { missed, noise, ..Beacon::clean(1_000.0, jitter) };
                laws.push(law(beacon.times(draw, 2e7)));
            }
        }
    }
    laws
}

fn benign_laws(draw: &mut Draw) -> Vec<Template> {
    let long = |draw: &mut Draw, interval: &mut dyn FnMut(&mut Draw) -> f64| {
        let mut at = 0.0;
        let times = (0..20_000).map(|_| {
            at += interval(draw);
            at
        });
        times.collect::<Vec<f64>>()
    };
    let mut laws = Vec::new();
    for shape in [0.3, 0.45, 0.65, 0.9, 1.0, 1.25, 1.5, 1.8, 2.1, 2.5] {
        laws.push(law(long(draw, &mut |draw| draw.gamma(shape))));
    }
    for sigma in [0.7, 0.9, 1.2, 1.6, 2.2] {
        laws.push(law(long(draw, &mut |draw| draw.lognormal(1.0, sigma))));
    }
    for (gap_s, length) in [(5.0, 10), (20.0, 10), (50.0, 10), (5.0, 25), (20.0, 5)] {
        let mut at = 0;
        laws.push(law(long(draw, &mut |draw| {
            at += 1;
            if at % length == 0 { draw.exponential(1_800.0) } else { draw.exponential(gap_s) }
        })));
    }
    for shape in [1.3, 1.8, 2.5] {
        for share in [0.5, 0.8] {
            let mut times = long(draw, &mut |draw| draw.gamma(shape) / shape / share);
            let end = times.last().copied().unwrap_or(0.0);
            let foreign = draw.poisson(end * (1.0 - share));
            times.extend((0..foreign).map(|_| draw.between(0.0, end)));
            laws.push(law(times));
        }
    }
    laws.push(law(long_storms(draw)));
    laws
}

/// Calls 600 s apart on average; one in seven is tried again at 1, 2, 4 … 60 s.
fn long_storms(draw: &mut Draw) -> Vec<f64> {
    let mut times = Vec::new();
    let mut start = 0.0;
    for _ in 0..5_000 {
        start += draw.exponential(600.0);
        times.push(start);
        if draw.chance(0.15) {
            let (mut at, mut wait_s) = (start, 1.0_f64);
            for _ in 0..draw.whole(3, 40) {
                at += wait_s * draw.between(0.9, 1.1);
                times.push(at);
                wait_s = (2.0 * wait_s).min(60.0);
            }
        }
    }
    times
}

/// The law of the intervals between `times`, smoothed by 0.1, 0.8, 0.1 and with a floor of 1 % shared by all bins.
fn law(mut times: Vec<f64>) -> Template {
    times.sort_unstable_by(f64::total_cmp);
    let mut intervals: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    intervals.sort_unstable_by(f64::total_cmp);
    let median = intervals[intervals.len() / 2];
    let mut shares = [0.0; WIDTH];
    let kept: Vec<f64> =
        intervals.into_iter().filter(|interval| *interval >= median / 50.0).collect();
    for interval in &kept {
        let at = (4.0 * (interval / median).log2()).floor() + (WIDTH / 2) as f64;
        shares[at.clamp(0.0, (WIDTH - 1) as f64) as usize] += 1.0 / kept.len() as f64;
    }
    std::array::from_fn(|at| {
        let below = shares[at.saturating_sub(1)];
        let above = shares[(at + 1).min(WIDTH - 1)];
        let smooth = 0.1 * below + 0.8 * shares[at] + 0.1 * above;
        (1_000.0 * (0.99 * smooth + 0.01 / WIDTH as f64).ln()).round() as i32
    })
}

/// The shipped calibration, with `callers` of each mix.
pub fn calibration(laws: &Templates, callers: usize) -> Calibration {
    let both = |seed| {
        let of = |mix| Callers { mix, seed, count: callers, fewest: SHIPPED_FEWEST, segments: 1 };
        let mut parts = of(Mix::Ordinary).parts(laws);
        parts.extend(of(Mix::Hard).parts(laws));
        parts
    };
    let mut calibration = quantiles(&both(TRAINING_SEED));
    calibrate_sums(&mut calibration, &both(CALIBRATION_SEED));
    calibration
}

/// A population of ordinary callers.
#[derive(Debug, Clone, Copy)]
pub struct Callers {
    /// Of which mix.
    pub mix: Mix,
    /// Seed of their streams.
    pub seed: u64,
    /// How many.
    pub count: usize,
    /// Fewest distinct seconds of each.
    pub fewest: usize,
    /// Segments of eight hours that they are seen through.
    pub segments: u32,
}

impl Callers {
    /// Their parts; those with too few intervals left are none.
    pub fn parts(&self, laws: &Templates) -> Vec<Parts> {
        let window_s = f64::from(self.segments) * WINDOW_S;
        let parts = in_streams(self.seed ^ ((self.mix as u64) << 32), self.count, |draw| {
            measured(&self.mix.seconds(draw, window_s, self.fewest), self.segments, laws)
        });
        parts.into_iter().flatten().collect()
    }
}

/// The parts of calls at whole seconds of complete segments.
pub fn measured(seconds: &[i64], segments: u32, laws: &Templates) -> Option<Parts> {
    Parts::of(&Sums::of(seconds, i64::from(segments) * SEGMENT_S)?, laws)
}

/// What `make` gives `count` times, in streams of their own seeds on two threads; the order is that of the streams.
pub fn in_streams<T: Send>(
    seed: u64,
    count: usize,
    make: impl Fn(&mut Draw) -> T + Sync,
) -> Vec<T> {
    let streams = count.div_ceil(STREAM);
    let stream = |at: usize| {
        let mut draw = Draw::new(seed * 1_000_003 + at as u64);
        (0..STREAM.min(count - at * STREAM)).map(|_| make(&mut draw)).collect::<Vec<T>>()
    };
    let half = streams / 2;
    std::thread::scope(|scope| {
        let first = scope.spawn(|| (0..half).flat_map(stream).collect::<Vec<T>>());
        let second: Vec<T> = (half..streams).flat_map(stream).collect();
        let mut all = first.join().expect("a generator does not panic");
        all.extend(second);
        all
    })
}

/// Quantiles of each part in each stratum; the sums are left open.
fn quantiles(population: &[Parts]) -> Calibration {
    let by_stratum = by_stratum(population, |parts| (stratum_of(parts.n, parts.burst), parts));
    let strata = (0..STRATA).map(|at| {
        let callers = pooled(&by_stratum, at);
        let knots = |part: usize| {
            let mut values: Vec<i32> =
                callers.iter().filter_map(|parts| parts.values[part]).collect();
            values.sort_unstable();
            std::array::from_fn(|knot| quantile(&values, normal_share(knot as f64 / 10.0 - 3.0)))
        };
        Stratum { callers: callers.len() as u32, parts: std::array::from_fn(knots), sums: vec![0] }
    });
    Calibration { strata: strata.collect() }
}

/// Sets the sums' knots of each stratum from other callers than those behind its quantiles.
pub fn calibrate_sums(calibration: &mut Calibration, population: &[Parts]) {
    let by_stratum = by_stratum(population, |parts| {
        let stratum = stratum_of(parts.n, parts.burst);
        (stratum, weighted(calibration.strata[stratum].scores(parts)))
    });
    for (at, stratum) in calibration.strata.iter_mut().enumerate() {
        let mut sums = pooled(&by_stratum, at);
        sums.sort_unstable_by(|a, b| b.cmp(a));
        stratum.callers = sums.len() as u32;
        stratum.sums = tail_knots(&sums);
    }
}

fn by_stratum<'a, T>(
    population: &'a [Parts],
    place: impl Fn(&'a Parts) -> (usize, T),
) -> Vec<Vec<T>> {
    let mut strata: Vec<Vec<T>> = (0..STRATA).map(|_| Vec::new()).collect();
    for parts in population {
        let (stratum, value) = place(parts);
        strata[stratum].push(value);
    }
    strata
}

/// A stratum's own callers, and its neighbours' of the same burst mode, nearest first, until there are enough.
fn pooled<T: Copy>(strata: &[Vec<T>], at: usize) -> Vec<T> {
    let mode = at / (STRATA / 2);
    let mut pool = strata[at].clone();
    for distance in 1..STRATA / 2 {
        if pool.len() >= STRATUM_CALLERS {
            break;
        }
        let neighbours = [at.checked_sub(distance), Some(at + distance)].into_iter().flatten();
        for near in neighbours.filter(|near| *near < STRATA && near / (STRATA / 2) == mode) {
            pool.extend(&strata[near]);
        }
    }
    pool
}

fn quantile(sorted: &[i32], share: f64) -> i32 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0 };
    let place = share * last as f64;
    let below = sorted[place as usize];
    let above = sorted[(place as usize + 1).min(last)];
    (f64::from(below) + f64::from(above - below) * place.fract()).round() as i32
}

/// Share of a normal population below `z`, within 7.5·10⁻⁸ (Abramowitz and Stegun, 26.2.17).
fn normal_share(z: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * z.abs());
    let polynomial = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let sum = polynomial.iter().fold(0.0, |sum, factor| (sum + factor) * t);
    let upper = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt() * sum;
    if z < 0.0 { upper } else { 1.0 - upper }
}

/// The sum at which −ln p reaches each step: counted up to the 95th percentile, beyond it a generalised Pareto tail, and
/// never a p below 1/(4·N).
pub fn tail_knots(descending: &[i32]) -> Vec<i32> {
    let n = descending.len();
    let Some(lowest) = descending.last() else { return vec![0] };
    let tail = Tail::of(descending);
    let mut knots = vec![*lowest];
    for step in 1..STEPS {
        let p = (-(step as f64) * f64::from(STEP_MILLINATS) / 1_000.0).exp();
        if p * 4.0 * (n as f64) < 1.0 {
            break;
        }
        let counted = (p * (n + 1) as f64) as usize;
        let knot = if p < TAIL {
            tail.reached(p)
        } else {
            descending[counted.saturating_sub(2).min(n - 1)]
        };
        knots.push(knot.max(knots[step - 1] + 1));
    }
    knots
}

/// A generalised Pareto tail above the 95th percentile.
struct Tail {
    from: f64,
    scale: f64,
    shape: f64,
}

impl Tail {
    /// By probability-weighted moments (Hosking and Wallis, Technometrics 29(3), 1987), the shape within −0.4 to 0.5.
    fn of(descending: &[i32]) -> Self {
        let count = ((descending.len() as f64 * TAIL) as usize).clamp(1, descending.len());
        let from = f64::from(descending[count - 1]);
        let excesses = descending[..count].iter().rev().map(|sum| f64::from(*sum) - from);
        let (mut mean, mut weighted) = (0.0, 0.0);
        for (rank, excess) in excesses.enumerate() {
            mean += excess / count as f64;
            weighted +=
                excess * (count - 1 - rank) as f64 / (count.max(2) - 1) as f64 / count as f64;
        }
        let shape = (2.0 - mean / (mean - 2.0 * weighted)).clamp(-0.4, 0.5);
        let shape = if shape.is_finite() { shape } else { 0.0 };
        Self { from, scale: mean.max(1.0) * (1.0 - shape), shape }
    }

    fn reached(&self, p: f64) -> i32 {
        let depth = (TAIL / p).ln();
        let beyond = if self.shape.abs() < 1e-6 {
            depth
        } else {
            ((self.shape * depth).exp() - 1.0) / self.shape
        };
        (self.from + self.scale * beyond).round() as i32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detections::beacon::{calibration, templates as laws};

    #[test]
    fn the_shipped_interval_laws_are_what_the_generator_makes() {
        let shipped = include_str!("../detections/beacon/templates.txt");
        assert!(templates().write(&laws_header()) == shipped, "make the tables again");
        assert_eq!(Templates::read(shipped).as_ref(), Ok(&*laws::SHIPPED));
    }

    #[test]
    fn the_shipped_calibration_is_of_this_generator() {
        let shipped = include_str!("../detections/beacon/calibration.txt");
        assert!(shipped.contains(&slice_line(&laws::SHIPPED)), "make the tables again");
        assert_eq!(calibration::SHIPPED.strata.len(), STRATA);
        assert!(
            calibration::SHIPPED
                .strata
                .iter()
                .all(|stratum| stratum.callers >= STRATUM_CALLERS as u32)
        );
    }

    /// Quantiles of the normal distribution, from printed tables.
    #[test]
    fn normal_shares_are_those_of_printed_tables() {
        for (z, share) in [(0.0, 0.5), (1.0, 0.841_344_7), (-1.96, 0.024_997_9), (3.0, 0.998_650_1)]
        {
            assert!((normal_share(z) - share).abs() < 2e-7, "{z}: {}", normal_share(z));
        }
    }

    /// Sums of an exponential law of mean 1,000: a p of e^(−x) is reached at 1,000·x, in the tail as before it.
    #[test]
    fn the_tail_of_an_exponential_law_is_found() {
        let mut draw = Draw::new(77);
        let mut sums: Vec<i32> = (0..200_000).map(|_| draw.exponential(1_000.0) as i32).collect();
        sums.sort_unstable_by(|a, b| b.cmp(a));
        let knots = tail_knots(&sums);
        // −ln p ends at ln(4·200,000) = 13.6, beyond the last knot.
        assert_eq!(knots.len(), STEPS);
        for (step, knot) in knots.iter().enumerate().skip(1).take(32) {
            let exact = 250.0 * step as f64;
            assert!((f64::from(*knot) - exact).abs() < 0.08 * exact + 10.0, "step {step}: {knot}");
        }
    }

    #[test]
    fn a_p_value_is_never_below_a_quarter_of_one_caller() {
        let sums: Vec<i32> = (0..100).rev().collect();
        // ln 400 = 5.99: 23 steps of a quarter, and the one at p = 1.
        assert_eq!(tail_knots(&sums).len(), 24);
    }

    #[test]
    fn a_poor_stratum_takes_its_neighbours_of_the_same_mode() {
        let mut strata = vec![Vec::new(); STRATA];
        strata[STRATA / 2] = vec![1];
        strata[STRATA / 2 - 1] = vec![2; 9];
        strata[STRATA / 2 + 1] = vec![3; STRATUM_CALLERS];
        let pool = pooled(&strata, STRATA / 2);
        assert!(pool.len() == STRATUM_CALLERS + 1 && !pool.contains(&2));
    }
}
