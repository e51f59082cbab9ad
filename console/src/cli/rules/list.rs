//! `rules list`: every rule, and how often it matched in the range.

use super::show::table;
use super::{BUDGET, Global, days, known, policy, sets};
use crate::cli::output::Field;
use crate::cli::runtime;
use crate::failure::{Exit, Failure};
use serde::Serialize;
use sigma::{Correlated, Found, Matched, Range, Rule, Rules, Sets};
use store::{Role, Store};

/// A rule in the list.
#[derive(Debug, Serialize)]
struct Row {
    rule: String,
    id: String,
    title: String,
    severity: model::Severity,
    status: &'static str,
    table: String,
    enabled: bool,
    /// Matches in the range; none if the store was not asked.
    matches: Option<u64>,
    /// Why it is not used here, empty if it is.
    why: String,
    file: String,
}

pub(super) fn run(global: &Global) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let rules = known(&context)?;
    let policy = policy(&context);
    let sets = sets(policy.as_ref());
    let scope = &context.scope;
    let ranges = days(scope.from, scope.to, &scope.without);
    let opener = context.opener(Role::Person);
    let counted = runtime()?.block_on(async {
        let store = opener.store().await?;
        counts(&store, &rules, &sets, &ranges).await
    });
    if let Err(failure) = &counted
        && !context.output.quiet
    {
        eprintln!("bartizan: matches are not known: {failure}");
    }
    let counted = counted.ok();
    let mut rows: Vec<Row> = rules
        .known
        .iter()
        .enumerate()
        .map(|(at, (file, rule))| {
            let missing = sets.check(rule).err();
            let why = match &missing {
                Some(problem) => problem.reason.clone(),
                None if rules.is_base_only(rule) => "speaks through a correlation".to_owned(),
                None if !rule.status.is_enabled() => rule.status.as_str().to_owned(),
                None => String::new(),
            };
            Row {
                rule: rule.detection(),
                id: rule.id.clone(),
                title: present::safe(&rule.title),
                severity: rule.rings_with(),
                status: rule.status.as_str(),
                table: table(rule),
                enabled: why.is_empty(),
                matches: counted.as_ref().map(|counts| counts[at]),
                why,
                file: file.clone(),
            }
        })
        .collect();
    rows.sort_by(|a, b| (b.severity, &a.title).cmp(&(a.severity, &b.title)));
    context.output.rows("bartizan.rule/1", &rows, FIELDS)?;
    for (file, problem) in &rules.refused {
        eprintln!("{}:{}", present::safe(file), present::safe(&problem.to_string()));
    }
    let is_refused = !rules.refused.is_empty();
    Ok(is_refused.then_some(Exit::Invalid))
}

/// Matches of each rule: all rules of a table in one question a day.
async fn counts(
    store: &Store,
    rules: &Rules,
    sets: &Sets,
    ranges: &[Range],
) -> Result<Vec<u64>, Failure> {
    let mut counts = vec![0; rules.known.len()];
    let usable = |rule: &Rule| sets.check(rule).is_ok();
    for table in sigma::mapping::TABLES.iter() {
        let of_table: Vec<(usize, &Rule)> = rules
            .known
            .iter()
            .enumerate()
            .filter(|(_, (_, rule))| {
                rule.rows().is_some_and(|rows| rows.table == table) && usable(rule)
            })
            .map(|(at, (_, rule))| (at, rule))
            .collect();
        if of_table.is_empty() {
            continue;
        }
        let only: Vec<&Rule> = of_table.iter().map(|(_, rule)| *rule).collect();
        let asked = Matched::new(table, &only, sets);
        for range in ranges {
            let answer = store.ask::<Found>(&asked.question(range).within(BUDGET)).await?;
            for found in answer.rows {
                counts[of_table[found.rule - 1].0] += found.matches;
            }
        }
    }
    for (at, (_, rule)) in rules.known.iter().enumerate() {
        let Some(threshold) = rule.correlation().map(|correlation| correlation.threshold) else {
            continue;
        };
        let Ok(base) = rules.base(rule) else { continue };
        let is_usable = base.iter().all(|rule| usable(rule));
        let Some(asked) = Correlated::new(rule, &base, sets).ok().filter(|_| is_usable) else {
            continue;
        };
        for range in ranges {
            let range = Range { window_from: range.from.plus(-asked.window_us), ..range.clone() };
            let answer = store.ask::<Found>(&asked.question(&range).within(BUDGET)).await?;
            let holds = answer.rows.iter().filter(|found| threshold.holds(found.measure));
            counts[at] += holds.count() as u64;
        }
    }
    Ok(counts)
}

const FIELDS: &[Field<'static, Row>] = &[
    Field { title: "RULE", name: "rule", cell: &|row| row.rule.clone() },
    Field { title: "SEV", name: "severity", cell: &|row| row.severity.to_string() },
    Field { title: "STATUS", name: "status", cell: &|row| row.status.to_owned() },
    Field { title: "TABLE", name: "table", cell: &|row| row.table.clone() },
    Field {
        title: "MATCHES",
        name: "matches",
        cell: &|row| row.matches.map_or_else(|| "?".to_owned(), present::grouped),
    },
    Field { title: "TITLE", name: "title", cell: &|row| row.title.clone() },
    Field { title: "NOT USED", name: "why", cell: &|row| row.why.clone() },
];
