//! How the store is: whether it answers, and what is in it.

use anyhow::Result;
use config::settings::Store as Settings;
use serde::Deserialize;
use std::io::Write as _;
use store::{Place, Question, Role, Store};

/// One table and its size.
#[derive(Debug, Deserialize)]
struct Size {
    name: String,
    rows: u64,
    bytes: u64,
}

/// Prints where the store is, its version and the size of every table.
pub async fn status(settings: &Settings) -> Result<()> {
    let store = Store::find(settings, Role::Owner).await?;
    let version = store.probe().await?;
    let mut out = std::io::stdout();
    match store.place() {
        place @ Place::Url(_) => writeln!(out, "ClickHouse {version} at {place}")?,
        place @ Place::Folder(_) => {
            writeln!(out, "embedded engine {version} in {place}, at {}", place.url()?)?;
            writeln!(
                out,
                "for one machine: no replication, no high availability; beyond that set store.url"
            )?;
        }
    }
    // What the tables lack is the result, and there is nothing to measure in a database that is missing.
    store.check_schema().await?;
    writeln!(out, "database {}: tables are up to date", store.database())?;
    let question = Question::new("store.sizes", SIZES).with("database", store.database());
    for Size { name, rows, bytes } in store.ask::<Size>(&question).await?.rows {
        let per_row = bytes as f64 / rows.max(1) as f64;
        writeln!(out, "{name:<20} {rows:>14} rows {bytes:>16} bytes {per_row:>8.1} a row")?;
    }
    Ok(())
}

const SIZES: &str =
    "SELECT table AS name, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts
    WHERE active AND database = {database:String} GROUP BY table ORDER BY table";
