//! `rules validate`: every mistake with its place, the text underlined.

use super::{Global, invalid};
use crate::cli::output::{Output, print};
use crate::failure::{Exit, Failure};
use sigma::rules::SHIPPED;
use sigma::{Problem, Rules, rules, trial};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) fn run(global: &Global, paths: &[PathBuf]) -> Result<Option<Exit>, Failure> {
    let (rules, texts) = read(paths)?;
    let is_own = |file: &String| texts.contains_key(file);
    for (file, problem) in &rules.refused {
        tell(file, texts.get(file).map(String::as_str), problem);
    }
    let own: Vec<_> = rules.known.iter().filter(|(file, _)| is_own(file)).collect();
    for (file, rule) in &own {
        // They are right without; `test` insists.
        for fault in trial::faults(rule) {
            eprintln!("{file}:{}:{}: note: {}", fault.place.line, fault.place.column, fault.reason);
        }
    }
    let refused = rules.refused.len();
    if refused > 0 {
        let is_known = own.len();
        return Err(Failure {
            code: "E-RULE-001",
            sentence: format!("{refused} rules are refused, {is_known} are right"),
            next: String::new(),
            exit: Exit::Invalid,
        });
    }
    if !Output::new(global).quiet {
        print(&format!("{} rules in {} files are right\n", own.len(), texts.len()))?;
    }
    Ok(None)
}

/// The rules of `paths` beside the shipped ones, which they may rest on or take the place of, and the texts of their
/// files; without paths the shipped rules.
pub(super) fn read(paths: &[PathBuf]) -> Result<(Rules, BTreeMap<String, String>), Failure> {
    let mut rules = Rules::shipped().clone();
    let mut texts = BTreeMap::new();
    for path in paths {
        texts.extend(rules::files(path).map_err(|error| invalid(path, &error))?);
    }
    if paths.is_empty() {
        texts.extend(SHIPPED.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())));
    } else {
        rules.add(texts.iter().map(|(file, text)| (file.as_str(), text.as_str())));
    }
    Ok((rules, texts))
}

/// One problem on standard error: place, reason, the line with what is meant underlined.
pub(super) fn tell(file: &str, text: Option<&str>, problem: &Problem) {
    eprintln!("{}:{}", present::safe(file), present::safe(&problem.to_string()));
    if let Some((line, under)) = text.and_then(|text| rules::underlined(text, problem.place)) {
        eprintln!("    {}\n    {under}", present::safe(&line));
    }
}
