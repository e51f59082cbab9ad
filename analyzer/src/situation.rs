//! How things stand: index and level of every entity, zone, business service, site, and of the institution.
//!
//! An index is a function of the rows of one moment, the end of a minute:
//!
//! - **Episodes** are (detection, subject, object) on warnings that ring and that no person has closed as false-positive,
//!   benign, duplicate or test by then. Their count `C` is the number of their pieces of evidence, each halved every hour
//!   since it was last seen, in windows of five minutes aligned to the epoch; after a day it is nothing.
//! - **Threat** `T = Σ log2(1 + C)·10^P·score` with the worst severity `P` and score of the episode's evidence, scaled to
//!   `t = 100·x³/(x³ + m³)`, `x = log10(1 + T)`, `m = log10(1001)`.
//! - **Vulnerability** and **availability** are 0: no detection speaks of them yet. `s = 1 − (1 − t)(1 − ½·v·t)(1 − a)`.
//! - **Importance** `w` is criticality/10 (a host's own, else its zone's); the calendar's factor is 1, for policy has no
//!   calendar yet. What weighs nothing has no index.
//! - **Who**: an episode counts for its subject and its object; among zones it counts in the more critical of its two.
//! - **Zone**: `max(w·s)` over its entities. **Service, site, institution**: `0.6·max(w·s) + 0.4·√(Σ w·s² / Σ w)` over zones.
//! - **If blind**: the worst that the lost share of a zone could hide, as a certain P4 of that share, at its worst entity
//!   and with its highest criticality. What no tap has ever seen is unwatched: it is an interval itself, and does not widen
//!   what is made of it.
//!
//! A level follows from the index and from gates, with memory: [`level`]. Rows are written for the institution and every
//! zone at every fifth minute and at each minute in which their level changed; for entities, services and sites likewise,
//! where the index is not 0 or has just become 0.

pub mod blind;
pub mod facts;
pub mod fixed;
pub mod index;
pub mod level;

mod rows;
mod timeline;

#[cfg(test)]
mod properties;

use crate::window::{Seen, Span};
use anyhow::Context as _;
use blind::{Watch, ZoneTap};
use config::settings::Levels;
use facts::{EvidenceRow, Facts, TriageRow, WarningRow};
use index::Scope;
use level::{Past, Rules};
use model::situation::ScopeKind;
use model::{Coverage, Level, Time};
use policy::Policy;
use query::named;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Store;
use timeline::Timeline;

const SQL: &str = include_str!("situation.sql");
const JUDGE_SQL: &str = include_str!("judge.sql");

#[derive(Debug, Deserialize)]
struct Before {
    scope: ScopeKind,
    name: Arc<str>,
    level: Level,
    below_ii: Time,
    below_i: Time,
}

#[derive(Debug, Deserialize)]
struct Tap {
    tap: Arc<str>,
    first: Time,
}

/// Assesses every minute that ends in `span`, which lies within an hour. Returns rows written.
///
/// # Errors
/// What the store said, or a row that is not of the form that its SQL promises.
pub async fn assess(
    store: &Store,
    policy: &Policy,
    span: Span,
    without: &[String],
    levels: &Levels,
) -> anyhow::Result<u64> {
    let rules = Rules::of(levels);
    let minutes: Vec<Time> = span.steps(Time::MINUTE).map(|minute| minute.to).collect();
    let Some(last) = minutes.last().copied() else { return Ok(0) };
    let span = Span::new(minutes[0].plus(-Time::MINUTE), last);
    let look_back = rules.look_back_min() as i64 * Time::MINUTE + timeline::MEMORY_US;
    let facts = facts(store, policy, Span::new(span.from.plus(-look_back), last)).await?;
    let watch = Watch::of(&rows::<ZoneTap>(store, "situation.zone_taps", span).await?);
    let before = rows::<Before>(store, "situation.before", span).await?;
    let past = before.into_iter().map(|row| {
        let scope = Scope { kind: row.scope, name: row.name };
        (scope, Past { level: row.level, below_ii: row.below_ii, below_i: row.below_i })
    });
    let held = rows::held(rows(store, "situation.held", span).await?);
    let timeline = Timeline {
        policy,
        rules,
        facts: &facts,
        watch: &watch,
        seen: &seen(store, span, without).await?,
        held: &held,
    };
    let told = timeline.walk(&minutes, past.collect::<BTreeMap<_, _>>());
    rows::write(store, told, &held).await.context("writing the situation")
}

async fn facts(store: &Store, policy: &Policy, span: Span) -> anyhow::Result<Facts> {
    let evidence = rows::<EvidenceRow>(store, "situation.evidence", span).await?;
    let warnings = rows::<WarningRow>(store, "situation.warnings", span).await?;
    let triage = rows::<TriageRow>(store, "situation.triage", span).await?;
    Facts::read(evidence, &warnings, &triage, policy)
}

/// What the taps saw of the minutes of `span`.
async fn seen(store: &Store, span: Span, without: &[String]) -> anyhow::Result<Seen> {
    let scope = query::Scope { from: span.from, to: span.to, without: Vec::new() };
    let coverage = named(JUDGE_SQL, "judge.coverage").over(&scope);
    let coverage = store.ask::<Coverage>(&coverage).await?.rows;
    let taps = store.ask::<Tap>(&named(JUDGE_SQL, "judge.taps").over(&scope)).await?.rows;
    let expected = taps.into_iter().map(|tap| (tap.tap, tap.first)).collect();
    Ok(Seen::new(coverage, expected, without))
}

async fn rows<T: DeserializeOwned>(
    store: &Store,
    name: &'static str,
    span: Span,
) -> anyhow::Result<Vec<T>> {
    let scope = query::Scope { from: span.from, to: span.to, without: Vec::new() };
    Ok(store.ask::<T>(&named(SQL, name).over(&scope)).await?.rows)
}
