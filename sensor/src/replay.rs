//! Sends captures through the sensor: one worker for each tap, one after the other, in the order they were named.

use crate::capture::file::Capture;
use crate::capture::listing::{captures, tap_of};
use crate::capture::{Damage, OpenError};
use crate::ledger::{Account, Sheet};
use crate::worker::{Outlet, Plan, Worker};
use config::settings::Sensor as Settings;
use model::Form;
use protocols::Links;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What is to be replayed, and how.
#[derive(Debug, Clone)]
pub struct Replay {
    /// Captures, or folders of them.
    pub files: Vec<PathBuf>,
    /// The tap of all of them; else their names, else the settings say.
    pub tap: Option<String>,
    /// Whether payload is left alone.
    pub flows_only: bool,
    /// How rows are encoded.
    pub form: Form,
    /// What the bank has declared of its links.
    pub links: Arc<Links>,
}

/// Captures of one tap, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The tap.
    pub tap: Arc<str>,
    /// Its captures.
    pub files: Vec<PathBuf>,
}

/// What became of it.
#[derive(Debug, Default)]
pub struct Replayed {
    /// The sums of all workers' ledgers.
    pub ledger: Sheet,
    /// Flows seen.
    pub flows: u64,
    /// Rows made.
    pub rows: u64,
    /// Flows written early because the table was full.
    pub evicted: u64,
    /// Captures that could be read in part only.
    pub damaged: Vec<(PathBuf, Damage)>,
}

impl Replayed {
    /// Packets received.
    pub const fn packets(&self) -> u64 {
        self.ledger.of(Account::Captured).packets
    }

    /// Packets counted in a flow.
    pub const fn kept(&self) -> u64 {
        self.ledger.of(Account::FlowKept).packets
    }
}

/// Told as a replay goes on.
pub trait Watcher {
    /// A file is begun.
    fn file(&mut self, path: &std::path::Path);
    /// So many packets more; bytes of this file read so far.
    fn progress(&mut self, packets: u64, position: u64);
}

impl Watcher for () {
    fn file(&mut self, _: &std::path::Path) {}
    fn progress(&mut self, _: u64, _: u64) {}
}

impl Replay {
    /// The captures by tap, taps in the order in which their first capture was named.
    ///
    /// Every capture is opened once here, so that a wrong path is said before anything is written.
    pub fn parts(&self, settings: &Settings) -> Result<Vec<Part>, OpenError> {
        let mut parts: Vec<Part> = Vec::new();
        for file in captures(&self.files)? {
            if file.as_os_str() != "-" {
                drop(Capture::open(&file)?);
            }
            let tap = self.tap.clone().or_else(|| tap_of(&file));
            let tap: Arc<str> = tap.unwrap_or_else(|| settings.tap.clone()).into();
            match parts.iter_mut().find(|part| part.tap == tap) {
                Some(part) => part.files.push(file),
                None => parts.push(Part { tap, files: vec![file] }),
            }
        }
        Ok(parts)
    }

    /// Replays all of it into `outlet`, or until `stop`.
    pub fn run<O: Outlet>(
        &self,
        settings: &Settings,
        mut outlet: O,
        stop: &AtomicBool,
        watcher: &mut impl Watcher,
    ) -> Result<(Replayed, O), OpenError> {
        let parts = self.parts(settings)?;
        let mut replayed = Replayed::default();
        for (number, part) in parts.iter().enumerate() {
            let plan = Plan {
                tap: part.tap.clone(),
                worker: number as u16,
                settings: settings.clone(),
                links: self.links.clone(),
                flows_only: self.flows_only,
                form: self.form,
            };
            let mut worker = Worker::new(plan, outlet);
            for file in &part.files {
                watcher.file(file);
                let mut capture = Capture::open(file)?;
                let told = |packets, position| watcher.progress(packets, position);
                if let Err(damage) = worker.read(&mut capture, stop, told) {
                    replayed.damaged.push((file.clone(), damage));
                }
            }
            let (done, back) = worker.finish();
            outlet = back;
            replayed.ledger.add_all(&done.ledger);
            replayed.flows += done.flows;
            replayed.rows += done.rows;
            replayed.evicted += done.evicted;
        }
        Ok((replayed, outlet))
    }
}
