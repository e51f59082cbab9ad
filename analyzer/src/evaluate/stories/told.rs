//! What the later stages told of a story's time: situations, incidents, forecasts.

use super::Truth;
use crate::evaluate::stories::SQL;
use model::Time;
use query::{Scope, named};
use serde::Deserialize;
use store::Store;

/// Everything that was told.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// Index and level by scope, in order of time.
    pub situations: Vec<Situation>,
    /// Incidents that are no part of another.
    pub incidents: Vec<Incident>,
    /// Forecasts, in order of time.
    pub forecasts: Vec<Forecast>,
}

/// How one zone or the institution stood.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Situation {
    /// When.
    pub at: Time,
    /// `zone` or `institution`.
    pub scope: String,
    /// Which one.
    pub name: String,
    /// 0 to 100.
    pub index: f64,
    /// `I` to `IV`, `-` for none.
    pub level: String,
}

/// Warnings that were joined.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: String,
    /// Ids of its warnings, in the order in which they rang.
    pub warnings: Vec<String>,
    /// Entities on its way.
    pub path: Vec<String>,
}

/// One forecast.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Forecast {
    /// When it was made.
    pub at: Time,
    /// Of what.
    pub scope: String,
    /// Of which one.
    pub name: String,
    /// The level that may be reached.
    pub level: String,
    /// Within so many minutes.
    pub horizon_min: u16,
    /// 0 to 1.
    pub probability: f64,
    /// Whether the model has shown skill at this.
    pub has_skill: u8,
}

impl Told {
    /// What the store holds of the story's time.
    ///
    /// # Errors
    /// What the store said.
    pub async fn of(store: &Store, truth: &Truth) -> anyhow::Result<Self> {
        let scope = Scope { from: truth.from, to: truth.to, without: Vec::new() };
        let question = |name| named(SQL, name).over(&scope);
        Ok(Self {
            situations: store.ask(&question("stories.situation")).await?.rows,
            incidents: store.ask(&question("stories.incidents")).await?.rows,
            forecasts: store.ask(&question("stories.forecasts")).await?.rows,
        })
    }
}
