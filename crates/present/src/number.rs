//! Numbers, sizes and times as people read them.

/// A whole number in groups of three: `1 204 551`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A count in at most five letters, decimal: `41.2k`, `2.1G`.
pub fn short(number: u64) -> String {
    scaled(number, "").replace(' ', "")
}

/// A size, decimal: `310 MB`, `4.2 GB`.
pub fn bytes(number: u64) -> String {
    scaled(number, "B")
}

fn scaled(number: u64, unit: &str) -> String {
    const STEPS: [&str; 7] = ["", "k", "M", "G", "T", "P", "E"];
    let (mut step, mut whole) = (0, 1u64);
    // Rounding must not give `1000 kB`: 999.5 of a step is the next one.
    while step + 1 < STEPS.len() && number / whole >= 1000
        || (step > 0 && (number as f64 / whole as f64) >= 999.5)
    {
        step += 1;
        whole *= 1000;
    }
    let value = number as f64 / whole as f64;
    let digits =
        usize::from(step > 0 && value < 9.95 || step > 0 && unit.is_empty() && value < 99.95);
    format!("{value:.digits$} {}{unit}", STEPS[step]).trim_end().to_owned()
}

/// A share, two digits of it: `0.2 %`, `34 %`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent.is_nan() {
        return "-".to_owned();
    }
    let digits = usize::from(percent.abs() < 9.95 && percent != 0.0);
    format!("{percent:.digits$} %")
}

/// How long ago, of microseconds, in at most four letters: `34s`, `9m`, `6h`, `12d`; before it, `0s`.
pub fn age(micros: i64) -> String {
    let seconds = (micros / 1_000_000).max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How long something lasted, of microseconds, in two units at most: `340 ms`, `9.2 s`, `6h12m`, `9d04h`.
pub fn lasted(micros: i64) -> String {
    let micros = micros.max(0);
    let seconds = micros / 1_000_000;
    match micros {
        0..1000 => format!("{micros} us"),
        1000..1_000_000 => format!("{} ms", micros / 1000),
        1_000_000..60_000_000 => format!("{seconds}.{} s", micros % 1_000_000 / 100_000),
        60_000_000..3_600_000_000 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3_600_000_000..86_400_000_000 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups() {
        let cases = [(0, "0"), (999, "999"), (1204, "1 204"), (1_204_551, "1 204 551")];
        for (number, expected) in cases {
            assert_eq!(grouped(number), expected);
        }
        assert_eq!(grouped(u64::MAX), "18 446 744 073 709 551 615");
    }

    #[test]
    fn sizes_are_decimal_and_short() {
        let cases = [
            (0, "0 B", "0"),
            (999, "999 B", "999"),
            (1000, "1.0 kB", "1.0k"),
            (41_234, "41 kB", "41.2k"),
            (310_000_000, "310 MB", "310M"),
            (999_499, "999 kB", "999k"),
            (999_500, "1.0 MB", "1.0M"),
            (4_200_000_000, "4.2 GB", "4.2G"),
        ];
        for (number, size, count) in cases {
            assert_eq!((bytes(number).as_str(), short(number).as_str()), (size, count), "{number}");
        }
        assert_eq!(bytes(u64::MAX), "18 EB");
    }

    #[test]
    fn times_are_told_in_the_unit_that_fits() {
        const SECOND: i64 = 1_000_000;
        let ages = [
            (-5, "0s"),
            (59, "59s"),
            (60, "1m"),
            (3599, "59m"),
            (3600, "1h"),
            (172_799, "47h"),
            (172_800, "2d"),
        ];
        for (seconds, expected) in ages {
            assert_eq!(age(seconds * SECOND), expected);
        }
        let spans = [
            (340_000, "340 ms"),
            (9_200_000, "9.2 s"),
            (22_320 * SECOND, "6h12m"),
            (792_000 * SECOND, "9d04h"),
        ];
        for (micros, expected) in spans {
            assert_eq!(lasted(micros), expected);
        }
    }

    #[test]
    fn shares_have_two_digits() {
        assert_eq!(
            (percent(0.34), percent(0.002), percent(0.0)),
            ("34 %".into(), "0.2 %".into(), "0 %".into())
        );
    }
}
