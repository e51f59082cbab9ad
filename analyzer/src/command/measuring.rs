//! The verb `evaluate`: what was found, against what is true.

use super::Exit;
use crate::arguments::{Foresight, Format};
use crate::evaluate::{beacon, forecast, stories, tables};
use anyhow::Context as _;
use config::Settings;
use std::io::Write as _;
use std::path::Path;
use store::Store;

/// The warnings of the store's database against a story's truth.
pub(super) async fn story(store: &Store, truth: &Path, format: Format) -> anyhow::Result<Exit> {
    let text =
        std::fs::read_to_string(truth).with_context(|| format!("reading {}", truth.display()))?;
    let truth =
        stories::Truth::read(&text).with_context(|| format!("reading {}", truth.display()))?;
    let rang = stories::warnings(store, &truth).await?;
    let told = stories::Told::of(store, &truth).await?;
    let report = stories::compare(&truth, &rang, &told);
    if format.is_json() {
        writeln!(std::io::stdout(), "{}", serde_json::to_string(&report)?)?;
    } else {
        print!("{report}");
    }
    Ok(if report.passed() { Exit::Done } else { Exit::Failed })
}

/// The beacon statistic against its bars, or its tables made anew.
pub(super) fn beacon(
    quick: bool,
    write: Option<&Path>,
    make_tables: Option<&Path>,
) -> anyhow::Result<Exit> {
    if let Some(folder) = make_tables {
        tables::write(folder).with_context(|| format!("writing tables to {}", folder.display()))?;
        return Ok(Exit::Done);
    }
    let report = beacon::run(quick);
    if let Some(file) = write {
        std::fs::write(file, beacon::markdown(&report))
            .with_context(|| format!("writing {}", file.display()))?;
    } else {
        print!("{}", beacon::markdown(&report));
    }
    Ok(if report.passed() { Exit::Done } else { Exit::Failed })
}

/// Early warning on generated months. Unless a data folder is named, their store is kept beside them, away from the bank's own.
pub(super) fn forecast(
    asked: &Foresight,
    mut settings: Settings,
    has_folder: bool,
    is_quiet: bool,
) -> anyhow::Result<Exit> {
    let Foresight { quick, months, work, write, make_model } = asked;
    std::fs::create_dir_all(work).with_context(|| format!("making {}", work.display()))?;
    let work = work.canonicalize().with_context(|| format!("finding {}", work.display()))?;
    if !has_folder {
        settings.store.folder = work.join("store");
    }
    let asked = forecast::Asked {
        quick: *quick,
        months: months.clone(),
        work,
        make: make_model.is_some(),
        is_quiet,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let report = runtime.block_on(forecast::run(&asked, &settings))?;
    if let Some(folder) = make_model {
        forecast::write_model(&report, folder)?;
    }
    let page = forecast::report::markdown(&report);
    if let Some(file) = write {
        std::fs::write(file, page).with_context(|| format!("writing {}", file.display()))?;
    } else {
        print!("{page}");
    }
    Ok(Exit::Done)
}
