//! What the analyzer remembers between days: who is on the network, who administers whom, and what is usual.
//!
//! All of it is rows made from rows, so that remembering a range twice adds nothing. The first span of a day catches up
//! with the days that were never judged (rows may be loaded without being judged), then writes the day's baselines. Within
//! a day, each span adds what it saw.

pub mod baselines;
mod catch_up;
mod cells;
mod edges;
mod entities;
pub mod hands_on;
pub mod usual;

pub use edges::role;

use crate::window::Span;
use model::{Text, Time};
use policy::Policy;
use store::{Budget, Store};

/// What one question of this module may cost: a day of hourly sums, or four weeks of them.
const BUDGET: Budget =
    Budget { rows: 2_000_000_000, bytes: 128 << 30, seconds: 300, memory: 4 << 30 };

/// Remembers what was new in `span`, which lies within an hour and whose rows are all there. Returns rows written.
///
/// # Errors
/// What the store said.
pub async fn remember(
    store: &Store,
    policy: &Policy,
    span: Span,
    without: &[String],
) -> anyhow::Result<u64> {
    let day = span.from.floor(Time::DAY);
    let mut written = 0;
    if !baselines::are_written(store, day).await? {
        written += catch_up::until(store, policy, day, without).await?;
        written += baselines::write(store, policy, day, without).await?;
    }
    let scope = Scope { policy, without, grain: Grain::Slice, span };
    written += entities::remember(store, scope).await?;
    // What makes an edge is summed over the hour, so that it does not matter how the hour is cut.
    let hour = Scope { span: Span::new(span.from.floor(Time::HOUR), span.to), ..scope };
    Ok(written + edges::remember(store, hour).await?)
}

/// What is remembered, and from which rows.
#[derive(Debug, Clone, Copy)]
struct Scope<'a> {
    policy: &'a Policy,
    span: Span,
    without: &'a [String],
    grain: Grain,
}

/// How finely time is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grain {
    /// By the microsecond, from slices.
    Slice,
    /// By the hour, from hourly sums.
    Hour,
}

impl Scope<'_> {
    /// The question `name` of `file` about the span; at the grain of an hour it is called `name_hourly`.
    fn question(&self, file: &'static str, name: &'static str) -> store::Question {
        let named = query::named(file, name);
        let scope =
            query::Scope { from: self.span.from, to: self.span.to, without: self.without.to_vec() };
        hands_on::question(&named, &scope).within(BUDGET)
    }
}

/// The earliest and the latest sight of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sight {
    first: Time,
    last: Time,
}

impl Sight {
    /// As it is stored: what was last seen is known by the hour, so that it does not matter how the hour was cut.
    fn stored(self) -> Self {
        Self { first: self.first, last: self.last.floor(Time::HOUR).max(self.first) }
    }

    /// Whether it says more than `held`, which the store has.
    fn is_news(self, held: Self, grain: Grain) -> bool {
        let is_earlier = match grain {
            Grain::Slice => self.first < held.first,
            Grain::Hour => self.first < held.first.floor(Time::HOUR),
        };
        is_earlier || self.last.floor(Time::HOUR) > held.last.floor(Time::HOUR)
    }
}

/// A key as the store takes it.
fn safe(key: &str) -> String {
    Text::from(key).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(first_min: i64, last_min: i64) -> Sight {
        Sight { first: Time(first_min * Time::MINUTE), last: Time(last_min * Time::MINUTE) }
    }

    #[test]
    fn a_later_sight_is_news_once_an_hour_and_an_earlier_one_always() {
        let held = sight(65, 70);
        let news = |sight: Sight, grain| sight.is_news(held, grain);
        assert!(!news(sight(66, 119), Grain::Slice));
        assert!(news(sight(66, 120), Grain::Slice));
        assert!(news(sight(64, 70), Grain::Slice));
        assert!(!news(sight(60, 60), Grain::Hour), "the hour that holds it says nothing more");
        assert!(news(sight(0, 0), Grain::Hour));
    }

    #[test]
    fn what_is_stored_does_not_depend_on_how_an_hour_is_cut() {
        let whole = sight(65, 119).stored();
        assert_eq!(whole, sight(65, 65).stored());
        assert_eq!(sight(10, 119).stored(), sight(10, 60));
    }
}
