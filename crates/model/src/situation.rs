//! How things stand: the index of an entity, a zone or the institution, and its level.

use crate::{Level, Time};
use serde::{Deserialize, Serialize};

crate::words! {
    /// Of what an index speaks.
    pub enum ScopeKind {
        /// The bank.
        #[default]
        Institution = "institution" / 0,
        /// A zone of the policy.
        Zone = "zone" / 1,
        /// A host.
        Entity = "entity" / 2,
        /// A business service.
        Service = "service" / 3,
        /// A site.
        Site = "site" / 4,
    }
}

crate::record! {
    /// The situation of one scope at one moment.
    #[derive(serde::Deserialize)]
    pub struct Situation: "situation", Evidence {
        /// End of the minute that it speaks of.
        pub time: Time,
        /// Of what it speaks.
        pub scope: ScopeKind,
        /// Which one; the institution's name for `institution`.
        pub name: String,
        /// 0 to 100, higher is worse; two decimals.
        pub index: f64,
        /// The index if what was not seen were the worst; equal to `index` where all was seen.
        pub index_if_blind: f64,
        /// Threat, 0 to 100: of an entity or a zone's worst entity without its weight.
        pub threat: f64,
        /// Vulnerability, 0 to 100; 0 until a detection speaks of it.
        pub vulnerability: f64,
        /// Loss of availability, 0 to 100; 0 until a detection speaks of it.
        pub availability: f64,
        /// Share that the taps saw, 0 to 1; 0 where no tap has seen the zone in 28 days.
        pub coverage: f64,
        /// Situation level; `-` below IV. Where a part is blind it is never told as calm.
        pub level: Level,
        /// What put it there, if not the index: the gate in words; empty if none.
        pub gate: String,
        /// JSON array of [`Driver`]: at most five, the strongest first.
        pub drivers: String,
    }
}

/// What an index consists of: its points are what it adds to those listed before it.
///
/// The strongest by itself comes first; the points of up to five drivers add up to the index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Driver {
    /// Detection id.
    pub name: String,
    /// Who: subject and object, or empty.
    pub who: String,
    /// Points of the index that it adds.
    pub points: f64,
    /// Ids of warnings behind it, as hexadecimal text.
    pub warnings: Vec<String>,
}
