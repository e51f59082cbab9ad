//! The examples inside a rule: rows that must fire, and rows that must not.

use crate::problem::{Place, Problem};
use crate::yaml::{Data, Node};

/// One example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Whether the rule must fire on its rows.
    pub must_fire: bool,
    /// The rows.
    pub rows: Vec<Example>,
    /// Where it stands.
    pub place: Place,
}

/// Rows of one table: fields and their values. What is not named is as in a row about which nothing is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Name of the rule whose table it is a row of; empty: the rule's own.
    pub rule: String,
    /// Fields, as in the rule, and their values; null is absent.
    pub fields: Vec<(String, Value, Place)>,
    /// So many rows.
    pub repeat: u64,
    /// From one of them to the next. Microseconds.
    pub every_us: i64,
}

/// A value of an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Absent.
    Null,
    /// One value; `{n}` in it is the number of the row, from 1.
    One(String),
    /// A list.
    Many(Vec<String>),
}

/// Most rows of an example.
const MOST: u64 = 10_000;

pub(super) fn read(node: &Node) -> Result<Vec<Case>, Problem> {
    let Data::List(all) = &node.data else {
        return Err(Problem::new(node.place, "`cases` is a list"));
    };
    all.iter().map(case).collect()
}

fn case(node: &Node) -> Result<Case, Problem> {
    let entries = node.entries().ok_or_else(|| Problem::new(node.place, "a case is a map"))?;
    if let Some((key, _)) =
        entries.iter().find(|(key, _)| !matches!(key.text(), Some("must" | "row" | "rows" | "why")))
    {
        let name = key.text().unwrap_or_default();
        return Err(Problem::new(
            key.place,
            format!("a case has `must` and `row` or `rows`, not `{name}`"),
        ));
    }
    let must = node.get("must").ok_or_else(|| Problem::new(node.place, "`must` is missing"))?;
    let must_fire = match must.text() {
        Some("fire") => true,
        Some("silent") => false,
        _ => return Err(Problem::new(must.place, "`must` is `fire` or `silent`")),
    };
    let rows = match (node.get("row"), node.get("rows")) {
        (Some(row), None) => vec![example(row)?],
        (None, Some(rows)) => rows.each().iter().map(example).collect::<Result<_, _>>()?,
        _ => return Err(Problem::new(node.place, "a case has either `row` or `rows`")),
    };
    Ok(Case { must_fire, rows, place: node.place })
}

fn example(node: &Node) -> Result<Example, Problem> {
    let entries = node.entries().ok_or_else(|| Problem::new(node.place, "a row is a map"))?;
    let mut example = Example { rule: String::new(), fields: Vec::new(), repeat: 1, every_us: 0 };
    for (key, value) in entries {
        let name = key.text().unwrap_or_default();
        let text = value.text().unwrap_or_default();
        match name {
            "repeat" => {
                let count = text.parse().ok().filter(|count| (1..=MOST).contains(count));
                example.repeat = count.ok_or_else(|| {
                    Problem::new(value.place, format!("`repeat` is a number from 1 to {MOST}"))
                })?;
            }
            "every_s" => {
                let seconds =
                    text.parse::<i64>().ok().filter(|seconds| (0..=86_400).contains(seconds));
                let seconds = seconds.ok_or_else(|| {
                    Problem::new(value.place, "`every_s` is a number of seconds of a day")
                })?;
                example.every_us = seconds * model::Time::SECOND;
            }
            "rule" => text.clone_into(&mut example.rule),
            _ => example.fields.push((name.to_owned(), read_value(value)?, key.place)),
        }
    }
    Ok(example)
}

fn read_value(node: &Node) -> Result<Value, Problem> {
    match &node.data {
        _ if node.is_null() => Ok(Value::Null),
        Data::Scalar { text, .. } => Ok(Value::One(text.clone())),
        Data::List(all) => {
            let text = |node: &Node| {
                node.text().map(str::to_owned).ok_or_else(|| Problem::new(node.place, "no value"))
            };
            Ok(Value::Many(all.iter().map(text).collect::<Result<_, _>>()?))
        }
        Data::Map(_) => Err(Problem::new(node.place, "a field of a row has a value, not a map")),
    }
}

impl Example {
    /// In how many of fields, repetition and pace two examples differ.
    fn differences(&self, other: &Self) -> usize {
        let value = |example: &Self, name: &str| {
            example
                .fields
                .iter()
                .find(|(known, ..)| known == name)
                .map(|(_, value, _)| value.clone())
        };
        let mut names: Vec<&str> =
            self.fields.iter().chain(&other.fields).map(|(name, ..)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let fields = names.iter().filter(|name| value(self, name) != value(other, name)).count();
        fields
            + usize::from(self.repeat != other.repeat)
            + usize::from(self.every_us != other.every_us)
            + 2 * usize::from(self.rule != other.rule)
    }
}

impl Case {
    /// Whether `other` has the same rows but for one field, repetition or pace of one of them.
    pub fn is_near(&self, other: &Self) -> bool {
        self.rows.len() == other.rows.len()
            && self.rows.iter().zip(&other.rows).map(|(a, b)| a.differences(b)).sum::<usize>() == 1
    }
}
