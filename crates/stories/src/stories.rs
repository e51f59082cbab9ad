//! The stories, and what each says of itself.

use crate::cards::Session;
use crate::conversation::Conversation;
use crate::ordinary::Day;
use crate::truth::{Expected, Money, Situation};
use crate::{bangladesh, fastcash, quiet_day};
use model::{Severity, Time};

/// Every story.
pub static STORIES: &[&Story] = &[&bangladesh::STORY, &fastcash::STORY, &quiet_day::STORY];

/// One story: when and where it plays, what happens besides ordinary business, and what must come of it.
#[derive(Debug, Clone, Copy)]
pub struct Story {
    /// Such as `S1`.
    pub id: &'static str,
    /// A word for it, such as `bangladesh`.
    pub name: &'static str,
    /// What it tells, in a line.
    pub title: &'static str,
    /// Minute 0, RFC 3339 in UTC; the bank's local time is UTC.
    pub t0: &'static str,
    /// First minute that is played as frames.
    pub first_minute: i64,
    /// The minute at which it ends.
    pub last_minute: i64,
    /// Days of rows before the first minute.
    pub days_before: i64,
    /// Its taps.
    pub taps: &'static [char],
    /// What happens besides ordinary business.
    pub happens: fn(&Scene) -> Vec<Conversation>,
    /// The card rail of a day before play, up to a moment; none where cards are no matter.
    pub cards_before: Option<fn(Day, Time) -> Session>,
    /// What must, may and must not ring.
    pub expected: &'static [Expected],
    /// Situation levels that must be reached.
    pub situations: &'static [Situation],
    /// Detections whose warnings must become one incident, in this order; empty where none may.
    pub chain: &'static [&'static str],
    /// Every index must stay below this.
    pub index_below: Option<u32>,
    /// Warnings of this severity and above that are not expected fail it.
    pub quiet_above: Severity,
    /// Whether nothing is supposed to ring.
    pub is_quiet: bool,
    /// When money moves.
    pub money: Option<Money>,
}

/// What a story is told from.
#[derive(Debug, Clone, Copy)]
pub struct Scene {
    /// Minute 0.
    pub t0: Time,
    /// Seed of all draws.
    pub seed: u64,
}

impl Scene {
    /// The moment `minute` minutes after minute 0.
    pub const fn minute(&self, minute: i64) -> Time {
        self.t0.plus(minute * Time::MINUTE)
    }
}

impl Story {
    /// Minute 0.
    pub fn t0(&self) -> Time {
        self.t0.parse().expect("every story's t0 is RFC 3339: a test reads them all")
    }

    /// Whether play can end before `minute`.
    pub const fn can_end_at(&self, minute: i64) -> bool {
        self.first_minute < minute && minute <= self.last_minute
    }

    /// The story called `name`: its id in any case, with or without a zero (`s1`, `S01`), or its word.
    pub fn named(name: &str) -> Option<&'static Self> {
        let plain = |text: &str| text.to_lowercase().replacen("s0", "s", 1);
        STORIES
            .iter()
            .copied()
            .find(|story| plain(name) == plain(story.id) || name.eq_ignore_ascii_case(story.name))
    }
}
