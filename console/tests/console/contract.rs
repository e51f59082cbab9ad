//! The command line as scripts see it: exit codes, standard output, standard error. No store is needed for any of it.

use bartizan::cli::Cli;
use clap::CommandFactory;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

/// A port of this machine on which nobody listens: it was free, and was given back.
fn nobody() -> String {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    format!("http://127.0.0.1:{port}")
}

fn bartizan(arguments: &[&str]) -> Command {
    let home = std::env::temp_dir().join("bartizan-contract-tests-no-such-home");
    let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
    command
        .args(arguments)
        .env_clear()
        .env("HOME", &home)
        .env("XDG_CONFIG_HOME", home.join("config"));
    command.env("TERM", "xterm-256color").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = bartizan(arguments).output().unwrap();
    (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

#[test]
fn alone_it_prints_short_help_with_examples_and_exits_2() {
    let (exit, out, _) = run(&[]);
    assert_eq!(exit, 2);
    assert!(out.lines().count() <= 40, "{out}");
    assert!(out.contains("Examples:"), "{out}");
}

#[test]
fn every_command_has_short_help_of_a_screen_and_long_help_with_examples() {
    fn walk(path: &[&str], command: &clap::Command) {
        if !path.is_empty() && command.get_subcommands().next().is_none() && !is_handed_on(path) {
            let mut long = path.to_vec();
            long.push("--help");
            let (exit, out, _) = run(&long);
            assert_eq!(exit, 0, "{path:?}");
            let owner = path.len() == 1;
            assert!(!owner || out.contains("Examples:"), "{path:?}\n{out}");
            let mut short = path.to_vec();
            short.push("-h");
            assert!(run(&short).1.lines().count() <= 60, "{path:?}");
        }
        for below in command.get_subcommands() {
            walk(&[path, &[below.get_name()]].concat(), below);
        }
    }
    walk(&[], &Cli::command());
}

/// Verbs whose help is that of another program.
fn is_handed_on(path: &[&str]) -> bool {
    ["sensor", "analyze", "store", "stories", "evaluate"].contains(&path[0])
}

#[test]
fn a_mistyped_command_or_flag_is_corrected() {
    let (exit, _, error) = run(&["warnngs"]);
    assert_eq!(exit, 2);
    assert!(error.contains("'warnings'"), "{error}");
    let (exit, _, error) = run(&["warnings", "--fromat", "json"]);
    assert_eq!(exit, 2);
    assert!(error.contains("--format"), "{error}");
}

#[test]
fn a_store_that_is_away_is_exit_4_with_a_code_and_nothing_on_standard_output() {
    for noun in [
        &["situation"][..],
        &["warnings"],
        &["flows"],
        &["forecast"],
        &["timeline", "5ae10000"],
        &["warnings", "show", "1f00aa21"],
        &["warnings", "close", "1f00aa21", "--as", "benign"],
        &["warnings", "undo", "1f00aa21"],
    ] {
        let url = nobody();
        let (exit, out, error) = run(&[noun, &["--store", &url]].concat());
        assert_eq!((exit, out.as_str()), (4, ""), "{noun:?} {error}");
        assert!(error.contains("E-STORE-001") && error.contains(&url), "{error}");
    }
}

#[test]
fn an_act_says_what_it_still_needs_before_the_store_is_asked() {
    let many: Vec<String> = (0..51).map(|number| format!("{number:08x}")).collect();
    let mut group = vec!["warnings", "ack"];
    group.extend(many.iter().map(String::as_str));
    for (arguments, told) in [
        (&["warnings", "close", "1f00aa21"][..], "--as"),
        (&["warnings", "close", "1f00aa21", "--as", "bengin"], "benign"),
        (&["warnings", "escalate", "1f00aa21", "--receiver", "chen"], "--reason"),
        (
            &["warnings", "escalate", "1f00aa21", "--receiver", "chen", "--reason", " "],
            "why it goes up",
        ),
        (&["warnings", "shelve", "1f00aa21", "--reason", "x"], "--for"),
        (&["warnings", "shelve", "1f00aa21", "--reason", "x", "--for", "5x"], "length of time"),
        (
            &["warnings", "shelve", "1f00aa21", "--reason", "x", "--until", "2026-03-12"],
            "has passed",
        ),
        (&group, "--yes-all 51"),
    ] {
        let (exit, out, error) = run(&[arguments, &["--store", &nobody()]].concat());
        assert_eq!((exit, out.as_str()), (2, ""), "{arguments:?} {error}");
        assert!(error.contains(told), "{arguments:?} {error}");
    }
}

#[test]
fn a_wrong_filter_is_exit_2_with_the_mistake_underlined() {
    let (exit, out, error) = run(&["flows", "dst_prot = 22", "--store", &nobody()]);
    assert_eq!((exit, out.as_str()), (2, ""));
    assert!(error.contains("^^^^^^^^") && error.contains("did you mean dst_port?"), "{error}");
}

#[test]
fn a_wrong_setting_is_exit_3_with_file_line_column_key_and_what_was_meant() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bartizan.toml");
    std::fs::write(&file, "[store]\nuser = \"lin\"\ndatabse = \"x\"\n").unwrap();
    let (exit, _, error) = run(&["config", "check", file.to_str().unwrap()]);
    assert_eq!(exit, 3);
    assert!(error.contains("bartizan.toml:3:1:") && error.contains("store.database"), "{error}");
}

#[test]
fn a_flag_beats_the_environment_which_beats_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, "[store]\ndatabase = \"from_file\"\n").unwrap();
    let file = file.to_str().unwrap();
    let shown = |arguments: &[&str], variable: bool| {
        let mut command = bartizan(&[&["config", "show", "--format", "jsonl"], arguments].concat());
        if variable {
            command.env("BARTIZAN_STORE_DATABASE", "from_env");
        }
        let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
        out.lines().find(|line| line.contains("\"store.database\"")).unwrap().to_owned()
    };
    assert!(shown(&[], false).contains("\"bartizan\"") && shown(&[], false).contains("default"));
    assert!(shown(&["--config", file], false).contains("from_file"));
    assert!(shown(&["--config", file], true).contains("from_env"));
    let flag = shown(&["--config", file, "--database", "from_flag"], true);
    assert!(flag.contains("from_flag") && flag.contains("\"flag\""), "{flag}");
}

#[test]
fn a_pipe_gets_json_lines_each_with_its_schema_and_no_escape() {
    let (exit, out, _) = run(&["config", "show"]);
    assert_eq!(exit, 0);
    for line in out.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(row["schema"], "bartizan.setting/1");
    }
    for format in ["table", "json", "jsonl", "csv"] {
        let (_, out, _) = run(&["explain", "--format", format]);
        assert!(!out.contains('\u{1b}') && out.contains("E-STORE-001"), "{format}");
    }
}

#[test]
fn a_closed_pipe_ends_quietly_with_0() {
    let mut child = bartizan(&["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&done.stderr), "");
}

#[test]
fn the_console_without_a_terminal_names_its_twin_and_exits_2() {
    let (exit, out, error) = run(&["console", "warnings"]);
    assert_eq!((exit, out.as_str()), (2, ""));
    assert!(error.contains("bartizan warnings") && !error.contains('\u{1b}'), "{error}");
}

#[test]
fn a_policy_with_a_mistake_is_exit_3_with_the_line_underlined() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.toml");
    let policy = "[meta]\nname = \"x\"\n[[zone]]\nid = \"a\"\ncidrz = [\"10.0.0.0/8\"]\n";
    std::fs::File::create(&file).unwrap().write_all(policy.as_bytes()).unwrap();
    let (exit, _, error) = run(&["policy", "check", file.to_str().unwrap()]);
    assert_eq!(exit, 3, "{error}");
    assert!(error.contains("policy.toml:5:1: error") && error.contains("^^^^^"), "{error}");
    assert!(error.contains("cidrs"), "{error}");
}

#[test]
fn explain_has_the_long_form_of_every_code_offline() {
    let (exit, out, _) = run(&["explain", "e-store-001", "--format", "table"]);
    assert_eq!(exit, 0);
    assert!(out.contains("bartizan store run"), "{out}");
    assert_eq!(run(&["explain", "E-NO-999"]).0, 2);
}

#[test]
fn completions_and_manual_pages_are_made_for_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let (exit, out, _) = run(&["completions", shell]);
        assert!(exit == 0 && out.contains("warnings"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(run(&["man", folder.path().to_str().unwrap()]).0, 0);
    for command in Cli::command().get_subcommands() {
        assert!(folder.path().join(format!("bartizan-{}.1", command.get_name())).is_file());
    }
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let alone = folder.path().join("bartizan");
    std::fs::copy(env!("CARGO_BIN_EXE_bartizan"), &alone).unwrap();
    // Another test may be starting a program: until it has, it holds the file that was just written.
    let done = loop {
        match Command::new(&alone).args(["sensor", "--help"]).env_clear().output() {
            Err(error) if error.kind() == std::io::ErrorKind::ExecutableFileBusy => {
                std::thread::yield_now();
            }
            outcome => break outcome.unwrap(),
        }
    };
    assert_eq!(done.status.code(), Some(1));
    let error = String::from_utf8(done.stderr).unwrap();
    assert!(error.contains("bartizan-sensor cannot be run") && error.contains("PATH"), "{error}");
}

#[test]
fn help_writes_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let status = bartizan(&["--help"])
        .env("HOME", folder.path())
        .env("XDG_CONFIG_HOME", folder.path())
        .output();
    assert!(status.unwrap().status.success());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
