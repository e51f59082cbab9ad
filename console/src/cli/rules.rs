//! `bartizan rules`: detections that need no code: what there is, whether a file is right, and what it would have done.

mod backtest;
mod list;
mod show;
mod test;
mod validate;

use super::{Context, Global};
use crate::failure::{Exit, Failure};
use clap::{Args, Subcommand};
use model::Time;
use policy::Policy;
use sigma::{Range, Rules, Sets};
use std::path::{Path, PathBuf};
use store::Budget;

const SQL: &str = include_str!("rules.sql");

const EXAMPLES: &str = "\
Examples:
  bartizan rules                                     every rule, and how often it matched today
  bartizan rules show R-6b0f0a52                     what it asks, in Sigma and in SQL
  bartizan rules validate my-rule.yml                file:line:column of what is wrong; exit 3
  bartizan rules test my-rule.yml                    its own examples, on the real engine
  bartizan rules backtest my-rule.yml --last 30d     how often it would have rung, and on whom";

/// Options of `rules`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Every rule, with its matches in the range
    List,
    /// What a rule says, and the SQL that it comes to
    Show {
        /// Id, detection id or name
        #[arg(value_name = "ID")]
        id: String,
    },
    /// Say what is wrong in rule files, and where
    Validate {
        /// Files, or folders of them; the shipped rules without any
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// Run the examples inside rules through the question that judges them
    Test {
        /// Files, or folders of them; the shipped rules without any
        #[arg(value_name = "PATH")]
        paths: Vec<PathBuf>,
    },
    /// What a rule would have done with what is stored, by default in the last 30 days
    Backtest {
        /// Id of a rule, or a file that need not be enabled yet
        #[arg(value_name = "ID|FILE")]
        rule: String,
    },
}

/// What one question of a day may cost.
const BUDGET: Budget =
    Budget { rows: 2_000_000_000, bytes: 1 << 38, seconds: 120, memory: 3 << 30 };

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    match &arguments.verb {
        None | Some(Verb::List) => list::run(global),
        Some(Verb::Show { id }) => show::run(global, id),
        Some(Verb::Validate { paths }) => validate::run(global, paths),
        Some(Verb::Test { paths }) => test::run(global, paths),
        Some(Verb::Backtest { rule }) => backtest::run(global, rule),
    }
}

/// The rules that are shipped, and those of the folder that the settings name.
fn known(context: &Context) -> Result<Rules, Failure> {
    let folder = &context.loaded.settings.analyzer.rules;
    let mut rules = Rules::shipped().clone();
    if !folder.as_os_str().is_empty() {
        add(&mut rules, folder)?;
    }
    Ok(rules)
}

fn add(rules: &mut Rules, path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let files = sigma::rules::files(path).map_err(|error| invalid(path, &error))?;
    rules.add(files.iter().map(|(name, text)| (name.as_str(), text.as_str())));
    Ok(files)
}

fn invalid(path: &Path, error: &std::io::Error) -> Failure {
    Failure {
        code: "E-RULE-001",
        sentence: format!("{}: {error}", path.display()),
        next: "name a file or a folder of rules".into(),
        exit: Exit::Invalid,
    }
}

/// The policy of the settings; none if it cannot be used, which is said.
fn policy(context: &Context) -> Option<Policy> {
    let file = &context.loaded.settings.analyzer.policy;
    let text = std::fs::read_to_string(file).ok();
    let policy = text.as_deref().and_then(|text| Policy::read(text).ok());
    if policy.is_none() && !context.output.quiet {
        eprintln!(
            "bartizan: the policy {} cannot be used: named sets are empty, and addresses have no names",
            file.display()
        );
    }
    policy
}

fn sets(policy: Option<&Policy>) -> Sets {
    let mut sets = Sets::default();
    for (name, networks) in policy.map(Policy::named_networks).unwrap_or_default() {
        sets.add(&name, networks.iter().map(String::as_str));
    }
    sets
}

/// A range in whole days of UTC, as far as it reaches.
fn days(from: Time, to: Time, without: &[String]) -> Vec<Range> {
    let mut days = Vec::new();
    let mut at = from;
    while at < to {
        let end = at.floor(Time::DAY).plus(Time::DAY).min(to);
        days.push(Range::new(at, end, without.to_vec()));
        at = end;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_at_midnight_and_loses_nothing() {
        let hour = |hour: i64| Time(hour * Time::HOUR);
        let cut: Vec<_> =
            days(hour(20), hour(50), &[]).iter().map(|day| (day.from, day.to)).collect();
        assert_eq!(cut, [(hour(20), hour(24)), (hour(24), hour(48)), (hour(48), hour(50))]);
        assert!(days(hour(5), hour(5), &[]).is_empty());
    }
}
