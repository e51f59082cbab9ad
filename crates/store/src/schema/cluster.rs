//! The same table file for one node and for a cluster.
//!
//! On a cluster a table `flow` is `flow_local` on every replica, which writers and materialized views use, and a
//! `Distributed` table `flow` in front, which readers use. It has no sharding key, so that a write through it is refused:
//! all slices of a flow, and what belongs to them, are written to one shard. Tables of a file with the line
//! `-- on every shard` are whole on each node instead, for dictionaries to load.

use super::{Layout, TableFile};

/// Seconds for which a cluster knows an insert: the age of the oldest spool.
const KNOWN_SECONDS: u32 = 7 * 24 * 3600;

/// ` ON CLUSTER 'name'`, or nothing.
pub(super) fn on_cluster(layout: &Layout) -> String {
    match layout {
        Layout::SingleNode => String::new(),
        Layout::Cluster(name) => format!(" ON CLUSTER '{name}'"),
    }
}

/// What is sent for one statement of `file`, in this order.
pub(super) fn render(
    file: &TableFile,
    statement: &str,
    layout: &Layout,
    database: &str,
) -> Vec<String> {
    let statement = statement.replace("{database}", database);
    match layout {
        Layout::SingleNode => vec![statement],
        Layout::Cluster(name) => {
            Rendering { name, database, everywhere: file.is_on_every_shard() }.statement(&statement)
        }
    }
}

impl TableFile {
    /// Whether its tables are whole on every node of a cluster.
    pub fn is_on_every_shard(&self) -> bool {
        self.text.lines().any(|line| line.trim() == "-- on every shard")
    }
}

struct Rendering<'a> {
    name: &'a str,
    database: &'a str,
    everywhere: bool,
}

impl Rendering<'_> {
    fn statement(&self, statement: &str) -> Vec<String> {
        for (start, make) in [
            ("CREATE TABLE IF NOT EXISTS ", Self::table as fn(&Self, &str, &str) -> Vec<String>),
            ("CREATE MATERIALIZED VIEW IF NOT EXISTS ", Self::materialized),
            ("ALTER TABLE ", Self::alteration),
        ] {
            if let Some((name, rest)) = named(statement, start) {
                return make(self, name, rest);
            }
        }
        for start in ["CREATE VIEW IF NOT EXISTS ", "CREATE DICTIONARY IF NOT EXISTS "] {
            if let Some((name, rest)) = named(statement, start) {
                return vec![format!("{start}{name} ON CLUSTER '{}'{rest}", self.name)];
            }
        }
        vec![statement.to_owned()]
    }

    fn table(&self, name: &str, rest: &str) -> Vec<String> {
        let (cluster, database) = (self.name, self.database);
        let path = if self.everywhere { "all" } else { "{shard}" };
        let body = replicated(rest, path);
        if self.everywhere {
            return vec![format!("CREATE TABLE IF NOT EXISTS {name} ON CLUSTER '{cluster}'{body}")];
        }
        vec![
            format!("CREATE TABLE IF NOT EXISTS {name}_local ON CLUSTER '{cluster}'{body}"),
            format!(
                "CREATE TABLE IF NOT EXISTS {name} ON CLUSTER '{cluster}' AS {database}.{name}_local
ENGINE = Distributed('{cluster}', '{database}', '{name}_local')"
            ),
        ]
    }

    fn alteration(&self, name: &str, rest: &str) -> Vec<String> {
        let tables = if self.everywhere {
            vec![name.to_owned()]
        } else {
            vec![format!("{name}_local"), name.to_owned()]
        };
        tables
            .iter()
            .map(|table| format!("ALTER TABLE {table} ON CLUSTER '{}'{rest}", self.name))
            .collect()
    }

    /// Reads the local table and fills the local target: a row meets its rollups on its own shard.
    fn materialized(&self, name: &str, rest: &str) -> Vec<String> {
        let local = |text: &str, before: &str| {
            let (head, tail) =
                text.split_once(before).expect("a materialized view has TO and FROM");
            let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
            format!("{head}{before}{}_local{}", &tail[..end], &tail[end..])
        };
        let rest = local(&local(rest, " TO "), "\nFROM ");
        vec![format!(
            "CREATE MATERIALIZED VIEW IF NOT EXISTS {name} ON CLUSTER '{}'{rest}",
            self.name
        )]
    }
}

/// The name after `start`, and what follows it.
fn named<'a>(statement: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    let rest = statement.strip_prefix(start)?;
    Some(rest.split_at(rest.find([' ', '\n', '(']).unwrap_or(rest.len())))
}

/// The engine with its replicas, and what a cluster calls the window of known inserts.
fn replicated(body: &str, path: &str) -> String {
    let (head, tail) = body.rsplit_once("ENGINE = ").expect("a table has an engine");
    let end = tail.find(['(', ' ', '\n']).unwrap_or(tail.len());
    let (engine, rest) = tail.split_at(end);
    let replica = format!("'/clickhouse/tables/{{uuid}}/{path}', '{{replica}}'");
    let rest = match rest.strip_prefix('(') {
        Some(arguments) => format!("({replica}, {arguments}"),
        None => format!("({replica}){rest}"),
    };
    let known = format!(
        "replicated_deduplication_window_seconds = {KNOWN_SECONDS}, replicated_deduplication_window ="
    );
    format!("{head}ENGINE = Replicated{engine}{rest}")
        .replace("non_replicated_deduplication_window =", &known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::statements;

    fn check(text: &'static str, expected: &[&str]) {
        let file = TableFile { name: "a", text };
        let layout = Layout::Cluster("bank".into());
        let rendered: Vec<_> = statements(text)
            .iter()
            .flat_map(|statement| render(&file, statement, &layout, "bartizan"))
            .collect();
        assert_eq!(rendered, expected);
    }

    /// Written by hand from ClickHouse's documentation of ReplicatedMergeTree and Distributed.
    #[test]
    fn a_table_is_local_and_replicated_behind_a_distributed_one() {
        check(
            "CREATE TABLE IF NOT EXISTS a (\n    x UInt8\n) ENGINE = ReplacingMergeTree(v)\nORDER BY x\nSETTINGS non_replicated_deduplication_window = 7;",
            &[
                "CREATE TABLE IF NOT EXISTS a_local ON CLUSTER 'bank' (\n    x UInt8\n) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', v)\nORDER BY x\nSETTINGS replicated_deduplication_window_seconds = 604800, replicated_deduplication_window = 7",
                "CREATE TABLE IF NOT EXISTS a ON CLUSTER 'bank' AS bartizan.a_local\nENGINE = Distributed('bank', 'bartizan', 'a_local')",
            ],
        );
    }

    #[test]
    fn a_table_for_dictionaries_is_whole_on_every_shard() {
        check(
            "-- on every shard\nCREATE TABLE IF NOT EXISTS a (x UInt8) ENGINE = MergeTree ORDER BY x;\nALTER TABLE a ADD COLUMN IF NOT EXISTS y UInt8;",
            &[
                "CREATE TABLE IF NOT EXISTS a ON CLUSTER 'bank' (x UInt8) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/all', '{replica}') ORDER BY x",
                "ALTER TABLE a ON CLUSTER 'bank' ADD COLUMN IF NOT EXISTS y UInt8",
            ],
        );
    }

    #[test]
    fn views_that_fill_tables_stay_on_their_shard_and_views_that_read_do_not() {
        check(
            "CREATE MATERIALIZED VIEW IF NOT EXISTS v TO b DEFINER = owner SQL SECURITY DEFINER AS\nSELECT x\nFROM a\nGROUP BY x;\nCREATE VIEW IF NOT EXISTS w AS SELECT x FROM a;\nALTER TABLE a ADD COLUMN IF NOT EXISTS y UInt8;",
            &[
                "CREATE MATERIALIZED VIEW IF NOT EXISTS v ON CLUSTER 'bank' TO b_local DEFINER = owner SQL SECURITY DEFINER AS\nSELECT x\nFROM a_local\nGROUP BY x",
                "CREATE VIEW IF NOT EXISTS w ON CLUSTER 'bank' AS SELECT x FROM a",
                "ALTER TABLE a_local ON CLUSTER 'bank' ADD COLUMN IF NOT EXISTS y UInt8",
                "ALTER TABLE a ON CLUSTER 'bank' ADD COLUMN IF NOT EXISTS y UInt8",
            ],
        );
    }

    #[test]
    fn every_table_file_has_a_form_for_a_cluster() {
        let layout = Layout::Cluster("bank".into());
        for file in crate::schema::TABLE_FILES {
            for statement in statements(file.text) {
                for rendered in render(file, &statement, &layout, "bartizan") {
                    assert!(rendered.contains("ON CLUSTER 'bank'"), "{}: {rendered}", file.name);
                    assert!(!rendered.contains(" non_replicated"), "{}: {rendered}", file.name);
                    assert!(!rendered.contains("= MergeTree"), "{}: {rendered}", file.name);
                }
            }
        }
    }
}
