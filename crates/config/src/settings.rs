//! Every setting with its default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The whole of `bartizan.toml`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where rows are kept.
    pub store: Store,
    /// What the sensor watches and how much it may use.
    pub sensor: Sensor,
    /// How rows are judged.
    pub analyzer: Analyzer,
    /// How the console looks.
    pub console: Console,
}

/// Where rows are kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Store {
    /// URL of a ClickHouse HTTP interface; empty: the embedded engine in `folder`.
    pub url: String,
    /// Database.
    pub database: String,
    /// ClickHouse user; empty: the one of the program's role in the embedded engine.
    pub user: String,
    /// File that holds the password, mode 0600; or set BARTIZAN_STORE_PASSWORD.
    pub password_file: PathBuf,
    /// Data folder of the embedded engine; empty: $XDG_DATA_HOME/bartizan/store.
    pub folder: PathBuf,
    /// Cluster name for `ON CLUSTER`; empty: one node.
    pub cluster: String,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            url: String::new(),
            database: "bartizan".into(),
            user: String::new(),
            password_file: PathBuf::new(),
            folder: PathBuf::new(),
            cluster: String::new(),
        }
    }
}

/// What the sensor watches and how much it may use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Sensor {
    /// Name of the tap for captures that name none.
    pub tap: String,
    /// Flows kept in the table at most; at the bound the oldest idle one is written early and counted.
    pub max_flows: usize,
    /// Seconds without a packet after which a TCP flow ends.
    pub tcp_idle_s: u32,
    /// Seconds without a packet after which a flow of another protocol ends.
    pub other_idle_s: u32,
    /// Bytes out of order kept for one direction of one flow.
    pub stream_bytes: usize,
    /// Bytes out of order kept in all.
    pub stream_bytes_total: usize,
    /// Rows in a batch before it is sent.
    pub batch_rows: u64,
    /// Batches that may wait for the exporter.
    pub batch_queue: usize,
}

impl Default for Sensor {
    fn default() -> Self {
        Self {
            tap: "tap".into(),
            max_flows: 1_000_000,
            tcp_idle_s: 300,
            other_idle_s: 60,
            stream_bytes: 256 * 1024,
            stream_bytes_total: 256 * 1024 * 1024,
            batch_rows: 50_000,
            batch_queue: 4,
        }
    }
}

/// How rows are judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Analyzer {
    /// The bank's policy file.
    pub policy: PathBuf,
    /// Minutes that a row may be late and still re-open its window.
    pub lateness_min: u32,
}

impl Default for Analyzer {
    fn default() -> Self {
        Self { policy: PathBuf::from("policy.toml"), lateness_min: 15 }
    }
}

/// How the console looks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Console {
    /// Theme: `terminal`, `mono` or `ascii`.
    pub theme: String,
    /// Count ages and `last 1h` from this moment (RFC 3339) instead of the clock; empty: live.
    pub now: String,
}

impl Default for Console {
    fn default() -> Self {
        Self { theme: "terminal".into(), now: String::new() }
    }
}
