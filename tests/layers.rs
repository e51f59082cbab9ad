//! The table of allowed edges between our crates, held against what Cargo knows.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

const WORDS: &[&str] = &["bartizan-model", "bartizan-config", "bartizan-wire"];

/// Each crate and what it may use, beside the words.
const TABLE: &[(&str, &[&str])] = &[
    ("bartizan-model", &[]),
    ("bartizan-config", &[]),
    ("bartizan-wire", &[]),
    ("bartizan-protocols", &[]),
    ("bartizan-policy", &[]),
    ("bartizan-stories", &["bartizan-policy"]),
    ("bartizan-store", &[]),
    ("bartizan-store-engine", &["bartizan-store"]),
    ("bartizan-query", &["bartizan-store"]),
    ("bartizan-graph", &["bartizan-store", "bartizan-query"]),
    ("bartizan-sigma", &["bartizan-store", "bartizan-query"]),
    ("bartizan-present", &["bartizan-query"]),
    ("bartizan-sensor", &["bartizan-protocols", "bartizan-store"]),
    (
        "bartizan-analyzer",
        &[
            "bartizan-policy",
            "bartizan-store",
            "bartizan-query",
            "bartizan-graph",
            "bartizan-sigma",
        ],
    ),
    (
        "bartizan",
        &[
            "bartizan-policy",
            "bartizan-store",
            "bartizan-query",
            "bartizan-graph",
            "bartizan-sigma",
            "bartizan-present",
        ],
    ),
    ("bartizan-dashboards", &["bartizan-store", "bartizan-query", "bartizan-present"]),
];

/// Of the words themselves: `model` and `wire` use nothing of ours, `config` uses `model`.
fn words_of(package: &str) -> &'static [&'static str] {
    match package {
        "bartizan-model" | "bartizan-wire" => &[],
        "bartizan-config" => &["bartizan-model"],
        _ => WORDS,
    }
}

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(bartizan_tests::root())
        .output()
        .expect("cargo runs");
    serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON")
}

fn edges() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let name = package["name"].as_str().expect("a name").to_owned();
            let uses = package["dependencies"].as_array().expect("dependencies").iter();
            let ours = uses
                .filter(|dependency| dependency["path"].is_string())
                .map(|dependency| dependency["name"].as_str().expect("a name").to_owned())
                .collect();
            (name, ours)
        })
        .collect()
}

#[test]
fn every_edge_between_our_crates_is_in_the_table() {
    let allowed: BTreeMap<&str, &[&str]> = TABLE.iter().copied().collect();
    let mut wrong = Vec::new();
    for (package, uses) in edges() {
        if package == "bartizan-tests" {
            continue;
        }
        let Some(may) = allowed.get(package.as_str()) else {
            wrong.push(format!("{package} is not in the table"));
            continue;
        };
        for used in uses {
            if !may.contains(&used.as_str()) && !words_of(&package).contains(&used.as_str()) {
                wrong.push(format!("{package} -> {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "edges that the table of tests/layers.rs does not allow: {wrong:#?}");
}

#[test]
fn the_table_names_only_crates_that_exist() {
    let edges = edges();
    let gone: Vec<_> = TABLE.iter().filter(|(package, _)| !edges.contains_key(*package)).collect();
    assert!(gone.is_empty(), "{gone:?}");
}

#[test]
fn only_the_store_opens_clickhouse() {
    let metadata = metadata();
    for package in metadata["packages"].as_array().expect("packages") {
        let uses = package["dependencies"].as_array().expect("dependencies").iter();
        let names: Vec<_> = uses.filter_map(|dependency| dependency["name"].as_str()).collect();
        assert!(
            package["name"] == "bartizan-store" || !names.contains(&"clickhouse"),
            "{} links the clickhouse crate",
            package["name"]
        );
    }
}
