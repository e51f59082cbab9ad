//! What a person is told.

use crate::{Level, Severity, Time, id::HashId};
use serde::{Deserialize, Serialize};

crate::record! {
    /// What a person is told; joins evidence of one cause. A higher `revision` of the same id replaces it for readers.
    #[derive(serde::Deserialize)]
    pub struct Warning: "warning", Warning {
        /// Hash of the cause and the episode start with which it first rang.
        pub id: HashId,
        /// From 0; readers take the highest.
        pub revision: u32,
        /// The warning that this one is another name of, or zero.
        pub alias_of: HashId,
        /// When it rang: packet time of the judgement.
        pub time: Time,
        /// Start of the episode.
        pub episode_start: Time,
        /// Detection id.
        pub detection: String,
        /// Who is accused.
        pub subject: String,
        /// What they acted on.
        pub object: String,
        /// The more critical of the zones it touches.
        pub zone: String,
        /// Business services of that zone.
        pub business: Vec<String>,
        /// What it is about.
        pub severity: Severity,
        /// How far up it goes.
        pub level: Level,
        /// Probability that the episode is what the detection names, in ten-thousandths.
        pub score: u16,
        /// JSON array of [`Contribution`]: their sum is the score in log-odds.
        pub contributions: String,
        /// What a person can act on.
        pub sentence: String,
        /// ATT&CK technique ids.
        pub attack: Vec<String>,
        /// Evidence it joins.
        pub evidence_ids: Vec<HashId>,
        /// Incident it belongs to, or zero.
        pub incident: HashId,
    }
}

/// One named part of a score.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contribution {
    /// Which, in a few words.
    pub name: String,
    /// The number behind it, as text with its unit; empty if none.
    pub value: String,
    /// Its part of the log-odds, in thousandths of a nat.
    pub millinats: i32,
}

/// Id of a warning.
pub fn warning_id(cause: HashId, episode_start: Time) -> HashId {
    HashId::of(&[b"warning", &cause.0, &episode_start.0.to_le_bytes()])
}
