//! Files of Native blocks into the store: history that was written elsewhere.

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use config::settings::Store as Settings;
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use store::error::Retry;
use store::{Error, Prepared, Role, Store, native};

/// Inserts every file, each block once, and prints the rows of each table.
pub async fn load(settings: &Settings, paths: &[PathBuf]) -> Result<()> {
    let files = files(paths)?;
    let session = Store::open(settings, Role::Owner).await?;
    let size = files.iter().map(|file| file.metadata().map_or(0, |about| about.len())).sum();
    let bar = ProgressBar::new(size).with_style(style());
    let mut loaded = BTreeMap::<String, u64>::new();
    for file in &files {
        let table = table(file)?;
        bar.set_message(file.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let bytes = Bytes::from(
            std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?,
        );
        let blocks = native::blocks(&bytes).map_err(anyhow::Error::msg);
        for block in blocks
            .with_context(|| format!("{} is not a whole file of Native blocks", file.display()))?
        {
            let prepared = Prepared::from_native(&table, &bytes, &block);
            insert(&session, &prepared).await.with_context(|| file.display().to_string())?;
            *loaded.entry(table.clone()).or_default() += prepared.rows;
            bar.inc(block.range.len() as u64);
        }
    }
    bar.finish_and_clear();
    for (table, rows) in loaded {
        writeln!(std::io::stdout(), "{table:<20} {rows:>12} rows")?;
    }
    Ok(())
}

/// Tries as long as the store is only busy or away; anything else is for the person who waits.
async fn insert(store: &Store, prepared: &Prepared) -> Result<(), Error> {
    for pause in std::iter::successors(Some(FIRST_PAUSE), |pause| Some(*pause * 2)).take(TRIES) {
        match store.insert(prepared).await {
            Err(error) if error.retry() == Retry::Soon => tokio::time::sleep(pause).await,
            done => return done,
        }
    }
    store.insert(prepared).await
}

/// Tries of a block, half a minute in all.
const TRIES: usize = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// `paths` with folders replaced by the `.native` files in them, in order of their names.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in paths {
        if !path.is_dir() {
            found.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path)
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let mut inside: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        inside.retain(|file| file.extension().is_some_and(|extension| extension == "native"));
        inside.sort();
        found.extend(inside);
    }
    if found.is_empty() {
        bail!(
            "no .native file in {}",
            paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        );
    }
    Ok(found)
}

/// `flow` of `flow-0001.native`.
fn table(file: &Path) -> Result<String> {
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let (table, _) = stem.rsplit_once('-').with_context(|| {
        format!("{} does not name its table; call it TABLE-NUMBER.native", file.display())
    })?;
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if table.is_empty() || !table.chars().all(plain) {
        bail!("{} does not name a table; call it TABLE-NUMBER.native", file.display());
    }
    Ok(table.to_owned())
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:30} {bar:40} {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_table() {
        assert_eq!(table(Path::new("a/flow-0001.native")).unwrap(), "flow");
        assert_eq!(table(Path::new("zone_of-x-1.native")).ok(), None);
        assert!(table(Path::new("flow.native")).is_err() && table(Path::new("-1.native")).is_err());
    }
}
