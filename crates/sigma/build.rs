//! Gathers every rule file below `rules/`, so that a program holds the rules that it ships with.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let crates = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let folder = fs::canonicalize(crates.join("../../rules")).expect("the repository has rules");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = rule_files(&folder);
    files.sort();
    let mut list = String::from("&[\n");
    for file in files {
        let name = file.strip_prefix(&folder).expect("it was found there").to_string_lossy();
        let path = file.to_str().expect("rule files have plain names");
        writeln!(list, "    (\"rules/{name}\", include_str!({path:?})),")
            .expect("memory does not fail");
    }
    list.push(']');
    let out = PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it")).join("rule_files.rs");
    fs::write(out, list).expect("the build folder is writable");
}

fn rule_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of rules").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(rule_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "yml") {
            found.push(path);
        }
    }
    found
}
