//! Ordinary business: what the bank does on any day, drawn day by day from the seed.

mod echo;
mod machines;
mod office;
mod operators;
mod transfers;

pub(crate) use operators::web_platform;

use crate::conversation::Conversation;
use crate::dice::Dice;
use crate::moment;
use model::Time;

/// One day of the bank.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// Its midnight, UTC.
    pub start: Time,
    /// Seed of the story.
    pub seed: u64,
}

impl Day {
    /// Draws of their own for `name` on this day.
    pub fn dice(self, name: &str) -> Dice {
        Dice::new(self.seed, name, self.start.0 / Time::DAY)
    }

    /// Whether the bank works: Sunday to Thursday.
    pub const fn is_business(self) -> bool {
        moment::is_business_day(self.start)
    }

    /// A moment of this day.
    pub const fn at(self, hour: i64, minute: i64) -> Time {
        self.start.plus(hour * Time::HOUR + minute * Time::MINUTE)
    }

    /// The next midnight.
    pub const fn end(self) -> Time {
        self.start.plus(Time::DAY)
    }
}

/// Everything ordinary that begins on this day.
pub fn conversations(day: Day) -> Vec<Conversation> {
    let mut all = Vec::new();
    machines::balancer_checks(day, &mut all);
    machines::queue_retries(day, &mut all);
    machines::polls(day, &mut all);
    echo::scheme_echoes(day, &mut all);
    transfers::backup(day, &mut all);
    if day.is_business() {
        machines::fix_session(day, &mut all);
        transfers::reports(day, &mut all);
        operators::sessions(day, &mut all);
        office::browsing(day, &mut all);
    }
    if moment::weekday(day.start) == 3 {
        operators::sweep(day, &mut all);
    }
    all
}
