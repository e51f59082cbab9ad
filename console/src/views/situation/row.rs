//! The rows of this view as the store answers them, and as the command line prints them.

use model::{Level, Time};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// A zone and its open warnings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its id.
    pub zone: String,
    /// 0 to 10; 0 is outside the bank.
    pub criticality: u8,
    /// Worst level of its open warnings.
    #[serde(rename(deserialize = "worst"), deserialize_with = "level")]
    pub level: Level,
    /// Open warnings.
    pub open: u64,
    /// Of them, those nobody looked at.
    #[serde(rename(serialize = "new"))]
    pub fresh: u64,
}

fn level<'de, D: Deserializer<'de>>(input: D) -> Result<Level, D::Error> {
    let number = u8::deserialize(input)?;
    Ok(Level::ALL.get(usize::from(number)).copied().unwrap_or_default())
}

impl Zone {
    /// Order of attention: worst level first, zones without warnings last.
    pub const fn rank(&self) -> u8 {
        match self.level {
            Level::None => 9,
            level => level as u8,
        }
    }
}

/// What passed from one zone to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conduit {
    /// Zone of those who opened.
    pub src_zone: String,
    /// Zone of those who answered.
    pub dst_zone: String,
    /// Flows, at the tap that saw most of them.
    pub flows: u64,
    /// Their wire bytes.
    pub bytes: u64,
    /// Of them, those that no conduit declares or a rule denies.
    pub undeclared: u64,
}

/// A tap: what it saw last, and what it missed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tap {
    /// Its name.
    pub tap: String,
    /// Its newest minute: its watermark.
    pub newest: Time,
    /// Rate in that minute, both directions.
    pub packets_per_s: f64,
    /// Worst loss in the range, in a million.
    pub drop_ppm: u32,
    /// Worst share of flows seen in one direction only, in a million.
    pub one_way_ppm: u32,
}

/// What one stage did with what it received, for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// `capture`, `decode`, `flow`, `stream`, `parse` or `export`.
    pub stage: String,
    /// `received`, `kept`, or why it was dropped.
    pub reason: String,
    /// Packets.
    pub packets: u64,
    /// Wire bytes.
    pub bytes: u64,
    /// Rows.
    pub records: u64,
}

/// The books of one stage: received = kept + dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Stage {
    /// Its name.
    pub stage: String,
    /// What is counted: `packets` or `records`.
    pub unit: &'static str,
    /// Received.
    pub received: u64,
    /// Kept.
    pub kept: u64,
    /// Dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
}

impl Stage {
    /// What received is short of the sum of the rest; 0 when the books balance.
    pub fn missing(&self) -> i128 {
        let dropped: u64 = self.dropped.values().sum();
        i128::from(self.received) - i128::from(self.kept) - i128::from(dropped)
    }
}

/// Stages in the order in which a packet meets them.
const ORDER: [&str; 6] = ["capture", "decode", "flow", "stream", "parse", "export"];

/// The books of each stage, in packets where it counts packets, else in records.
pub fn stages(rows: &[LedgerRow]) -> Vec<Stage> {
    let mut by_stage: BTreeMap<(usize, &str), Vec<&LedgerRow>> = BTreeMap::new();
    for row in rows {
        let order = ORDER.iter().position(|stage| *stage == row.stage).unwrap_or(ORDER.len());
        by_stage.entry((order, &row.stage)).or_default().push(row);
    }
    by_stage.into_iter().map(|((_, stage), rows)| books(stage, &rows)).collect()
}

fn books(stage: &str, rows: &[&LedgerRow]) -> Stage {
    let in_packets = rows.iter().any(|row| row.packets > 0);
    let mut books = Stage {
        stage: stage.to_owned(),
        unit: if in_packets { "packets" } else { "records" },
        ..Stage::default()
    };
    for row in rows {
        let count = if in_packets { row.packets } else { row.records };
        match row.reason.as_str() {
            "received" => books.received += count,
            "kept" => books.kept += count,
            reason => *books.dropped.entry(reason.to_owned()).or_default() += count,
        }
    }
    books
}

/// What a person did, on anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Time,
    /// Who: the ClickHouse user.
    pub actor: String,
    /// What.
    pub action: String,
    /// On what kind of thing.
    pub subject: String,
    /// On which.
    pub subject_id: String,
    /// Its state after.
    pub state_to: String,
    /// Why.
    pub reason: String,
    /// In their words.
    pub note: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(stage: &str, reason: &str, packets: u64, records: u64) -> LedgerRow {
        LedgerRow { stage: stage.into(), reason: reason.into(), packets, bytes: 0, records }
    }

    #[test]
    fn books_balance_or_say_by_how_much_they_do_not() {
        let stages = stages(&[
            row("export", "received", 0, 10),
            row("export", "kept", 0, 9),
            row("capture", "received", 100, 0),
            row("capture", "kept", 98, 0),
            row("capture", "ring full", 2, 0),
        ]);
        let seen: Vec<_> = stages
            .iter()
            .map(|stage| (stage.stage.as_str(), stage.unit, stage.missing()))
            .collect();
        assert_eq!(seen, [("capture", "packets", 0), ("export", "records", 1)]);
        assert_eq!(stages[0].dropped["ring full"], 2);
    }

    #[test]
    fn a_level_is_read_from_its_number() {
        let zone = r#"{"zone":"swift","criticality":10,"worst":2,"open":3,"fresh":1}"#;
        let zone: Zone = serde_json::from_str(zone).expect("a zone");
        assert_eq!((zone.level, zone.rank()), (Level::II, 2));
    }
}
