//! The days before a story as rows: flow slices, transactions of cards, and coverage, in files of Native blocks.

mod slices;

use crate::cards::{BinRow, Session, TransactionRow};
use crate::conversation::Conversation;
use crate::path::passages;
use model::batch::Block;
use model::{Coverage, Flow, Record, Time};
use slices::slices;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};

/// Rows in a file at most.
const FILE_ROWS: u64 = 100_000;

/// Writes history as it is made.
#[derive(Debug)]
pub struct History {
    taps: BTreeMap<char, Arc<str>>,
    from: Time,
    to: Time,
    flows: Files,
    coverage: Files,
    transactions: Files,
    bins: Files,
    /// Packets and readable payload bytes of each tap and minute, opener first.
    minutes: BTreeMap<(Time, char), [(u64, u64); 2]>,
}

/// How many rows were written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Rows {
    /// Rows of `flow`.
    pub flow: u64,
    /// Rows of `coverage`.
    pub coverage: u64,
    /// Rows of `iso8583`.
    pub iso8583: u64,
    /// Rows of `iso8583_bin`.
    pub iso8583_bin: u64,
}

impl History {
    /// History of `taps` from `from` to before `to`, under `folder`.
    pub fn new(taps: &[char], from: Time, to: Time, folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            taps: taps.iter().map(|tap| (*tap, Arc::from(tap.to_string()))).collect(),
            from,
            to,
            flows: Files::new::<Flow>(folder),
            coverage: Files::new::<Coverage>(folder),
            transactions: Files::new::<TransactionRow>(folder),
            bins: Files::new::<BinRow>(folder),
            minutes: BTreeMap::new(),
        })
    }

    /// Adds the slices of what was seen of `talk` while history lasts.
    pub fn add(&mut self, talk: &Conversation) -> io::Result<()> {
        for passage in passages(talk) {
            let Some(tap) = self.taps.get(&passage.tap) else { continue };
            for slice in slices(talk, passage, tap, self.to) {
                let row = &slice.flow;
                if row.first_seen < self.from {
                    continue;
                }
                let minute =
                    self.minutes.entry((row.first_seen.minute(), passage.tap)).or_default();
                for (side, packets) in [row.src_packets, row.dst_packets].into_iter().enumerate() {
                    minute[side].0 += packets;
                    minute[side].1 += slice.readable[side];
                }
                self.flows.push(row)?;
            }
        }
        Ok(())
    }

    /// Adds the rows of `session`, whose legs are `talks`, while history lasts.
    pub fn add_cards(&mut self, session: &Session, talks: &[Conversation]) -> io::Result<()> {
        let (transactions, bins) = session.rows(talks);
        for row in transactions.iter().filter(|row| self.from <= row.time && row.time < self.to) {
            self.transactions.push(row)?;
        }
        for row in bins.iter().filter(|row| self.from <= row.minute && row.minute < self.to) {
            self.bins.push(row)?;
        }
        Ok(())
    }

    /// Writes the coverage of every minute before `until`, seen traffic or not.
    pub fn cover(&mut self, from: Time, until: Time) -> io::Result<()> {
        let mut minute = from.max(self.from);
        while minute < until.min(self.to) {
            for (tap, name) in &self.taps {
                let seen = self.minutes.remove(&(minute, *tap)).unwrap_or_default();
                for (side, (packets, readable)) in model::Side::ALL.iter().zip(seen) {
                    self.coverage.push(&Coverage {
                        minute,
                        tap: name.clone(),
                        vlan: 0,
                        direction: *side,
                        packets_per_s: packets as f64 / 60.0,
                        drop_ppm: 0,
                        one_way_ppm: 0,
                        clock_offset_us: 0,
                        bytes_scanned: readable,
                    })?;
                }
            }
            minute = minute.plus(Time::MINUTE);
        }
        Ok(())
    }

    /// Writes what is left, and says how many rows there are.
    pub fn finish(mut self) -> io::Result<Rows> {
        self.flows.write()?;
        self.coverage.write()?;
        self.transactions.write()?;
        self.bins.write()?;
        Ok(Rows {
            flow: self.flows.rows,
            coverage: self.coverage.rows,
            iso8583: self.transactions.rows,
            iso8583_bin: self.bins.rows,
        })
    }
}

/// Numbered files of one table.
#[derive(Debug)]
struct Files {
    folder: PathBuf,
    block: Block,
    number: u32,
    rows: u64,
}

impl Files {
    fn new<R: Record>(folder: &Path) -> Self {
        Self { folder: folder.into(), block: Block::new(R::TABLE), number: 1, rows: 0 }
    }

    fn push<R: Record>(&mut self, row: &R) -> io::Result<()> {
        row.encode(&mut self.block);
        self.rows += 1;
        if self.block.rows() == FILE_ROWS { self.write() } else { Ok(()) }
    }

    fn write(&mut self) -> io::Result<()> {
        if self.block.rows() == 0 {
            return Ok(());
        }
        let table = self.block.table();
        let block = std::mem::replace(&mut self.block, Block::new(table));
        let path = self.folder.join(format!("{}-{:04}.native", table.name, self.number));
        self.number += 1;
        fs::write(path, block.to_native())
    }
}
