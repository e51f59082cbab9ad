//! What policy says of a flow, where it is not `ok`.

use crate::Time;
use std::net::Ipv6Addr;

crate::words! {
    /// What policy says of a flow.
    pub enum Verdict {
        /// Declared and within its limits.
        #[default]
        Ok = "ok" / 0,
        /// Declared; its review is overdue.
        OkLateReview = "ok-late-review" / 1,
        /// Its conduit has expired.
        Expired = "expired" / 2,
        /// Outside the conduit's calendar.
        OutOfWindow = "out-of-window" / 3,
        /// Another protocol than the one declared.
        AppMismatch = "app-mismatch" / 4,
        /// TLS older than the one required.
        TlsWeak = "tls-weak" / 5,
        /// Another certificate or fingerprint than the one declared.
        IdentityMismatch = "identity-mismatch" / 6,
        /// Beyond the conduit's limits.
        OverLimit = "over-limit" / 7,
        /// No conduit names it.
        Undeclared = "undeclared" / 8,
        /// A deny rule names it.
        Denied = "denied" / 9,
    }
}

crate::words! {
    /// What became of the flow.
    pub enum Outcome {
        /// Not known, or not known who opened.
        #[default]
        UnknownDirection = "unknown-direction" / 0,
        /// No SYN-ACK, or an RST instead.
        Blocked = "blocked" / 1,
        /// Both sides spoke.
        Established = "established" / 2,
    }
}

crate::record! {
    /// One flow that is not `ok`. Written once per flow, verdict and outcome.
    #[derive(serde::Deserialize)]
    pub struct VerdictRow: "verdict", Evidence {
        /// Which flow.
        pub flow_id: u64,
        /// When the flow began.
        pub flow_start: Time,
        /// When this was judged of it: the last row's `last_seen`.
        pub time: Time,
        /// Where it was seen.
        pub tap: String,
        /// Who opened it.
        pub src_ip: Ipv6Addr,
        /// To whom.
        pub dst_ip: Ipv6Addr,
        /// Port of `src_ip`.
        pub src_port: u16,
        /// Port of `dst_ip`.
        pub dst_port: u16,
        /// IANA protocol number.
        pub ip_protocol: u8,
        /// Zone of `src_ip`.
        pub src_zone: String,
        /// Zone of `dst_ip`.
        pub dst_zone: String,
        /// The conduit or deny rule that decided, empty if none.
        pub conduit: String,
        /// What policy says.
        pub verdict: Verdict,
        /// What became of it.
        pub outcome: Outcome,
        /// Hash of the policy.
        pub policy: String,
    }
}

crate::record! {
    /// How many flows of an hour got which verdict: the population behind every proof.
    #[derive(serde::Deserialize)]
    pub struct VerdictHour: "verdict_hour", Books {
        /// Start of the hour.
        pub hour: Time,
        /// Zone of the openers.
        pub src_zone: String,
        /// Zone of the answerers.
        pub dst_zone: String,
        /// Service of the policy, or protocol and port.
        pub service: String,
        /// Conduit, empty if none.
        pub conduit: String,
        /// What policy says.
        pub verdict: Verdict,
        /// What became of them.
        pub outcome: Outcome,
        /// Hash of the policy.
        pub policy: String,
        /// Flows.
        pub flows: u64,
        /// Wire bytes, both directions.
        pub bytes: u64,
    }
}
