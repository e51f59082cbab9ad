//! Who may do what: one table of grants for the embedded engine and for a server.
//!
//! In database `bartizan` each user has what the table says and no more. The engine takes no grant on one table in
//! databases whose names are a pattern, so in `bartizan_…`, the databases of stories and trials, a right on a table is a
//! right on the database.

use store::schema::{TABLE_FILES, TableFile, Writer};

/// One grant of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Which role.
    pub role: &'static str,
    /// What it may do.
    pub right: &'static str,
    /// On what.
    pub on: On,
}

/// What a right is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// Everything in databases of ours.
    Database,
    /// One table, view or dictionary in them.
    Table(&'static str),
    /// The tables in them that these write.
    WrittenBy(Writer),
    /// Something outside them.
    Elsewhere(&'static str),
}

/// Limits of a user's queries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A program: limits of its own making.
    Program,
    /// Reads only (`readonly = 2`), within budgets.
    Reader,
    /// Reads within budgets, and may insert.
    Person,
}

impl Profile {
    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Program => "program",
            Self::Reader => "reader",
            Self::Person => "person",
        }
    }
}

/// The users that are programs, and the limits of each.
pub const PROGRAMS: &[(&str, Profile)] = &[
    ("owner", Profile::Program),
    ("sensor", Profile::Program),
    ("relay", Profile::Program),
    ("zones", Profile::Program),
    ("analyzer", Profile::Program),
    ("reader", Profile::Reader),
];

/// The role of every person.
pub const PERSON: &str = "person";

/// Every grant.
pub const GRANTS: &[Grant] = &[
    Grant { role: "owner", right: "ALL", on: On::Database },
    Grant { role: "owner", right: "SELECT", on: On::Elsewhere("system.*") },
    Grant { role: "owner", right: "TABLE ENGINE", on: On::Elsewhere("*") },
    Grant { role: "owner", right: "SET DEFINER", on: On::Elsewhere("owner") },
    Grant { role: "owner", right: "NAMED COLLECTION", on: On::Elsewhere("zone_source") },
    Grant { role: "owner", right: "KILL QUERY", on: On::Elsewhere("*.*") },
    Grant { role: "owner", right: "SYSTEM RELOAD DICTIONARY", on: On::Elsewhere("*.*") },
    Grant { role: "owner", right: "SYSTEM FLUSH LOGS", on: On::Elsewhere("*.*") },
    Grant { role: "owner", right: "SYSTEM MERGES", on: On::Database },
    Grant { role: "sensor", right: "INSERT", on: On::WrittenBy(Writer::Sensor) },
    Grant { role: "sensor", right: "dictGet", on: On::Table("zone_dict") },
    Grant { role: "sensor", right: "SELECT", on: On::Table("schema_version") },
    Grant { role: "relay", right: "INSERT", on: On::WrittenBy(Writer::Sensor) },
    Grant { role: "relay", right: "dictGet", on: On::Table("zone_dict") },
    Grant { role: "relay", right: "SELECT", on: On::Table("schema_version") },
    Grant { role: "zones", right: "SELECT", on: On::Table("zone_now") },
    Grant { role: "analyzer", right: "SELECT", on: On::Database },
    Grant { role: "analyzer", right: "dictGet", on: On::Table("zone_dict") },
    Grant { role: "analyzer", right: "INSERT", on: On::WrittenBy(Writer::Analyzer) },
    Grant { role: "analyzer", right: "SELECT", on: On::Elsewhere("system.processes") },
    Grant { role: "analyzer", right: "SYSTEM RELOAD DICTIONARY", on: On::Elsewhere("*.*") },
    Grant { role: "reader", right: "SELECT", on: On::Database },
    Grant { role: "reader", right: "dictGet", on: On::Table("zone_dict") },
    Grant { role: "reader", right: "SELECT", on: On::Elsewhere("system.parts") },
    Grant { role: "reader", right: "SELECT", on: On::Elsewhere("system.query_log") },
    Grant { role: "reader", right: "SELECT", on: On::Elsewhere("system.processes") },
    Grant { role: "person", right: "SELECT", on: On::Database },
    Grant { role: "person", right: "dictGet", on: On::Table("zone_dict") },
    Grant { role: "person", right: "INSERT", on: On::WrittenBy(Writer::Person) },
    Grant { role: "person", right: "SELECT", on: On::Elsewhere("system.parts") },
    Grant { role: "person", right: "SELECT", on: On::Elsewhere("system.query_log") },
    Grant { role: "person", right: "SELECT", on: On::Elsewhere("system.processes") },
];

/// What `role` is granted, as the words after `GRANT`.
pub fn of_role(role: &str) -> Vec<String> {
    GRANTS.iter().filter(|grant| grant.role == role).flat_map(Grant::words).collect()
}

impl Grant {
    fn words(&self) -> Vec<String> {
        let right = self.right;
        let in_trials = format!("{right} ON bartizan_*.*");
        match self.on {
            On::Database => vec![format!("{right} ON bartizan.*"), in_trials],
            On::Table(table) => vec![format!("{right} ON bartizan.{table}"), in_trials],
            On::WrittenBy(writer) => TABLE_FILES
                .iter()
                .filter(|file| file.writer() == writer)
                .flat_map(TableFile::tables)
                .map(|table| format!("{right} ON bartizan.{table}"))
                .chain([in_trials])
                .collect(),
            On::Elsewhere(what) => vec![format!("{right} ON {what}")],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sensor_may_only_append_what_sensors_write() {
        let grants = of_role("sensor");
        assert!(grants.contains(&"INSERT ON bartizan.flow".to_owned()), "{grants:?}");
        for table in ["warning", "evidence", "zone_of", "triage", "flow_hour", "schema_version"] {
            assert!(!grants.contains(&format!("INSERT ON bartizan.{table}")), "{table}");
        }
    }

    #[test]
    fn nobody_but_the_owner_may_change_tables_and_nobody_may_leave_the_store() {
        for grant in GRANTS {
            let words = grant.words().join(";").to_uppercase();
            for way_out in ["FILE", "URL", "REMOTE", "S3", "READ ON", "WRITE ON"] {
                assert!(!words.contains(way_out) || words.contains("QUERY_LOG"), "{words}");
            }
            let harmless = ["SELECT", "INSERT", "dictGet", "SYSTEM RELOAD DICTIONARY"];
            assert!(grant.role == "owner" || harmless.contains(&grant.right), "{grant:?}");
        }
    }
}
