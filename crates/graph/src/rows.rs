//! Rows as the questions of [`crate::gather`] are answered.

use model::{Level, Time};
use serde::Deserialize;
use std::net::Ipv6Addr;

/// A warning, and the hosts of the chain that it names.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Warned {
    /// 32 hexadecimal digits.
    pub id: String,
    /// When it rang.
    pub time: Time,
    /// Start of its episode.
    pub episode_start: Time,
    /// Detection id.
    pub detection: String,
    /// Who is accused.
    pub subject: String,
    /// What they acted on.
    pub object: String,
    /// How far up it goes.
    pub level: Level,
    /// Steps of a chain as its evidence tells them, such as `17:05 pc-117 > op-1 rdp`; empty if it tells none.
    #[serde(default)]
    pub way: Vec<String>,
}

/// The addresses that went by a name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Called {
    /// The name, as it was told in TLS.
    pub name: String,
    /// Some of those that were called so.
    pub addresses: Vec<Ipv6Addr>,
}

/// An edge of administration.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Administered {
    /// Who worked on it.
    pub src: String,
    /// Who was worked on.
    pub dst: String,
    /// How.
    pub app: String,
    /// First use that is known.
    pub first: Time,
    /// Last use that is known.
    pub last: Time,
}

/// What passed between two addresses in whole hours.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Passed {
    /// The end that was asked about.
    pub node: Ipv6Addr,
    /// Who opened.
    pub src_ip: Ipv6Addr,
    /// Whom.
    pub dst_ip: Ipv6Addr,
    /// Conversations, each counted at one tap.
    pub flows: u64,
    /// Bytes in both directions.
    pub bytes: u64,
    /// 1 if any was answered.
    pub answered: u8,
    /// The busiest first.
    pub services: Vec<String>,
    /// Start of the first hour.
    pub first: Time,
    /// End of the last hour.
    pub last: Time,
    /// Other ends of the end asked about in this direction, those that are left out included.
    pub peers: u64,
}

/// What policy denies or does not know between two addresses.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Refused {
    /// Who opened.
    pub src_ip: Ipv6Addr,
    /// Whom.
    pub dst_ip: Ipv6Addr,
    /// 1 if any was answered.
    pub answered: u8,
    /// Transport and port.
    pub services: Vec<String>,
    /// The first time.
    pub first: Time,
    /// The last time.
    pub last: Time,
}
