//! What is usual for an entity, or for its peers, at an hour of a kind of day.
//!
//! A cell that is missing while its entity has others is usually silent: centre and spread 0. Two features are no measure:
//! `days` says how many days an entity was known (`n`), and the rows of entity `site` say what could be learned from at all:
//! `known` counts the hours whose coverage is known, and marks the day as done; `surprise` has the quantiles of `n` hours of
//! all entities: its cell k is exceeded by one in 2^k, in hundredths of a nat.

use crate::Time;

crate::record! {
    /// One cell of a baseline: rows of days before `day` made it, and it is in force on `day`.
    #[derive(serde::Deserialize)]
    pub struct Baseline: "baseline", Books {
        /// The day on which it is in force: its midnight.
        pub day: Time,
        /// Entity key, or `peers:zone/role` for a peer group, or `site`.
        pub entity: String,
        /// What is measured: `bytes_out`, `peers`, `new_peers`; `days`, `known`, `surprise`.
        pub feature: String,
        /// Hour of the day (UTC), plus 24 on a day off and 48 on a special day; 72: any hour that was not silent.
        pub cell: u8,
        /// Median, as 16·log₂(1 + v).
        pub centre: u16,
        /// Median absolute deviation, on the same scale.
        pub spread: u16,
        /// Values behind it.
        pub n: u16,
    }
}
