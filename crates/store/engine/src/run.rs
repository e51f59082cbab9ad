//! The life of the engine's process: one folder, one lock, one port.

use crate::library::{self, Engine, StopSignals};
use crate::terminal::Terminal;
use crate::{configuration, secret};
use anyhow::{Context, Result, bail, ensure};
use rustix::fs::FlockOperation;
use rustix::process::Signal;
use std::fs::{self, File};
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::Folder;

/// The exit code that says that another process runs in the folder.
pub const ANOTHER_RUNS: i32 = 75;

/// Between two times that `exit` is typed.
const TYPE_AGAIN: Duration = Duration::from_millis(500);

/// Serves the folder until SIGTERM or SIGINT; ends the process. `die_with_parent`: also when the parent dies.
pub fn run(folder: &Folder, die_with_parent: bool) -> Result<()> {
    let parent = rustix::process::getppid();
    check_processor()?;
    prepare_folder(folder)?;
    let Some(_lock) = lock(folder)? else {
        eprintln!("bartizan-store: another process runs the store in {}", folder.path().display());
        std::process::exit(ANOTHER_RUNS);
    };
    remove_stale_port(folder)?;
    configuration::write(folder)?;
    write_system_database(folder)?;
    let library = library::path()?;
    let signals = StopSignals::block()?;
    if die_with_parent {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))
            .context("the parent's end cannot be followed")?;
        // A parent that ended before this moment sends no signal.
        if rustix::process::getppid() != parent {
            return Ok(());
        }
    }
    let terminal = Terminal::on_standard_input()?;
    let stopping = Arc::new(AtomicBool::new(false));
    stop_on_signal(signals, terminal, stopping.clone())?;
    let engine = Engine::load(&library)?;
    let words = engine.run(&arguments(folder))?;
    if fs::remove_file(folder.port_file()).is_err() {
        eprintln!("bartizan-store: the engine ended before it listened");
    }
    if stopping.load(Ordering::SeqCst) {
        library::end(0);
    }
    eprintln!(
        "bartizan-store: the engine ended by itself: {}",
        words.as_deref().unwrap_or("it left no word; see store.log")
    );
    library::end(1)
}

/// The engine is compiled for x86-64-v3: without AVX2 it would die of an illegal instruction.
fn check_processor() -> Result<()> {
    #[cfg(target_arch = "x86_64")]
    let able = std::arch::is_x86_feature_detected!("avx2");
    #[cfg(not(target_arch = "x86_64"))]
    let able = false;
    ensure!(
        able,
        "this processor has no AVX2, which the embedded engine needs; point store.url at a ClickHouse server"
    );
    Ok(())
}

fn prepare_folder(folder: &Folder) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for part in ["", "data/metadata", "tmp", "etc"] {
        secret::make_private(&folder.path().join(part))?;
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700))
        .with_context(|| format!("{} is not ours", folder.path().display()))
}

/// Ours, before anything else is touched; the engine's own lock comes too late to protect a running store's files.
fn lock(folder: &Folder) -> Result<Option<File>> {
    let path = folder.lock_file();
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    let mut file = file.with_context(|| format!("{} cannot be opened", path.display()))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {
            file.set_len(0)
                .and_then(|()| writeln!(file, "{}", std::process::id()))
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Ok(Some(file))
        }
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(None),
        Err(error) => {
            bail!("{} cannot be locked: {error}; is it on a network disk?", path.display())
        }
    }
}

fn remove_stale_port(folder: &Folder) -> Result<()> {
    match fs::remove_file(folder.port_file()) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error)
            .with_context(|| format!("{} cannot be removed", folder.port_file().display())),
        _ => Ok(()),
    }
}

/// Database `system` must be known before the first start, else the engine cannot keep its logs from the second on.
fn write_system_database(folder: &Folder) -> Result<()> {
    let file = folder.path().join("data/metadata/system.sql");
    if file.exists() {
        return Ok(());
    }
    let digits = format!("{:032x}", rand::random::<u128>());
    let uuid =
        [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-");
    secret::write_private(&file, &format!("ATTACH DATABASE _ UUID '{uuid}'\nENGINE = Atomic\n"))
}

fn stop_on_signal(
    signals: StopSignals,
    terminal: Terminal,
    stopping: Arc<AtomicBool>,
) -> Result<()> {
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        signals.wait();
        stopping.store(true, Ordering::SeqCst);
        // An engine that still starts throws away what was typed before its prompt: it is told until it ends.
        loop {
            if let Err(error) = terminal.type_exit() {
                eprintln!("bartizan-store: {error:#}");
                library::end(1);
            }
            std::thread::park_timeout(TYPE_AGAIN);
        }
    })?;
    Ok(())
}

fn arguments(folder: &Folder) -> Vec<String> {
    let place = folder.path().display();
    let port = folder.port_file().display().to_string().replace('\\', "\\\\").replace('\'', "\\'");
    let listen = format!(
        "SYSTEM START LISTEN HTTP; SELECT getServerPort('http_port') INTO OUTFILE '{port}' TRUNCATE FORMAT TSVRaw"
    );
    vec![
        "clickhouse".into(),
        format!("--config-file={place}/etc/config.xml"),
        format!("--path={place}/data"),
        "--log-level=error".into(),
        "--interactive".into(),
        "--disable_suggestion".into(),
        "--progress=off".into(),
        "--readonly=0".into(),
        format!("--query={listen}"),
    ]
}
