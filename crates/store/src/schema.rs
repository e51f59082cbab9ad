//! Every table of the product, brought up to date any number of times.

mod beside;
mod cluster;
mod statement;

use crate::{Budget, Error, Question, Store, hash};
pub use beside::{Beside, migrate_beside};
use serde::Deserialize;
pub use statement::statements;
use std::collections::HashSet;

/// A file of CREATE and ALTER statements beside the record that it stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableFile {
    /// Its name without `.table.sql`.
    pub name: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// Who may append to the tables of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writer {
    /// Sensors and relays.
    Sensor,
    /// The analyzer.
    Analyzer,
    /// People.
    Person,
    /// Materialized views only.
    Views,
    /// Migrations only.
    Owner,
}

/// Every table file, those of the model before those of the protocols, each group by name.
pub const TABLE_FILES: &[TableFile] = include!(concat!(env!("OUT_DIR"), "/table_files.rs"));

/// How tables are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// One server, or the embedded engine.
    SingleNode,
    /// A ClickHouse cluster of this name: replicated local tables, and a distributed table in front of each.
    Cluster(String),
}

/// What a migration did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// Names of the files whose statements were run, in order; empty if everything was up to date.
    pub files: Vec<&'static str>,
}

impl TableFile {
    /// SHA-256 of its text, as 64 hexadecimal digits.
    pub fn hash(&self) -> String {
        hash::sha256(self.text.as_bytes())
    }

    /// Who writes its tables, as its line `-- written by: NAME` says; sensors, if it says nothing.
    ///
    /// # Panics
    /// If the file names a writer that does not exist.
    pub fn writer(&self) -> Writer {
        match self.text.lines().find_map(|line| line.strip_prefix("-- written by: ")).map(str::trim)
        {
            None | Some("sensor") => Writer::Sensor,
            Some("analyzer") => Writer::Analyzer,
            Some("person") => Writer::Person,
            Some("views") => Writer::Views,
            Some("owner") => Writer::Owner,
            Some(other) => panic!("{}.table.sql is written by {other}, whoever that is", self.name),
        }
    }

    /// Names of the tables that it creates.
    pub fn tables(&self) -> Vec<String> {
        let created = |statement: &String| {
            let rest = statement.strip_prefix("CREATE TABLE IF NOT EXISTS ")?;
            Some(rest.split([' ', '\n', '(']).next().expect("a split has a first part").to_owned())
        };
        statements(self.text).iter().filter_map(created).collect()
    }

    /// The files that must run before this one, as its lines `-- after: NAME` say.
    fn after(&self) -> impl Iterator<Item = &'static str> {
        self.text.lines().filter_map(|line| line.strip_prefix("-- after: ")).map(str::trim)
    }
}

/// Every table file in an order in which each finds what it needs: `schema_version` first, then by `-- after:` lines,
/// else as listed.
pub fn in_order() -> Vec<TableFile> {
    let mut waiting: Vec<TableFile> = TABLE_FILES.to_vec();
    waiting.sort_by_key(|file| file.name != VERSIONS);
    let mut ordered: Vec<TableFile> = Vec::new();
    while !waiting.is_empty() {
        let ready = waiting.iter().position(|file| {
            file.after().all(|needed| ordered.iter().any(|done| done.name == needed))
        });
        let next = ready.expect("table files name only files that exist, and no circle");
        ordered.push(waiting.remove(next));
    }
    ordered
}

/// Whether `table` is whole on every node of a cluster.
pub fn is_on_every_shard(table: &str) -> bool {
    TABLE_FILES.iter().any(|file| file.name == table && file.is_on_every_shard())
}

const VERSIONS: &str = "schema_version";

/// Creates the database and every table of it that is missing, and adds what is missing in them.
///
/// Runs as `owner`; any number of times, also by two at once.
pub async fn migrate(owner: &Store, layout: &Layout) -> Result<Migrated, Error> {
    let applied = applied(owner).await?;
    let wanting: Vec<_> =
        in_order().into_iter().filter(|file| !applied.contains(&file.hash())).collect();
    if wanting.is_empty() {
        return Ok(Migrated::default());
    }
    if !applied.is_empty()
        && let Some(beside) = owner.beside().await?
    {
        return migrate_beside(owner, layout, &beside).await;
    }
    let database = owner.database();
    let on_cluster = cluster::on_cluster(layout);
    owner
        .with_database("system")
        .execute(&format!("CREATE DATABASE IF NOT EXISTS `{database}`{on_cluster}"))
        .await?;
    for file in &wanting {
        for statement in statements(file.text) {
            for rendered in cluster::render(file, &statement, layout, database) {
                owner.execute(&rendered).await.map_err(|error| blamed(error, file))?;
            }
        }
        let (name, hash) = (file.name, file.hash());
        owner
            .execute(&format!("INSERT INTO {VERSIONS} (file, hash) VALUES ('{name}', '{hash}')"))
            .await?;
    }
    Ok(Migrated { files: wanting.iter().map(|file| file.name).collect() })
}

/// Which file's statement was not taken.
fn blamed(error: Error, file: &TableFile) -> Error {
    match error {
        Error::Broken { code, reason, .. } => {
            Error::Broken { what: format!("{}.table.sql", file.name), code, reason }
        }
        Error::SchemaOld { reason, .. } | Error::Refused { reason, .. } => {
            Error::Broken { what: format!("{}.table.sql", file.name), code: 0, reason }
        }
        other => other,
    }
}

impl Store {
    /// Whether the database has everything that this program writes and reads.
    pub async fn check_schema(&self) -> Result<(), Error> {
        let applied = applied(self).await?;
        let missing: Vec<_> = TABLE_FILES
            .iter()
            .filter(|file| !applied.contains(&file.hash()))
            .map(|file| file.name)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let reason = format!("{} are not up to date", missing.join(", "));
        Err(Error::SchemaOld { database: self.database().to_owned(), reason })
    }
}

/// Hashes of the files that were ever applied; none if the database is new.
async fn applied(store: &Store) -> Result<HashSet<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        hash: String,
    }
    let question = Question::new("schema.applied", format!("SELECT DISTINCT hash FROM {VERSIONS}"))
        .within(Budget::default());
    match store.ask::<Row>(&question).await {
        Ok(answer) => Ok(answer.rows.into_iter().map(|row| row.hash).collect()),
        Err(Error::SchemaOld { .. }) => Ok(HashSet::new()),
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn every_table_file_of_the_workspace_is_compiled_in() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("crates/");
        let mut names = Vec::new();
        for source in ["model/src", "protocols/src"] {
            collect(&crates.join(source), &mut names);
        }
        let compiled: HashSet<_> = TABLE_FILES.iter().map(|file| file.name.to_owned()).collect();
        names.retain(|name| !compiled.contains(name));
        assert!(
            names.is_empty(),
            "touch the lib.rs beside {names:?}: the build script has not seen them"
        );
    }

    fn collect(folder: &Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder of sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, names);
            } else if let Some(name) =
                path.file_name().and_then(|name| name.to_str()?.strip_suffix(".table.sql"))
            {
                names.push(name.to_owned());
            }
        }
    }

    #[test]
    fn every_file_finds_what_it_needs_before_it() {
        let order: Vec<_> = in_order().iter().map(|file| file.name).collect();
        let place =
            |name: &str| order.iter().position(|other| *other == name).expect("it is there");
        assert_eq!(order.len(), TABLE_FILES.len());
        assert_eq!(place("schema_version"), 0);
        assert!(place("zone_of") < place("flow") && place("flow") < place("flow_hour"));
        assert!(place("flow_hour") < place("flow_day"));
    }

    #[test]
    fn every_file_creates_a_table_of_its_name() {
        for file in TABLE_FILES {
            assert_eq!(file.tables().first().map(String::as_str), Some(file.name));
            file.writer();
        }
    }
}
