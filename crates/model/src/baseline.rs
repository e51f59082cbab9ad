//! What is usual for an entity, or for its peers, at an hour of a kind of day.

use crate::Time;

crate::record! {
    /// One cell of a baseline: rows of days before `day` made it, and it is in force on `day`.
    #[derive(serde::Deserialize)]
    pub struct Baseline: "baseline", Books {
        /// The day on which it is in force: its midnight.
        pub day: Time,
        /// Entity key, or `peers:` and zone and role for a peer group.
        pub entity: String,
        /// What is measured: `bytes_out`, `peers`, `new_peers`.
        pub feature: String,
        /// Hour of the day, plus 24 on a day off and 48 on a special day.
        pub cell: u8,
        /// Median, as 16·log₂(1 + v).
        pub centre: u16,
        /// Median absolute deviation, on the same scale.
        pub spread: u16,
        /// Values behind it.
        pub n: u16,
    }
}
