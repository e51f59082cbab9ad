//! Rows as lines of JSON: on standard output, or one file for each table.

use super::{Delivered, Failure};
use model::Batch;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Stdout, Write};
use std::path::{Path, PathBuf};

/// Where lines go.
#[derive(Debug)]
pub enum Lines {
    /// All tables, in the order of arrival.
    Output(BufWriter<Stdout>),
    /// `<folder>/<table>.jsonl`.
    Folder(PathBuf, BTreeMap<String, BufWriter<File>>),
}

impl Lines {
    /// Lines on standard output.
    pub fn output() -> Self {
        Self::Output(BufWriter::new(std::io::stdout()))
    }

    /// Lines in files below `folder`, which is created.
    pub fn folder(folder: &Path) -> Result<Self, Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|error| Failure::Unwritable(folder.display().to_string(), error))?;
        Ok(Self::Folder(folder.to_path_buf(), BTreeMap::new()))
    }

    pub(super) fn write(&mut self, batch: &Batch) -> Result<Delivered, Failure> {
        match self {
            Self::Output(output) => output.write_all(batch.lines()).map_err(failed_output)?,
            Self::Folder(folder, files) => {
                for line in batch.lines().split_inclusive(|byte| *byte == b'\n') {
                    write_line(folder, files, line)?;
                }
            }
        }
        Ok(Delivered { kept: batch.rows(), refused: 0 })
    }

    pub(super) fn flush(&mut self) -> Result<(), Failure> {
        match self {
            Self::Output(output) => output.flush().map_err(failed_output),
            Self::Folder(folder, files) => files.iter_mut().try_for_each(|(table, file)| {
                file.flush().map_err(|error| failed_file(folder, table, error))
            }),
        }
    }
}

fn write_line(
    folder: &Path,
    files: &mut BTreeMap<String, BufWriter<File>>,
    line: &[u8],
) -> Result<(), Failure> {
    let table = table_of(line);
    if !files.contains_key(table) {
        let file = File::create(folder.join(format!("{table}.jsonl")))
            .map_err(|error| failed_file(folder, table, error))?;
        files.insert(table.to_owned(), BufWriter::new(file));
    }
    let file = files.get_mut(table).expect("it was just opened");
    file.write_all(line).map_err(|error| failed_file(folder, table, error))
}

/// The table that a line names: batches write it first.
fn table_of(line: &[u8]) -> &str {
    let rest = line.strip_prefix(br#"{"table":""#).unwrap_or_default();
    let end = rest.iter().position(|byte| *byte == b'"').unwrap_or(0);
    std::str::from_utf8(&rest[..end]).unwrap_or_default()
}

fn failed_output(error: std::io::Error) -> Failure {
    match error.kind() {
        ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::Unwritable("standard output".into(), error),
    }
}

fn failed_file(folder: &Path, table: &str, error: std::io::Error) -> Failure {
    Failure::Unwritable(folder.join(format!("{table}.jsonl")).display().to_string(), error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Coverage, Flow, Form, Side, Time};

    #[test]
    fn each_table_has_its_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut batch = Batch::new(Form::Jsonl);
        batch.push(&Flow::default());
        batch.push(&Flow::default());
        batch.push(&Coverage {
            minute: Time(0),
            tap: "A".into(),
            vlan: 0,
            direction: Side::Src,
            packets_per_s: 0.0,
            drop_ppm: 0,
            one_way_ppm: 0,
            clock_offset_us: 0,
            bytes_scanned: 0,
        });
        let mut lines = Lines::folder(folder.path()).expect("a folder to write to");
        assert_eq!(lines.write(&batch).expect("files").kept, 3);
        lines.flush().expect("files");
        let count = |name: &str| {
            let text = std::fs::read_to_string(folder.path().join(name)).expect("a file");
            text.lines().count()
        };
        assert_eq!((count("flow.jsonl"), count("coverage.jsonl")), (2, 1));
    }
}
