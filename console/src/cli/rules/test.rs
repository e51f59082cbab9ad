//! `rules test`: the examples inside rules, through the question that judges them, on the real engine.

use super::validate::{read, tell};
use super::{Global, policy, sets};
use crate::cli::output::Field;
use crate::cli::runtime;
use crate::failure::{Exit, Failure};
use serde::Serialize;
use sigma::trial;
use std::path::PathBuf;
use store::Role;

/// What came of one rule's examples.
#[derive(Debug, Serialize)]
struct Row {
    rule: String,
    title: String,
    file: String,
    cases: usize,
    faults: Vec<String>,
}

pub(super) fn run(global: &Global, paths: &[PathBuf]) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let (rules, texts) = read(paths)?;
    for (file, problem) in &rules.refused {
        tell(file, texts.get(file).map(String::as_str), problem);
    }
    let policy = policy(&context);
    let sets = sets(policy.as_ref());
    let opener = context.opener(Role::Person);
    let rows = runtime()?.block_on(async {
        let store = opener.store().await?;
        let structures = trial::structures(&store).await?;
        let mut rows = Vec::new();
        for (file, rule) in rules.known.iter().filter(|(file, _)| texts.contains_key(file)) {
            let base = rules.base(rule).unwrap_or_default();
            let outcome = trial::run(&store, &structures, rule, &base, &sets).await?;
            for fault in &outcome.faults {
                tell(file, texts.get(file).map(String::as_str), fault);
            }
            rows.push(Row {
                rule: rule.detection(),
                title: present::safe(&rule.title),
                file: file.clone(),
                cases: outcome.cases,
                faults: outcome.faults.iter().map(|fault| fault.reason.clone()).collect(),
            });
        }
        Ok::<_, Failure>(rows)
    })?;
    context.output.rows("bartizan.rule-test/1", &rows, FIELDS)?;
    let failed = rows.iter().filter(|row| !row.faults.is_empty()).count() + rules.refused.len();
    if failed == 0 {
        return Ok(None);
    }
    Err(Failure {
        code: "E-RULE-002",
        sentence: format!("{failed} of {} rules do not hold", rows.len() + rules.refused.len()),
        next: String::new(),
        exit: Exit::Invalid,
    })
}

const FIELDS: &[Field<'static, Row>] = &[
    Field { title: "RULE", name: "rule", cell: &|row| row.rule.clone() },
    Field { title: "CASES", name: "cases", cell: &|row| row.cases.to_string() },
    Field {
        title: "RESULT",
        name: "faults",
        cell: &|row| match row.faults.len() {
            0 => "holds".to_owned(),
            count => format!("{count} wrong"),
        },
    },
    Field { title: "TITLE", name: "title", cell: &|row| row.title.clone() },
];
