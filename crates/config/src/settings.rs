//! Every setting with its default.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

pub use crate::link_end::LinkEnd;

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
    /// File with the key that makes tokens of account numbers, mode 0600, at least 32 bytes, the same at every sensor;
    /// or set BARTIZAN_TOKEN_KEY to its hexadecimal digits. Empty: tokens are zero.
    pub token_key_file: PathBuf,
    /// Folder of ISO 8583 dialects of your own, NAME.toml each; empty: only those that are built in.
    pub dialects: PathBuf,
    /// Links whose protocol is declared. Instead of this line write a section [[sensor.link]] for each, with id, to
    /// (address, network or address:port of the end that is called) and dialect.
    pub link: Vec<Link>,
}

/// A link whose protocol is declared: its flows are read without probing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Name of the link, as rows tell it.
    pub id: String,
    /// The end that is called: an address, a network, or address:port.
    pub to: LinkEnd,
    /// Name of an ISO 8583 dialect.
    pub dialect: String,
    /// Whether its messages must carry an authentication code; read by detections.
    #[serde(default)]
    pub mac: LinkMac,
}

/// Whether the messages of a link must carry an authentication code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkMac {
    /// They must.
    Required,
    /// They need not.
    #[default]
    None,
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
            token_key_file: PathBuf::new(),
            dialects: PathBuf::new(),
            link: Vec::new(),
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
    /// Folder of rules in Sigma's format, besides those that are shipped; empty: only those.
    pub rules: PathBuf,
    /// When a zone, a business service, a site or the institution enters a situation level, and when it leaves it.
    pub levels: Levels,
}

impl Default for Analyzer {
    fn default() -> Self {
        Self {
            policy: PathBuf::from("policy.toml"),
            lateness_min: 15,
            rules: PathBuf::new(),
            levels: Levels::default(),
        }
    }
}

/// When a zone, a business service, a site or the institution enters a situation level, and when it leaves it. An index
/// is 0 to 100. Uncalibrated start values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Levels {
    /// Index from which it is at IV (blue) after `iv_enter_min`.
    pub iv_enter: f64,
    /// Minutes for which the index must have been there.
    pub iv_enter_min: u32,
    /// Index below which it leaves IV after `iv_leave_min`.
    pub iv_leave: f64,
    /// Minutes for which the index must have been below.
    pub iv_leave_min: u32,
    /// Index from which it is at III (yellow).
    pub iii_enter: f64,
    /// Index below which it leaves III after `iii_leave_min`.
    pub iii_leave: f64,
    /// Minutes for which the index must have been below.
    pub iii_leave_min: u32,
    /// Index from which it is at II (orange).
    pub ii_enter: f64,
    /// Index below which a person may let it leave II after `ii_leave_min`.
    pub ii_leave: f64,
    /// Minutes for which the index must have been below.
    pub ii_leave_min: u32,
    /// Index from which it is at I (red), which only a person lets it leave.
    pub i_enter: f64,
    /// A level I warning in a zone of this criticality or more is situation level II.
    pub crown_criticality: u8,
    /// A level II warning in a zone of this criticality or less is situation level IV.
    pub minor_criticality: u8,
}

impl Default for Levels {
    fn default() -> Self {
        Self {
            iv_enter: 20.0,
            iv_enter_min: 15,
            iv_leave: 15.0,
            iv_leave_min: 120,
            iii_enter: 40.0,
            iii_leave: 30.0,
            iii_leave_min: 240,
            ii_enter: 65.0,
            ii_leave: 50.0,
            ii_leave_min: 720,
            i_enter: 85.0,
            crown_criticality: 9,
            minor_criticality: 6,
        }
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
