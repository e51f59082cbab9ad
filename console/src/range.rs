//! Time ranges as people write them: `last 24h`, or from one moment to another.

use model::Time;

/// A length of time such as `90s`, `15m`, `24h`, `7d` or `1h30m`, in microseconds.
///
/// # Errors
/// In words, with an example.
pub fn span(text: &str) -> Result<i64, String> {
    let wrong = || format!("{text:?} is not a length of time; write 15m, 24h, 7d or 1h30m");
    let mut total = 0_i64;
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = match rest.as_bytes()[digits] {
            b's' => Time::SECOND,
            b'm' => Time::MINUTE,
            b'h' => Time::HOUR,
            b'd' => Time::DAY,
            b'w' => 7 * Time::DAY,
            _ => return Err(wrong()),
        };
        total =
            number.checked_mul(unit).and_then(|part| total.checked_add(part)).ok_or_else(wrong)?;
        rest = &rest[digits + 1..];
    }
    if total == 0 { Err(wrong()) } else { Ok(total) }
}

/// The same length in the fewest words: `24h`, `1h30m`.
pub fn span_text(span_us: i64) -> String {
    let mut rest = span_us / Time::SECOND;
    let mut text = String::new();
    for (seconds, unit) in [(86_400, 'd'), (3_600, 'h'), (60, 'm'), (1, 's')] {
        if unit == 'd' && rest < 2 * seconds {
            continue;
        }
        if rest >= seconds {
            text.push_str(&format!("{}{unit}", rest / seconds));
            rest %= seconds;
        }
    }
    if text.is_empty() { "0s".into() } else { text }
}

/// A moment: RFC 3339, or a date or minute in UTC such as `2026-03-12` or `2026-03-12T14:00`, or `now`.
///
/// # Errors
/// In words, with an example.
pub fn moment(text: &str, now: Time) -> Result<Time, String> {
    let text = text.trim();
    if text == "now" {
        return Ok(now);
    }
    let whole = match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => text.to_owned(),
    };
    whole.replace(' ', "T").parse().map_err(|_| {
        format!("{text:?} is not a moment; write 2026-03-12T14:00:00Z, 2026-03-12 or now")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: i64) {
        assert_eq!(span(text), Ok(expected), "{text}");
    }

    #[test]
    fn lengths_are_read() {
        check("90s", 90 * Time::SECOND);
        check("15m", 900 * Time::SECOND);
        check("1h30m", 5400 * Time::SECOND);
        check("7d", 604_800 * Time::SECOND);
        check("1w", 604_800 * Time::SECOND);
    }

    #[test]
    fn what_is_no_length_is_refused_with_an_example() {
        for text in ["", "0m", "1", "h", "5x", "-1h", "99999999999999999999d", "1h-"] {
            assert!(span(text).expect_err("not a length").contains("15m"), "{text}");
        }
    }

    #[test]
    fn moments_are_read_in_utc() {
        let noon = Time::new(1_773_316_800, 0);
        assert_eq!(moment("2026-03-12T12:00:00Z", Time(0)), Ok(noon));
        assert_eq!(moment("2026-03-12T12:00", Time(0)), Ok(noon));
        assert_eq!(moment("2026-03-12", Time(0)), Ok(noon.plus(-12 * Time::HOUR)));
        assert_eq!(moment("now", noon), Ok(noon));
        assert!(moment("yesterday", noon).is_err());
    }

    proptest! {
        #[test]
        fn a_length_is_read_back_from_its_text(seconds in 1i64..40_000_000) {
            let length = seconds * Time::SECOND;
            prop_assert_eq!(span(&span_text(length)), Ok(length));
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            let _ = span(&text);
            let _ = moment(&text, Time(0));
        }
    }
}
