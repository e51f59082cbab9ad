//! The rows that a scan is judged by.

use crate::entities::Entity;
use model::Time;
use policy::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::Ipv6Addr;

/// A source's first contact with a target today.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(super) struct Contact {
    pub(super) at: Time,
    pub(super) dst_ip: Ipv6Addr,
    pub(super) dst_port: u16,
    pub(super) ip_protocol: u8,
    pub(super) src_ip: Ipv6Addr,
    pub(super) flow_id: u64,
    /// Nothing came back, or a reset did.
    #[serde(deserialize_with = "truth")]
    pub(super) failed: bool,
    /// The source had contacted the target in the 30 days before.
    #[serde(deserialize_with = "truth")]
    pub(super) known: bool,
}

/// What a source did in the 30 days before.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Habit {
    pub(super) src_ip: Ipv6Addr,
    /// Distinct targets.
    pub(super) targets: u64,
    /// Of them, those that answered.
    pub(super) answers: u64,
    /// New targets on each of the last 28 days that had some.
    pub(super) new_a_day: Vec<u64>,
}

/// Sources judged in one minute and zone.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Population {
    pub(super) at: Time,
    pub(super) zone: String,
    pub(super) sources: u64,
}

/// From where to where, seen from the bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Inside,
    Outward,
    Inward,
    Through,
}

impl Way {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outward => "outward",
            Self::Inward => "inward",
            Self::Through => "through",
        }
    }
}

impl Contact {
    pub(super) fn way(&self, policy: &Policy) -> Way {
        let outside = |ip| Entity::at(policy, ip, self.at).is_on_internet();
        match (outside(self.src_ip), outside(self.dst_ip)) {
            (false, false) => Way::Inside,
            (false, true) => Way::Outward,
            (true, false) => Way::Inward,
            (true, true) => Way::Through,
        }
    }
}

impl Habit {
    /// Share of its contacts that succeed, within [0.5, 0.95]; half a success of 0.8 stands in for what is not known.
    pub(super) fn success(&self) -> f64 {
        let share = (self.answers as f64 + 4.0) / (self.targets as f64 + 5.0);
        share.clamp(0.5, 0.95)
    }
}

/// The /24 of an IPv4 address, the /64 of an IPv6 one.
pub(super) fn prefix(ip: Ipv6Addr) -> Ipv6Addr {
    let keep = if ip.to_ipv4_mapped().is_some() { 120 } else { 64 };
    Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - keep)))
}

/// Length of [`prefix`], as people count it.
pub(super) const fn prefix_length(ip: Ipv6Addr) -> u8 {
    if ip.to_ipv4_mapped().is_some() { 24 } else { 64 }
}

pub(super) fn read<T: DeserializeOwned>(rows: &[serde_json::Value]) -> anyhow::Result<Vec<T>> {
    rows.iter().map(|row| T::deserialize(row).map_err(anyhow::Error::from)).collect()
}

/// ClickHouse writes the outcome of a comparison as 0 or 1, or as a word.
fn truth<'de, D: serde::Deserializer<'de>>(input: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Truth {
        Word(bool),
        Number(u8),
    }
    Ok(match Truth::deserialize(input)? {
        Truth::Word(word) => word,
        Truth::Number(number) => number != 0,
    })
}
