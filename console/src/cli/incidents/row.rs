//! The rows of incidents as the store answers them, and as the command line prints them.

use crate::decode;
use model::incident::{Link, Reach};
use model::{Level, Severity, Time};
use serde::{Deserialize, Serialize};

/// An incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::cli) struct Incident {
    /// 32 hexadecimal digits.
    pub(super) id: String,
    /// From 0.
    pub(super) revision: u32,
    /// When it changed last.
    pub(super) time: Time,
    /// Start of its first episode.
    pub(super) started: Time,
    /// `open`, `merged` or `closed`.
    pub(super) state: String,
    /// The incident that it became part of; zeros if none.
    pub(super) merged_into: String,
    /// Letter of the furthest stage.
    pub(super) stage: String,
    /// What happened, in one line.
    pub(super) title: String,
    /// Its warnings, in the order in which they rang.
    pub(super) warnings: Vec<String>,
    /// The tree that joins them.
    #[serde(deserialize_with = "decode::inner")]
    pub(super) links: Vec<Link>,
    /// Hosts from the first to the furthest.
    pub(super) path: Vec<String>,
    /// What can be reached next.
    #[serde(deserialize_with = "decode::inner")]
    pub(super) next_steps: Vec<Reach>,
    /// The worst of its warnings.
    pub(super) severity: Severity,
    /// The worst of its warnings.
    pub(super) level: Level,
    /// The most critical zone that it touched.
    pub(super) zone: String,
    /// Criticality of that zone.
    pub(super) criticality: u8,
    /// Index of the institution before its first warning; 0 if it is not known.
    pub(super) index_before: f64,
    /// Index of the institution when it changed last; 0 if it is not known.
    pub(super) index_after: f64,
}

/// One of its warnings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Rung {
    /// 32 hexadecimal digits.
    pub(super) id: String,
    /// When it rang.
    pub(super) time: Time,
    /// Start of its episode.
    pub(super) episode_start: Time,
    /// Detection id.
    pub(super) detection: String,
    /// Who is accused.
    pub(super) subject: String,
    /// On what they acted.
    pub(super) object: String,
    /// The more critical of its zones.
    pub(super) zone: String,
    /// What it is about.
    pub(super) severity: Severity,
    /// How far up it goes.
    pub(super) level: Level,
    /// In ten-thousandths.
    pub(super) score: u16,
    /// What a person can act on.
    pub(super) sentence: String,
    /// State in a person's hands.
    pub(super) state: String,
}

/// An incident with its warnings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Whole {
    #[serde(flatten)]
    pub(super) incident: Incident,
    /// Its warnings, in the order in which episodes began.
    pub(super) rung: Vec<Rung>,
}

/// The name of an incident on screens: `INC-` and the first eight digits of its id.
pub(super) fn name(id: &str) -> String {
    format!("INC-{}", id.get(..8).unwrap_or(id))
}
