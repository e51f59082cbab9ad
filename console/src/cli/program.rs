//! Verbs that another program of ours owns: this one becomes it.

use super::Global;
use crate::failure::{Exit, Failure};
use ::config::Origin;
use clap::Args;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Everything after the verb.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    disable_version_flag = true,
    after_help = "Examples:\n  bartizan sensor --help"
)]
pub struct Arguments {
    /// What the program is told
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(super) rest: Vec<OsString>,
}

/// Becomes `program` with `first` and the arguments given; comes back only if that fails.
///
/// What a profile, a file of settings and flags before the verb decide goes with it, as `BARTIZAN_*` variables: the one
/// form that every program of ours reads.
pub(super) fn become_it(
    global: &Global,
    program: &str,
    first: &[&str],
    arguments: &Arguments,
) -> Failure {
    let mut command = Command::new(found(program));
    command.args(first).args(&arguments.rest);
    match handed_on(global) {
        Ok(variables) => command.envs(variables),
        Err(failure) => return failure,
    };
    let error = command.exec();
    Failure {
        code: "E-CONSOLE-003",
        sentence: format!("{program} cannot be run: {error}"),
        next: format!("put {program} beside bartizan or into PATH"),
        exit: Exit::Failed,
    }
}

/// Settings that this command line decided, as variables.
fn handed_on(global: &Global) -> Result<Vec<(String, String)>, Failure> {
    let asked = [global.store.is_some(), global.database.is_some()];
    if !asked.contains(&true) && global.profile.is_none() && global.config.is_none() {
        return Ok(Vec::new());
    }
    let chosen = global.file()?;
    let loaded = global.settings()?;
    let decided = loaded.origins.iter().filter(|(_, origin)| match origin {
        Origin::Flag => true,
        Origin::File(file, _) => Some(file) == chosen.as_ref(),
        _ => false,
    });
    Ok(decided.map(|(key, _)| (variable(key), written(loaded.value(key)))).collect())
}

/// `store.url` is `BARTIZAN_STORE_URL`.
fn variable(key: &str) -> String {
    format!("BARTIZAN_{}", key.replace('.', "_").to_uppercase())
}

/// A value as a variable has it: text as it stands, else as TOML writes it, which for plain values is as JSON does.
fn written(value: Option<&serde_json::Value>) -> String {
    match value {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The program beside this one, else its name for PATH.
fn found(program: &str) -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(program)));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(program))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_and_a_flag_decide_is_handed_on_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mine.toml");
        std::fs::write(&file, "[store]\nuser = \"lin\"\n[sensor]\nbatch_rows = 7\n")
            .expect("a file");
        let global = Global {
            config: Some(file),
            database: Some("bartizan_s01".into()),
            quiet: true,
            ..Global::default()
        };
        let handed = handed_on(&global).expect("settings");
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            handed,
            [
                pair("BARTIZAN_SENSOR_BATCH_ROWS", "7"),
                pair("BARTIZAN_STORE_DATABASE", "bartizan_s01"),
                pair("BARTIZAN_STORE_USER", "lin"),
            ]
        );
        assert_eq!(handed_on(&Global::default()).expect("nothing asked"), []);
    }
}
