//! Gathers every table file of the workspace, so that one program holds the whole schema.
//!
//! A new table file is noticed when the `lib.rs` beside it changes, which a new record or protocol always does:
//! watching whole folders would rebuild every program at each edit of a parser.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    let crates =
        PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("..");
    let mut list = String::from("&[\n");
    for source in ["model", "protocols"] {
        let folder =
            fs::canonicalize(crates.join(source).join("src")).expect("the crate has sources");
        println!("cargo::rerun-if-changed={}", folder.join("lib.rs").display());
        let mut files = table_files(&folder);
        files.sort();
        for file in files {
            println!("cargo::rerun-if-changed={}", file.display());
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .expect("table files have plain names");
            let stem = name.trim_end_matches(".table.sql");
            let file = file.to_str().expect("source folders have plain names");
            writeln!(list, "    TableFile {{ name: {stem:?}, text: include_str!({file:?}) }},")
                .expect("memory does not fail");
        }
    }
    list.push(']');
    let out =
        PathBuf::from(std::env::var("OUT_DIR").expect("cargo sets it")).join("table_files.rs");
    fs::write(out, list).expect("the build folder is writable");
}

fn table_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources").flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(table_files(&path));
        } else if path.to_str().is_some_and(|path| path.ends_with(".table.sql")) {
            found.push(path);
        }
    }
    found
}
