//! Each conversation once: questions that read the slices of its primary tap alone.

use super::Step;
use query::{Named, Scope};
use store::Question;

const SQL: &str = include_str!("primary.sql");

/// The question `named` about `step`, with `primary_slice` in reach: the slices of each conversation's primary tap from
/// `window_from` to `to`.
///
/// `{from:DateTime64(6)}` and `{to:DateTime64(6)}` bound what is new, `{window_from:DateTime64(6)}` the rows. The query must
/// start with `SELECT`, or with `WITH` and a blank, whose list is then continued.
pub fn question(named: &Named, step: &Step) -> Question {
    let mut question = windowed(named, step);
    let sql = without_comments(&question.sql);
    question.sql = match sql.strip_prefix("WITH ") {
        Some(list) => format!("WITH\n{},\n{list}", without_comments(SQL)),
        None => format!("WITH\n{}\n{sql}", without_comments(SQL)),
    };
    question
}

/// The question `named` about `step`, with `window_from` bound beside `from`, `to` and `without`.
pub fn windowed(named: &Named, step: &Step) -> Question {
    let scope = Scope { from: step.from, to: step.to, without: step.without.clone() };
    named.over(&scope).with("window_from", step.window_from)
}

fn without_comments(sql: &str) -> String {
    sql.lines().filter(|line| !line.starts_with("--")).collect::<Vec<_>>().join("\n")
}
