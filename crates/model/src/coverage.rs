//! Coverage: what a tap could see in a minute. Its newest minute is the tap's watermark.

use crate::Time;
use std::sync::Arc;

crate::words! {
    /// Which half of the conversations a coverage row speaks of.
    pub enum Side {
        /// Packets from those who opened.
        #[default]
        Src = "src" / 0,
        /// Packets from those who answered.
        Dst = "dst" / 1,
    }
}

crate::record! {
    /// What a tap could see of one direction in a minute. Written once, when the minute has passed, after its rows.
    #[derive(serde::Deserialize)]
    pub struct Coverage: "coverage", Books {
        /// Start of the minute.
        pub minute: Time,
        /// Which tap.
        pub tap: Arc<str>,
        /// VLAN, 0 for all.
        pub vlan: u16,
        /// Which half.
        pub direction: Side,
        /// Mean rate over the minute.
        pub packets_per_s: f64,
        /// Packets lost before the sensor, in a million.
        pub drop_ppm: u32,
        /// Of the minute's TCP conversations (payload that acknowledges the other side), those in which the other side
        /// was never seen, in a million. Attempts that nobody answered do not count.
        pub one_way_ppm: u32,
        /// Offset of the capture clock, where it is known.
        pub clock_offset_us: i64,
        /// Payload bytes that parsers read.
        pub bytes_scanned: u64,
    }
}
