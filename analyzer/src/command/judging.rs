//! The verbs that write: publish, once, run.

use super::{BadRange, Exit, into};
use crate::arguments::Once;
use crate::judge::{Judge, Summary};
use crate::publish::{Published, publish as publish_zones};
use crate::warnings::Pass;
use crate::window::Span;
use config::Settings;
use config::settings::Analyzer;
use indicatif::{ProgressBar, ProgressStyle};
use model::Time;
use policy::Policy;
use std::io::Write as _;
use std::time::Instant;
use store::Store;

/// Writes the zones of `policy`.
pub(super) async fn publish(store: &Store, policy: &Policy, quiet: bool) -> anyhow::Result<Exit> {
    let published = publish_zones(store, policy).await?;
    if !quiet {
        let hash = policy.hash();
        match published {
            Published::Written(rows) => {
                eprintln!("published policy {hash}: {rows} networks and hosts");
            }
            Published::InForce => eprintln!("policy {hash} is in force already"),
        }
    }
    Ok(Exit::Done)
}

/// Judges one range.
pub(super) async fn once(
    store: &Store,
    policy: &Policy,
    once: &Once,
    settings: &Settings,
    quiet: bool,
) -> anyhow::Result<Exit> {
    let range = Span::new(once.from, once.to);
    BadRange::check(&range)?;
    let store = &into::database(store, settings, once).await?;
    let started = Instant::now();
    let hours = range.hours();
    let bar = bar(hours.len() as u64, quiet);
    let mut judge = Judge::open(store, policy, range.from, &once.without).await?;
    judge.levels = settings.analyzer.levels.clone();
    for span in hours {
        bar.set_message(span.from.to_string());
        judge.span(span, Pass::Closed).await?;
        judge.count_hour(span.from).await?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if !quiet {
        eprintln!("{} in {:.1} s", told(&judge.summary), started.elapsed().as_secs_f64());
        if once.into.is_some() {
            eprintln!("judged into database {}", store.database());
        }
    }
    if once.format.is_json() {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&judge.summary)?)?;
    }
    Ok(if judge.summary.unknown > 0 { Exit::Partial } else { Exit::Done })
}

/// Judges what arrives until SIGTERM or SIGINT.
pub(super) async fn run(
    store: &Store,
    policy: &Policy,
    settings: &Analyzer,
) -> anyhow::Result<Exit> {
    use tokio::signal::unix::{SignalKind, signal};
    publish_zones(store, policy).await?;
    let (mut terminate, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stopped = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    let lateness_us = i64::from(settings.lateness_min) * Time::MINUTE;
    let summary = crate::run::run(store, policy, lateness_us, &settings.levels, stopped).await?;
    tracing::info!("{}", told(&summary));
    Ok(Exit::Done)
}

fn told(summary: &Summary) -> String {
    let Summary { slices, subjects, steps, evidence, warnings, revisions, unknown, .. } = summary;
    format!(
        "judged {slices} slices and {subjects} subjects in {steps} steps: {evidence} rows of evidence, {warnings} new warnings, \
         {revisions} revisions, {unknown} steps with a blind tap; {} rows written",
        summary.written()
    )
}

fn bar(length: u64, quiet: bool) -> ProgressBar {
    if quiet {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("judge {bar:27} {pos}/{len} h  {msg}  {eta} left");
    ProgressBar::new(length).with_style(style.expect("the template is right"))
}
