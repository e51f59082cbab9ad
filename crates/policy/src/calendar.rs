//! Which days the bank works: what is usual on a working day is not on a day off.

use crate::Policy;
use model::Time;

/// A calendar of the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// Its name.
    pub id: String,
    /// The weekdays on which the bank works, Monday first.
    pub days: [bool; 7],
    /// Days off all the same: their midnights, UTC.
    pub holidays: Vec<Time>,
    /// Days unlike others, such as paydays: their midnights, UTC.
    pub special: Vec<Time>,
}

/// What kind of day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// The bank works.
    Working,
    /// It does not.
    Off,
    /// A day unlike others.
    Special,
}

/// Names of weekdays in a policy, Monday first.
pub(crate) const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The calendar that tells of the whole bank.
const OF_THE_BANK: &str = "bank";

impl Calendar {
    /// Monday to Friday.
    pub const USUAL: Self = Self {
        id: String::new(),
        days: [true, true, true, true, true, false, false],
        holidays: Vec::new(),
        special: Vec::new(),
    };

    /// The kind of the day (UTC) that holds `at`.
    pub fn kind(&self, at: Time) -> DayKind {
        // The epoch was a Thursday.
        let weekday = (at.0.div_euclid(Time::DAY) + 3).rem_euclid(7) as usize;
        let day = at.floor(Time::DAY);
        if self.special.contains(&day) {
            DayKind::Special
        } else if self.days[weekday] && !self.holidays.contains(&day) {
            DayKind::Working
        } else {
            DayKind::Off
        }
    }
}

impl Policy {
    /// The kind of the day (UTC) that holds `at`: by calendar `bank`, else by the only calendar, else Monday to Friday.
    pub fn day_kind(&self, at: Time) -> DayKind {
        let all = &self.declared.calendars;
        let of_the_bank = all.iter().find(|calendar| calendar.id == OF_THE_BANK);
        let only = (all.len() == 1).then(|| &all[0]);
        of_the_bank.or(only).unwrap_or(&Calendar::USUAL).kind(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(policy: &str, days: &[&str]) -> Vec<DayKind> {
        let policy = Policy::read(policy).expect("the policy is right");
        days.iter().map(|day| policy.day_kind(day.parse().expect("a time"))).collect()
    }

    /// `date -d 2026-03-12 +%a` is Thu.
    const DAYS: [&str; 4] = [
        "2026-03-12T23:59:59Z",
        "2026-03-13T00:00:00Z",
        "2026-03-14T12:00:00Z",
        "2026-03-15T12:00:00Z",
    ];

    #[test]
    fn without_a_calendar_the_bank_works_from_monday_to_friday() {
        use DayKind::{Off, Working};
        assert_eq!(kinds("zone = []", &DAYS), [Working, Working, Off, Off]);
    }

    #[test]
    fn a_calendar_says_which_weekdays_are_worked_and_which_days_are_not_like_others() {
        use DayKind::{Off, Special, Working};
        let weekdays = r#"calendar = [{ id = "any", days = ["sun", "mon", "tue", "wed", "thu"] }]"#;
        assert_eq!(kinds(weekdays, &DAYS), [Working, Off, Off, Working]);
        let days = r#"calendar = [
            { id = "desk", days = ["sat"] },
            { id = "bank", days = ["thu", "fri"], holidays = [2026-03-13], special = [2026-03-15] },
        ]"#;
        assert_eq!(kinds(days, &DAYS), [Working, Off, Off, Special]);
    }

    #[test]
    fn a_weekday_that_is_none_is_an_error() {
        let problems = Policy::read(r#"calendar = [{ id = "bank", days = ["thursday"] }]"#);
        let problems = problems.expect_err("no such weekday");
        assert!(problems[0].message.contains("one of mon, tue"), "{problems:?}");
    }
}
