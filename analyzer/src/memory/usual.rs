//! What is usual, and how far a value is from it: the scale, a cell, and the distance in spreads.
//!
//! A value v counts as x = round(16·log₂(1 + v)), so that a distance is a factor. A distance is measured in hundredths of
//! 1.5 median deviations, which is about a standard deviation of a normal law, and never of less than [`LEAST_SPREAD`].

use std::collections::BTreeMap;

/// What is measured of an entity in an hour: bytes that it sent, distinct hosts that it opened conversations with and was
/// answered by, and those of them that it had no exchange with in the 28 days before.
pub const FEATURES: [&str; 3] = ["bytes_out", "peers", "new_peers"];

/// The cell of any hour that was not silent.
pub const ANY_HOUR: u8 = 72;

/// Days after which an entity is measured by itself.
pub const LEARNED_DAYS: u16 = 14;

/// Members of a group of peers, at least.
pub const LEAST_PEERS: u16 = 8;

/// Distances beyond which a value is unusual: from both, or from one of own and peers. Hundredths.
pub const FAR_FROM_BOTH: i32 = 300;
/// See [`FAR_FROM_BOTH`].
pub const FAR_FROM_ONE: i32 = 600;

/// Three quarters of an octave: hours alike to the byte are no reason to be amazed at another.
const LEAST_SPREAD: i32 = 12;

/// A value of each feature on the scale.
pub type Values = [u16; FEATURES.len()];

/// `value` on the scale of baselines.
pub fn scaled(value: u64) -> u16 {
    let exact = 16.0 * (value as f64).ln_1p() / std::f64::consts::LN_2;
    exact.round() as u16
}

/// Median and median deviation of values on the scale.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Median.
    pub centre: u16,
    /// Median absolute deviation.
    pub spread: u16,
}

impl Cell {
    /// The cell of `values`, which are sorted on the way; of none it is the silent one.
    pub fn of(values: &mut [u16]) -> Self {
        let centre = median(values);
        let mut deviations: Vec<u16> = values.iter().map(|value| value.abs_diff(centre)).collect();
        Self { centre, spread: median(&mut deviations) }
    }

    /// Whether it is that of an entity that sends nothing.
    pub const fn is_silent(self) -> bool {
        self.centre == 0 && self.spread == 0
    }

    /// How far above the centre `x` is. Hundredths of a deviation.
    fn distance(self, x: u16, spread_percent: i32) -> i32 {
        let deviation = (i32::from(self.spread) * 3 / 2).max(LEAST_SPREAD) * spread_percent / 100;
        (i32::from(x) - i32::from(self.centre)) * 100 / deviation
    }
}

/// The middle value, or the mean of the two in the middle, rounded up; 0 of none.
fn median(values: &mut [u16]) -> u16 {
    values.sort_unstable();
    match values {
        [] => 0,
        _ if values.len() % 2 == 1 => values[values.len() / 2],
        _ => values[values.len() / 2 - 1].midpoint(values[values.len() / 2] + 1),
    }
}

/// What is usual for one entity or group: its cells that are not silent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usual {
    /// By feature (its place in [`FEATURES`]) and cell.
    pub cells: BTreeMap<(usize, u8), Cell>,
    /// Days that an entity was known; members of a group.
    pub n: u16,
}

impl Usual {
    /// The centre of the cell that speaks for `cell`.
    pub fn centre(&self, feature: usize, cell: u8) -> u16 {
        self.cells.get(&(feature, self.speaks_for(cell))).map_or(0, |cell| cell.centre)
    }

    /// The cell itself; on a special day of which nothing is known, the working day's.
    fn speaks_for(&self, cell: u8) -> u8 {
        let knows_special = self.cells.keys().any(|(_, cell)| (48..ANY_HOUR).contains(cell));
        if cell >= 48 && !knows_special { cell - 48 } else { cell }
    }

    /// How far above the usual `x` is: the lesser of the distances from this hour and from any hour. Hundredths.
    pub fn distance(&self, feature: usize, cell: u8, x: u16, spread_percent: i32) -> i32 {
        let of = |cell| self.cells.get(&(feature, cell)).copied().unwrap_or_default();
        of(self.speaks_for(cell))
            .distance(x, spread_percent)
            .min(of(ANY_HOUR).distance(x, spread_percent))
    }
}

/// How far one value is from what its entity and its peers usually do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Far {
    /// From its own hours, if it was known long enough. Hundredths.
    pub own: Option<i32>,
    /// From its peers, if they are enough. Hundredths.
    pub peers: Option<i32>,
}

impl Far {
    /// The distances of `x`; an entity that is not known for long is measured by its peers alone, half as strictly again.
    pub fn of(
        own: Option<&Usual>,
        peers: Option<&Usual>,
        feature: usize,
        cell: u8,
        x: u16,
    ) -> Self {
        let own = own.filter(|own| own.n >= LEARNED_DAYS);
        let peers = peers.filter(|peers| peers.n >= LEAST_PEERS);
        let percent = if own.is_some() { 100 } else { 150 };
        Self {
            own: own.map(|own| own.distance(feature, cell, x, 100)),
            peers: peers.map(|peers| peers.distance(feature, cell, x, percent)),
        }
    }

    /// Whether there is anything to measure by.
    pub const fn is_known(self) -> bool {
        self.own.is_some() || self.peers.is_some()
    }

    /// Whether it is far enough to speak of: from both, or very far from one while the other does not disagree.
    pub fn is_far(self) -> bool {
        let both = [self.own, self.peers];
        both.iter().flatten().any(|far| *far > FAR_FROM_ONE)
            || both.iter().all(|far| far.is_some_and(|far| far > FAR_FROM_BOTH))
    }

    /// −ln p in thousandths: the less surprised of own and peers speaks, but for a value so far from one that the other
    /// cannot be trusted, as where a host was taken over before it was known. Above the usual a value is as rare as an
    /// exponential law of 0.9 a deviation has it, because traffic has heavy tails; half of all are not above it.
    pub fn surprise_millinats(self) -> u32 {
        const EVEN: u32 = 693;
        const PER_HUNDREDTH: u32 = 9;
        let both = || [self.own, self.peers].into_iter().flatten();
        let least = both().min().unwrap_or(0);
        let most = both().max().unwrap_or(0);
        EVEN + PER_HUNDREDTH * least.max(most - FAR_FROM_BOTH).max(0).unsigned_abs()
    }
}

/// −ln of the Cauchy combination (Liu, Xie 2020) of p-values given as −ln p, all in thousandths; rounded once, here.
pub fn combined(surprises: &[u32]) -> u32 {
    use std::f64::consts::PI;
    let sum: f64 = surprises.iter().map(|one| tangent((-f64::from(*one) / 1_000.0).exp())).sum();
    let mean = sum / surprises.len().max(1) as f64;
    let p = if mean > 1e6 { 1.0 / (PI * mean) } else { 0.5 - mean.atan() / PI };
    crate::score::surprise(p)
}

/// tan((½ − p)π), which is 1/(pπ) where p is small.
fn tangent(p: f64) -> f64 {
    use std::f64::consts::PI;
    if p < 1e-6 { 1.0 / (p * PI) } else { ((0.5 - p) * PI).tan() }
}

/// How far an entity's hour is, by feature, and what that adds up to: −ln p in thousandths.
pub fn hour(
    own: Option<&Usual>,
    peers: Option<&Usual>,
    cell: u8,
    values: &Values,
) -> ([Far; FEATURES.len()], u32) {
    let far = std::array::from_fn(|feature| Far::of(own, peers, feature, cell, values[feature]));
    let surprises = far.map(|far: Far| far.surprise_millinats());
    (far, combined(&surprises))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// log₂(1 + 1) = 1, log₂(1 + 1,023) = 10, log₂(1 + 9,999,999) = 23.2535.
    #[test]
    fn sixteen_steps_are_a_doubling() {
        assert_eq!([0, 1, 1_023, 9_999_999].map(scaled), [0, 16, 160, 372]);
    }

    /// By hand: of 1, 3, 7, 7, 100 the median is 7, the deviations are 6, 4, 0, 0, 93, their median 4.
    #[test]
    fn a_cell_is_median_and_median_deviation() {
        assert_eq!(Cell::of(&mut [7, 100, 1, 3, 7]), Cell { centre: 7, spread: 4 });
        assert_eq!(Cell::of(&mut [1, 2, 3, 8]), Cell { centre: 3, spread: 2 });
        assert!(Cell::of(&mut []).is_silent() && Cell::of(&mut [0, 0, 9]).is_silent());
    }

    fn usual(cells: &[(u8, u16, u16)], n: u16) -> Usual {
        let cell = |(at, centre, spread): &(u8, u16, u16)| {
            ((0, *at), Cell { centre: *centre, spread: *spread })
        };
        Usual { cells: cells.iter().map(cell).collect(), n }
    }

    /// (172 − 100) / (1.5 · 16) = 3.00; with half as much spread again 2.00; from any hour (172 − 160) / 12 = 1.00.
    #[test]
    fn a_distance_is_the_lesser_of_this_hour_and_any_hour() {
        let hour = usual(&[(9, 100, 16), (ANY_HOUR, 100, 16)], 20);
        assert_eq!(hour.distance(0, 9, 172, 100), 300);
        assert_eq!(hour.distance(0, 9, 172, 150), 200);
        let late = usual(&[(ANY_HOUR, 160, 4)], 20);
        assert_eq!(
            late.distance(0, 23, 172, 100),
            100,
            "an hour unlike others, but no more than any"
        );
    }

    #[test]
    fn a_special_day_is_a_working_day_until_one_is_known() {
        let days = usual(&[(9, 100, 16), (ANY_HOUR, 100, 16)], 20);
        assert_eq!(days.distance(0, 57, 172, 100), 300);
        let special = usual(&[(9, 100, 16), (57, 160, 16), (ANY_HOUR, 100, 16)], 20);
        assert_eq!(special.distance(0, 57, 172, 100), 50);
    }

    #[test]
    fn who_is_new_is_measured_by_the_peers_and_more_mildly() {
        let cells = [(9, 100, 16), (ANY_HOUR, 100, 16)];
        let (young, old, peers) = (usual(&cells, 13), usual(&cells, 14), usual(&cells, 8));
        let far = |own, peers| Far::of(own, peers, 0, 9, 172);
        assert_eq!(far(Some(&young), Some(&peers)), Far { own: None, peers: Some(200) });
        assert_eq!(far(Some(&old), Some(&peers)), Far { own: Some(300), peers: Some(300) });
        assert!(!far(Some(&young), Some(&usual(&cells, 7))).is_known());
    }

    #[test]
    fn it_takes_both_or_a_long_way_from_one() {
        let far = |own, peers| Far { own, peers }.is_far();
        assert!(far(Some(301), Some(301)) && far(Some(601), Some(0)) && far(None, Some(601)));
        assert!(!far(Some(301), Some(300)) && !far(None, Some(600)) && !far(Some(301), None));
    }

    /// Liu and Xie's statistic of equal p-values is that p-value; of 0.01 and twice 0.5 it is tan(0.49π)/3 = 10.607, and
    /// ½ − atan(10.607)/π = 0.02993: −ln 0.02993 = 3.509.
    #[test]
    fn p_values_combine_as_cauchy_has_it() {
        assert!(combined(&[4_605, 4_605, 4_605]).abs_diff(4_605) <= 1);
        assert!(
            combined(&[4_605, 693, 693]).abs_diff(3_509) <= 2,
            "{}",
            combined(&[4_605, 693, 693])
        );
        assert!(
            combined(&[40_000, 693, 693]).abs_diff(38_901) <= 2,
            "a third of a tiny p: ln 3 = 1.099"
        );
    }
}
