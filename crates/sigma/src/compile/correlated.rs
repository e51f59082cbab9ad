//! A correlation as one question: what its rules matched within each window, by group.
//!
//! Windows are as long as the timespan and end at each step, a fourth of it in whole minutes, aligned to the epoch. The
//! condition is not in the question, so that an answer also tells how near a group came.

use super::Range;
use super::expression::Shared;
use super::hits::{self, Asked, Wanted};
use super::matched::{COLUMNS, MOST_KEYS, population};
use crate::mapping::{Field, Table};
use crate::problem::Problem;
use crate::rule::{Correlation, Kind, Rows, Rule};
use crate::sets::Sets;
use model::Time;
use std::fmt::Write as _;
use store::{Question, Value};

/// A correlation, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Correlated {
    /// From the end of one window to that of the next. Microseconds.
    pub step_us: i64,
    /// Length of a window, a multiple of the step. Microseconds.
    pub window_us: i64,
    tables: Vec<&'static Table>,
    sql: String,
    params: Vec<(String, Value)>,
}

/// The step of a timespan: a fourth of it, in whole minutes.
pub(crate) fn step_us(timespan_us: i64) -> i64 {
    let minutes = (timespan_us / 4 + Time::MINUTE - 1) / Time::MINUTE;
    minutes.max(1) * Time::MINUTE
}

impl Correlated {
    /// Compiles `rule`, whose rules are `base` in the order in which it names them.
    ///
    /// # Errors
    /// If a field that it groups by or counts is not one of its rules' tables.
    ///
    /// # Panics
    /// If `rule` is no correlation, or one of `base` is.
    pub fn new(rule: &Rule, base: &[&Rule], sets: &Sets) -> Result<Self, Problem> {
        let correlation = rule.correlation().expect("a correlation");
        let rows: Vec<&Rows> = base
            .iter()
            .map(|rule| rule.rows().expect("correlations rest on rules of rows"))
            .collect();
        let keys = keys(correlation, base)?;
        let values = values(correlation, &rows)?;
        let mut tables: Vec<&'static Table> = Vec::new();
        for rows in &rows {
            if !tables.contains(&rows.table) {
                tables.push(rows.table);
            }
        }
        let mut shared = Shared::new(sets);
        let mut expressions = Vec::new();
        for table in &tables {
            let of_table = |at: &usize| rows[*at].table == *table;
            let numbers: Vec<usize> = (0..rows.len()).filter(of_table).collect();
            let asked: Vec<Asked<'_>> =
                numbers.iter().map(|at| Asked { number: at + 1, rows: rows[*at] }).collect();
            let wanted = Wanted {
                keys: numbers.iter().map(|at| (at + 1, keys[*at].clone())).collect(),
                values: numbers.iter().filter_map(|at| Some((at + 1, *values.get(*at)?))).collect(),
            };
            expressions.push(hits::expressions(table, &asked, &wanted, &mut shared));
        }
        let step_us = step_us(correlation.timespan_us);
        let sql = select(correlation, &tables, &expressions, step_us);
        let window_us = windows(correlation.timespan_us, step_us) * step_us;
        Ok(Self { step_us, window_us, tables, sql, params: shared.params })
    }

    /// What its rules matched in the windows that end with the steps of the range.
    pub fn question(&self, range: &Range) -> Question {
        let mut question = Question::new("rules.correlation", &self.sql);
        question.params.clone_from(&self.params);
        range.bind(question)
    }

    /// How many rows of each of its tables were looked at, by minute.
    pub fn populations(&self, range: &Range) -> Vec<Question> {
        self.tables.iter().map(|table| population(table, range)).collect()
    }

    /// The SQL, for those who want to read it.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

/// Windows that a match may lie in.
const fn windows(timespan_us: i64, step_us: i64) -> i64 {
    (timespan_us + step_us - 1) / step_us
}

/// The fields of the group for each rule.
fn keys<'b>(correlation: &Correlation, base: &[&'b Rule]) -> Result<Vec<Vec<&'b Field>>, Problem> {
    let mut keys = Vec::new();
    for (at, rule) in base.iter().enumerate() {
        let table = rule.rows().expect("a rule of rows").table;
        let named = &correlation.rules[at].0;
        let mut fields = Vec::new();
        for (name, place) in &correlation.group_by {
            let alias = correlation
                .aliases
                .iter()
                .find(|(alias, rule, _)| alias == name && rule == named)
                .map_or(name, |(_, _, field)| field);
            fields.push(table.field(alias).ok_or_else(|| {
                Problem::unsupported(*place, format!("table {} has no field `{alias}`", table.name))
            })?);
        }
        keys.push(fields);
    }
    Ok(keys)
}

/// The field that is counted, for each rule; empty if none is.
fn values<'b>(correlation: &Correlation, rows: &[&'b Rows]) -> Result<Vec<&'b Field>, Problem> {
    let Kind::ValueCount(name, place) = &correlation.kind else { return Ok(Vec::new()) };
    let field = |rows: &&'b Rows| {
        rows.table.field(name).ok_or_else(|| {
            Problem::unsupported(*place, format!("table {} has no field `{name}`", rows.table.name))
        })
    };
    rows.iter().map(field).collect()
}

fn select(
    correlation: &Correlation,
    tables: &[&'static Table],
    expressions: &[String],
    step_us: i64,
) -> String {
    let span = correlation.timespan_us;
    let seen: Vec<String> =
        tables.iter().map(|table| format!("SELECT * FROM seen_{}", table.name)).collect();
    let inner: Vec<String> = match correlation.kind {
        Kind::TemporalOrdered => {
            (1..=correlation.rules.len()).map(|at| format!("order_{at}")).collect()
        }
        _ => Vec::new(),
    };
    let (head, tail) = match inner.join(", ").as_str() {
        "" => (String::new(), ""),
        inner => (format!("SELECT * EXCEPT ({inner}) FROM (\n"), "\n)"),
    };
    format!(
        "WITH
{}
{head}SELECT
    window_at AS at, 1 AS rule, hit_key AS key, {COLUMNS},
    {}, count() OVER (PARTITION BY at) AS keys
FROM (
    SELECT *, arrayJoin(arrayMap(later -> (intDiv(hit_us, {step_us}) + later) * {step_us}, range({}))) AS window_at
    FROM ({})
)
WHERE window_at >= toUnixTimestamp64Micro({{from:DateTime64(6)}}) AND window_at < toUnixTimestamp64Micro({{to:DateTime64(6)}})
    AND hit_us >= window_at + {step_us} - {span}
GROUP BY at, key
ORDER BY at, measure DESC, key
LIMIT {MOST_KEYS} BY at{tail}",
        expressions.join(",\n"),
        measure(correlation),
        windows(span, step_us),
        seen.join(" UNION ALL "),
    )
}

fn measure(correlation: &Correlation) -> String {
    match correlation.kind {
        Kind::EventCount => "count() AS measure".to_owned(),
        Kind::ValueCount(..) => "uniqExactIf(hit_value, hit_value != '') AS measure".to_owned(),
        Kind::Temporal => "uniqExact(hit_rule) AS measure".to_owned(),
        Kind::TemporalOrdered => in_order(correlation.rules.len()),
    }
}

/// How many of the rules matched one after the other, in their order; matches at the same moment are in order.
fn in_order(rules: usize) -> String {
    let mut sql = String::from("groupArrayIf(hit_us, hit_rule = 1) AS order_1");
    let mut reached = vec!["notEmpty(order_1)".to_owned()];
    for number in 2..=rules {
        let before = number - 1;
        let _ = write!(
            sql,
            ", arrayFilter(moment -> notEmpty(order_{before}) AND moment >= arrayMin(order_{before}), \
             groupArrayIf(hit_us, hit_rule = {number})) AS order_{number}"
        );
        reached.push(format!("notEmpty(order_{number})"));
    }
    format!("{sql}, toUInt64({}) AS measure", reached.join(" + "))
}
