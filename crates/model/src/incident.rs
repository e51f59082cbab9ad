//! Warnings of one cause chain, joined by the threat graph.

use crate::{Level, Severity, Time, id::HashId};
use serde::{Deserialize, Serialize};

crate::record! {
    /// Warnings joined by the threat graph. A higher `revision` of the same id replaces it for readers.
    #[derive(serde::Deserialize)]
    pub struct Incident: "incident", Warning {
        /// Hash of the detection and the episode start of its root.
        pub id: HashId,
        /// From 0; readers take the highest.
        pub revision: u32,
        /// Packet time of the judgement that made this revision.
        pub time: Time,
        /// Start of its first episode.
        pub started: Time,
        /// `open`, `merged` (into `merged_into`) or `closed`.
        pub state: String,
        /// The incident that it became part of, or zero.
        pub merged_into: HashId,
        /// The furthest stage: `R` recon, `A` access, `C` control, `L` lateral, `X` action.
        pub stage: String,
        /// What happened, in one line.
        pub title: String,
        /// Its warnings, in the order in which they rang.
        pub warnings: Vec<HashId>,
        /// JSON array of [`Link`]: the tree that joins the warnings.
        pub links: String,
        /// Entities from the first host to the furthest one, in the order of the chain.
        pub path: Vec<String>,
        /// JSON array of [`Reach`]: what can be reached next, the most critical first.
        pub next_steps: String,
        /// The worst of its warnings.
        pub severity: Severity,
        /// The worst of its warnings.
        pub level: Level,
        /// The most critical zone that it has touched.
        pub zone: String,
        /// Criticality of that zone, 0 to 10.
        pub criticality: u8,
        /// Index of the institution before its first warning, 0 to 100.
        pub index_before: f64,
        /// Index of the institution at `time`, 0 to 100.
        pub index_after: f64,
    }
}

/// Why one warning belongs to another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The earlier warning; empty for the root.
    pub from: String,
    /// The later warning.
    pub to: String,
    /// How they are related: `object is subject`, `same subject`, `same indicator`, `admin edge`, `same user`.
    pub relation: String,
    /// Weight of the link, in thousandths of a nat; links below 2,000 are not kept.
    pub millinats: i32,
}

/// What can be reached from where the incident stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// Entity that can be reached.
    pub entity: String,
    /// Its zone.
    pub zone: String,
    /// Criticality of that zone, 0 to 10.
    pub criticality: u8,
    /// Entities on the way, both ends included.
    pub path: Vec<String>,
    /// How the last step is known: `seen`, `declared` or `admin`.
    pub by: String,
}

/// Id of an incident.
pub fn incident_id(detection: &str, subject: &str, episode_start: Time) -> HashId {
    HashId::of(&[
        b"incident",
        detection.as_bytes(),
        subject.as_bytes(),
        &episode_start.0.to_le_bytes(),
    ])
}
