//! Which captures a person means: files, and folders of them in order; and the tap that a file's name gives.

use super::OpenError;
use std::path::{Path, PathBuf};

/// The captures that `given` names: files as they are, folders as the captures in them sorted by name.
pub fn captures(given: &[PathBuf]) -> Result<Vec<PathBuf>, OpenError> {
    let mut found = Vec::new();
    for path in given {
        if path.is_dir() {
            let before = found.len();
            walk(path, &mut found)?;
            if found.len() == before {
                return Err(OpenError::EmptyFolder(path.display().to_string()));
            }
        } else {
            found.push(path.clone());
        }
    }
    Ok(found)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), OpenError> {
    let failed = |error| OpenError::new(folder, error);
    let mut entries = std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(failed)?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, found)?;
        } else if is_capture_name(&path) {
            found.push(path);
        }
    }
    Ok(())
}

/// Whether a file's name is that of a capture.
pub fn is_capture_name(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    [".pcap", ".pcapng", ".cap"].iter().any(|ending| name.ends_with(ending))
        || name.rsplit_once(".pcap").is_some_and(|(_, number)| {
            number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
}

/// The tap that a capture's name gives: what follows `tap-` at its start, up to the first dot.
pub fn tap_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_string_lossy();
    let rest = name.strip_prefix("tap-")?;
    let tap = rest.split('.').next().unwrap_or_default();
    (!tap.is_empty()).then(|| tap.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tap_is_the_part_after_the_prefix() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(tap_of(Path::new(name)).as_deref(), expected, "{name}");
        };
        check("day/tap-c.pcap", Some("c"));
        check("tap-C.pcapng.gz", Some("C"));
        check("trunk.pcap", None);
        check("tap-.pcap", None);
    }

    #[test]
    fn a_folder_is_its_captures_in_order() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in ["b.pcap", "a.pcapng.gz", "notes.txt", "c.pcap1"] {
            std::fs::write(folder.path().join(name), b"").expect("a file");
        }
        let found = captures(&[folder.path().to_path_buf()]).expect("a folder with captures");
        let names: Vec<_> = found.iter().filter_map(|path| path.file_name()?.to_str()).collect();
        assert_eq!(names, ["a.pcapng.gz", "b.pcap", "c.pcap1"]);
    }

    #[test]
    fn a_folder_without_captures_says_so() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let error = captures(&[folder.path().to_path_buf()]).expect_err("nothing in it");
        assert!(error.to_string().contains("no capture in this folder"), "{error}");
    }
}
