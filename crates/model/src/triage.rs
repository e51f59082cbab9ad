//! What people did about it: append-only, written as the person who acted.

use crate::Time;

crate::words! {
    /// State of a warning in a person's hands.
    pub enum State {
        /// Nobody looked yet.
        #[default]
        New = "NEW" / 0,
        /// Somebody owns it.
        Ack = "ACK" / 1,
        /// Work has started.
        Inv = "INV" / 2,
        /// Handed up.
        Esc = "ESC" / 3,
        /// Put aside until a moment.
        Shv = "SHV" / 4,
        /// Closed with a disposition.
        Close = "CLOSE" / 5,
    }
}

crate::record! {
    /// One act of one person on one subject. `actor` and `received_at` are filled by the store.
    #[derive(serde::Deserialize)]
    pub struct Triage: "triage", Warning {
        /// Random, drawn by the client.
        pub id: u64,
        /// `warning`, `incident`, `rule`, `entity`, `zone` or `shift`.
        pub subject: String,
        /// Id of the subject.
        pub subject_id: String,
        /// One more than the last seen; of rows with the same one the first received counts.
        pub seq: u32,
        /// When the person acted.
        pub at: Time,
        /// `ack`, `assign`, `note`, `escalate`, `close`, `shelve`, `undo`.
        pub action: String,
        /// State before.
        pub state_from: String,
        /// State after.
        pub state_to: String,
        /// Who owns it now.
        pub owner: String,
        /// `confirmed`, `false-positive`, `benign`, `duplicate`, `test`, or empty.
        pub disposition: String,
        /// Why.
        pub reason: String,
        /// Free text.
        pub note: String,
        /// Rows of the group action it was part of.
        pub group_size: u32,
        /// Program and version that wrote it.
        pub client: String,
        /// Drawn once per act: the same on a repeat.
        pub idem_key: String,
    }
}

impl State {
    /// The state after `action`, or why it cannot be.
    pub fn after(self, action: &str) -> Result<Self, &'static str> {
        match (self, action) {
            (Self::New, "ack") => Ok(Self::Ack),
            (Self::Ack | Self::Esc, "ack") => Ok(Self::Inv),
            (Self::Inv, "ack") => Err("work on it has started already"),
            (Self::Shv, "ack") => Err("it is shelved; undo that first"),
            (Self::Close, "ack") => Err("it is closed"),
            _ => Err("this action is not known"),
        }
    }
}
