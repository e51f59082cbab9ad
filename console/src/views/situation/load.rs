//! Alarm load: how many warnings a shift is asked to look at, as a control room counts alarms.

use super::Rang;
use model::Level;
use std::collections::BTreeMap;

/// Warnings in ten minutes that a person can look at.
pub(super) const TARGET: u64 = 2;
/// Warnings in ten minutes that nobody can look at.
pub(super) const FLOOD: u64 = 10;

/// Warnings of a range, counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Load {
    /// In each ten minutes, the oldest first; the last ones end at the end of the range.
    pub(super) bins: Vec<u64>,
    /// Of each level.
    pub(super) levels: BTreeMap<Level, u64>,
    /// The rule that rang most, and how often.
    pub(super) noisiest: Option<(String, u64)>,
    /// Rules that rang.
    pub(super) rules: usize,
}

impl Load {
    /// The load of `rows`, in bins enough for the oldest of them.
    pub(super) fn of(rows: &[Rang]) -> Self {
        let oldest = rows.iter().map(|row| row.ago as usize).max().unwrap_or_default();
        let mut load = Self { bins: vec![0; oldest + 1], ..Self::default() };
        let mut rules: BTreeMap<&str, u64> = BTreeMap::new();
        for row in rows {
            load.bins[oldest - row.ago as usize] += row.rang;
            *load.levels.entry(row.level).or_default() += row.rang;
            *rules.entry(&row.detection).or_default() += row.rang;
        }
        load.rules = rules.len();
        let noisiest = rules.into_iter().max_by_key(|(_, rang)| *rang);
        load.noisiest = noisiest.map(|(rule, rang)| (rule.to_owned(), rang));
        load
    }

    /// All of them.
    pub(super) fn total(&self) -> u64 {
        self.bins.iter().sum()
    }

    /// In the last ten minutes.
    pub(super) fn now(&self) -> u64 {
        self.bins.last().copied().unwrap_or_default()
    }

    /// In the worst ten minutes.
    pub(super) fn peak(&self) -> u64 {
        self.bins.iter().copied().max().unwrap_or_default()
    }

    /// `NORMAL`, `BUSY` or `FLOOD`.
    pub(super) fn state(&self) -> &'static str {
        match self.now() {
            now if now <= TARGET => "NORMAL",
            now if now <= FLOOD => "BUSY",
            _ => "FLOOD",
        }
    }

    /// The share of a level, in whole percent.
    pub(super) fn share(&self, level: Level) -> u64 {
        let total = self.total().max(1);
        (self.levels.get(&level).copied().unwrap_or_default() * 100 + total / 2) / total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rang(ago: u32, level: Level, detection: &str, rang: u64) -> Rang {
        Rang { ago, level, detection: detection.into(), rang }
    }

    #[test]
    fn warnings_are_counted_by_ten_minutes_level_and_rule() {
        let load = Load::of(&[
            rang(0, Level::II, "INT-01", 1),
            rang(0, Level::IV, "POL-01", 4),
            rang(3, Level::IV, "POL-01", 11),
        ]);
        assert_eq!(load.bins, [11, 0, 0, 5]);
        assert_eq!((load.now(), load.peak(), load.total(), load.rules), (5, 11, 16, 2));
        assert_eq!((load.state(), load.share(Level::IV), load.share(Level::I)), ("BUSY", 94, 0));
        assert_eq!(load.noisiest, Some(("POL-01".into(), 15)));
    }

    #[test]
    fn the_states_are_those_of_a_control_room() {
        for (count, state) in
            [(0, "NORMAL"), (2, "NORMAL"), (3, "BUSY"), (10, "BUSY"), (11, "FLOOD")]
        {
            assert_eq!(Load::of(&[rang(0, Level::IV, "POL-01", count)]).state(), state, "{count}");
        }
        assert_eq!(Load::of(&[]).state(), "NORMAL");
    }
}
