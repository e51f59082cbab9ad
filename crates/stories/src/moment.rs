//! Moments of a story: written as protocols write them, and cut into days.

use model::Time;

/// `time` in UTC by `strftime` directives.
pub fn format(time: Time, directives: &str) -> String {
    jiff::Timestamp::from_microsecond(time.0)
        .expect("a story plays between the years 1970 and 9999")
        .strftime(directives)
        .to_string()
}

/// Day of the week, 0 for Sunday.
pub const fn weekday(time: Time) -> i64 {
    (time.0.div_euclid(Time::DAY) + 4).rem_euclid(7)
}

/// Whether the bank works on this day: Sunday to Thursday.
pub const fn is_business_day(time: Time) -> bool {
    weekday(time) < 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weekdays_are_those_of_the_calendar() {
        let thursday: Time = "2026-03-12T12:00:00Z".parse().expect("a time");
        assert_eq!(weekday(thursday), 4);
        assert!(is_business_day(thursday) && !is_business_day(thursday.plus(Time::DAY)));
        assert!(is_business_day(thursday.plus(3 * Time::DAY)));
    }

    #[test]
    fn a_moment_is_written_as_fix_writes_it() {
        let moment = Time::new(1_773_316_800, 5_000);
        assert_eq!(format(moment, "%Y%m%d-%H:%M:%S%.3f"), "20260312-12:00:00.005");
    }
}
