//! Keeps the embedded engine running: starts it, starts it again when it dies, stops it in the end.

use crate::Error;
use crate::folder::Folder;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The exit code with which `bartizan-store run` says that another process runs in its folder.
pub const ANOTHER_RUNS: i32 = 75;

const PROGRAM: &str = "bartizan-store";
const POLL: Duration = Duration::from_millis(50);
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// An engine that lived this long starts with the shortest pause again.
const HEALTHY: Duration = Duration::from_mins(1);
/// Longest wait for an orderly stop.
const STOP_LIMIT: Duration = Duration::from_secs(15);

/// A thread that owns the engine's process.
#[derive(Debug)]
pub(super) struct Supervisor {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    refusal: Arc<Mutex<Option<String>>>,
}

impl Supervisor {
    /// Starts the engine in `folder`. The thread that starts it lives as long as it does: the child dies with it.
    pub(super) fn start(folder: &Folder) -> Result<Self, Error> {
        let engine = |reason: String| Error::Engine { folder: folder.path().to_owned(), reason };
        let program = program().map_err(engine)?;
        let (stop, stopped) = channel();
        let refusal = Arc::new(Mutex::new(None));
        let watch = Watch { program, folder: folder.clone(), stopped, refusal: refusal.clone() };
        let thread = std::thread::Builder::new()
            .name("store-supervisor".into())
            .spawn(move || watch.run())
            .map_err(|error| engine(format!("no thread to watch it: {error}")))?;
        Ok(Self { stop: Some(stop), thread: Some(thread), refusal })
    }

    /// Why the engine ended at its last try, if it never ran.
    pub(super) fn refusal(&self) -> Option<String> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.stop.take());
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the supervisor of the store ended badly");
        }
    }
}

struct Watch {
    program: PathBuf,
    folder: Folder,
    stopped: Receiver<()>,
    refusal: Arc<Mutex<Option<String>>>,
}

impl Watch {
    fn run(self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let started = Instant::now();
            match self.run_once() {
                End::Stopped => return,
                End::AnotherRuns => {
                    tracing::debug!("another process serves the store; this one stands by");
                }
                End::Died(reason) => {
                    tracing::warn!(%reason, folder = %self.folder.path().display(), "the store ended; it is started again");
                    *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
                }
            }
            pause = if started.elapsed() > HEALTHY {
                FIRST_PAUSE
            } else {
                LONGEST_PAUSE.min(pause * 2)
            };
            if self.stopped.recv_timeout(pause) != Err(RecvTimeoutError::Timeout) {
                return;
            }
        }
    }

    fn run_once(&self) -> End {
        let spawned = Command::new(&self.program)
            .args(["run", "--die-with-parent", "--folder"])
            .arg(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => {
                return End::Died(format!("{} does not start: {error}", self.program.display()));
            }
        };
        let words = child.stderr.take().map(last_words);
        let end = self.wait(&mut child);
        let said = words.and_then(|thread| thread.join().ok()).unwrap_or_default();
        match end {
            None => End::Stopped,
            Some(status) if status.code() == Some(ANOTHER_RUNS) => End::AnotherRuns,
            Some(status) => End::Died(format!("{status}: {said}")),
        }
    }

    /// The status with which it ended by itself; `None` after an orderly stop.
    fn wait(&self, child: &mut Child) -> Option<ExitStatus> {
        loop {
            match child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => (),
                Err(error) => tracing::error!(%error, "the store cannot be watched"),
            }
            if self.stopped.recv_timeout(POLL) != Err(RecvTimeoutError::Timeout) {
                stop(child);
                return None;
            }
        }
    }
}

enum End {
    Stopped,
    AnotherRuns,
    Died(String),
}

fn stop(child: &mut Child) {
    let id = rustix::process::Pid::from_child(child);
    if let Err(error) = rustix::process::kill_process(id, rustix::process::Signal::TERM) {
        tracing::warn!(%error, "the store could not be told to stop");
    }
    let deadline = Instant::now() + STOP_LIMIT;
    while Instant::now() < deadline {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::park_timeout(Duration::from_millis(10));
    }
    tracing::warn!("the store did not stop in time and is killed; nothing acknowledged is lost");
    if let Err(error) = child.kill().and_then(|()| child.wait().map(drop)) {
        tracing::error!(%error, "the store could not be killed");
    }
}

/// Passes the child's standard error on to the log and keeps its end.
fn last_words(mut from: std::process::ChildStderr) -> JoinHandle<String> {
    const KEPT: usize = 2000;
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut bytes = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            kept.extend_from_slice(&bytes[..length]);
            if kept.len() > 2 * KEPT {
                kept.drain(..kept.len() - KEPT);
            }
        }
        String::from_utf8_lossy(&kept).trim().to_owned()
    })
}

/// `bartizan-store` beside the running program, else in `PATH`.
fn program() -> Result<PathBuf, String> {
    let here = std::env::current_exe()
        .map_err(|error| format!("this program does not know its place: {error}"))?;
    let beside = here.ancestors().skip(1).take(2).map(|folder| folder.join(PROGRAM));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path =
        std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).collect::<Vec<_>>();
    beside.chain(in_path).find(|file| file.is_file()).ok_or_else(|| {
        format!(
            "{PROGRAM} is neither beside this program nor in PATH; install it, or set store.url"
        )
    })
}
