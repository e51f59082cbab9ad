//! What may come: the probability that a situation level rises within 15, 60 or 240 minutes.
//!
//! In reading order: [`past`] is what was known at a moment, [`inputs`] the numbers made of it ([`decay`]), [`mod@model`] the
//! regressions over them, [`alarm`] when an early warning opens, [`outlook`] the rows of a bin. Nothing later than its own
//! moment enters a forecast; what came of it is added when its horizon has passed.

pub mod alarm;
pub mod decay;
pub mod inputs;
pub mod model;
pub mod outlook;
pub mod past;
pub mod read;

use crate::rows::Writer;
use crate::window::Span;
use ::model::Time;
use anyhow::Context as _;
use outlook::{Held, Outlooks};
use policy::Policy;
use std::fmt;
use store::Store;

/// Forecasts are made at every multiple of this. Microseconds.
pub const BIN_US: i64 = 5 * Time::MINUTE;

/// Of what a forecast speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The bank, by its name.
    Institution(String),
    /// A zone, by its id.
    Zone(String),
}

/// Scopes that have an intercept and a band together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The bank.
    Institution,
    /// A zone of criticality 9 or 10.
    Crown,
    /// A zone of criticality 7 or 8.
    Inner,
    /// A zone of criticality 1 to 6.
    Outer,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Institution, Self::Crown, Self::Inner, Self::Outer];

    /// The kind of a zone.
    pub const fn of(criticality: u8) -> Self {
        match criticality {
            inputs::CROWN.. => Self::Crown,
            7.. => Self::Inner,
            _ => Self::Outer,
        }
    }

    /// The word in files.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Institution => "institution",
            Self::Crown => "crown",
            Self::Inner => "inner",
            Self::Outer => "outer",
        }
    }

    /// What a person calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Institution => "a bank",
            Self::Crown => "a zone of criticality 9 or more",
            Self::Inner => "a zone of criticality 7 or 8",
            Self::Outer => "a zone of criticality 6 or less",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The bank and its zones of criticality above 0, each with its kind.
pub fn scopes(policy: &Policy) -> Vec<(Scope, Kind)> {
    let said = &policy.meta().institution;
    let name = if said.is_empty() { "institution" } else { said };
    let bank = (Scope::Institution(name.to_owned()), Kind::Institution);
    let zones = policy.zones().iter().filter(|zone| zone.criticality > 0);
    let zones = zones.map(|zone| (Scope::Zone(zone.id.clone()), Kind::of(zone.criticality)));
    std::iter::once(bank).chain(zones).collect()
}

/// Makes the forecasts of every fifth minute of `span`, and says of earlier ones what came of them. Returns rows written.
///
/// # Errors
/// What the store said.
pub async fn foresee(
    store: &Store,
    policy: &Policy,
    span: Span,
    _without: &[String],
) -> anyhow::Result<u64> {
    let bins: Vec<Time> = span.steps(BIN_US).map(|step| step.to).collect();
    let (Some(first), Some(last)) = (bins.first(), bins.last()) else { return Ok(0) };
    let needed = Span::new(first.plus(-outlook::LOOK_BACK_US), *last);
    let past = read::past(store, policy, needed).await.context("reading what is known")?;
    let held = Held::new(read::held(store, needed).await.context("reading earlier forecasts")?);
    let outlooks = Outlooks { model: &model::SHIPPED, scopes: scopes(policy), past: &past };
    let mut writer = Writer::default();
    for row in outlooks.rows(&bins, held) {
        writer.push(&row);
    }
    Ok(writer.write(store).await?)
}
