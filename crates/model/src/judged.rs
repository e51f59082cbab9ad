//! What was judged: every "calm" is a sum over these rows.

use crate::Time;

crate::record! {
    /// How many subjects one detection judged in one minute, zone and tap, and what came of it.
    #[derive(serde::Deserialize)]
    pub struct Judged: "judged", Books {
        /// Start of the minute.
        pub minute: Time,
        /// Detection id.
        pub detection: String,
        /// Zone of the subjects, empty for all.
        pub zone: String,
        /// Tap, empty for all.
        pub tap: String,
        /// Subjects judged.
        pub subjects: u64,
        /// Of them, those that rang.
        pub rung: u64,
        /// Of them, those that could not be judged.
        pub unknown: u64,
        /// Why not, empty if none.
        pub reason: String,
    }
}
