//! `rules list`: every rule, and how often it matched in the range.

use super::show::table;
use super::{BUDGET, Global, days, known, policy, sets};
use crate::cli::output::Field;
use crate::cli::runtime;
use crate::failure::{Exit, Failure};
use serde::Serialize;
use sigma::mapping::Table;
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
    let rows = rows(&rules, &sets, counted.as_deref());
    context.output.rows("bartizan.rule/1", &rows, FIELDS)?;
    for (file, problem) in &rules.refused {
        eprintln!("{}:{}", present::safe(file), present::safe(&problem.to_string()));
    }
    let is_refused = !rules.refused.is_empty();
    Ok(is_refused.then_some(Exit::Invalid))
}

/// The rules, the worst first.
fn rows(rules: &Rules, sets: &Sets, counted: Option<&[u64]>) -> Vec<Row> {
    let row = |(at, (file, rule)): (usize, &(String, Rule))| {
        let why = why_not_used(rules, rule, sets);
        Row {
            rule: rule.detection(),
            id: rule.id.clone(),
            title: present::safe(&rule.title),
            severity: rule.rings_with(),
            status: rule.status.as_str(),
            table: table(rule),
            enabled: why.is_empty(),
            matches: counted.map(|counts| counts[at]),
            why,
            file: file.clone(),
        }
    };
    let mut rows: Vec<Row> = rules.known.iter().enumerate().map(row).collect();
    rows.sort_by(|a, b| (b.severity, &a.title).cmp(&(a.severity, &b.title)));
    rows
}

fn why_not_used(rules: &Rules, rule: &Rule, sets: &Sets) -> String {
    match sets.check(rule) {
        Err(problem) => problem.reason,
        Ok(()) if rules.is_base_only(rule) => "speaks through a correlation".to_owned(),
        Ok(()) if !rule.status.is_enabled() => rule.status.as_str().to_owned(),
        Ok(()) => String::new(),
    }
}

/// Matches of each rule; of a correlation, the groups and windows in which it holds.
async fn counts(
    store: &Store,
    rules: &Rules,
    sets: &Sets,
    ranges: &[Range],
) -> Result<Vec<u64>, Failure> {
    let mut counts = vec![0; rules.known.len()];
    for table in sigma::mapping::TABLES.iter() {
        of_table(store, table, rules, sets, ranges, &mut counts).await?;
    }
    for (at, (_, rule)) in rules.known.iter().enumerate() {
        if let Some(threshold) = rule.correlation().map(|correlation| correlation.threshold)
            && let Ok(base) = rules.base(rule)
            && base.iter().all(|rule| sets.check(rule).is_ok())
            && let Ok(asked) = Correlated::new(rule, &base, sets)
        {
            for range in ranges {
                let window_from = range.from.plus(-asked.window_us);
                let question = asked.question(&Range { window_from, ..range.clone() });
                let found = store.ask::<Found>(&question.within(BUDGET)).await?.rows;
                let holds = found.iter().filter(|found| threshold.holds(found.measure));
                counts[at] += holds.count() as u64;
            }
        }
    }
    Ok(counts)
}

/// All rules of one table, in one question a day.
async fn of_table(
    store: &Store,
    table: &'static Table,
    rules: &Rules,
    sets: &Sets,
    ranges: &[Range],
    counts: &mut [u64],
) -> Result<(), Failure> {
    let is_of = |rule: &Rule| {
        rule.rows().is_some_and(|rows| rows.table == table) && sets.check(rule).is_ok()
    };
    let known = rules.known.iter().enumerate();
    let (places, asked): (Vec<usize>, Vec<&Rule>) =
        known.filter(|(_, (_, rule))| is_of(rule)).map(|(at, (_, rule))| (at, rule)).unzip();
    if asked.is_empty() {
        return Ok(());
    }
    let asked = Matched::new(table, &asked, sets);
    for range in ranges {
        let answer = store.ask::<Found>(&asked.question(range).within(BUDGET)).await?;
        for found in answer.rows {
            counts[places[found.rule - 1]] += found.matches;
        }
    }
    Ok(())
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
