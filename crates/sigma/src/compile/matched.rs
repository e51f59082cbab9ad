//! All rules of one table as one question: which rules match, by minute and cause.

use super::Range;
use super::expression::Shared;
use super::hits::{self, Asked, Wanted};
use crate::mapping::{Field, Table};
use crate::rule::{Rows, Rule};
use crate::sets::Sets;
use serde::Deserialize;
use std::net::Ipv6Addr;
use store::{Question, Value};

/// Most causes of one rule in one minute that an answer holds; what is beyond is counted.
pub const MOST_KEYS: u64 = 1_000;

/// Matches of one rule and one cause in one minute, or in one window of a correlation.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// Start of the minute, or of the step that the window ends with. Microseconds.
    pub at: i64,
    /// The rule's number in the question, from 1.
    pub rule: usize,
    /// Values of the fields that are the cause.
    pub key: Vec<String>,
    /// What the condition counts: matches, values or rules.
    pub measure: u64,
    /// Rows that match.
    pub matches: u64,
    /// Flows behind them.
    pub flows: u64,
    /// At most 64 of those flows, ascending.
    pub flow_ids: Vec<u64>,
    /// The first match. Microseconds.
    pub first_us: i64,
    /// Who opened the first of them.
    pub src_ip: Ipv6Addr,
    /// To whom.
    pub dst_ip: Ipv6Addr,
    /// Port of `dst_ip`.
    pub dst_port: u16,
    /// IANA protocol number.
    pub ip_protocol: u8,
    /// Zone of `src_ip`.
    pub src_zone: String,
    /// Zone of `dst_ip`.
    pub dst_zone: String,
    /// Causes of the rule in that minute or window, those beyond [`MOST_KEYS`] included.
    pub keys: u64,
}

/// The columns of [`Found`], from the columns of `seen_<table>`, but for `at`, `rule`, `key` and `measure`.
pub(super) const COLUMNS: &str = "count() AS matches, length(groupUniqArray(hit_flow)) AS flows,
    arraySlice(arraySort(groupUniqArray(hit_flow)), 1, 64) AS flow_ids, min(hit_us) AS first_us,
    argMin(hit_src, (hit_us, hit_flow)) AS src_ip, argMin(hit_dst, (hit_us, hit_flow)) AS dst_ip,
    argMin(hit_dst_port, (hit_us, hit_flow)) AS dst_port, argMin(hit_transport, (hit_us, hit_flow)) AS ip_protocol,
    argMin(hit_src_zone, (hit_us, hit_flow)) AS src_zone, argMin(hit_dst_zone, (hit_us, hit_flow)) AS dst_zone";

/// All rules of one table, compiled.
#[derive(Debug, Clone, PartialEq)]
pub struct Matched {
    /// The table.
    pub table: &'static Table,
    sql: String,
    params: Vec<(String, Value)>,
}

impl Matched {
    /// Compiles `rules`, all of `table`; in the answer a rule's number is its place in the list, from 1.
    ///
    /// # Panics
    /// If a rule is a correlation, or of another table.
    pub fn new(table: &'static Table, rules: &[&Rule], sets: &Sets) -> Self {
        let rows: Vec<&Rows> = rules
            .iter()
            .map(|rule| {
                rule.rows().filter(|rows| rows.table == table).expect("rules of this table")
            })
            .collect();
        Self::of(table, &rows, &rules.iter().map(|rule| key(table, rule)).collect::<Vec<_>>(), sets)
    }

    /// Compiles the opposite of one rule of rows: what its examples must not pass.
    ///
    /// # Panics
    /// If the rule is a correlation.
    pub fn opposite(rule: &Rule, sets: &Sets) -> Self {
        let mut rows = rule.rows().expect("a rule of rows").clone();
        rows.condition = rows.condition.negated();
        Self::of(rows.table, &[&rows], &[key(rows.table, rule)], sets)
    }

    fn of(table: &'static Table, rows: &[&Rows], keys: &[Vec<&Field>], sets: &Sets) -> Self {
        let mut shared = Shared::new(sets);
        let asked: Vec<Asked<'_>> =
            rows.iter().enumerate().map(|(at, rows)| Asked { number: at + 1, rows }).collect();
        let keys = keys.iter().enumerate().map(|(at, fields)| (at + 1, fields.clone())).collect();
        let wanted = Wanted { keys, values: Vec::new() };
        let expressions = hits::expressions(table, &asked, &wanted, &mut shared);
        let sql = format!(
            "WITH
{expressions}
SELECT
    intDiv(hit_us, 60000000) * 60000000 AS at, hit_rule AS rule, hit_key AS key,
    {COLUMNS}, count() AS measure, count() OVER (PARTITION BY at, rule) AS keys
FROM seen_{}
GROUP BY at, rule, key
ORDER BY at, rule, first_us, key
LIMIT {MOST_KEYS} BY at, rule",
            table.name
        );
        Self { table, sql, params: shared.params }
    }

    /// What matched in the range.
    pub fn question(&self, range: &Range) -> Question {
        let mut question = Question::new(format!("rules.{}", self.table.name), &self.sql);
        question.params.clone_from(&self.params);
        range.bind(question)
    }

    /// How many rows were looked at, by minute.
    pub fn population(&self, range: &Range) -> Question {
        population(self.table, range)
    }

    /// The SQL, for those who want to read it.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

pub(super) fn population(table: &Table, range: &Range) -> Question {
    let Table { name, time, .. } = table;
    let sql = format!(
        "SELECT intDiv(toUnixTimestamp64Micro({time}), 60000000) * 60000000 AS at, count() AS rows
FROM {name}
WHERE {time} >= {{window_from:DateTime64(6)}} AND {time} < {{to:DateTime64(6)}} AND tap NOT IN {{without:Array(String)}}
GROUP BY at"
    );
    range.bind(Question::new(format!("rules.{name}.population"), sql))
}

fn key(table: &'static Table, rule: &Rule) -> Vec<&'static Field> {
    rule.suppress_key
        .iter()
        .map(|name| table.field(name).expect("the reader knows the fields of a key"))
        .collect()
}
