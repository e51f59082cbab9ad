//! One judged fact: detection, subject, episode, numbers, p-value.

use crate::{Severity, Time, id::HashId};

crate::record! {
    /// One judged fact. A later row of the same id with a higher `revision` replaces it for readers.
    #[derive(serde::Deserialize)]
    pub struct Evidence: "evidence", Evidence {
        /// Hash of detection, subject, object and episode start: see [`evidence_id`].
        pub id: HashId,
        /// From 0; readers take the highest.
        pub revision: u32,
        /// 0 withdraws it.
        pub strength: u8,
        /// Detection id, such as `INT-01`.
        pub detection: String,
        /// Who is accused: an entity key.
        pub subject: String,
        /// What they acted on, as coarse as the cause.
        pub object: String,
        /// What joins evidence into one warning: see [`cause_key`].
        pub cause: HashId,
        /// Start of the aligned step in which the condition first held.
        pub episode_start: Time,
        /// End of the window that was judged: when it rang.
        pub seen: Time,
        /// p-value of the statistic; 1 where the detection is rule-like.
        pub p_value: f64,
        /// What it is about.
        pub severity: Severity,
        /// The integer features and thresholds, as a JSON object.
        pub numbers: String,
        /// Flows behind it, at most 1,000.
        pub flow_ids: Vec<u64>,
        /// Coverage of the taps it rests on, as a JSON object.
        pub coverage: String,
        /// Hash of the policy it was judged under.
        pub policy: String,
        /// Version of the detection and its tables.
        pub rule_version: String,
    }
}

/// Id of evidence: the first 16 bytes of SHA-256 over the parts, each length-prefixed.
pub fn evidence_id(detection: &str, subject: &str, object: &str, episode_start: Time) -> HashId {
    HashId::of(&[
        detection.as_bytes(),
        subject.as_bytes(),
        object.as_bytes(),
        &episode_start.0.to_le_bytes(),
    ])
}

/// Cause key: evidence that shares it, close enough in time, is one warning.
pub fn cause_key(family: &str, subject: &str, object: &str) -> HashId {
    HashId::of(&[family.as_bytes(), subject.as_bytes(), object.as_bytes()])
}
