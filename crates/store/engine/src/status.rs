//! How the store is: whether it answers, and what is in it.

use anyhow::Result;
use config::settings::Store as Settings;
use serde::Deserialize;
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
    match store.place() {
        Place::Url(url) => println!("ClickHouse {version} at {url}"),
        place @ Place::Folder(_) => {
            println!("embedded engine {version} in {place}, at {}", place.url()?);
            println!(
                "for one machine: no replication, no high availability; beyond that set store.url"
            );
        }
    }
    match store.check_schema().await {
        Ok(()) => println!("database {}: tables are up to date", store.database()),
        Err(error) => println!("{error}"),
    }
    let question = Question::new("store.sizes", SIZES).with("database", store.database());
    for Size { name, rows, bytes } in store.ask::<Size>(&question).await?.rows {
        let per_row = bytes as f64 / rows.max(1) as f64;
        println!("{name:<20} {rows:>14} rows {bytes:>16} bytes {per_row:>8.1} a row");
    }
    Ok(())
}

const SIZES: &str =
    "SELECT table AS name, sum(rows) AS rows, sum(bytes_on_disk) AS bytes FROM system.parts
    WHERE active AND database = {database:String} GROUP BY table ORDER BY table";
