//! The rows of this view as the store answers them, and as the command line prints them.

use crate::decode;
use model::situation::Driver;
use model::{Level, Time};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// How one scope stands: the newest row of its index, and the index an hour before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// `institution` or `zone`.
    pub scope: String,
    /// Which one.
    pub name: String,
    /// The minute that it speaks of.
    pub time: Time,
    /// 0 to 100, higher is worse.
    pub index: f64,
    /// The index if the blind taps hid the worst.
    pub index_if_blind: f64,
    /// Threat, 0 to 100.
    pub threat: f64,
    /// Vulnerability, 0 to 100.
    pub vulnerability: f64,
    /// Loss of availability, 0 to 100.
    pub availability: f64,
    /// Share that the taps saw, 0 to 1.
    pub coverage: f64,
    /// Situation level.
    pub level: Level,
    /// What put it there, if not the index.
    pub gate: String,
    /// What the index consists of, the strongest first.
    #[serde(deserialize_with = "decode::inner")]
    pub drivers: Vec<Driver>,
    /// The index an hour before, if there was one.
    pub before: Option<f64>,
}

impl Standing {
    /// Whether taps that should have seen it were blind.
    pub fn is_blind(&self) -> bool {
        self.index_if_blind - self.index > 0.005
    }

    /// The index as people read it: `48`, or `12-50` where a part is blind.
    pub fn span(&self) -> String {
        present::told_index(self.index, self.index_if_blind)
    }

    /// The level, with `?` where what is not seen could be at a worse one.
    pub fn level_text(&self) -> String {
        present::told_level(self.level, self.index, self.index_if_blind)
    }

    /// How far the index went in the last hour: `+9 in 1h`.
    pub fn change(&self) -> Option<String> {
        let change = self.index - self.before?;
        Some(format!("{change:+.0} in 1h").replace("-0 ", "+0 "))
    }
}

/// The index of the institution at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Moment {
    /// When.
    pub time: Time,
    /// 0 to 100.
    pub index: f64,
    /// If the blind taps hid the worst.
    pub index_if_blind: f64,
}

/// Warnings that rang in the same ten minutes, of one level and rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rang {
    /// How many times ten minutes before the end of the range.
    pub ago: u32,
    /// Their level.
    pub level: Level,
    /// Their rule.
    pub detection: String,
    /// How many.
    pub rang: u64,
}

/// A zone and its open warnings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// How it stands, where an index is there.
    #[serde(skip)]
    pub standing: Option<Standing>,
}

fn level<'de, D: Deserializer<'de>>(input: D) -> Result<Level, D::Error> {
    let number = u8::deserialize(input)?;
    Ok(Level::ALL.get(usize::from(number)).copied().unwrap_or_default())
}

impl Zone {
    /// The level that is shown: of the situation, else of the worst open warning.
    pub fn shown(&self) -> Level {
        self.standing.as_ref().map_or(self.level, |standing| standing.level)
    }

    /// Order of attention: the worst situation first, before there is one the worst open warning; then by index.
    pub fn attention(&self) -> (u8, i64, &str) {
        let rank = |level: Level| if level == Level::None { 9 } else { level as u8 };
        let index = self.standing.as_ref().map_or(0.0, |standing| standing.index);
        (rank(self.shown()), -(index * 100.0) as i64, &self.zone)
    }

    /// Order in which zones keep their place on a map: those with a level or a warning first.
    pub fn rank(&self) -> u8 {
        let of = |level: Level| if level == Level::None { 9 } else { level as u8 };
        of(self.level).min(of(self.shown()))
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

    fn standing(index: f64, index_if_blind: f64, level: Level) -> Standing {
        Standing {
            scope: "zone".into(),
            name: "atm".into(),
            time: Time(0),
            index,
            index_if_blind,
            threat: 0.0,
            vulnerability: 0.0,
            availability: 0.0,
            coverage: 1.0,
            level,
            gate: String::new(),
            drivers: Vec::new(),
            before: Some(39.0),
        }
    }

    #[test]
    fn a_blind_zone_has_an_interval_and_no_calm_level() {
        let blind = standing(12.0, 50.0, Level::None);
        assert_eq!(
            (blind.is_blind(), blind.span(), blind.level_text()),
            (true, "12-50".into(), "?".into())
        );
        let seen = standing(48.2, 48.2, Level::III);
        assert_eq!(
            (seen.is_blind(), seen.span(), seen.level_text()),
            (false, "48".into(), "III".into())
        );
    }

    #[test]
    fn a_change_has_its_sign() {
        let told = |index| standing(index, index, Level::III).change();
        assert_eq!(told(48.2).as_deref(), Some("+9 in 1h"));
        assert_eq!(told(38.8).as_deref(), Some("+0 in 1h"));
        assert_eq!(told(30.0).as_deref(), Some("-9 in 1h"));
    }

    #[test]
    fn a_zone_whose_index_is_bad_comes_first_even_without_open_warnings() {
        let zone = r#"{"zone":"swift","criticality":10,"worst":0,"open":0,"fresh":0}"#;
        let mut zone: Zone = serde_json::from_str(zone).expect("a zone");
        assert_eq!(zone.rank(), 9);
        zone.standing = Some(standing(70.0, 70.0, Level::II));
        assert_eq!((zone.rank(), zone.shown()), (2, Level::II));
        let noisy = r#"{"zone":"office","criticality":3,"worst":2,"open":9,"fresh":9}"#;
        let mut noisy: Zone = serde_json::from_str(noisy).expect("a zone");
        noisy.standing = Some(standing(27.0, 27.0, Level::IV));
        assert!(zone.attention() < noisy.attention() && zone.rank() == noisy.rank());
    }

    #[test]
    fn a_level_is_read_from_its_number() {
        let zone = r#"{"zone":"swift","criticality":10,"worst":2,"open":3,"fresh":1}"#;
        let zone: Zone = serde_json::from_str(zone).expect("a zone");
        assert_eq!((zone.level, zone.rank()), (Level::II, 2));
    }
}
