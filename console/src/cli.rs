//! The command line: one file for each noun.

pub mod options;
pub mod output;

mod completions;
mod config;
mod console;
mod demo;
mod explain;
mod flows;
mod forecast;
mod graph;
mod incidents;
mod man;
mod policy;
mod program;
mod rules;
mod situation;
mod timeline;
mod warnings;
mod why_not;

pub use options::{Context, Global};

use crate::failure::{Exit, Failure};
use clap::{CommandFactory, Parser, Subcommand};
use std::ffi::OsString;
use std::process::ExitCode;

/// Network security situational awareness for a bank: look, ask, triage, try a demo.
#[derive(Debug, Parser)]
#[command(name = "bartizan", version, after_help = EXAMPLES, max_term_width = 100, propagate_version = true)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

const EXAMPLES: &str = "\
Examples:
  bartizan demo                                    a bank made at run time, from wire to warning
  bartizan console --profile demo                  walk it
  bartizan warnings --last 24h                     what is open, worst first
  bartizan warnings explain W-1f00aa21             why it rang
  bartizan flows 'dst_port = 3389' --format json   flows as JSON
  bartizan warnings --help                         its verbs, and the options of every command";

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// A bank made at run time, from wire to warning; offline, no root
    Demo(demo::Arguments),
    /// The console: the same views, with keys
    Console(console::Arguments),
    /// Zones, what passes between them, and whether the taps saw it
    Situation(situation::Arguments),
    /// What is open, why, and what people did about it
    Warnings(warnings::Arguments),
    /// Warnings of one cause chain: stages, path, next steps
    Incidents(incidents::Arguments),
    /// Who reached whom: around an entity, and the likeliest way to another
    Graph(graph::Arguments),
    /// Flows that match an expression
    Flows(flows::Arguments),
    /// How likely a worse level is, within what time, and why
    Forecast(forecast::Arguments),
    /// An incident in time: warnings, levels, index, the money clock
    Timeline(timeline::Arguments),
    /// Detections that need no code: list, show, validate, test, backtest
    Rules(rules::Arguments),
    /// What the bank allows
    Policy(policy::Arguments),
    /// Settings, and who decided each
    Config(config::Arguments),
    /// The long form of an error code
    Explain(explain::Arguments),
    /// What kept a detection silent, and what would have rung
    #[command(name = "why-not")]
    WhyNot(why_not::Arguments),
    /// Watch the wire (runs bartizan-sensor)
    Sensor(program::Arguments),
    /// Judge what was seen (runs bartizan-analyzer)
    Analyze(program::Arguments),
    /// Keep the rows (runs bartizan-store)
    Store(program::Arguments),
    /// Attacks and quiet days, as captures (runs bartizan-stories)
    Stories(program::Arguments),
    /// Found, missed, false (runs bartizan-analyzer evaluate)
    Evaluate(program::Arguments),
    /// Completions for a shell
    Completions(completions::Arguments),
    /// Manual pages
    Man(man::Arguments),
}

/// Runs the program; what failed is on standard error.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let Some(command) = cli.command else {
        // A screen: the commands and examples; options are told by `--help`.
        let _ = Cli::command().mut_args(|argument| argument.hide(true)).print_help();
        return ExitCode::from(Exit::Usage as u8);
    };
    match run(&cli.global, command) {
        Ok(exit) => exit.map_or(ExitCode::SUCCESS, |exit| ExitCode::from(exit as u8)),
        Err(failure) => {
            eprintln!("bartizan: {failure}");
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// Runs one command; `Some` exit is one that is no failure.
fn run(global: &Global, command: Command) -> Result<Option<Exit>, Failure> {
    match command {
        Command::Demo(arguments) => {
            demo::run(&arguments).map_err(|error| Failure::machine(format!("{error:#}")))
        }
        Command::Console(arguments) => console::run(global, &arguments),
        Command::Situation(arguments) => situation::run(global, &arguments),
        Command::Warnings(arguments) => warnings::run(global, arguments),
        Command::Incidents(arguments) => incidents::run(global, arguments),
        Command::Graph(arguments) => graph::run(global, arguments),
        Command::Flows(arguments) => flows::run(global, &arguments),
        Command::Forecast(arguments) => forecast::run(global, &arguments),
        Command::Timeline(arguments) => timeline::run(global, &arguments),
        Command::Rules(arguments) => rules::run(global, &arguments),
        Command::Policy(arguments) => policy::run(global, &arguments),
        Command::Config(arguments) => config::run(global, &arguments),
        Command::Explain(arguments) => explain::run(global, &arguments),
        Command::Sensor(arguments) => {
            Err(program::become_it(global, "bartizan-sensor", &[], &arguments))
        }
        Command::Analyze(arguments) => {
            Err(program::become_it(global, "bartizan-analyzer", &[], &arguments))
        }
        Command::Store(arguments) => {
            Err(program::become_it(global, "bartizan-store", &[], &arguments))
        }
        Command::Stories(arguments) => {
            Err(program::become_it(global, "bartizan-stories", &[], &arguments))
        }
        Command::Evaluate(arguments) => {
            Err(program::become_it(global, "bartizan-analyzer", &["evaluate"], &arguments))
        }
        Command::WhyNot(arguments) => Err(why_not::become_it(global, &arguments)),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}

/// A runtime for commands that ask the store.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::machine(format!("no runtime: {error}")))
}
