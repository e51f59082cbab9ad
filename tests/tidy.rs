//! The house rules that a machine can check: names, module docs, where `unsafe` and SQL may live.

use std::path::{Path, PathBuf};
use walkdir::WalkDir;

const TOP: &[&str] = &[
    "Cargo.toml",
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "Makefile",
    "bartizan.toml",
    "LICENSE",
    "sensor",
    "ebpf",
    "analyzer",
    "console",
    "dashboards",
    "rules",
    "ansible",
    "crates",
    "tests",
    "docs",
    "scripts",
];
const FORBIDDEN_NAMES: &[&str] = &["mod", "util", "utils", "common", "helper", "helpers", "misc"];
const UNSAFE_HOMES: &[&str] = &["ebpf/", "sensor/src/capture/", "crates/store/engine/"];

fn files(extension: &str) -> Vec<(PathBuf, String)> {
    let root = bartizan_tests::root();
    let skip =
        |path: &Path| ["target", ".git", "node_modules"].iter().any(|name| path.ends_with(name));
    let found: Vec<_> = WalkDir::new(&root)
        .into_iter()
        .filter_entry(|entry| !skip(entry.path()))
        .filter_map(Result::ok)
        .filter(|entry| entry.path().extension().is_some_and(|it| it == extension))
        .map(|entry| {
            let text = std::fs::read_to_string(entry.path()).expect("source files are UTF-8");
            (entry.path().strip_prefix(&root).expect("below the root").to_path_buf(), text)
        })
        .collect();
    assert!(!found.is_empty(), "no .{extension} files were found");
    found
}

/// Fails with every file that `wrong` has something to say about.
fn check(extension: &str, rule: &str, wrong: impl Fn(&Path, &str) -> Option<String>) {
    let bad: Vec<_> = files(extension)
        .iter()
        .filter_map(|(path, text)| {
            wrong(path, text).map(|why| format!("{}: {why}", path.display()))
        })
        .collect();
    assert!(bad.is_empty(), "{rule}\n{}", bad.join("\n"));
}

/// Whether `path` is part of this test, which must spell what it forbids.
fn is_this_file(path: &Path) -> bool {
    path == Path::new("tests/tidy.rs")
}

#[test]
fn the_root_holds_what_the_architecture_promises() {
    let missing: Vec<_> =
        TOP.iter().filter(|name| !bartizan_tests::root().join(name).exists()).collect();
    assert!(missing.is_empty(), "missing at the root: {missing:?}");
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    check("rs", "names that the house style does not use", |path, _| {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let folders = path
            .parent()
            .into_iter()
            .flat_map(Path::components)
            .filter_map(|part| part.as_os_str().to_str());
        std::iter::once(stem)
            .chain(folders)
            .find(|name| FORBIDDEN_NAMES.contains(name))
            .map(|name| format!("is called {name:?}"))
    });
}

#[test]
fn every_file_says_its_idea_first() {
    check("rs", "a file begins with its module doc", |_, text| {
        let first = text
            .lines()
            .find(|line| !line.starts_with("#!") && !line.trim().is_empty())
            .unwrap_or_default();
        (!first.starts_with("//! ")).then(|| format!("begins with {first:?}"))
    });
}

#[test]
fn unsafe_code_lives_only_where_it_must() {
    check(
        "rs",
        "`unsafe` is allowed below ebpf/, sensor/src/capture/ and the engine binding",
        |path, text| {
            let home = UNSAFE_HOMES.iter().any(|home| path.starts_with(home)) || is_this_file(path);
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            let mut used = code.filter(|line| line.contains("unsafe ") || line.contains("unsafe{"));
            used.next().filter(|_| !home).map(|line| format!("has {:?}", line.trim()))
        },
    );
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    check("rs", "`unsafe {` wants `// SAFETY:` above it", |path, text| {
        let blocks = text.matches("unsafe {").count();
        let reasons = text.matches("// SAFETY:").count();
        (!is_this_file(path) && blocks > reasons)
            .then(|| format!("{blocks} blocks, {reasons} reasons"))
    });
}

#[test]
fn nothing_is_skipped_stubbed_or_slept_through() {
    let forbidden = ["#[ignore", "todo!(", "unimplemented!(", "thread::sleep"];
    check("rs", "no ignored tests, stubs or sleeps", |path, text| {
        forbidden
            .iter()
            .find(|word| !is_this_file(path) && text.contains(**word))
            .map(|word| format!("has {word}"))
    });
}

#[test]
fn tables_can_be_created_again_and_again() {
    check("sql", "a table file may be run any number of times", |path, text| {
        let table = path.to_string_lossy().ends_with(".table.sql");
        let statements = text.lines().filter(|line| line.trim_start().starts_with("CREATE "));
        let mut bare = statements
            .filter(|line| !line.contains("IF NOT EXISTS") && !line.contains("OR REPLACE"));
        bare.next().filter(|_| table).map(|line| format!("has {:?}", line.trim()))
    });
}
