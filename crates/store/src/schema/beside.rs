//! A database beside another: what was written to it, as if some taps had been blind, and judgements of its own.
//!
//! What sensors, views and people write, and the zones, are views over the source, so that nothing is copied and what
//! arrives there is seen here. Rows of the taps that are left out are missing; their coverage says that all was lost, and
//! their ledger that all was `removed`: received = kept + dropped + removed. What the analyzer writes are tables of its own,
//! empty at first. Every question is asked unchanged. View `beside` says of which database and without which taps.

use super::{Layout, Migrated, TableFile, Writer, applied, blamed, cluster, in_order, statements};
use crate::{Error, Question, Store};
use serde::Deserialize;

/// Of which database, and without which taps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Beside {
    /// The database that it stands beside.
    pub source: String,
    /// The taps that are left out, in order.
    pub without: Vec<String>,
}

/// Name of the view that says what a database stands beside.
const VIEW: &str = "beside";

/// Tables that the analyzer writes and that are those of the source all the same.
const SHARED: [&str; 1] = ["zone_of"];

/// Tables that say what a tap could see, not what it saw: they know the taps that are left out.
const KNOWS_ALL_TAPS: [&str; 3] = ["coverage", "ledger", "zone_tap"];

impl Beside {
    /// Beside `source`, without these taps.
    pub fn new(source: &str, without: &[String]) -> Self {
        let mut without = without.to_vec();
        without.sort();
        without.dedup();
        Self { source: source.to_owned(), without }
    }

    /// The usual name of the database: `bartizan_s01_without_d`.
    pub fn name(&self) -> String {
        let taps: Vec<String> = self
            .without
            .iter()
            .map(|tap| tap.replace(|letter: char| !letter.is_ascii_alphanumeric(), "_"))
            .collect();
        format!("{}_without_{}", self.source, taps.join("_"))
    }

    /// The command that makes it.
    pub fn command(&self, name: &str) -> String {
        let taps = self.without.join(" --without ");
        format!(
            "bartizan-store migrate --database {name} --beside {} --without {taps}",
            self.source
        )
    }

    /// `'c', 'd'`
    fn taps(&self) -> String {
        self.without.iter().map(|tap| literal(tap)).collect::<Vec<_>>().join(", ")
    }
}

impl Store {
    /// What this database stands beside; none if it is no such database, or there is none of this name.
    pub async fn beside(&self) -> Result<Option<Beside>, Error> {
        let question =
            Question::new("schema.beside", format!("SELECT source, without FROM {VIEW}"));
        match self.ask::<Beside>(&question).await {
            Ok(answer) => Ok(answer.rows.into_iter().next()),
            Err(Error::SchemaOld { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The taps that have ever covered a minute, in order.
    pub async fn taps(&self) -> Result<Vec<String>, Error> {
        #[derive(Deserialize)]
        struct Row {
            tap: String,
        }
        let question =
            Question::new("schema.taps", "SELECT DISTINCT tap FROM coverage ORDER BY tap");
        Ok(self.ask::<Row>(&question).await?.rows.into_iter().map(|row| row.tap).collect())
    }

    /// Fails if one of `taps` has never covered a minute, and names those that have.
    pub async fn check_taps(&self, taps: &[String]) -> Result<(), Error> {
        let known = self.taps().await?;
        let Some(stranger) = taps.iter().find(|tap| !known.contains(tap)) else { return Ok(()) };
        let known = if known.is_empty() { "none yet".to_owned() } else { known.join(", ") };
        Err(Error::Setting(format!(
            "no tap of database {} is called {stranger:?}; its taps are {known}",
            self.database()
        )))
    }
}

/// Makes the owner's database one that stands beside another, or brings it up to date. May be run any number of times.
pub async fn migrate_beside(
    owner: &Store,
    layout: &Layout,
    beside: &Beside,
) -> Result<Migrated, Error> {
    check(owner, beside).await?;
    let database = owner.database();
    let on_cluster = cluster::on_cluster(layout);
    owner
        .with_database("system")
        .execute(&format!("CREATE DATABASE IF NOT EXISTS `{database}`{on_cluster}"))
        .await?;
    let said =
        format!("SELECT {} AS source, [{}] AS without", literal(&beside.source), beside.taps());
    owner.execute(&format!("CREATE OR REPLACE VIEW {VIEW}{on_cluster} AS {said}")).await?;
    let applied = applied(owner).await?;
    let mut migrated = Migrated::default();
    for file in in_order() {
        for statement in ours(owner, &file, layout, beside).await? {
            owner.execute(&statement).await.map_err(|error| blamed(error, &file))?;
        }
        if !applied.contains(&file.hash()) {
            let (name, hash) = (file.name, file.hash());
            let row =
                format!("INSERT INTO {} (file, hash) VALUES ('{name}', '{hash}')", super::VERSIONS);
            owner.execute(&row).await?;
            migrated.files.push(name);
        }
    }
    Ok(migrated)
}

/// Refuses what cannot stand beside another: a database that is something else already.
async fn check(owner: &Store, beside: &Beside) -> Result<(), Error> {
    let database = owner.database();
    let refused = |why: String| Err(Error::Setting(why));
    if beside.without.is_empty() {
        return refused(
            "a database beside another leaves some tap out: name it with --without".to_owned(),
        );
    }
    if database == beside.source {
        return refused(format!("database {database} cannot stand beside itself"));
    }
    let source = owner.with_database(&beside.source);
    if let Some(other) = source.beside().await? {
        return refused(format!(
            "database {} stands beside {} itself; name that one",
            beside.source, other.source
        ));
    }
    source.check_schema().await?;
    source.check_taps(&beside.without).await?;
    match owner.beside().await? {
        Some(found) if found == *beside => Ok(()),
        Some(found) => refused(format!(
            "database {database} is {} without {}; choose another name with --database",
            found.source,
            found.without.join(", ")
        )),
        None if applied(owner).await?.is_empty() => Ok(()),
        None => refused(format!(
            "database {database} holds rows of its own; choose another name with --database"
        )),
    }
}

/// The statements of a file as they are here: views in place of what the source holds.
async fn ours(
    owner: &Store,
    file: &TableFile,
    layout: &Layout,
    beside: &Beside,
) -> Result<Vec<String>, Error> {
    let is_own = matches!(file.writer(), Writer::Analyzer | Writer::Owner);
    let is_seen_through = !is_own || SHARED.contains(&file.name);
    if !is_seen_through {
        let rendered = statements(file.text)
            .iter()
            .flat_map(|statement| cluster::render(file, statement, layout, owner.database()))
            .collect();
        return Ok(rendered);
    }
    let on_cluster = cluster::on_cluster(layout);
    let mut ours = Vec::new();
    for table in file.tables() {
        let columns = columns(owner, &beside.source, &table).await?;
        ours.push(format!(
            "CREATE OR REPLACE VIEW {table}{on_cluster} AS {}",
            beside.select(&table, &columns)
        ));
    }
    let others = statements(file.text).into_iter().filter(|statement| {
        ["CREATE VIEW ", "CREATE DICTIONARY "].iter().any(|start| statement.starts_with(start))
    });
    for statement in others {
        ours.extend(cluster::render(file, &statement, layout, owner.database()));
    }
    Ok(ours)
}

/// Every column of a table, those that are computed among them: a view has to name them.
async fn columns(owner: &Store, database: &str, table: &str) -> Result<Vec<String>, Error> {
    #[derive(Deserialize)]
    struct Row {
        name: String,
    }
    let sql = "SELECT name FROM system.columns WHERE database = {database:String} AND table = {table:String} ORDER BY position";
    let question =
        Question::new("schema.columns", sql).with("database", database).with("table", table);
    Ok(owner.ask::<Row>(&question).await?.rows.into_iter().map(|row| row.name).collect())
}

impl Beside {
    fn select(&self, table: &str, columns: &[String]) -> String {
        let has_tap = columns.iter().any(|column| column == "tap");
        let listed = columns.iter().map(|column| self.column(table, column));
        let listed = listed.collect::<Vec<_>>().join(", ");
        let from = format!("SELECT {listed} FROM `{}`.`{table}` AS s", self.source);
        if has_tap && !KNOWS_ALL_TAPS.contains(&table) {
            return format!("{from} WHERE s.tap NOT IN ({})", self.taps());
        }
        from
    }

    /// A column as it is seen here: of a tap that is left out, coverage has lost all, and the ledger removed all.
    fn column(&self, table: &str, column: &str) -> String {
        let instead = match (table, column) {
            ("coverage", "packets_per_s" | "one_way_ppm" | "bytes_scanned") => "0",
            ("coverage", "drop_ppm") => "1000000",
            ("ledger", "reason") => {
                let taps = self.taps();
                return format!(
                    "if(s.tap IN ({taps}) AND s.reason != 'received', 'removed', s.reason) AS reason"
                );
            }
            _ => return format!("s.`{column}` AS `{column}`"),
        };
        let taps = self.taps();
        format!(
            "if(s.tap IN ({taps}), CAST({instead} AS {}), s.{column}) AS {column}",
            kind(column)
        )
    }
}

/// Type of a column of `coverage`.
fn kind(column: &str) -> &'static str {
    match column {
        "packets_per_s" => "Float64",
        "bytes_scanned" => "UInt64",
        _ => "UInt32",
    }
}

/// Text as a literal of SQL.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_usual_name_is_an_identifier_and_the_order_of_taps_does_not_matter() {
        let beside = Beside::new("bartizan_s01", &columns(&["tap-f", "d", "d"]));
        assert_eq!(beside.name(), "bartizan_s01_without_d_tap_f");
        assert_eq!(beside, Beside::new("bartizan_s01", &columns(&["d", "tap-f"])));
    }

    #[test]
    fn a_tap_that_is_left_out_has_lost_all_and_what_it_received_was_removed() {
        let beside = Beside::new("bank", &columns(&["d'x"]));
        assert_eq!(
            beside.select("flow", &columns(&["tap", "vlan"])),
            r"SELECT s.`tap` AS `tap`, s.`vlan` AS `vlan` FROM `bank`.`flow` AS s WHERE s.tap NOT IN ('d\'x')"
        );
        assert_eq!(
            beside.select("triage", &columns(&["actor"])),
            "SELECT s.`actor` AS `actor` FROM `bank`.`triage` AS s"
        );
        let coverage = beside.select("coverage", &columns(&["tap", "drop_ppm"]));
        assert!(
            coverage.contains(
                r"if(s.tap IN ('d\'x'), CAST(1000000 AS UInt32), s.drop_ppm) AS drop_ppm"
            ),
            "{coverage}"
        );
        assert!(!coverage.contains("WHERE"), "{coverage}");
        let ledger = beside.select("ledger", &columns(&["reason"]));
        assert!(
            ledger.contains("s.reason != 'received', 'removed', s.reason) AS reason"),
            "{ledger}"
        );
    }
}
