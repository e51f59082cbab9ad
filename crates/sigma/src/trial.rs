//! The examples inside a rule, run through the very question that judges it.
//!
//! The rows of an example take the place of the table: a common table expression of the table's own name and structure,
//! computed columns included, as the store describes them. Nothing is written.

use crate::compile::{Correlated, Found, Matched, Range};
use crate::mapping::Table;
use crate::problem::{Place, Problem};
use crate::rule::{Case, Example, Rule, cases::Value};
use crate::sets::Sets;
use model::Time;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use store::{Question, Store};

/// The moment of the first row of an example that names none: 2000-01-04T00:00:00Z, a Tuesday before any packet of ours.
const FIRST: Time = Time::new(946_944_000, 0);

/// What came of the examples of one rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How many examples were run.
    pub cases: usize,
    /// What is wrong with the rule or its examples, in words.
    pub faults: Vec<Problem>,
}

/// A table as the store describes it.
#[derive(Debug, Clone)]
pub struct Structure {
    stored: Vec<(String, String)>,
    computed: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Column {
    table: String,
    name: String,
    kind: String,
    computed: String,
}

/// The structure of every table that rules read.
///
/// # Errors
/// What the store said.
pub async fn structures(store: &Store) -> Result<BTreeMap<String, Structure>, store::Error> {
    const SQL: &str = "
        SELECT table, name, type AS kind, if(default_kind = 'ALIAS', default_expression, '') AS computed
        FROM system.columns WHERE database = currentDatabase() ORDER BY table, position";
    let columns = store.ask::<Column>(&Question::new("rules.structure", SQL)).await?.rows;
    let mut all: BTreeMap<String, Structure> = BTreeMap::new();
    for Column { table, name, kind, computed } in columns {
        let structure = all
            .entry(table)
            .or_insert_with(|| Structure { stored: Vec::new(), computed: Vec::new() });
        if computed.is_empty() {
            structure.stored.push((name, kind));
        } else {
            structure.computed.push((name, computed));
        }
    }
    Ok(all)
}

/// What is wrong with a rule's examples before they are run: one must fire, one must not, and one that must not is a near
/// miss, which differs from one that must in a single field.
pub fn faults(rule: &Rule) -> Vec<Problem> {
    let mut faults = Vec::new();
    let mut fault = |reason: &str| faults.push(Problem::new(rule.place, reason));
    if rule.rows().is_some_and(|rows| rows.is_negation) {
        fault("the whole condition is a `not`: it holds for nearly everything");
    }
    let (fire, silent): (Vec<&Case>, Vec<&Case>) =
        rule.cases.iter().partition(|case| case.must_fire);
    if fire.is_empty() {
        fault("no case must fire");
    }
    if silent.is_empty() {
        fault("no case must stay silent");
    }
    let is_near = |silent: &&Case| fire.iter().any(|fire| fire.is_near(silent));
    if !fire.is_empty() && !silent.is_empty() && !silent.iter().any(is_near) {
        fault(
            "no case is a near miss: silent, and but for one field the same as one that must fire",
        );
    }
    faults
}

/// Runs the examples of `rule`, whose base rules are `base`, and their opposite: a condition that is turned round must fail.
///
/// # Errors
/// What the store said.
pub async fn run(
    store: &Store,
    structures: &BTreeMap<String, Structure>,
    rule: &Rule,
    base: &[&Rule],
    sets: &Sets,
) -> Result<Outcome, store::Error> {
    let mut outcome = Outcome { cases: rule.cases.len(), faults: faults(rule) };
    let sets = sets.with_examples(base.iter().copied().chain([rule]));
    let compiled = match Compiled::new(rule, base, &sets) {
        Ok(compiled) => compiled,
        Err(problem) => {
            outcome.faults.push(problem);
            return Ok(outcome);
        }
    };
    let mut opposite_passes = true;
    for case in &rule.cases {
        let world = match World::of(case, rule, base, structures) {
            Ok(world) => world,
            Err(problem) => {
                outcome.faults.push(problem);
                continue;
            }
        };
        let fires = compiled.fires(store, &world).await?;
        if fires != case.must_fire {
            let said = if fires { "fires, and must not" } else { "must fire, and does not" };
            outcome.faults.push(Problem::new(case.place, format!("this case {said}")));
        }
        opposite_passes &= compiled.opposite_fires(store, &world, fires).await? == case.must_fire;
    }
    if opposite_passes && !rule.cases.is_empty() {
        let reason = "the cases pass with the condition turned round too: they prove nothing";
        outcome.faults.push(Problem::new(rule.place, reason));
    }
    Ok(outcome)
}

enum Compiled<'r> {
    Rows { asked: Matched, opposite: Matched },
    Windows { asked: Correlated, rule: &'r Rule },
}

impl<'r> Compiled<'r> {
    fn new(rule: &'r Rule, base: &[&Rule], sets: &Sets) -> Result<Self, Problem> {
        for rule in base.iter().chain([&rule]) {
            sets.check(rule)?;
        }
        Ok(match rule.rows() {
            Some(rows) => Self::Rows {
                asked: Matched::new(rows.table, &[rule], sets),
                opposite: Matched::opposite(rule, sets),
            },
            None => Self::Windows { asked: Correlated::new(rule, base, sets)?, rule },
        })
    }

    async fn fires(&self, store: &Store, world: &World) -> Result<bool, store::Error> {
        match self {
            Self::Rows { asked, .. } => {
                let question = world.instead(asked.question(&world.range(0)));
                Ok(!store.ask::<Found>(&question).await?.rows.is_empty())
            }
            Self::Windows { asked, rule } => {
                let question = world.instead(asked.question(&world.range(asked.window_us)));
                let threshold = rule.correlation().expect("it is one").threshold;
                let found = store.ask::<Found>(&question).await?.rows;
                Ok(found.iter().any(|found| threshold.holds(found.measure)))
            }
        }
    }

    /// A correlation turned round fires where it did not.
    async fn opposite_fires(
        &self,
        store: &Store,
        world: &World,
        fires: bool,
    ) -> Result<bool, store::Error> {
        match self {
            Self::Rows { opposite, .. } => {
                let question = world.instead(opposite.question(&world.range(0)));
                Ok(!store.ask::<Found>(&question).await?.rows.is_empty())
            }
            Self::Windows { .. } => Ok(!fires),
        }
    }
}

/// The rows of one example, in place of the tables.
struct World {
    /// For each table the expression that stands in its place, and its rows as JSON.
    tables: Vec<(String, Vec<String>)>,
    first: Time,
    last: Time,
}

impl World {
    fn of(
        case: &Case,
        rule: &Rule,
        base: &[&Rule],
        structures: &BTreeMap<String, Structure>,
    ) -> Result<Self, Problem> {
        let mut rows: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        let (mut first, mut last) = (Time(i64::MAX), Time(i64::MIN));
        for example in &case.rows {
            let table = table_of(example, rule, base, case)?;
            let structure = structures.get(table.name).ok_or_else(|| {
                Problem::new(case.place, format!("the store has no table {}", table.name))
            })?;
            for number in 1..=example.repeat {
                let (row, time) = row(example, table, structure, number)?;
                (first, last) = (first.min(time), last.max(time));
                rows.entry(table.name).or_default().push(Json::Object(row).to_string());
            }
        }
        let mut tables = Vec::new();
        for (name, rows) in rows {
            tables.push((expression(name, &structures[name]), rows));
        }
        Ok(Self { tables, first, last })
    }

    /// Whole minutes that hold every row, and so much after.
    fn range(&self, after_us: i64) -> Range {
        let to = self.last.plus(after_us).minute().plus(Time::MINUTE);
        let mut range = Range::new(self.first.minute(), to, Vec::new());
        range.window_from = self.first.minute().plus(-Time::HOUR);
        range
    }

    /// The question with the example's rows instead of the tables'.
    fn instead(&self, mut question: Question) -> Question {
        let rest =
            question.sql.strip_prefix("WITH\n").expect("every question begins so").to_owned();
        let mut head = String::from("WITH\n");
        for (at, (expression, rows)) in self.tables.iter().enumerate() {
            head.push_str(&expression.replace("{rows:", &format!("{{rows{at}:")));
            head.push_str(",\n");
            question.params.push((format!("rows{at}"), store::Value::Texts(rows.clone())));
        }
        question.sql = head + &rest;
        question
    }
}

fn table_of(
    example: &Example,
    rule: &Rule,
    base: &[&Rule],
    case: &Case,
) -> Result<&'static Table, Problem> {
    if let Some(rows) = rule.rows() {
        return Ok(rows.table);
    }
    let named = base.iter().find(|base| base.name == example.rule || base.id == example.rule);
    let only = if base.len() == 1 && example.rule.is_empty() { base.first() } else { None };
    let found = named.or(only).and_then(|rule| rule.rows());
    found.map(|rows| rows.table).ok_or_else(|| {
        Problem::new(
            case.place,
            "a row of a correlation's case says `rule`: the name of the one it is a row of",
        )
    })
}

/// The common table expression that stands in the place of a table: stored columns from JSON, the others as computed.
fn expression(name: &str, structure: &Structure) -> String {
    let stored: Vec<String> =
        structure.stored.iter().map(|(name, kind)| format!("{name} {kind}")).collect();
    let kind = stored.join(", ").replace('\\', "\\\\").replace('\'', "\\'");
    let mut columns: Vec<String> = structure
        .stored
        .iter()
        .enumerate()
        .map(|(at, (name, _))| format!("example.{} AS {name}", at + 1))
        .collect();
    columns.extend(structure.computed.iter().map(|(name, sql)| format!("{sql} AS {name}")));
    format!(
        "{name} AS (
    SELECT {}
    FROM (SELECT JSONExtract(arrayJoin({{rows:Array(String)}}), 'Tuple({kind})') AS example)
)",
        columns.join(",\n        ")
    )
}

/// One row as JSON by columns, and its time.
fn row(
    example: &Example,
    table: &'static Table,
    structure: &Structure,
    number: u64,
) -> Result<(Map<String, Json>, Time), Problem> {
    let mut row = Map::new();
    let mut first = FIRST;
    for (name, value, place) in &example.fields {
        let value = numbered(value, number);
        if *name == table.time || name == "time" {
            let text = if let Value::One(text) = &value { text.as_str() } else { "" };
            first = text.parse().map_err(|_| {
                Problem::new(*place, "a moment is meant, such as 2026-03-12T22:30:00Z")
            })?;
            continue;
        }
        let (column, kind) = structure.column(name, table).ok_or_else(|| {
            let reason = match table.field(name) {
                Some(_) => {
                    format!("`{name}` is computed; name the columns that it is computed from")
                }
                None => format!("table {} has no field or column `{name}`", table.name),
            };
            Problem::new(*place, reason)
        })?;
        if let Some(json) = json(&value, kind, *place)? {
            row.insert(column.to_owned(), json);
        }
    }
    let time = first.plus((number as i64 - 1) * example.every_us);
    let written = time.to_string().replace('T', " ").replace('Z', "");
    row.insert(table.time.clone(), Json::String(written));
    Ok((row, time))
}

impl Structure {
    /// The stored column that an example means by `name`, and its type: a column of that name, else that of the field.
    fn column(&self, name: &str, table: &'static Table) -> Option<(&str, &str)> {
        let stored = |name: &str| self.stored.iter().find(|(column, _)| column == name);
        let of_field = || {
            let column = table.field(name)?.column.as_str();
            let plain = column.strip_prefix("toString(").and_then(|rest| rest.strip_suffix(')'));
            stored(plain.unwrap_or(column))
        };
        stored(name).or_else(of_field).map(|(column, kind)| (column.as_str(), kind.as_str()))
    }
}

fn numbered(value: &Value, number: u64) -> Value {
    let one = |text: &String| text.replace("{n}", &number.to_string());
    match value {
        Value::Null => Value::Null,
        Value::One(text) => Value::One(one(text)),
        Value::Many(texts) => Value::Many(texts.iter().map(one).collect()),
    }
}

/// A value as JSON of a column of type `kind`; none where it is absent.
fn json(value: &Value, kind: &str, place: Place) -> Result<Option<Json>, Problem> {
    match value {
        Value::Null => Ok(None),
        Value::One(text) if kind.starts_with("Array(") => {
            one(text, inner(kind), place).map(|one| Some(Json::Array(vec![one])))
        }
        Value::One(text) => one(text, kind, place).map(Some),
        Value::Many(texts) if kind.starts_with("Array(") => {
            let all: Result<Vec<Json>, _> =
                texts.iter().map(|text| one(text, inner(kind), place)).collect();
            all.map(|all| Some(Json::Array(all)))
        }
        Value::Many(_) => Err(Problem::new(place, "one value is meant, not a list")),
    }
}

fn one(text: &str, kind: &str, place: Place) -> Result<Json, Problem> {
    let kind = kind.strip_prefix("LowCardinality(").unwrap_or(kind);
    if kind.starts_with("IPv6") {
        let address: IpAddr =
            text.parse().map_err(|_| Problem::new(place, format!("`{text}` is no address")))?;
        return Ok(Json::String(model::mapped(address).to_string()));
    }
    if !kind.starts_with("UInt") && !kind.starts_with("Int") {
        return Ok(Json::String(text.to_owned()));
    }
    match text {
        "true" => Ok(Json::from(1)),
        "false" => Ok(Json::from(0)),
        _ => text
            .parse::<i64>()
            .map(Json::from)
            .map_err(|_| Problem::new(place, format!("`{text}` is no whole number"))),
    }
}

/// The type of an array's elements.
fn inner(kind: &str) -> &str {
    kind.strip_prefix("Array(").and_then(|rest| rest.strip_suffix(')')).unwrap_or(kind)
}
