//! Named sets of networks that rules may ask for as `%name%`.

use crate::expression::{Compare, Network};
use crate::problem::Problem;
use crate::rule::{Asks, Rule};
use std::collections::BTreeMap;

/// Named sets; in names `-` and `_` are the same, and so are capitals and small letters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sets(BTreeMap<String, Vec<Network>>);

impl Sets {
    /// Adds networks or addresses, in CIDR notation, to the set `name`; what is none is left out.
    pub fn add<'t>(&mut self, name: &str, networks: impl IntoIterator<Item = &'t str>) {
        let set = self.0.entry(plain(name)).or_default();
        set.extend(networks.into_iter().filter_map(Network::read));
        set.sort_by_key(|network| (network.first, network.last));
        set.dedup();
    }

    /// These sets, with those that the examples of `rules` assume in place of sets of the same name.
    #[must_use]
    pub fn with_examples<'r>(&self, rules: impl IntoIterator<Item = &'r Rule>) -> Self {
        let mut sets = self.clone();
        for (name, networks) in rules.into_iter().flat_map(|rule| &rule.sets) {
            sets.0.remove(&plain(name));
            sets.add(name, networks.iter().map(String::as_str));
        }
        sets
    }

    /// The networks of the set `name`.
    pub fn get(&self, name: &str) -> Option<&[Network]> {
        self.0.get(&plain(name)).map(Vec::as_slice)
    }

    /// The names of all sets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether every set that `rule` asks for is here.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check(&self, rule: &Rule) -> Result<(), Problem> {
        let Asks::Rows(rows) = &rule.asks else { return Ok(()) };
        for test in rows.condition.tests() {
            if let Compare::InSet(name) = &test.compare
                && self.get(name).is_none()
            {
                let reason = format!("the policy has no group, role or zone `{name}`");
                return Err(Problem::unsupported(rule.place, reason));
            }
        }
        Ok(())
    }
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace('-', "_")
}
