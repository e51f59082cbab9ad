//! The arithmetic of the index, in integers: the same bits on every machine, in every order.
//!
//! Shares and indices are millionths (`ppm`), logarithms have 24 fractional bits, counts 32. Every function rounds down and
//! never falls when an argument rises.

/// One, in millionths.
pub const WHOLE: u64 = 1_000_000;

/// Fractional bits of a count.
const COUNT_BITS: u32 = 32;
/// Fractional bits of a logarithm.
const LOG_BITS: u32 = 24;

/// Steps in which a sighting loses half of its weight: twelve windows of five minutes.
const HALVES_IN: usize = 12;

/// Windows after which a sighting counts nothing: a day.
pub const FORGOTTEN_AFTER: u64 = 288;

/// 2^(−j/12) with 32 fractional bits, for j from 0 to 11.
const DECAY: [u64; HALVES_IN] = [
    4_294_967_296,
    4_053_909_305,
    3_826_380_858,
    3_611_622_603,
    3_408_917_802,
    3_217_589_947,
    3_037_000_500,
    2_866_546_760,
    2_705_659_852,
    2_553_802_834,
    2_410_468_894,
    2_275_179_671,
];

/// What one sighting still counts after `windows` of five minutes, with 32 fractional bits: half of it after an hour.
pub const fn decayed(windows: u64) -> u64 {
    if windows >= FORGOTTEN_AFTER {
        return 0;
    }
    DECAY[windows as usize % HALVES_IN] >> (windows as usize / HALVES_IN)
}

/// The binary logarithm, with 24 fractional bits, of a number that is at least one and has 32.
///
/// Bit by bit: the mantissa is squared, and where it passes two the bit is one.
const fn log2(value: u128) -> u64 {
    debug_assert!(value >= 1 << COUNT_BITS, "it is at least one");
    let whole = value.ilog2() - COUNT_BITS;
    let mut mantissa = if value.ilog2() > 62 {
        value >> (value.ilog2() - 62)
    } else {
        value << (62 - value.ilog2())
    };
    let mut log = whole as u64;
    let mut bit = 0;
    while bit < LOG_BITS {
        mantissa = (mantissa * mantissa) >> 62;
        log <<= 1;
        if mantissa >= 1 << 63 {
            mantissa >>= 1;
            log |= 1;
        }
        bit += 1;
    }
    log
}

/// How much threat: a sum of terms, each `log2(1 + C)·10^P·score`, in ten-thousandths with 24 fractional bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Threat(u128);

impl Threat {
    /// What one episode adds: its decayed count (32 fractional bits), its severity 0 to 4 and its score in ten-thousandths.
    pub const fn of(count: u64, severity: u32, score: u16) -> Self {
        let log = log2((1 << COUNT_BITS) + count as u128);
        Self(log as u128 * 10u128.pow(severity) * score as u128)
    }

    /// What a hidden warning of the worst severity and score 1 would add, if `lost` millionths of it were true.
    pub const fn hidden(lost: u64) -> Self {
        Self(((lost as u128 * 10_000 * 10_000) << LOG_BITS) / WHOLE as u128)
    }

    /// What a flood adds that takes `percent` of a link: 100 a point.
    pub const fn flood(percent: u64) -> Self {
        Self((percent as u128 * 100 * 10_000) << LOG_BITS)
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }

    /// Scaled to millionths: `x³/(x³ + m³)` with `x = log(1 + T)` and `m = log(1 + 1000)`. One certain P3 is a half.
    pub const fn scaled(self) -> u64 {
        const MIDDLE: u128 = cubed(log2(1_001 << COUNT_BITS));
        let x = cubed(log2((1 << COUNT_BITS) + ((self.0 / 10_000) << (COUNT_BITS - LOG_BITS))));
        (x * WHOLE as u128 / (x + MIDDLE)) as u64
    }
}

const fn cubed(log: u64) -> u128 {
    let log = log as u128;
    log * log * log
}

/// `1 − (1 − t)(1 − ½·v·t)(1 − a)`, in millionths: vulnerability amplifies a threat, lost availability counts by itself.
pub const fn combined(threat: u64, vulnerability: u64, availability: u64) -> u64 {
    let whole = WHOLE as u128;
    let (t, v, a) = (threat as u128, vulnerability as u128, availability as u128);
    let left = (whole - t) * (2 * whole * whole - v * t) * (whole - a);
    (whole - left.div_ceil(2 * whole * whole * whole)) as u64
}

/// A score weighed by a criticality of 0 to 10.
pub const fn weighed(score: u64, criticality: u8) -> u64 {
    score * criticality as u64 / 10
}

/// A part of a blend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part {
    /// 0 to 10.
    pub criticality: u8,
    /// Its score without any weight, in millionths.
    pub score: u64,
    /// Its index: the score of its worst entity, weighed.
    pub index: u64,
}

/// `0.6·max(w·s) + 0.4·√(Σ w·s² / Σ w)`, in millionths; 0 without weight.
pub fn blended(parts: impl IntoIterator<Item = Part>) -> u64 {
    let (mut worst, mut squares, mut weight) = (0, 0u128, 0u128);
    for part in parts {
        worst = part.index.max(worst);
        squares += u128::from(part.criticality) * u128::from(part.score).pow(2);
        weight += u128::from(part.criticality);
    }
    let mean = squares.checked_div(weight).map_or(0, |mean| mean.isqrt() as u64);
    ((6 * worst + 4 * mean) / 10).min(WHOLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sightings just now.
    fn now(sightings: u64) -> u64 {
        sightings << COUNT_BITS
    }

    fn scaled(threats: &[Threat]) -> u64 {
        let all = threats.iter().fold(Threat::default(), |sum, threat| sum.and(*threat));
        (all.scaled() + 5_000) / 10_000
    }

    /// finance.md 5, first table, right column; certain (score 1) and just seen.
    #[test]
    fn threats_are_scaled_as_the_table_of_the_design_says() {
        let (low, medium, high, critical) = (1, 2, 3, 4);
        let seen = |count, severity| Threat::of(now(count), severity, 10_000);
        for (expected, threats) in [
            (3, vec![seen(200, 0)]),
            (25, vec![seen(5_000, low)]),
            (23, vec![seen(1, medium)]),
            (50, vec![seen(1, high)]),
            (70, vec![seen(1, critical)]),
            (72, vec![seen(5, high), seen(1, critical)]),
            (70, vec![Threat::flood(90), seen(1, high)]),
        ] {
            assert_eq!(scaled(&threats), expected, "{threats:?}");
        }
    }

    /// finance.md 5, the roll-up of a SWIFT zone at x among eleven zones at 8. Its arithmetic and quadratic means (20.8 and
    /// 37.2 at 95) say that the eleven weigh 5.8 together, and the line for x = 0 that the heaviest of them weighs 0.9.
    #[test]
    fn zones_are_blended_as_the_table_of_the_design_says() {
        let others = [9, 9, 8, 7, 7, 6, 5, 4, 3, 0, 0];
        for (x, expected) in [(95, "71.9"), (80, "60.6"), (0, "7.3")] {
            let part = |criticality, percent: u64| {
                let score = percent * 10_000;
                Part { criticality, score, index: weighed(score, criticality) }
            };
            let quiet = others.iter().map(|criticality| part(*criticality, 8));
            let index = blended(quiet.chain([part(10, x)]));
            assert_eq!(format!("{:.1}", index as f64 / 10_000.0), expected);
        }
    }

    #[test]
    fn logarithms_agree_with_floating_point() {
        for value in [1.0f64, 1.5, 2.0, 3.0, 10.0, 1_001.0, 12_586.0, 1e9] {
            let log = log2((value * 2f64.powi(32)) as u128) as f64 / 2f64.powi(24);
            assert!((log - value.log2()).abs() < 2e-7, "{value}: {log}");
        }
    }

    #[test]
    fn a_sighting_is_half_after_an_hour_and_gone_after_a_day() {
        for windows in 0..FORGOTTEN_AFTER {
            let exact = 2f64.powi(32) * 2f64.powf(-(windows as f64) / 12.0);
            assert!((decayed(windows) as f64 - exact).abs() <= 1.0, "{windows}");
        }
        assert_eq!(decayed(12) * 2, decayed(0));
        assert_eq!(decayed(FORGOTTEN_AFTER), 0);
    }

    #[test]
    fn vulnerability_amplifies_a_threat_alone_and_availability_counts_by_itself() {
        let half = WHOLE / 2;
        assert_eq!(combined(half, 0, 0), half);
        assert_eq!(combined(0, WHOLE, 0), 0);
        assert_eq!(combined(half, WHOLE, 0), 625_000);
        assert_eq!(combined(0, 0, half), half);
        assert_eq!(combined(half, 0, half), 750_000);
    }
}
