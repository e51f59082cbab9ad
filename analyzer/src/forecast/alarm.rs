//! When an early warning opens and closes.

/// Bins of five minutes in which it must stay low before it closes: half an hour.
pub const CLOSES_AFTER: usize = 6;
/// Of the last so many bins …
const LAST: usize = 3;
/// … so many must be high for it to open.
const HIGH: usize = 2;

/// Whether it is open, given whether it was in the bin before, and what was said in the last bins (ten-thousandths, the newest
/// last; bins before the first count as 0). It opens at two of three bins at `cut` or above, and closes after half an hour
/// below half of it.
pub fn is_open(was_open: bool, said: &[u16], cut: u16) -> bool {
    if was_open {
        let last = said.len().saturating_sub(CLOSES_AFTER);
        let low = said[last..].iter().filter(|p| u32::from(**p) * 2 < u32::from(cut)).count();
        return low < CLOSES_AFTER;
    }
    let last = said.len().saturating_sub(LAST);
    said[last..].iter().filter(|p| **p >= cut).count() >= HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_of_three_open_it() {
        assert!(is_open(false, &[100, 0, 100], 100));
        assert!(!is_open(false, &[100, 0, 0, 100], 100));
        assert!(!is_open(false, &[100], 100));
    }

    #[test]
    fn half_an_hour_below_half_closes_it() {
        assert!(is_open(true, &[49; 5], 100), "25 minutes are too short");
        assert!(!is_open(true, &[49; 6], 100));
        assert!(is_open(true, &[50, 49, 49, 49, 49, 49], 100));
    }
}
