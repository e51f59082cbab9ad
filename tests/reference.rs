//! `docs/reference`: what is listed in code, written out. `make bless` writes it again; these tests fail when it is stale.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Holds `text` against the page, or writes it when blessing.
fn hold(page: &str, text: &str) {
    let path = bartizan_tests::root().join("docs/reference").join(page);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).expect("docs/reference can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == text,
        "docs/reference/{page} is stale: run `make bless` and read the difference"
    );
}

#[test]
fn every_table_is_in_the_reference() {
    let mut text = String::from(
        "# Tables\n\nGenerated from the table files. A column that is an `ALIAS` is computed when read; one with a `DEFAULT` is \
         filled by the store at insert.\n",
    );
    for folder in ["crates/model/src", "crates/protocols/src"] {
        let mut files: Vec<_> = std::fs::read_dir(bartizan_tests::root().join(folder))
            .expect("the folder is in the repository")
            .filter_map(Result::ok)
            .map(|entry| entry.path())
            .filter(|path| path.to_string_lossy().ends_with(".table.sql"))
            .collect();
        files.sort();
        for file in files {
            let name = file
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a name")
                .trim_end_matches(".table.sql");
            let sql = std::fs::read_to_string(&file).expect("a table file is UTF-8");
            let _ = write!(text, "\n## {name}\n\n```sql\n{}\n```\n", sql.trim());
        }
    }
    hold("schema.md", &text);
}

#[test]
fn every_protocol_is_in_the_reference() {
    let mut text = String::from(
        "# Protocols\n\nGenerated from `PROTOCOLS`.\n\n| Protocol | What is kept | Ports | Table |\n|---|---|---|---|\n",
    );
    for protocol in protocols::PROTOCOLS {
        let ports: Vec<_> = protocol.ports.iter().map(u16::to_string).collect();
        let table = protocol.table.map_or("–", |table| table.name);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {table} |",
            protocol.name,
            protocol.doc,
            ports.join(", ")
        );
    }
    hold("protocols.md", &text);
}

#[test]
fn every_detection_is_in_the_reference() {
    let mut text = String::from(
        "# Detections\n\nGenerated from `DETECTIONS`, in order of precedence: the first explains the rest on the same flows.\n\n\
         | Id | Name | Finds | Severity | ATT&CK | Asked | Looks back | Version |\n|---|---|---|---|---|---|---|---|\n",
    );
    for detection in analyzer::detections::DETECTIONS {
        let about = detection.about();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {:?} | {} h | {} |",
            about.id,
            about.name,
            about.finds,
            about.severity,
            about.attack.join(", "),
            about.cadence,
            about.window_us / model::Time::HOUR,
            about.version
        );
    }
    hold("detections.md", &text);
}

#[test]
fn every_rule_is_in_the_reference() {
    let mut text = String::from(
        "# Rules\n\nGenerated from the files below `rules/`. A correlation rests on other rules.\n\n\
         | Id | Rule | Severity | Status | Table | ATT&CK | File |\n|---|---|---|---|---|---|---|\n",
    );
    for (file, rule) in &sigma::Rules::shipped().known {
        let table = rule.rows().map(|rows| rows.table.name);
        let kind = rule.correlation().map(|correlation| correlation.kind.as_str());
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | [{file}](../../{file}) |",
            rule.detection(),
            rule.title,
            rule.rings_with(),
            rule.status.as_str(),
            table.or(kind).unwrap_or_default(),
            rule.techniques().join(", "),
        );
    }
    hold("rules.md", &text);
}

#[test]
fn every_program_s_help_is_in_the_reference() {
    let mut text = String::from("# Commands\n\nGenerated from each program's `--help`.\n");
    for name in
        ["bartizan", "bartizan-sensor", "bartizan-analyzer", "bartizan-store", "bartizan-stories"]
    {
        let program = bartizan_tests::program(name);
        let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", help(&program, &[]));
        for command in commands(&help(&program, &[])) {
            let _ = write!(
                text,
                "\n### {name} {command}\n\n```text\n{}\n```\n",
                help(&program, &[&command])
            );
        }
    }
    hold("commands.md", &text);
}

fn help(program: &Path, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .arg("--help")
        .env("COLUMNS", "100")
        .env("HOME", "/home/analyst")
        .env_remove("XDG_DATA_HOME")
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{} {words:?} --help failed", program.display());
    let text = String::from_utf8(output.stdout).expect("help is UTF-8");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The subcommands that clap lists in a help text.
fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  ") || line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}
