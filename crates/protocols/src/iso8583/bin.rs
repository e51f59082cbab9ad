//! Transactions by issuer, apart from everything that could tell whose they were.
//!
//! Counted over all flows of a worker and written by minute of packet time. A BIN that fewer than five transactions of
//! a kind have in a minute is written as 0: few of them could be found again by their token.

use crate::iso8583::record::Iso8583Bin;
use model::{Batch, Text, Time};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Kinds counted apart at once; beyond, only the link and whether it was cash are told.
const MOST: usize = 65_536;
/// Least transactions of a kind that tell their BIN.
const LEAST: u64 = 5;

/// What is counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// Minute in which it ended.
    pub minute: Time,
    /// Declared link.
    pub link: Arc<str>,
    /// Country of the card acceptor.
    pub country: Text,
    /// First two digits of the entry mode.
    pub entry_mode: Text,
    /// Response code.
    pub de39: Text,
    /// Whether it was about cash.
    pub cash: bool,
    /// First six digits of the account number.
    pub bin: u32,
}

/// The counts of a worker.
#[derive(Debug, Default)]
pub struct Bins {
    counts: BTreeMap<Kind, u64>,
}

impl Bins {
    /// Counts one transaction.
    pub fn count(&mut self, kind: Kind) {
        let is_full = self.counts.len() >= MOST && !self.counts.contains_key(&kind);
        let kind = if is_full { kind.without_detail() } else { kind };
        *self.counts.entry(kind).or_default() += 1;
    }

    /// Writes the counts and begins anew.
    pub fn write(&mut self, tap: &Arc<str>, batch: &mut Batch) {
        let mut folded: BTreeMap<Kind, u64> = BTreeMap::new();
        for (mut kind, count) in std::mem::take(&mut self.counts) {
            if count < LEAST {
                kind.bin = 0;
            }
            *folded.entry(kind).or_default() += count;
        }
        for (kind, messages) in folded {
            let Kind { minute, link, country, entry_mode, de39, cash, bin } = kind;
            let tap = tap.clone();
            batch.push(&Iso8583Bin {
                minute,
                tap,
                link,
                bin,
                country,
                entry_mode,
                de39,
                cash,
                messages,
            });
        }
    }
}

impl Kind {
    fn without_detail(self) -> Self {
        let nothing = Text::default;
        Self { country: nothing(), entry_mode: nothing(), de39: nothing(), bin: 0, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Form;

    fn kind(bin: u32, de39: &str) -> Kind {
        Kind {
            minute: Time(0),
            link: "L".into(),
            country: "CN".into(),
            entry_mode: "05".into(),
            de39: de39.into(),
            cash: true,
            bin,
        }
    }

    fn written(bins: &mut Bins) -> Vec<(u64, u64)> {
        let mut batch = Batch::new(Form::Jsonl);
        bins.write(&Arc::from("T"), &mut batch);
        let lines = std::str::from_utf8(batch.lines()).expect("JSON is UTF-8").lines();
        lines
            .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"))
            .map(|row| {
                (row["bin"].as_u64().expect("bin"), row["messages"].as_u64().expect("messages"))
            })
            .collect()
    }

    #[test]
    fn fewer_than_five_of_a_kind_have_no_bin() {
        let mut bins = Bins::default();
        (0..5).for_each(|_| bins.count(kind(622_848, "00")));
        (0..4).for_each(|_| bins.count(kind(411_111, "00")));
        (0..3).for_each(|_| bins.count(kind(555_555, "00")));
        bins.count(kind(622_848, "51"));
        assert_eq!(written(&mut bins), [(0, 7), (622_848, 5), (0, 1)]);
        assert_eq!(written(&mut bins), []);
    }

    #[test]
    fn beyond_the_bound_every_transaction_is_still_counted() {
        let mut bins = Bins::default();
        let many = MOST as u32 + 100;
        (0..many).for_each(|bin| bins.count(kind(bin, "00")));
        assert!(bins.counts.len() <= MOST + 1);
        assert_eq!(written(&mut bins).iter().map(|row| row.1).sum::<u64>(), u64::from(many));
    }
}
