//! `bartizan-sensor`: arguments → config → run.

use bartizan_sensor::arguments::{Arguments, Verb};
use bartizan_sensor::command::{self, Exit};
use bartizan_sensor::secrecy;
use clap::Parser;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter =
        EnvFilter::try_from_env("BARTIZAN_LOG").unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    if let Err(error) = secrecy::no_core_dumps() {
        eprintln!(
            "bartizan-sensor: core dumps cannot be turned off ({error}); set `ulimit -c 0` before it starts"
        );
    }
    let outcome = match &arguments.verb {
        Verb::Completions { shell } => {
            command::completions(*shell);
            return ExitCode::SUCCESS;
        }
        Verb::Replay(replay) => command::load(arguments.config.as_deref())
            .and_then(|settings| command::replay::run(replay, &settings)),
        Verb::Check => command::load(arguments.config.as_deref())
            .map(|settings| command::check::run(&settings)),
    };
    let exit = outcome.unwrap_or_else(|failure| {
        eprintln!("bartizan-sensor: {failure:#}");
        Exit::of(&failure)
    });
    ExitCode::from(exit as u8)
}
