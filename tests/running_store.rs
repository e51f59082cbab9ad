//! One embedded engine for all tests of a process, and a database of its own for each test.

use config::settings::Store as Settings;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};
use store::{Role, Session, Store};

/// The engine of this test process. It ends with the process, and its folder is removed by the next one.
#[derive(Debug)]
pub struct RunningStore {
    settings: Settings,
}

/// Longest wait for anything that a running machine does.
const LONGEST: Duration = Duration::from_mins(1);

impl RunningStore {
    /// Starts the engine at its first call in a process.
    ///
    /// # Panics
    /// If the engine is not installed or does not start: run `make engine`.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<RunningStore> = OnceLock::new();
        SHARED.get_or_init(|| {
            let folder = fresh_folder("shared");
            for name in PEOPLE {
                add_person(&folder, name);
            }
            let settings = Settings { folder, ..Settings::default() };
            let (started, start) = channel();
            let opened = settings.clone();
            std::thread::spawn(move || keep_open(&opened, &started));
            let outcome = start.recv_timeout(LONGEST).expect("the engine starts or says why not");
            assert_eq!(outcome, Ok(()), "the tests need the embedded engine: run `make engine`");
            Self { settings }
        })
    }

    /// Settings of database `bartizan_<name>` in it; nothing is created yet.
    pub fn settings(&self, name: &str) -> Settings {
        Settings { database: format!("bartizan_{name}"), ..self.settings.clone() }
    }

    /// Database `bartizan_<name>`, with all tables, in `role`. Every test uses a name of its own.
    pub async fn open(&self, name: &str, role: Role) -> Session {
        Store::open(&self.settings(name), role).await.expect("the shared engine runs")
    }

    /// Database `bartizan`, where grants are exact, in `role`.
    pub async fn product(&self, role: Role) -> Session {
        Store::open(&self.settings, role).await.expect("the shared engine runs")
    }

    /// Its data folder.
    pub fn folder(&self) -> &Path {
        &self.settings.folder
    }
}

/// The people of the shared engine, besides `analyst`.
pub const PEOPLE: [&str; 2] = ["alice", "bob"];

/// The password of a person of the shared engine.
pub fn password_of(person: &str) -> String {
    format!("{person}-has-a-password")
}

fn add_person(folder: &Path, name: &str) {
    let mut program = Command::new(crate::program("bartizan-store"))
        .args(["person", name, "--folder"])
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut input = program.stdin.take().expect("it was asked for");
    input.write_all(password_of(name).as_bytes()).expect("it reads");
    drop(input);
    assert!(program.wait().expect("it ends").success(), "{name} could not be added");
}

/// Holds the session until the process ends: the engine dies with the thread that started it.
fn keep_open(settings: &Settings, started: &Sender<Result<(), String>>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    match runtime.block_on(Store::open(settings, Role::Owner)) {
        Ok(_session) => {
            started.send(Ok(())).expect("somebody waits");
            loop {
                std::thread::park();
            }
        }
        Err(error) => started.send(Err(error.to_string())).expect("somebody waits"),
    }
}

/// A new folder for an engine below the build folder; those of processes that ended are removed.
///
/// # Panics
/// If the build folder cannot be written.
pub fn fresh_folder(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own path");
    let stores = test.ancestors().nth(3).expect("target/<profile>/deps/<test>").join("tmp/stores");
    std::fs::create_dir_all(&stores).expect("the build folder is writable");
    for entry in std::fs::read_dir(&stores).expect("just made").flatten() {
        let left = entry.file_name().to_string_lossy().split('-').next().is_some_and(|id| {
            id.parse::<u32>().is_ok_and(|id| !Path::new(&format!("/proc/{id}")).exists())
        });
        if left && let Err(error) = std::fs::remove_dir_all(entry.path()) {
            eprintln!("{} stays: {error}", entry.path().display());
        }
    }
    let folder = stores.join(format!("{}-{name}", std::process::id()));
    assert!(!folder.exists(), "every test names its own folder, and {name} is taken");
    folder
}

/// Waits until `happened` answers something.
///
/// # Panics
/// If it does not within a minute; `what` is then in the message.
pub fn wait_until<T>(what: &str, mut happened: impl FnMut() -> Option<T>) -> T {
    let (_nobody, pause) = channel::<()>();
    let deadline = Instant::now() + LONGEST;
    loop {
        if let Some(value) = happened() {
            return value;
        }
        assert!(Instant::now() < deadline, "still waiting for {what}");
        let waited = pause.recv_timeout(Duration::from_millis(10));
        assert_eq!(waited, Err(RecvTimeoutError::Timeout));
    }
}
