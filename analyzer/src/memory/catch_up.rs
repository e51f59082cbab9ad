//! Days whose rows were loaded and never judged: remembered a day at a time, from hourly sums.

use super::{Grain, Scope, edges, entities};
use crate::window::Span;
use model::Time;
use policy::Policy;
use query::named;
use serde::Deserialize;
use store::{Question, Store};
use tracing::info;

/// How far back it goes. Microseconds.
const BACK_US: i64 = edges::FORGOTTEN_AFTER_US;

#[derive(Debug, Deserialize)]
struct Start {
    done: Time,
    oldest: Time,
    rows: u64,
}

/// Remembers the days before `day` since the last one that was begun, oldest first. Returns rows written.
pub(super) async fn until(
    store: &Store,
    policy: &Policy,
    day: Time,
    without: &[String],
) -> anyhow::Result<u64> {
    let Some(from) = start(store, day).await? else { return Ok(0) };
    info!(%from, to = %day, "remembering the days before");
    let mut written = 0;
    let mut at = from;
    while at < day {
        let span = Span::new(at, at.plus(Time::DAY));
        let scope = Scope { policy, span, without, grain: Grain::Hour };
        written += entities::remember(store, scope).await?;
        written += edges::remember(store, scope).await?;
        at = span.to;
    }
    Ok(written)
}

/// The first day to remember; none if there is none before `day`.
async fn start(store: &Store, day: Time) -> anyhow::Result<Option<Time>> {
    let start = named(include_str!("baselines.sql"), "baselines.start");
    let question = Question::new(start.name, start.sql).with("day", day).within(super::BUDGET);
    let Some(start) = store.ask::<Start>(&question).await?.rows.into_iter().next() else {
        return Ok(None);
    };
    if start.rows == 0 {
        return Ok(None);
    }
    let from = if start.done > Time(0) { start.done } else { start.oldest.floor(Time::DAY) };
    let from = from.max(day.plus(-BACK_US));
    Ok((from < day).then_some(from))
}
