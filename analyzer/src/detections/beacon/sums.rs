//! What is kept of a pair's calls: counts of intervals by length, and how evenly calls fall into windows.
//!
//! A horizon is the sum of its 8-hour segments. Everything is a whole number, so that any order of arrival and any way
//! of cutting the horizon into segments gives the same sums.

/// Length of a segment, aligned to the epoch. Seconds.
pub const SEGMENT_S: i64 = 28_800;
/// Bins of the interval histogram, a quarter octave each, from 2 s; the last holds what is longer.
pub const BINS: usize = 56;
/// Widths of the windows in which calls are counted: 30 s, doubled seven times.
pub const SCALES: usize = 8;
/// A call sooner than this after the one kept before it is part of a burst. Seconds.
pub const BURST_S: i64 = 2;

/// Sums over the calls of one pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    /// Intervals between kept calls, by [`bin`].
    pub intervals: [u32; BINS],
    /// For windows of 30·2^k s: how unevenly calls fall into them.
    pub windows: [Unevenness; SCALES],
    /// First kept call. Seconds since the epoch.
    pub first: i64,
    /// Last kept call. Seconds since the epoch.
    pub last: i64,
    /// Kept calls.
    pub calls: u32,
    /// Calls left out because they came in a burst.
    pub bursts: u32,
}

/// Sums for the Allan factor (Allan, Proc. IEEE 54(2), 1966) over successive windows, pairs of empty ones left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unevenness {
    /// Sum of squared differences of the counts of successive windows.
    pub squares: u64,
    /// Sum of the counts of the same windows.
    pub counts: u64,
}

/// Two stretches of time that were to be added overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("segments overlap: the later one begins before the earlier one ends")]
pub struct Overlap;

/// The bin of an interval: ⌊4·log₂(d / 2 s)⌋, in whole numbers.
pub const fn bin(interval_s: i64) -> usize {
    if interval_s <= BURST_S {
        return 0;
    }
    let fourth = (interval_s as u128).pow(4);
    let at = (fourth.ilog2() - 4) as usize;
    if at < BINS { at } else { BINS - 1 }
}

impl Sums {
    /// Sums over calls at whole `seconds`, in any order, as known at `until`; none if there is no call.
    pub fn of(seconds: &[i64], until: i64) -> Option<Self> {
        let mut sorted = seconds.to_vec();
        sorted.sort_unstable();
        sorted
            .chunk_by(|a, b| segment(*a) == segment(*b))
            .map(|calls| Self::of_segment(calls, until))
            .reduce(|earlier, later| {
                earlier.then(&later).expect("segments of sorted calls follow each other")
            })
    }

    /// These sums and those of a later stretch of the same pair, with the one interval between them.
    pub fn then(mut self, later: &Self) -> Result<Self, Overlap> {
        if later.first <= self.last {
            return Err(Overlap);
        }
        self.intervals[bin(later.first - self.last)] += 1;
        self.last = later.last;
        self.add(later);
        Ok(self)
    }

    fn add(&mut self, other: &Self) {
        for (mine, theirs) in self.intervals.iter_mut().zip(other.intervals) {
            *mine += theirs;
        }
        for (mine, theirs) in self.windows.iter_mut().zip(other.windows) {
            mine.squares += theirs.squares;
            mine.counts += theirs.counts;
        }
        self.calls += other.calls;
        self.bursts += other.bursts;
    }

    /// `sorted` holds at least one call, all in one segment.
    fn of_segment(sorted: &[i64], until: i64) -> Self {
        let kept = without_bursts(sorted);
        let mut sums = Self {
            intervals: [0; BINS],
            windows: [Unevenness::default(); SCALES],
            first: kept[0],
            last: kept[kept.len() - 1],
            calls: kept.len() as u32,
            bursts: (sorted.len() - kept.len()) as u32,
        };
        for pair in kept.windows(2) {
            sums.intervals[bin(pair[1] - pair[0])] += 1;
        }
        let start = segment(sorted[0]) * SEGMENT_S;
        let known_s = (until - start).clamp(0, SEGMENT_S);
        for (scale, unevenness) in sums.windows.iter_mut().enumerate() {
            let width_s = 30 << scale;
            *unevenness = unevenness_of(&kept, start, width_s, known_s / width_s);
        }
        sums
    }
}

const fn segment(second: i64) -> i64 {
    second.div_euclid(SEGMENT_S)
}

fn without_bursts(sorted: &[i64]) -> Vec<i64> {
    let mut kept: Vec<i64> = Vec::with_capacity(sorted.len());
    for &call in sorted {
        if kept.last().is_none_or(|last| call - last >= BURST_S) {
            kept.push(call);
        }
    }
    kept
}

/// Sums over the first `closed` windows of `width_s` from `start`; a window that is still filling has no vote.
fn unevenness_of(kept: &[i64], start: i64, width_s: i64, closed: i64) -> Unevenness {
    let mut sum = Unevenness::default();
    let mut add = |a: u64, b: u64| {
        sum.squares += a.abs_diff(b).pow(2);
        sum.counts += a + b;
    };
    let mut before: Option<(i64, u64)> = None;
    for calls in kept.chunk_by(|a, b| (a - start) / width_s == (b - start) / width_s) {
        let (at, count) = ((calls[0] - start) / width_s, calls.len() as u64);
        if at >= closed {
            break;
        }
        match before {
            Some((last_at, last)) if last_at + 1 == at => add(last, count),
            Some((_, last)) => {
                add(last, 0);
                add(0, count);
            }
            None if at > 0 => add(0, count),
            None => {}
        }
        before = Some((at, count));
    }
    if let Some((at, count)) = before
        && at + 1 < closed
    {
        add(count, 0);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By hand: 2·2^(i/4) s is 2, 2.38, 2.83, 3.36, 4, … 26.9, 32.
    #[test]
    fn a_bin_is_a_quarter_octave_from_two_seconds() {
        for (interval_s, expected) in [
            (1, 0),
            (2, 0),
            (3, 2),
            (4, 4),
            (8, 8),
            (26, 14),
            (27, 15),
            (31, 15),
            (32, 16),
            (600, 32),
            (57_600, 55),
        ] {
            assert_eq!(bin(interval_s), expected, "{interval_s} s");
        }
    }

    /// By hand: calls at 0, 10, 40, 100 s in windows of 30 s are counts 2, 1, 0, 1, 0 (the last closed at 150 s).
    #[test]
    fn unevenness_is_summed_over_closed_windows_and_skips_empty_pairs() {
        let sums = Sums::of(&[0, 10, 40, 100], 150).expect("there are calls");
        assert_eq!(sums.windows[0], Unevenness { squares: 1 + 1 + 1 + 1, counts: 3 + 1 + 1 + 1 });
        // Windows of 60 s: 3, 1; the third is not closed at 150 s.
        assert_eq!(sums.windows[1], Unevenness { squares: 4, counts: 4 });
        let late = Sums::of(&[0, 100], SEGMENT_S).expect("there are calls");
        // Windows of 30 s: 1, 0, 0, 1, 0, 0 …: the pairs of empty ones are left out.
        assert_eq!(late.windows[0], Unevenness { squares: 3, counts: 3 });
    }

    #[test]
    fn a_burst_is_measured_from_the_call_that_was_kept() {
        let sums = Sums::of(&[10, 11, 12, 13, 40], 100).expect("there are calls");
        assert_eq!((sums.calls, sums.bursts), (3, 2));
        assert_eq!(sums.intervals[bin(2)], 1);
        assert_eq!(sums.intervals[bin(28)], 1);
    }

    #[test]
    fn overlapping_stretches_are_refused() {
        let one = Sums::of(&[10, 20], 100).expect("there are calls");
        assert_eq!(one.clone().then(&one), Err(Overlap));
    }

    proptest! {
        #[test]
        fn the_order_of_calls_does_not_matter(mut calls in proptest::collection::vec(0i64..57_600, 1..200), turn in 0usize..200) {
            let sums = Sums::of(&calls, 57_600);
            let middle = turn % calls.len();
            calls.rotate_left(middle);
            calls.reverse();
            prop_assert_eq!(Sums::of(&calls, 57_600), sums);
        }

        #[test]
        fn adding_segments_is_associative(calls in proptest::collection::btree_set(0i64..86_400, 3..200)) {
            let calls: Vec<i64> = calls.into_iter().collect();
            let parts: Vec<Sums> =
                calls.chunk_by(|a, b| segment(*a) == segment(*b)).map(|part| Sums::of(part, 86_400).expect("calls")).collect();
            prop_assume!(parts.len() == 3);
            let [a, b, c] = [&parts[0], &parts[1], &parts[2]];
            let left = a.clone().then(b).and_then(|ab| ab.then(c));
            let right = b.clone().then(c).and_then(|bc| a.clone().then(&bc));
            prop_assert_eq!(&left, &right);
            prop_assert_eq!(left.ok(), Sums::of(&calls, 86_400));
        }

        #[test]
        fn every_call_is_kept_or_counted_as_a_burst(calls in proptest::collection::vec(-50_000i64..50_000, 1..300)) {
            let sums = Sums::of(&calls, 50_000).expect("there are calls");
            prop_assert_eq!((sums.calls + sums.bursts) as usize, calls.len());
            prop_assert_eq!(sums.intervals.iter().sum::<u32>(), sums.calls - 1);
        }
    }
}
