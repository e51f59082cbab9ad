//! Days and moments as a policy writes them.

use jiff::{Timestamp, civil, tz::TimeZone};
use model::Time;

/// The moment that `text` names, in UTC unless it has an offset, and whether it is a day alone.
pub(super) fn read(text: &str) -> Option<(Time, bool)> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Some((Time(moment.as_microsecond()), false));
    }
    let is_day = text.len() == "2027-06-30".len();
    let moment = if is_day {
        text.parse::<civil::Date>().ok()?.to_datetime(civil::Time::midnight())
    } else {
        text.parse::<civil::DateTime>().ok()?
    };
    let moment = moment.to_zoned(TimeZone::UTC).ok()?;
    Some((Time(moment.timestamp().as_microsecond()), is_day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_utc_unless_they_say_otherwise() {
        // `date -u -d 2026-11-02 +%s` is 1793577600.
        let day = 1_793_577_600;
        assert_eq!(read("2026-11-02"), Some((Time(day * Time::SECOND), true)));
        assert_eq!(read("2026-11-02T08:00:00+08:00"), Some((Time(day * Time::SECOND), false)));
        assert_eq!(read("2026-11-02T00:00:01"), Some((Time((day + 1) * Time::SECOND), false)));
        assert_eq!(read("2026-11-31"), None);
        assert_eq!(read("07:30:00"), None);
        assert_eq!(read("tomorrow"), None);
    }
}
