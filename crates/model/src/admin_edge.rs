//! Who administers whom: an edge of the network over which a person or a script works on another host.

use crate::Time;

crate::record! {
    /// One edge; rows of the same one are joined to the earliest and the latest use of it.
    #[derive(serde::Deserialize)]
    pub struct AdminEdge: "admin_edge", Evidence {
        /// Entity that opened it.
        pub src: String,
        /// Entity that was worked on.
        pub dst: String,
        /// How: `ssh`, `rdp`, `smb`, `winrm`, `vnc`, `telnet`, `rpc`, `https`.
        pub app: String,
        /// Zone of `src`.
        pub src_zone: String,
        /// Zone of `dst`.
        pub dst_zone: String,
        /// First use that is known; its hour where only that is.
        pub first_seen: Time,
        /// Hour of the last use that is known: its start, or the first use if that is later.
        pub last_seen: Time,
        /// Role of `src` in policy, its zone if it has none.
        pub src_role: String,
        /// Role of `dst` in policy, its zone if it has none.
        pub dst_role: String,
        /// First use after half a year without one, when it is as good as new; the epoch if there was none.
        pub revived: Time,
    }
}
