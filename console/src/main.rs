//! `bartizan`: arguments, settings, run.

use std::process::ExitCode;

fn main() -> ExitCode {
    bartizan::cli::main(std::env::args_os())
}
