//! Only what the store does not hold is written.

use crate::rows::Writer;
use model::Time;
use model::situation::{ScopeKind, Situation};
use std::collections::BTreeMap;
use store::Store;

/// What tells a row from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// End of the minute.
    pub time: Time,
    /// Of what it speaks.
    pub scope: ScopeKind,
    /// Which one.
    pub name: String,
}

impl Key {
    fn of(row: &Situation) -> Self {
        Self { time: row.time, scope: row.scope, name: row.name.clone() }
    }
}

/// Millionths as hundredths of a point, rounded once.
pub const fn hundredths(millionths: u64) -> u64 {
    (millionths + 50) / 100
}

/// What the store holds of some minutes, by key.
pub type Held = BTreeMap<Key, Situation>;

/// What the store answered, by key.
pub fn held(rows: Vec<Situation>) -> Held {
    rows.into_iter().map(|row| (Key::of(&row), row)).collect()
}

/// Writes what of `told` the store does not hold so. Returns how many rows.
pub async fn write(store: &Store, told: Vec<Situation>, held: &Held) -> Result<u64, store::Error> {
    let mut writer = Writer::default();
    for row in told.iter().filter(|row| held.get(&Key::of(row)) != Some(row)) {
        writer.push(row);
    }
    writer.write(store).await
}
