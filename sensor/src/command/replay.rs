//! `bartizan-sensor replay`: captures in, rows out, and the books at the end.

use super::Exit;
use super::progress::Progress;
use crate::arguments::{Format, Replay as Arguments};
use crate::export::lines::Lines;
use crate::export::store::StoreTarget;
use crate::export::{Exported, Exporter, Failure, Target};
use crate::ledger::Sheet;
use crate::links;
use crate::replay::{Replay, Replayed};
use anyhow::Context;
use config::Settings;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use store::{Role, Sender, Session, State, Store};

/// Replays, prints the books, and says how it ended.
pub fn run(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let stop = stop_on_signals()?;
    let links = links::load(&settings.sensor, std::env::var(links::KEY_VARIABLE).ok())?;
    if !links.is_empty() && links.key().is_none() {
        eprintln!(
            "bartizan-sensor: links are declared and no token key is set: tokens stay zero, so legs cannot be joined; set sensor.token_key_file"
        );
    }
    let replay = Replay {
        files: arguments.files.clone(),
        tap: arguments.tap.clone(),
        flows_only: arguments.flows_only,
        form: model::Form::Jsonl,
        links: Arc::new(links),
    };
    // A wrong path is said before the store is asked for anything.
    let parts = replay.parts(&settings.sensor)?;
    let bytes = parts.iter().flat_map(|part| &part.files).filter_map(|file| size(file)).sum();
    let target = target(arguments, settings)?;
    let replay = Replay { form: target.form(), ..replay };

    let (exporter, sender) = Exporter::start(target, settings.sensor.batch_queue)
        .context("the exporter's thread cannot be started")?;
    let mut progress = Progress::new(bytes, arguments.quiet);
    let replayed = replay.run(&settings.sensor, sender, &stop, &mut progress);
    let replayed = replayed.map(|(replayed, sender)| {
        drop(sender);
        replayed
    });
    let exported = exporter.join();
    progress.finish();
    let replayed = replayed?;
    let is_stopped = stop.load(Ordering::Relaxed);
    Ok(report(arguments, &replayed, &exported, is_stopped, started.elapsed()))
}

/// Set by the first SIGINT or SIGTERM: all that was read is written, in order. The second ends the program at once.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, stop.clone())
            .and_then(|_| signal_hook::flag::register(signal, stop.clone()))
            .context("signals cannot be handled")?;
    }
    Ok(stop)
}

fn size(file: &Path) -> Option<u64> {
    std::fs::metadata(file).ok().map(|metadata| metadata.len())
}

fn target(arguments: &Arguments, settings: &Settings) -> anyhow::Result<Target> {
    let is_lines = match arguments.format {
        Format::Jsonl => true,
        Format::Store => false,
        Format::Auto => arguments.out.is_some(),
    };
    if is_lines {
        return Ok(Target::Lines(match &arguments.out {
            Some(folder) => Lines::folder(folder)?,
            None => Lines::output(),
        }));
    }
    let session = open_store(settings, Duration::from_secs(arguments.wait), arguments.quiet)?;
    let dead_letters = dead_letters(settings)?;
    let name = format!("sensor-{}", settings.sensor.tap);
    let is_quiet = arguments.quiet;
    let sender = Sender::new(session.store().clone(), name, dead_letters)
        .on_change(move |state| say_state(state, is_quiet));
    Ok(Target::Store(Box::new(StoreTarget::new(session, sender))))
}

/// Opens the store; one that does not answer yet is tried again for `wait`.
fn open_store(settings: &Settings, wait: Duration, is_quiet: bool) -> anyhow::Result<Session> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime for the store cannot be started")?;
    let deadline = Instant::now() + wait;
    let mut is_said = is_quiet;
    runtime.block_on(async {
        loop {
            match Store::open(&settings.store, Role::Sensor).await {
                Err(error @ store::Error::Away { .. }) if Instant::now() < deadline => {
                    if !is_said {
                        eprintln!("bartizan-sensor: {error}; waiting for {} s", wait.as_secs());
                        is_said = true;
                    }
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                other => return Ok(other?),
            }
        }
    })
}

fn dead_letters(settings: &Settings) -> anyhow::Result<std::path::PathBuf> {
    let folder = store::Folder::new(&settings.store.folder)?;
    Ok(folder.path().join("dead-letters"))
}

fn say_state(state: &State, is_quiet: bool) {
    if is_quiet {
        return;
    }
    match state {
        State::Flowing => eprintln!("bartizan-sensor: the store takes rows again"),
        State::Waiting(error) => eprintln!("bartizan-sensor: {error}; rows wait, none is lost"),
        State::Paused(error) => eprintln!("bartizan-sensor: {error}; rows wait until this is done"),
    }
}

/// Says what became of every packet and row.
fn report(
    arguments: &Arguments,
    replayed: &Replayed,
    exported: &Exported,
    is_stopped: bool,
    took: Duration,
) -> Exit {
    let mut ledger = replayed.ledger;
    ledger.add_all(&exported.ledger);
    if !arguments.quiet {
        eprintln!("{}", summary(replayed, took));
    }
    for (file, damage) in &replayed.damaged {
        eprintln!("bartizan-sensor: {}: {damage}", file.display());
    }
    if is_stopped {
        eprintln!("bartizan-sensor: stopped by a signal; what was read before it was written");
    }
    if replayed.evicted > 0 && !arguments.quiet {
        let evicted = replayed.evicted;
        eprintln!(
            "bartizan-sensor: {evicted} flows were written early because sensor.max_flows was reached"
        );
    }
    let imbalances = imbalances(&ledger, replayed.rows);
    for imbalance in &imbalances {
        eprintln!(
            "bartizan-sensor: THE BOOKS DO NOT BALANCE: {imbalance}; please report this with the capture"
        );
    }
    if let Some(failure) = &exported.failure {
        eprintln!("bartizan-sensor: {failure}");
    }
    let refused = ledger.of(crate::ledger::Account::ExportRefused).records;
    if refused > 0 {
        eprintln!(
            "bartizan-sensor: the store refused {refused} rows; they are in its dead-letters folder"
        );
    }
    for note in notes(&ledger) {
        eprintln!("bartizan-sensor: {note}");
    }
    match &exported.failure {
        _ if !imbalances.is_empty() => Exit::Failed,
        Some(failure @ Failure::Unwritable(..)) => Exit::of_export(failure),
        Some(Failure::ReaderGone) => Exit::Partial,
        None if is_stopped || refused > 0 || !replayed.damaged.is_empty() => Exit::Partial,
        None => Exit::Done,
    }
}

/// What the ledger says that somebody should act on.
fn notes(ledger: &Sheet) -> Vec<String> {
    use crate::ledger::Account;
    let mut notes = Vec::new();
    let missing = ledger.of(Account::TokensMissing).records;
    if missing > 0 {
        notes.push(format!(
            "{missing} tokens are zero because no key is set: account numbers cannot be followed; set sensor.token_key_file"
        ));
    }
    let leaked = ledger.of(Account::GateLeak).records;
    if leaked > 0 {
        notes.push(format!(
            "account numbers or tracks stood in {leaked} texts that are kept; they were masked: find out which traffic carries them"
        ));
    }
    notes
}

/// One sentence for each stage that does not balance, the way from worker to exporter included.
fn imbalances(ledger: &Sheet, rows: u64) -> Vec<String> {
    let mut found: Vec<String> = ledger.imbalances().iter().map(ToString::to_string).collect();
    let exported = ledger.of(crate::ledger::Account::Exported).records;
    if exported != rows {
        found.push(format!("workers made {rows} rows, the exporter received {exported}"));
    }
    found
}

fn summary(replayed: &Replayed, took: Duration) -> String {
    let dropped = replayed.ledger.dropped_packets();
    let sum: u64 = dropped.iter().map(|(_, packets)| packets).sum();
    let reasons: Vec<String> =
        dropped.iter().map(|(reason, packets)| format!("{reason} {packets}")).collect();
    let reasons =
        if reasons.is_empty() { String::new() } else { format!(" ({})", reasons.join(", ")) };
    format!(
        "received {} packets = kept {} + dropped {sum}{reasons}; {} flows, {} rows in {:.2} s",
        replayed.packets(),
        replayed.kept(),
        replayed.flows,
        replayed.rows,
        took.as_secs_f64()
    )
}
