//! `bartizan completions SHELL`.

use super::Cli;
use super::output::print;
use crate::failure::{Exit, Failure};
use clap::{Args, CommandFactory};

/// Options of `completions`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bartizan completions bash > ~/.local/share/bash-completion/completions/bartizan"
)]
pub struct Arguments {
    /// For which shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "bartizan", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(None)
}
