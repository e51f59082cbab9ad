//! One capture through the sensor, in this process, and the rows that come out.

use model::Form;
use sensor::replay::{Replay, Replayed};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What the sensor makes of a capture.
pub struct Seen {
    pub replayed: Replayed,
    pub lines: Vec<u8>,
}

impl Seen {
    /// The rows of one table.
    pub fn rows<'a>(&'a self, table: &str) -> impl Iterator<Item = Value> + 'a {
        let start = format!("{{\"table\":\"{table}\",");
        self.lines
            .split(|byte| *byte == b'\n')
            .filter(move |line| line.starts_with(start.as_bytes()))
            .map(|line| serde_json::from_slice(line).expect("a row is JSON"))
    }
}

/// Replays `path`.
pub fn replay(path: &Path) -> Result<Seen, String> {
    let replay = Replay {
        files: vec![path.to_path_buf()],
        tap: Some("T".into()),
        flows_only: false,
        form: Form::Jsonl,
        links: std::sync::Arc::default(),
    };
    let settings = config::Settings::default().sensor;
    let (replayed, parcels) = replay
        .run(&settings, Vec::new(), &AtomicBool::new(false), &mut ())
        .map_err(|error| error.to_string())?;
    let lines = parcels.iter().flat_map(|parcel| parcel.batch.lines()).copied().collect();
    Ok(Seen { replayed, lines })
}

/// Every file below `folder`, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(|entry| entry.expect("the corpora can be read"))
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    files
}

/// JSON of a truth file.
pub fn truth(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An address as rows hold it, from text of either tool; none if the text is no address.
pub fn address(text: &str) -> Option<Ipv6Addr> {
    text.parse::<IpAddr>().ok().map(model::mapped)
}

/// The text of a field, empty if it is absent or null.
pub fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

/// A number of a row.
pub fn number(row: &Value, field: &str) -> u64 {
    row[field].as_u64().unwrap_or_else(|| panic!("{field} of {row} is a number"))
}

/// Does `work` for every item on all processors; results by item, in order.
pub fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let at = std::ptr::from_ref(item).addr();
                    let result = work(item);
                    done.lock().expect("no other thread panicked").insert(at, result);
                }
            });
        }
    });
    done.into_inner().expect("no thread panicked").into_values().collect()
}
