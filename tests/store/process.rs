//! The engine's process: one to a folder, started when needed, started again when it dies.

use bartizan_tests::{fresh_folder, program, wait_until};
use config::settings::Store as Settings;
use model::batch::{Batch, Form};
use model::{Ledger, Time};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use store::{Folder, Outcome, Question, Role, Sender, Store};

/// An engine of the test's own. Killed when dropped.
pub struct OwnEngine(Child);

impl OwnEngine {
    pub fn start(folder: &Path) -> Self {
        let child = Command::new(program("bartizan-store"))
            .args(["run", "--die-with-parent", "--folder"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        Self(child)
    }

    /// Ends it as a crash does.
    pub fn kill(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it is ours");
    }
}

impl Drop for OwnEngine {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            self.0.wait().expect("it is ours");
        }
    }
}

/// What a second start says, and its exit code.
fn run(folder: &Path, library: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new(program("bartizan-store"));
    command.args(["run", "--folder"]).arg(folder).stdin(Stdio::null());
    if let Some(library) = library {
        command.env("BARTIZAN_LIBCHDB", library);
    }
    let output = command.output().expect("the program starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn ledger(packets: u64) -> Batch {
    let mut batch = Batch::new(Form::Native);
    batch.push(&Ledger {
        minute: Time(0),
        tap: "A".into(),
        worker: 0,
        stage: "flow".into(),
        reason: "kept".into(),
        packets,
        bytes: 0,
        records: 0,
    });
    batch
}

#[tokio::test]
async fn a_second_process_leaves_the_first_untouched() {
    let folder = fresh_folder("second");
    let settings = Settings { folder: folder.clone(), ..Settings::default() };
    let session = Store::open(&settings, Role::Owner).await.expect("it starts");
    let port = std::fs::read(folder.join("port")).expect("a port");
    let users = std::fs::read(folder.join("etc/users.xml")).expect("users");
    let (code, words) = run(&folder, None);
    assert_eq!(code, Some(75), "{words}");
    assert!(words.contains("another process runs the store"), "{words}");
    assert_eq!(std::fs::read(folder.join("port")).expect("a port"), port);
    assert_eq!(std::fs::read(folder.join("etc/users.xml")).expect("users"), users);
    session.probe().await.expect("the first still answers");
    let also = Store::open(&settings, Role::Sensor).await.expect("it is found");
    assert!(session.is_owner_of_engine() && !also.is_owner_of_engine());
    drop(also);
    session.probe().await.expect("who found it does not stop it");
    drop(session);
    assert!(!folder.join("port").exists(), "who started it stops it");
}

#[tokio::test]
async fn an_engine_that_dies_is_started_again() {
    let settings = Settings { folder: fresh_folder("dies"), ..Settings::default() };
    let session = Store::open(&settings, Role::Owner).await.expect("it starts");
    let folder = Folder::new(&settings.folder).expect("a path");
    let id = std::fs::read_to_string(folder.lock_file()).expect("its process");
    let letters = tempfile::tempdir().expect("a folder");
    let mut sender = Sender::new(session.store().clone(), "dies", letters.path());
    assert_eq!(sender.send(ledger(1)).await[0].outcome, Outcome::Acknowledged);
    let killed = Command::new("kill").args(["-9", id.trim()]).status().expect("kill runs");
    assert!(killed.success());
    assert_eq!(sender.send(ledger(2)).await[0].outcome, Outcome::Acknowledged);
    assert_ne!(std::fs::read_to_string(folder.lock_file()).expect("its process"), id);
    let (bytes, _) = session
        .ask_raw(&Question::new("sum", "SELECT sum(packets), count() FROM ledger"), "CSV")
        .await
        .expect("an answer");
    assert_eq!(&bytes[..], b"3,2\n");
}

#[tokio::test]
async fn rows_wait_for_a_store_that_is_not_there_yet() {
    let settings = Settings { folder: fresh_folder("late"), ..Settings::default() };
    drop(Store::open(&settings, Role::Owner).await.expect("its tables are made"));
    let folder = Folder::new(&settings.folder).expect("a path");
    let store = Store::connect(store::Address {
        place: store::Place::Folder(folder.clone()),
        user: "sensor".into(),
        password: folder.secret("sensor").expect("a password"),
        database: settings.database.clone(),
    });
    assert_eq!(store.probe().await.map_err(|error| error.code()), Err("E-STORE-001"));
    let letters = tempfile::tempdir().expect("a folder");
    let (away, waiting) = std::sync::mpsc::channel();
    let mut sender = Sender::new(store, "late", letters.path()).on_change(move |state| {
        // Only the first is listened for.
        away.send(state.clone()).ok();
    });
    let sending = tokio::spawn(async move { sender.send(ledger(7)).await });
    let state =
        tokio::task::spawn_blocking(move || wait_until("trouble", || waiting.try_recv().ok()));
    let state = state.await.expect("it is reported");
    assert!(matches!(state, store::State::Waiting(store::Error::Away { .. })), "{state:?}");
    let _engine = OwnEngine::start(&settings.folder);
    assert_eq!(sending.await.expect("it ends")[0].outcome, Outcome::Acknowledged);
}

#[test]
fn a_missing_engine_is_said_in_one_sentence() {
    let (code, words) = run(&fresh_folder("missing"), Some("/nowhere/libchdb.so"));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("/nowhere/libchdb.so") && words.contains("BARTIZAN_LIBCHDB"), "{words}");
    assert!(!words.contains("panicked"), "{words}");
}
