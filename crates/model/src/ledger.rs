//! The conservation ledger: received = kept + dropped, by reason, at every stage.

use crate::Time;
use std::borrow::Cow;
use std::sync::Arc;

crate::record! {
    /// What one stage of one worker did with what it received in a minute, for one reason.
    ///
    /// Of each stage, the rows with reason `received` equal the sum of all its other rows, in packets or records.
    #[derive(serde::Deserialize)]
    pub struct Ledger: "ledger", Books {
        /// Start of the minute, in packet time.
        pub minute: Time,
        /// Which tap.
        pub tap: Arc<str>,
        /// Which worker of the sensor.
        pub worker: u16,
        /// `capture`, `decode`, `flow`, `stream`, `parse` or `export`.
        pub stage: Cow<'static, str>,
        /// `received`, `kept`, or why it was dropped.
        pub reason: Cow<'static, str>,
        /// Packets.
        pub packets: u64,
        /// Wire bytes.
        pub bytes: u64,
        /// Rows.
        pub records: u64,
    }
}
