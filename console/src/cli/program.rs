//! Verbs that another program of ours owns: this one becomes it.

use super::Global;
use crate::failure::{Exit, Failure};
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
    rest: Vec<OsString>,
}

/// Becomes `program` with `first` and the arguments given; comes back only if that fails.
///
/// A profile, a file of settings, a store and a database given before the verb go with it.
pub(super) fn become_it(
    global: &Global,
    program: &str,
    first: &[&str],
    arguments: &Arguments,
) -> Failure {
    let mut command = Command::new(found(program));
    command.args(first).args(&arguments.rest);
    let handed = handed_on(global);
    match handed {
        Ok(settings) => command.args(settings),
        Err(failure) => return failure,
    };
    for (name, value) in
        [("BARTIZAN_STORE_URL", &global.store), ("BARTIZAN_STORE_DATABASE", &global.database)]
    {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let error = command.exec();
    Failure {
        code: "E-CONSOLE-003",
        sentence: format!("{program} cannot be run: {error}"),
        next: format!("put {program} beside bartizan or into PATH"),
        exit: Exit::Failed,
    }
}

/// The file of a profile, or of settings, as the other programs take it.
fn handed_on(global: &Global) -> Result<Vec<OsString>, Failure> {
    let file = match (&global.profile, &global.config) {
        (Some(name), _) => {
            Some(::config::profile_file(name).map_err(|error| super::options::invalid(&error))?)
        }
        (None, file) => file.clone(),
    };
    Ok(file.map_or_else(Vec::new, |file| vec!["--config".into(), file.into_os_string()]))
}

/// The program beside this one, else its name for PATH.
fn found(program: &str) -> PathBuf {
    let beside = std::env::current_exe().ok().and_then(|own| Some(own.parent()?.join(program)));
    beside.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(program))
}
