//! What a policy file declares, as it stands there.

use ipnet::IpNet;
use model::{Severity, Time};
use std::fmt;
use std::net::IpAddr;

/// When a declaration holds: from `from`, before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// From this moment.
    pub from: Time,
    /// Before this moment.
    pub to: Time,
}

impl Validity {
    /// Always.
    pub const ALWAYS: Self = Self { from: Time(i64::MIN), to: Time(i64::MAX) };

    /// Whether it holds at `at`.
    pub const fn holds(&self, at: Time) -> bool {
        self.from.0 <= at.0 && at.0 < self.to.0
    }

    /// Whether some moment is in both.
    pub const fn overlaps(&self, other: &Self) -> bool {
        self.from.0 < other.to.0 && other.from.0 < self.to.0
    }
}

impl Default for Validity {
    fn default() -> Self {
        Self::ALWAYS
    }
}

/// Table `[meta]`: whose policy it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meta {
    /// The institution.
    pub institution: String,
    /// Version of the file, as its owners count.
    pub version: i64,
    /// Who approved it.
    pub approved_by: String,
    /// `default = "observe"`: what no conduit names is noted, and nobody is told.
    pub observe: bool,
}

/// A part of the bank's network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zone {
    /// Its name in rules and rows.
    pub id: String,
    /// Its name for people; the id if none is given.
    pub name: String,
    /// Its networks.
    pub cidrs: Vec<IpNet>,
    /// 0 (outside) to 10.
    pub criticality: u8,
    /// Free words, such as `swift` and `cde`.
    pub tags: Vec<String>,
    /// Business services that live in it.
    pub business: Vec<String>,
    /// Site.
    pub site: String,
    /// Zone that takes over.
    pub dr_pair: String,
    /// What may be captured of its packets: empty, `off` or `headers`.
    pub pcap: String,
    /// When its networks belong to it.
    pub validity: Validity,
}

/// One host, by address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Name; a host with several addresses, or another address in another time, is declared once for each.
    pub name: String,
    /// Address.
    pub ip: IpAddr,
    /// Its zone; none: that of the network it is in.
    pub zone: Option<String>,
    /// What it does, such as `messaging-if`; empty if not said.
    pub role: String,
    /// 0 to 10; none: its zone's.
    pub criticality: Option<u8>,
    /// When the address is this host.
    pub validity: Validity,
}

/// A set of addresses and hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name in rules.
    pub id: String,
    /// Addresses and networks in it.
    pub networks: Vec<IpNet>,
    /// Names of hosts in it.
    pub hosts: Vec<String>,
}

/// What is spoken: a transport, ports and protocols.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Its name in rules.
    pub id: String,
    /// IANA protocol number; none: any.
    pub ip_protocol: Option<u8>,
    /// Ports of the answerer, from and up to; empty: any.
    pub ports: Vec<(u16, u16)>,
    /// Protocols that may be identified on it; empty: any.
    pub apps: Vec<String>,
}

/// One end of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selector {
    /// Everything.
    Any,
    /// `zone:…`
    Zone(String),
    /// `group:…`
    Group(String),
    /// `host:…`
    Host(String),
}

/// Which end opens the conversations of a conduit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Initiator {
    /// `from`
    #[default]
    From,
    /// `to`
    To,
    /// Both may.
    Either,
}

/// What may pass between two ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conduit {
    /// Its name in rows.
    pub id: String,
    /// One end; several mean any of them.
    pub from: Vec<Selector>,
    /// The other end.
    pub to: Vec<Selector>,
    /// Ids of services; empty: any.
    pub services: Vec<String>,
    /// Who opens.
    pub initiator: Initiator,
    /// When the conduit exists; outside it nothing is declared.
    pub validity: Validity,
    /// From this moment its flows are `expired`: the day after `expires`.
    pub expires: Option<Time>,
    /// Who answers for it.
    pub owner: String,
    /// The change that brought it.
    pub ticket: String,
    /// Controls it satisfies, such as `PCI:1.2.5`.
    pub controls: Vec<String>,
}

/// What must never pass, whatever conduits say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deny {
    /// Its name in rows.
    pub id: String,
    /// Who opens.
    pub from: Vec<Selector>,
    /// To whom.
    pub to: Vec<Selector>,
    /// Ids of services; empty: any.
    pub services: Vec<String>,
    /// Conduits that may pass all the same.
    pub except: Vec<String>,
    /// How bad an established flow is.
    pub severity: Severity,
    /// Why it is denied.
    pub why: String,
    /// Controls it satisfies.
    pub controls: Vec<String>,
    /// When it holds.
    pub validity: Validity,
}

/// A link or a conversation of special meaning; read by others, not judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its name.
    pub id: String,
    /// The end it is about.
    pub to: Option<Selector>,
    /// The zones it joins.
    pub zones: Vec<String>,
    /// Bits per second it can carry; 0 if not said.
    pub link_bps: u64,
    /// `records`, `scan`, `files`.
    pub marks: Vec<String>,
    /// What is agreed about the authentication code of its messages.
    pub mac: Mac,
    /// Response codes (ISO 8583, DE39) that are translated on it: the code that comes, and the one it is passed on as.
    pub codes: Vec<(String, String)>,
}

/// What is agreed about the message authentication codes of a link (ISO 8583, DE64 and DE128).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mac {
    /// Nothing: what is usual decides.
    #[default]
    Unsaid,
    /// `mac = "required"`: every message carries one.
    Required,
    /// `mac = "none"`: no message ever carries one.
    Absent,
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(out, "any"),
            Self::Zone(id) => write!(out, "zone:{id}"),
            Self::Group(id) => write!(out, "group:{id}"),
            Self::Host(name) => write!(out, "host:{name}"),
        }
    }
}
