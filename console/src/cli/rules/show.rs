//! `rules show`: what a rule says of itself, its text, and the SQL that it comes to.

use super::{Global, known, policy, sets};
use crate::failure::{Exit, Failure};
use serde::Serialize;
use sigma::rules::SHIPPED;
use sigma::{Correlated, Matched, Rule, Rules, Sets};
use std::fmt::Write as _;

/// A rule as programs read it.
#[derive(Debug, Serialize)]
struct Shown {
    rule: String,
    id: String,
    title: String,
    status: &'static str,
    severity: model::Severity,
    table: String,
    description: String,
    attack: Vec<String>,
    references: Vec<String>,
    falsepositives: Vec<String>,
    suppress_key: Vec<String>,
    file: String,
    text: String,
    sql: String,
}

pub(super) fn run(global: &Global, id: &str) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let rules = known(&context)?;
    let (file, rule) = find(&rules, id)?;
    let policy = policy(&context);
    let shown = Shown {
        rule: rule.detection(),
        id: rule.id.clone(),
        title: present::safe(&rule.title),
        status: rule.status.as_str(),
        severity: rule.severity,
        table: table(rule),
        description: present::safe(&rule.description),
        attack: rule.techniques(),
        references: rule.references.clone(),
        falsepositives: rule.falsepositives.clone(),
        suppress_key: rule.suppress_key.clone(),
        text: text(file),
        file: file.clone(),
        sql: sql(&rules, rule, &sets(policy.as_ref())),
    };
    context.output.one("bartizan.rule/1", &shown, || told(&shown))?;
    Ok(None)
}

/// The rule of this id.
pub(super) fn find<'r>(rules: &'r Rules, id: &str) -> Result<&'r (String, Rule), Failure> {
    rules.find(id).ok_or_else(|| {
        Failure::usage(format!("there is no rule {id:?}"), "bartizan rules lists them")
    })
}

/// The table that a rule reads; for a correlation, what it is.
pub(super) fn table(rule: &Rule) -> String {
    match (rule.rows(), rule.correlation()) {
        (Some(rows), _) => rows.table.name.to_owned(),
        (None, Some(correlation)) => correlation.kind.as_str().to_owned(),
        (None, None) => String::new(),
    }
}

fn text(file: &str) -> String {
    let shipped =
        SHIPPED.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned());
    let text = shipped.or_else(|| std::fs::read_to_string(file).ok()).unwrap_or_default();
    text.lines().map(|line| present::safe(line) + "\n").collect()
}

fn sql(rules: &Rules, rule: &Rule, sets: &Sets) -> String {
    match rule.rows() {
        Some(rows) => Matched::new(rows.table, &[rule], sets).sql().to_owned(),
        None => rules
            .base(rule)
            .and_then(|base| Correlated::new(rule, &base, sets))
            .map_or_else(|problem| problem.to_string(), |asked| asked.sql().to_owned()),
    }
}

fn told(shown: &Shown) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}  {}  {}  {}", shown.rule, shown.severity, shown.status, shown.title);
    let _ = writeln!(out, "\n{}\n", shown.description);
    for (name, values) in [
        ("attack", &shown.attack),
        ("one cause", &shown.suppress_key),
        ("false alarms", &shown.falsepositives),
        ("references", &shown.references),
    ] {
        if !values.is_empty() {
            let _ = writeln!(out, "{name:<14}{}", present::safe(&values.join("; ")));
        }
    }
    let _ = writeln!(out, "{:<14}{}\n\n{}", "file", shown.file, shown.text);
    let _ = writeln!(out, "As it is asked:\n\n{}", shown.sql);
    out
}
