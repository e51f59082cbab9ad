//! The rows: one for each transaction, and the counts by issuer that stand apart from them.

use crate::row::protocol_row;
use model::id::HashId;
use model::{Text, Time};
use std::sync::Arc;

protocol_row! {
    /// One request with its answer, or either alone; what it keeps of a message is all that may be kept.
    pub struct Iso8583: "iso8583" {
        /// Declared link; empty if none was declared.
        pub link: Arc<str>,
        /// Name of the dialect it was read in.
        pub dialect: &'static str,
        /// Who sent the request: `src` or `dst`.
        pub side: &'static str,
        /// Destination and source of the request's TPDU, `destination << 16 | source`; 0 if it has none.
        pub tpdu: u64,
        /// Message type of the request (of the answer, if it came alone): four digits.
        pub mti: Text,
        /// Processing code; `01…` is cash.
        pub de3: Text,
        /// System trace audit number.
        pub de11: u32,
        /// Entry mode at the point of service.
        pub de22: Text,
        /// Network international id, or function code.
        pub de24: Text,
        /// Condition code of the point of service.
        pub de25: Text,
        /// Acquiring institution; 0 if none.
        pub de32: u64,
        /// Forwarding institution; 0 if none.
        pub de33: u64,
        /// Response code of the answer; empty while unanswered.
        pub de39: Text,
        /// Terminal.
        pub de41: Text,
        /// Country of the card acceptor, as the end of its name and location tells it.
        pub de43_country: Text,
        /// Currency of the transaction.
        pub de49: Text,
        /// Network management code.
        pub de70: Text,
        /// Amount as ⌊4·log10(DE4)⌋; -1 if there is none.
        pub amount_bucket: i16,
        /// Keyed hash of what survives from leg to leg, as the dialect says; 0 if any of it is missing.
        pub leg_key: HashId,
        /// Keyed hash of the account number, of this day alone; 0 if there is none.
        pub pan_token: HashId,
        /// Keyed hash of the retrieval reference number.
        pub de37_token: HashId,
        /// Keyed hash of the card acceptor.
        pub de42_token: HashId,
        /// Keyed hash of the additional amounts of the answer.
        pub de54_token: HashId,
        /// Whether the dialect reads from the answer that another stood in for the issuer.
        pub stand_in: bool,
        /// Elements of the request: bit n-1 for element n up to 64; bit 0 for element 128.
        pub presence: u64,
        /// Elements of the answer, likewise.
        pub answer_presence: u64,
        /// Hash of all bitmaps of the request.
        pub bitmap_hash: u64,
        /// Hash of all bitmaps of the answer.
        pub answer_bitmap_hash: u64,
        /// Whether the authentication code of either equals that of the message before it from the same side.
        pub mac_repeats: bool,
        /// Terminal verification results (EMV tag 95, five bytes); 0 if none.
        pub tvr: u64,
        /// Cardholder verification result (EMV tag 9F34, three bytes); 0 if none.
        pub cvm: u32,
        /// From the request to its answer. Microseconds.
        pub latency_us: u32,
        /// What was odd, in words joined by commas.
        pub oddities: crate::Oddities,
    }
}

model::record! {
    /// Transactions of a minute by issuer: no flow, token, terminal or reference number stands beside a BIN.
    pub struct Iso8583Bin: "iso8583_bin", Protocol {
        /// Start of the minute in which they ended, in packet time.
        pub minute: Time,
        /// Which tap.
        pub tap: Arc<str>,
        /// Declared link; empty if none was declared.
        pub link: Arc<str>,
        /// First six digits of the account number; 0 for all issuers with fewer than five of a kind.
        pub bin: u32,
        /// Country of the card acceptor.
        pub country: Text,
        /// First two digits of the entry mode.
        pub entry_mode: Text,
        /// Response code; empty: unanswered.
        pub de39: Text,
        /// Whether it was about cash (processing code `01…`).
        pub cash: bool,
        /// Transactions.
        pub messages: u64,
    }
}
