//! A host, name or device that is on the network, as it was first and last seen.

use crate::Time;
use std::net::Ipv6Addr;

crate::record! {
    /// What is known of one entity; rows of the same one are joined to the earliest and the latest sight of it.
    #[derive(serde::Deserialize)]
    pub struct Entity: "entity", Books {
        /// Host name of the policy, else the address: what warnings accuse.
        pub entity: String,
        /// Zone it was seen in.
        pub zone: String,
        /// Address.
        pub ip: Ipv6Addr,
        /// `host`, or `outside` for an address that is none of the bank's.
        pub kind: String,
        /// Site of the zone, empty if not declared.
        pub site: String,
        /// Hardware address, empty if no tap saw it.
        pub mac: String,
        /// Name that it goes by on the wire or in policy, empty if none.
        pub name: String,
        /// Vendor of the hardware address, empty if not known.
        pub vendor: String,
        /// Operating system, as far as its packets tell; empty if not known.
        pub os: String,
        /// Role in policy, empty if none.
        pub role: String,
        /// 0 to 10.
        pub criticality: u8,
        /// Business services of the zone.
        pub business: Vec<String>,
        /// First packet of it that is known; its hour where only that is.
        pub first_seen: Time,
        /// Hour of the last packet that is known: its start, or the first packet if that is later.
        pub last_seen: Time,
        /// What tells of it: `flow`, `link` or `policy`.
        pub source: String,
    }
}
