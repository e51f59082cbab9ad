//! `bartizan-analyzer`: arguments → config → run.

use bartizan_analyzer::arguments::Arguments;
use bartizan_analyzer::command::{self, Exit};
use clap::Parser;
use std::io::IsTerminal;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let usual = if arguments.verb.is_live() { "info" } else { "warn" };
    let filter = EnvFilter::try_from_env("BARTIZAN_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt().with_ansi(std::io::stderr().is_terminal());
    log.with_env_filter(filter).with_writer(std::io::stderr).init();
    let exit = command::run(&arguments).unwrap_or_else(|failure| {
        let left = failure.downcast_ref::<std::io::Error>();
        if left.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe) {
            return Exit::Done;
        }
        eprintln!("bartizan-analyzer: {failure:#}");
        Exit::of(&failure)
    });
    ExitCode::from(exit as u8)
}
