//! Batches → store, or lines: one thread, the only one of the sensor that waits for a network.
//!
//! Parcels are delivered in the order they came, and in each parcel coverage last: it is the tap's watermark, so every
//! row before it is in the store when it is.

pub mod lines;
pub mod store;

use crate::ledger::{Account, Count, Sheet, write_sheet};
use crate::worker::Parcel;
use lines::Lines;
use model::{Batch, Form, Time};
use std::sync::Arc;
use std::thread::JoinHandle;
use store::StoreTarget;
use tokio::sync::mpsc;

/// Where rows go.
#[derive(Debug)]
pub enum Target {
    /// Lines of JSON.
    Lines(Lines),
    /// Tables of the store.
    Store(Box<StoreTarget>),
}

impl Target {
    /// How rows for this target are encoded.
    pub const fn form(&self) -> Form {
        match self {
            Self::Lines(_) => Form::Jsonl,
            Self::Store(_) => Form::Native,
        }
    }

    async fn deliver(&mut self, batch: Batch) -> Result<Delivered, Failure> {
        match self {
            Self::Lines(lines) => lines.write(&batch),
            Self::Store(store) => Ok(store.send(batch).await),
        }
    }

    fn close(&mut self) -> Result<(), Failure> {
        match self {
            Self::Lines(lines) => lines.flush(),
            Self::Store(_) => Ok(()),
        }
    }
}

/// What became of the rows of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Delivered {
    /// Rows that are where they belong.
    pub kept: u64,
    /// Rows that were refused for good.
    pub refused: u64,
}

/// Rows cannot be delivered, and waiting would not help.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Whoever read standard output has gone.
    #[error("nobody reads standard output any more; the rest was not written")]
    ReaderGone,
    /// A file cannot be written.
    #[error("{0}: cannot be written ({1}); make room, or choose another --out that you may write")]
    Unwritable(String, std::io::Error),
}

/// The exporter's thread.
#[derive(Debug)]
pub struct Exporter {
    thread: JoinHandle<Exported>,
}

/// What the exporter has done.
#[derive(Debug, Default)]
pub struct Exported {
    /// The sums of its ledger.
    pub ledger: Sheet,
    /// Why it stopped before the end, if it did.
    pub failure: Option<Failure>,
}

impl Exporter {
    /// Starts the thread; parcels go into the sender, at most `queue` of them wait.
    pub fn start(target: Target, queue: usize) -> std::io::Result<(Self, mpsc::Sender<Parcel>)> {
        let (sender, receiver) = mpsc::channel(queue.max(1));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new()
            .name("exporter".into())
            .spawn(move || runtime.block_on(run(target, receiver)))?;
        Ok((Self { thread }, sender))
    }

    /// Waits until all that was sent is delivered; every sender must be dropped before.
    pub fn join(self) -> Exported {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

async fn run(mut target: Target, mut receiver: mpsc::Receiver<Parcel>) -> Exported {
    let mut exported = Exported::default();
    let mut page: Option<Page> = None;
    while let Some(parcel) = receiver.recv().await {
        let rows = parcel.batch.rows();
        let next = Page::of(&parcel);
        if let Some(done) = page.take_if(|page| !page.is_same(&next)) {
            exported.write(done, &mut target).await;
        }
        let outcome = match exported.failure {
            None => target.deliver(parcel.batch).await,
            Some(_) => Ok(Delivered::default()),
        };
        let delivered = outcome.unwrap_or_else(|failure| {
            exported.failure = Some(failure);
            Delivered::default()
        });
        let sheet = &mut page.get_or_insert(next).sheet;
        sheet.add(Account::Exported, Count::records(rows));
        sheet.add(Account::ExportKept, Count::records(delivered.kept));
        sheet.add(Account::ExportRefused, Count::records(delivered.refused));
        let undelivered = rows - delivered.kept - delivered.refused;
        sheet.add(Account::ExportUndelivered, Count::records(undelivered));
    }
    if let Some(page) = page {
        exported.write(page, &mut target).await;
    }
    if let Err(failure) = target.close() {
        exported.failure.get_or_insert(failure);
    }
    exported
}

impl Exported {
    /// Writes a page of the exporter's own ledger, as far as anything can still be written.
    async fn write(&mut self, page: Page, target: &mut Target) {
        self.ledger.add_all(&page.sheet);
        if self.failure.is_none() {
            let mut batch = Batch::new(target.form());
            write_sheet(page.minute, &page.sheet, &page.tap, page.worker, &mut batch);
            if let Err(failure) = target.deliver(batch).await {
                self.failure = Some(failure);
            }
        }
    }
}

/// The ledger of what was exported for one worker and minute.
struct Page {
    minute: Time,
    tap: Arc<str>,
    worker: u16,
    sheet: Sheet,
}

impl Page {
    fn of(parcel: &Parcel) -> Self {
        let tap = parcel.tap.clone();
        Self { minute: parcel.minute, tap, worker: parcel.worker, sheet: Sheet::default() }
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.minute, self.worker, &self.tap) == (other.minute, other.worker, &other.tap)
    }
}
