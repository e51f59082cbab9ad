//! What a rule asks of a row: tests of fields, joined by and, or, not.

use crate::mapping::Field;
use crate::pattern::Pattern;
use std::net::Ipv6Addr;

/// A condition, every field resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expression {
    /// All of them; of none, true.
    All(Vec<Self>),
    /// One of them at least.
    Any(Vec<Self>),
    /// What is inside is false.
    Not(Box<Self>),
    /// A test of one field.
    Test(Test),
}

/// A test of one field. It is false where the field is absent, but for [`Compare::Absent`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// Which field.
    pub field: Field,
    /// What is asked of it.
    pub compare: Compare,
}

/// What is asked of a field; of several values, one has to match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compare {
    /// It is absent.
    Absent,
    /// It is there.
    Present,
    /// Its text is one of these.
    Like {
        /// The texts.
        patterns: Vec<Pattern>,
        /// Whether case counts.
        cased: bool,
    },
    /// Its text holds one of these regular expressions (RE2), flags included.
    Matches(Vec<String>),
    /// Its number is one of these.
    Numbers(Vec<i64>),
    /// Its number stands so to this one.
    Than(Order, i64),
    /// It is true, or false.
    Is(bool),
    /// Its address is in one of these networks.
    Within(Vec<Network>),
    /// Its address is in the networks of this named set of the policy.
    InSet(String),
    /// It stands so to another field of the row.
    Field(Relation, Box<Field>),
}

/// Less, or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Less than.
    Less,
    /// Not more than.
    AtMost,
    /// More than.
    More,
    /// Not less than.
    AtLeast,
}

impl Order {
    /// Its operator in SQL.
    pub const fn operator(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        }
    }
}

/// How the values of two fields stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// Equal.
    Equal,
    /// The first holds the second.
    Contains,
    /// The first begins with the second.
    StartsWith,
    /// The first ends with the second.
    EndsWith,
}

/// A range of addresses; IPv4 is mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    /// The first address.
    pub first: Ipv6Addr,
    /// The last address.
    pub last: Ipv6Addr,
}

impl Network {
    /// A network in CIDR notation, or one address.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let network = match text.parse::<ipnet::IpNet>() {
            Ok(network) => network,
            Err(_) => text.parse::<std::net::IpAddr>().ok()?.into(),
        };
        Some(Self {
            first: model::mapped(network.network()),
            last: model::mapped(network.broadcast()),
        })
    }
}

impl Expression {
    /// All of `parts`; one alone is itself.
    pub fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }

    /// Any of `parts`; one alone is itself.
    pub fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Every test in it.
    pub fn tests(&self) -> Vec<&Test> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::tests).collect(),
            Self::Not(inner) => inner.tests(),
            Self::Test(test) => vec![test],
        }
    }
}
