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
        /// How: `ssh`, `rdp`, `smb`, `winrm`, `vnc`, `telnet`, `https`, `rpc`.
        pub app: String,
        /// Zone of `src`.
        pub src_zone: String,
        /// Zone of `dst`.
        pub dst_zone: String,
        /// First use that is known.
        pub first_seen: Time,
        /// Last use that is known.
        pub last_seen: Time,
    }
}
