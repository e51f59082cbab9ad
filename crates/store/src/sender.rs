//! Sending rows until they are in the store, in order and once.

use crate::error::Retry;
use crate::prepared::{Prepared, Token};
use crate::{Error, Store};
use model::batch::{Batch, Block};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Sends one batch at a time, first in, first out, for as long as it takes.
///
/// Works on any tokio runtime, a current-thread one too. A batch that will never be taken is put into a dead-letter
/// file and counted; everything else is tried again with the same bytes and the same token.
pub struct Sender {
    store: Store,
    name: String,
    boot: u64,
    sequence: u64,
    dead_letters: PathBuf,
    report: Report,
    state: State,
}

type Report = Box<dyn FnMut(&State) + Send>;

/// How a sender is doing. Reported when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// The store takes rows.
    Flowing,
    /// The store is away, busy or full; the batch waits and is tried again.
    Waiting(Error),
    /// Somebody must change something first (rights, schema, password); the batch waits.
    Paused(Error),
}

/// What became of one batch of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Table.
    pub table: String,
    /// Rows.
    pub rows: u64,
    /// Bytes sent.
    pub bytes: u64,
    /// Acknowledged, or why not.
    pub outcome: Outcome,
}

/// Whether rows are in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// They are in the store, once.
    Acknowledged,
    /// They never will be, for this reason; their bytes are in the dead-letter file.
    Refused(Error),
}

/// Tries of a batch that the store calls wrong in a way that a cut body looks like.
const FEW: u32 = 3;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Sender {
    /// A sender called `name`, unique among those that write to the store; dead letters go into folder `dead_letters`.
    pub fn new(store: Store, name: impl Into<String>, dead_letters: impl Into<PathBuf>) -> Self {
        Self {
            store,
            name: name.into(),
            boot: rand::random(),
            sequence: 0,
            dead_letters: dead_letters.into(),
            report: Box::new(|_| ()),
            state: State::Flowing,
        }
    }

    /// The number that tells this start of the sender from its others; drawn at random unless it is set here.
    #[must_use]
    pub const fn with_boot(mut self, boot: u64) -> Self {
        self.boot = boot;
        self
    }

    /// Calls `report` at each change of state, besides the log line.
    #[must_use]
    pub fn on_change(mut self, report: impl FnMut(&State) + Send + 'static) -> Self {
        self.report = Box::new(report);
        self
    }

    /// How it is doing.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Where the rows go.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The rows of `block` with the next token.
    pub fn prepare(&mut self, block: &Block) -> Prepared {
        self.sequence += 1;
        Prepared::from_block(
            block,
            Token::of(&self.name, self.boot, self.sequence, block.table().name),
        )
    }

    /// Sends every table of `batch`, one after the other.
    pub async fn send(&mut self, batch: Batch) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        for block in batch.into_blocks() {
            let prepared = self.prepare(&block);
            deliveries.push(self.deliver(&prepared).await);
        }
        deliveries
    }

    /// Sends `prepared` until it is acknowledged or refused.
    ///
    /// Dropping the future leaves it in doubt; delivering the same [`Prepared`] again is safe.
    pub async fn deliver(&mut self, prepared: &Prepared) -> Delivery {
        let outcome = match self.insist(prepared).await {
            Ok(()) => Outcome::Acknowledged,
            Err(error) => {
                bury(&self.dead_letters, prepared, &error);
                Outcome::Refused(error)
            }
        };
        self.become_state(State::Flowing);
        Delivery {
            table: prepared.table.clone(),
            rows: prepared.rows,
            bytes: prepared.native.len() as u64,
            outcome,
        }
    }

    async fn insist(&mut self, prepared: &Prepared) -> Result<(), Error> {
        let mut tries = 0;
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.store.insert(prepared).await else { return Ok(()) };
            tries += 1;
            match error.retry() {
                Retry::Never => return Err(error),
                Retry::Few if tries >= FEW => return Err(error),
                Retry::Few => (),
                Retry::Soon => self.become_state(State::Waiting(error)),
                Retry::Slowly => {
                    pause = LONGEST_PAUSE.min(pause.max(Duration::from_secs(5)));
                    self.become_state(State::Waiting(error));
                }
                Retry::Paused => {
                    pause = pause.max(Duration::from_secs(2));
                    self.become_state(State::Paused(error));
                }
            }
            tokio::time::sleep(jittered(pause)).await;
            pause = LONGEST_PAUSE.min(pause * 2);
        }
    }

    /// Says once what changed: the same kind of trouble is not repeated at each try.
    fn become_state(&mut self, state: State) {
        if kind(&self.state) != kind(&state) {
            match &state {
                State::Flowing => tracing::info!(store = ?self.store, "the store takes rows again"),
                State::Waiting(error) => tracing::warn!(%error, "rows wait for the store"),
                State::Paused(error) => tracing::error!(%error, "rows wait for a person"),
            }
            (self.report)(&state);
        }
        self.state = state;
    }
}

/// Between half of `pause` and all of it, so that senders do not come back together.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + rand::random::<f64>() / 2.0)
}

fn kind(state: &State) -> &'static str {
    match state {
        State::Flowing => "",
        State::Waiting(error) | State::Paused(error) => error.code(),
    }
}

/// Keeps the bytes of rows that the store will never take: `<table>-<token>.native` and the reason beside it.
fn bury(folder: &Path, prepared: &Prepared, error: &Error) {
    let file = folder.join(format!("{}-{}.native", prepared.table, prepared.token));
    tracing::error!(table = prepared.table, rows = prepared.rows, file = %file.display(), %error, "rows were refused");
    let written = private_folder(folder)
        .and_then(|()| private_file(&file, &prepared.native))
        .and_then(|()| {
            private_file(
                &file.with_extension("txt"),
                format!("{error}\nrows: {}\n", prepared.rows).as_bytes(),
            )
        });
    if let Err(failure) = written {
        tracing::error!(file = %file.display(), error = %failure, rows = prepared.rows, "the dead letter could not be written");
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn private_file(file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?
        .write_all(bytes)
}
