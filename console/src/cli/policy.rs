//! `bartizan policy`: what is wrong in a policy, where, and what was probably meant; and zones learned from traffic.

mod learn;

use super::Global;
use super::output::{Output, print};
use crate::failure::{Exit, Failure};
use ::policy::{Grade, Policy, Problem};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};

/// Options of `policy`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bartizan policy check policy.toml\n  bartizan policy learn --last 30d > policy.toml"
)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Read a policy and say what is wrong with it
    Check {
        /// The policy; that of the settings without it
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Draw zones from what was seen, with the reason for each border, as a policy that only observes
    Learn,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    match &arguments.verb {
        Verb::Check { file } => check(global, file.as_deref()),
        Verb::Learn => learn::run(global),
    }
}

fn check(global: &Global, file: Option<&Path>) -> Result<Option<Exit>, Failure> {
    let file = match file {
        Some(file) => file.to_path_buf(),
        None => global.settings()?.settings.analyzer.policy,
    };
    let text = std::fs::read_to_string(&file).map_err(|error| Failure {
        exit: Exit::Invalid,
        ..Failure::machine(format!("{}: {error}", file.display()))
    })?;
    match Policy::read(&text) {
        Ok(policy) => {
            tell(&file, &text, policy.warnings());
            let sentence = format!(
                "{}: {} zones, {} hosts, {} conduits; hash {}\n",
                file.display(),
                policy.zones().len(),
                policy.hosts().len(),
                policy.conduits().len(),
                policy.hash()
            );
            if !Output::new(global).quiet {
                print(&sentence)?;
            }
            Ok(None)
        }
        Err(problems) => {
            tell(&file, &text, &problems);
            let errors = problems.iter().filter(|problem| problem.severity == Grade::Error).count();
            Err(Failure {
                code: "E-POLICY-001",
                sentence: format!("{} has {errors} errors and is not used", file.display()),
                next: String::new(),
                exit: Exit::Invalid,
            })
        }
    }
}

/// Each problem on standard error: place, message, the line with what is meant underlined, a suggestion.
fn tell(file: &Path, text: &str, problems: &[Problem]) {
    let lines: Vec<_> = text.lines().collect();
    for problem in problems {
        let place = format!("{}:{}:{}", file.display(), problem.line, problem.column);
        eprintln!("{place}: {}: {}", problem.severity, present::safe(&problem.message));
        if let Some(line) = lines.get(problem.line.saturating_sub(1)) {
            let before: String = line.chars().take(problem.column.saturating_sub(1)).collect();
            let blanks = " ".repeat(present::width(&present::safe(&before)));
            eprintln!("    {}\n    {blanks}{}", present::safe(line), "^".repeat(problem.length));
        }
        if let Some(suggestion) = &problem.suggestion {
            eprintln!("    did you mean {}?", present::safe(suggestion));
        }
    }
}
