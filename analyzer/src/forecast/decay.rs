//! Sums that fade and logarithms, in whole numbers, so that every machine gets the same to the last bit.

/// 2^(−i/16) for i from 0 to 15, in units of 2⁻³¹.
const SIXTEENTHS: [u64; 16] = [
    2_147_483_648,
    2_056_437_387,
    1_969_251_188,
    1_885_761_398,
    1_805_811_301,
    1_729_250_827,
    1_655_936_265,
    1_585_730_000,
    1_518_500_250,
    1_454_120_821,
    1_392_470_869,
    1_333_434_672,
    1_276_901_417,
    1_222_764_986,
    1_170_923_762,
    1_121_280_436,
];

/// One, in the units of [`faded`]: 2⁻¹⁶.
pub const ONE: u64 = 1 << 16;

/// What is left of one after `age_us` with this half-life, in units of 2⁻¹⁶, in steps of a sixteenth of the half-life. Of the
/// future nothing is left.
pub const fn faded(age_us: i64, half_life_us: i64) -> u64 {
    if age_us < 0 {
        return 0;
    }
    let steps = age_us / (half_life_us / 16);
    let halvings = steps / 16;
    if halvings > 16 { 0 } else { SIXTEENTHS[(steps % 16) as usize] >> (15 + halvings) }
}

/// Natural logarithm of 1 + `sum`, which is in units of 2⁻¹⁶, in thousandths.
pub const fn log_of_more(sum: u64) -> i64 {
    let shifted = sum.saturating_add(ONE);
    let whole = shifted.ilog2() as i64 - 16;
    // A mantissa in [1, 2) in units of 2⁻³¹; each squaring yields one more binary digit of its logarithm.
    let mut mantissa = if shifted.ilog2() >= 31 {
        shifted >> (shifted.ilog2() - 31)
    } else {
        shifted << (31 - shifted.ilog2())
    };
    let mut digits = 0;
    let mut at = 0;
    while at < 16 {
        mantissa = ((mantissa as u128 * mantissa as u128) >> 31) as u64;
        digits <<= 1;
        if mantissa >= 1 << 32 {
            mantissa >>= 1;
            digits |= 1;
        }
        at += 1;
    }
    // ln 2 in billionths.
    let binary = (whole << 16) + digits;
    (binary * 693_147_181 / 65_536 + 500_000) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Time;
    use proptest::prelude::*;

    #[test]
    fn the_table_holds_powers_of_two() {
        for (at, entry) in SIXTEENTHS.iter().enumerate() {
            let exact = 2f64.powf(-(at as f64) / 16.0) * f64::from(1u32 << 31);
            assert!((*entry as f64 - exact).abs() < 1.0, "{at}: {entry} is not {exact}");
        }
    }

    /// By hand: a half-life leaves a half, two a quarter; sixteen leave one unit, more nothing.
    #[test]
    fn a_half_life_leaves_a_half() {
        let hour = Time::HOUR;
        assert_eq!(faded(0, hour), ONE);
        assert_eq!(faded(hour, hour), ONE / 2);
        assert_eq!(faded(2 * hour, hour), ONE / 4);
        assert_eq!((faded(16 * hour, hour), faded(18 * hour, hour), faded(-1, hour)), (1, 0, 0));
    }

    proptest! {
        #[test]
        fn the_logarithm_is_that_of_floating_point_to_a_thousandth(sum in 0u64..1 << 40) {
            let exact = (1.0 + sum as f64 / ONE as f64).ln() * 1_000.0;
            prop_assert!((log_of_more(sum) as f64 - exact).abs() < 1.0, "{} is not {exact}", log_of_more(sum));
        }

        #[test]
        fn fading_never_grows(age in 0i64..100 * Time::HOUR, more in 0i64..Time::HOUR) {
            prop_assert!(faded(age + more, Time::HOUR) <= faded(age, Time::HOUR));
        }
    }
}
