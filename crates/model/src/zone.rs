//! The compiled policy as rows: which network is which zone, and since when.

use crate::Time;

crate::record! {
    /// One network or host of one version of the policy.
    #[derive(serde::Deserialize)]
    pub struct ZoneOf: "zone_of", Books {
        /// Network in CIDR notation; a host is a /32 or /128.
        pub cidr: String,
        /// Zone id.
        pub zone: String,
        /// Host name, empty for a network.
        pub host: String,
        /// Role of the host, empty if none.
        pub role: String,
        /// 0 to 10.
        pub criticality: u8,
        /// Tags of the zone.
        pub tags: Vec<String>,
        /// Business services.
        pub business: Vec<String>,
        /// Valid from this moment.
        pub valid_from: Time,
        /// Valid before this moment.
        pub valid_to: Time,
        /// Hash of the policy file, as in every row judged by it.
        pub policy: String,
    }
}
