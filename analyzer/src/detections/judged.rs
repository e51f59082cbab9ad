//! What a judgement says: who rang, how many were looked at, and who could not be judged.

use model::{Severity, Time, warning::Contribution};
use std::collections::BTreeMap;

/// The outcome of one judgement of one detection.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Judged {
    /// Subjects whose condition holds, each with its numbers; those below the cut included, as P0.
    pub findings: Vec<Finding>,
    /// Subjects judged, those that rang included.
    pub population: u64,
    /// Subjects that could not be judged, by reason.
    pub unknown: Vec<(String, u64)>,
    /// Subjects judged by zone, where the detection knows it; what is missing to `population` counts for no zone.
    pub zones: BTreeMap<String, u64>,
}

/// One subject whose condition holds in this step.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// Who is accused: an entity key.
    pub subject: String,
    /// What they acted on, as coarse as the cause.
    pub object: String,
    /// Start of the aligned step in which the condition first held, computed from rows alone.
    pub episode_start: Time,
    /// P0 is evidence and never a warning.
    pub severity: Severity,
    /// The more critical of the zones it touches.
    pub zone: String,
    /// −ln p in thousandths, rounded once; none where the detection is rule-like.
    pub surprise_millinats: Option<u32>,
    /// Log-odds of the prior, then named parts: their sum is the score. Thousandths of a nat.
    pub contributions: Vec<Contribution>,
    /// What a person can act on.
    pub sentence: String,
    /// Integer features and thresholds.
    pub numbers: serde_json::Map<String, serde_json::Value>,
    /// Flows behind it, at most 1,000, ascending.
    pub flow_ids: Vec<u64>,
}

impl Finding {
    /// What its cause is about: with the subject, what joins evidence to one warning. It is the object, unless the numbers
    /// name a `cause`, where what is acted on grows as the episode goes on.
    pub fn cause(&self) -> &str {
        self.numbers.get("cause").and_then(serde_json::Value::as_str).unwrap_or(&self.object)
    }
}
