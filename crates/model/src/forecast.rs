//! What may come: the probability that a level is reached within a horizon, with its record.

use crate::situation::ScopeKind;
use crate::{Level, Time};

crate::words! {
    /// What came of a forecast.
    pub enum Observed {
        /// Its horizon has not passed.
        #[default]
        Pending = "pending" / 0,
        /// The level was reached.
        Yes = "yes" / 1,
        /// It was not.
        No = "no" / 2,
    }
}

crate::record! {
    /// One forecast; a later row of the same time, scope, level and horizon says what came of it.
    #[derive(serde::Deserialize)]
    pub struct Forecast: "forecast", Evidence {
        /// When it was made: nothing later was known.
        pub time: Time,
        /// Of what it speaks.
        pub scope: ScopeKind,
        /// Which one.
        pub name: String,
        /// The level that may be reached, or a worse one.
        pub level: Level,
        /// Within so many minutes.
        pub horizon_min: u16,
        /// Probability, 0 to 1.
        pub probability: f64,
        /// Lower end of the 80 % band.
        pub low: f64,
        /// Upper end of the 80 % band.
        pub high: f64,
        /// Brier skill of this model against climatology, as last evaluated.
        pub skill: f64,
        /// False where the skill's interval includes 0 or too few rises were scored: then it is "no skill".
        pub has_skill: bool,
        /// Whether an early warning is open at `time`.
        pub open: bool,
        /// JSON array of contributions (`name`, `value`, `millinats`), the strongest first.
        pub reasons: String,
        /// What came of it.
        pub observed: Observed,
        /// Version of the model and its weights.
        pub model: String,
    }
}
