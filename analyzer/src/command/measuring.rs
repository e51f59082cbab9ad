//! The verb `evaluate`: what was found, against what is true.

use super::Exit;
use crate::arguments::Format;
use crate::evaluate::{beacon, stories, tables};
use anyhow::Context as _;
use std::io::Write as _;
use std::path::Path;
use store::Store;

/// The warnings of the store's database against a story's truth.
pub(super) async fn story(store: &Store, truth: &Path, format: Format) -> anyhow::Result<Exit> {
    let text =
        std::fs::read_to_string(truth).with_context(|| format!("reading {}", truth.display()))?;
    let truth =
        stories::Truth::read(&text).with_context(|| format!("reading {}", truth.display()))?;
    let report = stories::compare(&truth, &stories::warnings(store, &truth).await?);
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
