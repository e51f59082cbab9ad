//! What is ordinary: how the parts and their sum are spread over callers that are no beacons.
//!
//! Each part becomes a signed normal score among callers of like number of calls (a *stratum*); the weighted sum of the
//! scores becomes a p-value among the same callers. The shipped tables come from generated callers; a site's own replace
//! them stratum by stratum. All of it is whole numbers.

use super::parts::{Part, Parts};
use super::templates::commented;
use std::sync::LazyLock;

/// Numbers of intervals at which a stratum begins.
pub const EDGES: [u32; 12] = [0, 8, 10, 14, 20, 30, 44, 64, 100, 160, 260, 500];
/// Strata: by number of intervals, without and with bursts.
pub const STRATA: usize = 2 * EDGES.len();
/// Knots of a part: its quantiles at normal scores −3, −2.9 … 3.
pub const KNOTS: usize = 61;
/// Knots of the sum: its values at −ln p = 0, ¼, ½ … 12.
pub const STEPS: usize = 49;
/// −ln p between two knots of the sum. Thousandths of a nat.
pub const STEP_MILLINATS: u32 = 250;

/// One stratum of ordinary callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// Callers behind it.
    pub callers: u32,
    /// Quantiles of each part, in the order of [`Part::ALL`], ascending. Thousandths.
    pub parts: [[i32; KNOTS]; 6],
    /// Values of the sum at which −ln p reaches each step, ascending; shorter where there were too few callers.
    pub sums: Vec<i32>,
}

/// All strata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calibration {
    /// In the order of [`stratum_of`].
    pub strata: Vec<Stratum>,
}

/// The shipped calibration, by generated callers.
pub static SHIPPED: LazyLock<Calibration> = LazyLock::new(|| {
    Calibration::read(include_str!("calibration.txt"))
        .expect("the shipped calibration is read by a test")
});

/// What the parts say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its place among [`STRATA`].
    pub stratum: usize,
    /// Normal score of each part, in thousandths; 0 where it had no vote.
    pub scores: [i32; 6],
    /// Weighted sum of the scores, in thousandths.
    pub sum: i32,
    /// −ln p, in thousandths of a nat.
    pub surprise_millinats: u32,
}

/// The stratum of a pair.
pub fn stratum_of(n: u32, burst: bool) -> usize {
    let by_number = EDGES.iter().rposition(|edge| *edge <= n).expect("the first edge is 0");
    usize::from(burst) * EDGES.len() + by_number
}

impl Calibration {
    /// Judges a pair's parts.
    pub fn verdict(&self, parts: &Parts) -> Verdict {
        let stratum = stratum_of(parts.n, parts.burst);
        let scores = self.strata[stratum].scores(parts);
        let sum = weighted(scores);
        Verdict { stratum, scores, sum, surprise_millinats: self.strata[stratum].surprise(sum) }
    }

    /// Reads the text that [`Calibration::write`] makes.
    ///
    /// # Errors
    /// Says what is missing or not a number.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let strata = (0..STRATA)
            .map(|at| Stratum::read(&mut lines).map_err(|error| format!("stratum {at}: {error}")));
        let strata = strata.collect::<Result<_, _>>()?;
        lines
            .next()
            .map_or(Ok(Self { strata }), |line| Err(format!("more than {STRATA} strata: {line}")))
    }

    /// The calibration as text, below the lines of `header`.
    pub fn write(&self, header: &str) -> String {
        let mut text = commented(header);
        text.extend(self.strata.iter().map(Stratum::write));
        text
    }
}

/// The weighted sum of six scores, in thousandths.
pub fn weighted(scores: [i32; 6]) -> i32 {
    let sum: i64 =
        Part::ALL.iter().zip(scores).map(|(part, score)| part.weight() * i64::from(score)).sum();
    (sum / 100) as i32
}

impl Stratum {
    /// The normal score of each part, in thousandths.
    pub fn scores(&self, parts: &Parts) -> [i32; 6] {
        let mut scores = [0; 6];
        for ((score, knots), value) in scores.iter_mut().zip(&self.parts).zip(parts.values) {
            *score = value.map_or(0, |value| normal_score(knots, value));
        }
        scores
    }

    /// −ln p of a sum, in thousandths of a nat.
    pub fn surprise(&self, sum: i32) -> u32 {
        let above = self.sums.partition_point(|knot| *knot <= sum);
        let Some(below) = above.checked_sub(1) else { return 0 };
        let whole = below as u32 * STEP_MILLINATS;
        self.sums.get(above).map_or(whole, |next| {
            let (low, span) = (self.sums[below], i64::from(next - self.sums[below]));
            whole + (i64::from(sum - low) * i64::from(STEP_MILLINATS) / span) as u32
        })
    }

    fn read<'a>(lines: &mut impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut next = |name: &str| {
            let line = lines.next().ok_or_else(|| format!("{name} is missing"))?;
            let rest =
                line.strip_prefix(name).ok_or_else(|| format!("{name} expected, not {line}"))?;
            rest.split_whitespace()
                .map(|word| word.parse::<i32>().map_err(|error| format!("{name}: {word}: {error}")))
                .collect::<Result<Vec<i32>, String>>()
        };
        let callers = next("callers")?.first().copied().unwrap_or(0) as u32;
        let mut parts = [[0; KNOTS]; 6];
        for (knots, part) in parts.iter_mut().zip(Part::ALL) {
            *knots = next(part.name())?
                .try_into()
                .map_err(|_| format!("{}: not {KNOTS} knots", part.name()))?;
        }
        let sums = next("sum")?;
        if sums.is_empty() || sums.windows(2).any(|pair| pair[0] >= pair[1]) {
            return Err("the knots of the sum do not ascend".into());
        }
        Ok(Self { callers, parts, sums })
    }

    fn write(&self) -> String {
        let line = |name: &str, numbers: &[i32]| {
            numbers.iter().fold(name.to_owned(), |line, number| format!("{line} {number}")) + "\n"
        };
        let mut text = line("callers", &[self.callers as i32]);
        text.extend(
            Part::ALL.iter().zip(&self.parts).map(|(part, knots)| line(part.name(), knots)),
        );
        text + &line("sum", &self.sums)
    }
}

/// The normal score of `value` among `knots`, in thousandths: linear between knots, the middle of a run of equal ones,
/// up to 3 more beyond the last in units of the upper half's spread.
fn normal_score(knots: &[i32; KNOTS], value: i32) -> i32 {
    let z = |at: usize| 100 * at as i32 - 3_000;
    let (lowest, highest) = (knots[0], knots[KNOTS - 1]);
    let below = knots.partition_point(|knot| *knot < value);
    let up_to = knots.partition_point(|knot| *knot <= value);
    if value > highest {
        let spread = i64::from(highest - knots[KNOTS / 2]).max(1);
        3_000 + (i64::from(value - highest) * 3_000 / spread).min(3_000) as i32
    } else if value < lowest {
        -3_000
    } else if below < up_to {
        middle_of_run(below, up_to - 1)
    } else {
        let (low, high) = (knots[below - 1], knots[below]);
        z(below - 1) + (value - low) * 100 / (high - low)
    }
}

/// Millionths of a normal population below scores 0, 0.1 … 3.
const NORMAL_SHARES: [i32; KNOTS / 2 + 1] = [
    500_000, 539_828, 579_260, 617_911, 655_422, 691_462, 725_747, 758_036, 788_145, 815_940,
    841_345, 864_334, 884_930, 903_200, 919_243, 933_193, 945_201, 955_435, 964_070, 971_283,
    977_250, 982_136, 986_097, 989_276, 991_802, 993_790, 995_339, 996_533, 997_445, 998_134,
    998_650,
];

/// The normal score of the middle of those who share one value, from the knot `first` to the knot `last`.
fn middle_of_run(first: usize, last: usize) -> i32 {
    let share = |knot: usize| match knot {
        0 => 0,
        knot if knot == KNOTS - 1 => 1_000_000,
        knot if knot < KNOTS / 2 => 1_000_000 - NORMAL_SHARES[KNOTS / 2 - knot],
        knot => NORMAL_SHARES[knot - KNOTS / 2],
    };
    let middle = i32::midpoint(share(first), share(last));
    let upper = middle.max(1_000_000 - middle);
    let above = NORMAL_SHARES.partition_point(|share| *share <= upper).clamp(1, KNOTS / 2);
    let (low, high) = (NORMAL_SHARES[above - 1], NORMAL_SHARES[above]);
    let score = 100 * (above as i32 - 1) + ((upper - low) * 100 / (high - low)).min(100);
    if middle < 500_000 { -score } else { score }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn straight() -> [i32; KNOTS] {
        std::array::from_fn(|at| 10 * at as i32)
    }

    /// By hand, on knots 0, 10, 20 … 600: the middle one (300) is the median.
    #[test]
    fn a_score_is_linear_between_knots_and_bounded_beyond_them() {
        for (value, expected) in [
            (-5, -3_000),
            (0, -3_000),
            (300, 0),
            (305, 50),
            (600, 3_000),
            (700, 4_000),
            (9_999, 6_000),
        ] {
            assert_eq!(normal_score(&straight(), value), expected, "{value}");
        }
    }

    #[test]
    fn a_value_that_many_callers_share_scores_the_middle_of_them() {
        let mut knots = straight();
        knots[41..].fill(400);
        // From 0.8413 (one standard deviation) to all: the middle, 0.9207, is at 1.41.
        assert_eq!(normal_score(&knots, 400), 1_410);
        knots.fill(0);
        assert_eq!(normal_score(&knots, 0), 0);
    }

    #[test]
    fn surprise_is_linear_between_its_knots_and_ends_with_the_data() {
        let stratum =
            Stratum { callers: 2_000, parts: [straight(); 6], sums: vec![-1_000, 0, 1_000] };
        for (sum, expected) in [
            (-2_000, 0),
            (-1_000, 0),
            (-500, 125),
            (0, 250),
            (500, 375),
            (1_000, 500),
            (99_999, 500),
        ] {
            assert_eq!(stratum.surprise(sum), expected, "{sum}");
        }
    }

    #[test]
    fn strata_begin_at_their_edges() {
        assert_eq!([6, 7, 8, 13, 14].map(|n| stratum_of(n, false)), [0, 0, 1, 2, 3]);
        assert_eq!([499, 500].map(|n| stratum_of(n, true)), [22, 23]);
    }

    #[test]
    fn a_calibration_is_read_back_from_its_text() {
        let stratum = Stratum { callers: 7, parts: [straight(); 6], sums: vec![-5, 6] };
        let calibration = Calibration { strata: vec![stratum; STRATA] };
        assert_eq!(Calibration::read(&calibration.write("made by hand")), Ok(calibration));
        assert!(Calibration::read("callers 7\n").is_err());
    }
}
