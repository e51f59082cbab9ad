//! From text to declarations: every key, every reference, every place of a problem.

mod calendars;
mod fields;
mod moment;
mod network;
mod rules;
mod zones;

use crate::calendar::Calendar;
use crate::declared::{Conduit, Deny, Group, Host, Link, Meta, Service, Validity, Zone};
use crate::problem::{Problem, Problems, nearest};
use fields::{Fields, Placed};
use model::Time;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value};

/// Everything that a policy declares, references checked; zones `internet` and `unknown` are always there.
#[derive(Debug, Clone, Default)]
pub(crate) struct Declared {
    pub(crate) meta: Meta,
    pub(crate) zones: Vec<Zone>,
    pub(crate) hosts: Vec<Host>,
    pub(crate) groups: Vec<Group>,
    pub(crate) services: Vec<Service>,
    pub(crate) conduits: Vec<Conduit>,
    pub(crate) denies: Vec<Deny>,
    pub(crate) links: Vec<Link>,
    pub(crate) calendars: Vec<Calendar>,
}

/// Most zones of a policy: the tables of rules grow with their square.
const MOST_ZONES: usize = 2_000;
/// Most of each other list.
const MOST: usize = 60_000;

const SECTIONS: &[&str] =
    &["meta", "zone", "host", "group", "service", "conduit", "deny", "link", "calendar"];
const SECTIONS_LATER: &[&str] = &["dr"];

/// Reads a policy file into declarations and warnings.
pub(crate) fn read(text: &str) -> Result<(Declared, Vec<Problem>), Vec<Problem>> {
    let problems = RefCell::new(Problems::new(text));
    let declared = match Document::parse(text) {
        Ok(document) => read_sections(document.as_table(), &problems),
        Err(error) => {
            let end = text.len();
            let span = error.span().unwrap_or(end..end);
            let mut message = error.message().replace('\n', ", ");
            if message == "duplicate key" {
                message += "; a list is written as `zone = [ … ]` or as [[zone]], not both";
            }
            problems.borrow_mut().error(&span, message, None);
            Declared::default()
        }
    };
    match problems.into_inner().finish() {
        (problems, true) => Err(problems),
        (warnings, false) => Ok((declared, warnings)),
    }
}

fn read_sections(root: &dyn TableLike, problems: &RefCell<Problems<'_>>) -> Declared {
    let top = Fields { table: root, span: 0..0, what: "policy", problems };
    top.expect_keys(SECTIONS, SECTIONS_LATER);
    let names = Names::gather(root);
    let (mut networks, mut addresses) = (zones::Claims::new(), zones::Claims::new());
    let mut declared = Declared {
        meta: zones::meta(&top),
        zones: section(&top, "zone", MOST_ZONES)
            .iter()
            .filter_map(|fields| zones::zone(fields, &mut networks))
            .collect(),
        hosts: section(&top, "host", MOST)
            .iter()
            .filter_map(|fields| zones::host(fields, &names, &mut addresses))
            .collect(),
        groups: section(&top, "group", MOST)
            .iter()
            .filter_map(|fields| zones::group(fields, &names))
            .collect(),
        services: section(&top, "service", MOST).iter().filter_map(rules::service).collect(),
        conduits: section(&top, "conduit", MOST)
            .iter()
            .filter_map(|fields| rules::conduit(fields, &names))
            .collect(),
        denies: section(&top, "deny", MOST)
            .iter()
            .filter_map(|fields| rules::deny(fields, &names))
            .collect(),
        links: section(&top, "link", MOST)
            .iter()
            .filter_map(|fields| rules::link(fields, &names))
            .collect(),
        calendars: section(&top, "calendar", MOST).iter().filter_map(calendars::calendar).collect(),
    };
    for (id, name) in [("internet", "Internet"), ("unknown", "Unknown")] {
        if !declared.zones.iter().any(|zone| zone.id == id) {
            declared.zones.push(Zone {
                id: id.to_owned(),
                name: name.to_owned(),
                ..Zone::default()
            });
        }
    }
    declared
}

/// The tables of one list, in either form; ids that appear twice are errors.
fn section<'a, 't>(top: &Fields<'a, 't>, name: &'static str, most: usize) -> Vec<Fields<'a, 't>> {
    let fields = |table, span| Fields { table, span, what: name, problems: top.problems };
    let mut found: Vec<Fields<'a, 't>> = Vec::new();
    let item = top.table.get(name);
    match item {
        None => {}
        Some(Item::ArrayOfTables(tables)) => {
            found.extend(
                tables
                    .iter()
                    .map(|table| fields(table as &dyn TableLike, table.span().unwrap_or(0..0))),
            );
        }
        Some(Item::Value(Value::Array(values))) => {
            for value in values {
                let span = value.span().unwrap_or(0..0);
                match value.as_inline_table() {
                    Some(table) => found.push(fields(table as &dyn TableLike, span)),
                    None => top.error(
                        &span,
                        format!("`{name}` is a list of tables: {{ id = …, … }}"),
                        None,
                    ),
                }
            }
        }
        Some(item) => {
            let message = format!("`{name}` is a list of tables");
            top.error(&item.span().unwrap_or(0..0), message, Some(format!("[[{name}]]")));
        }
    }
    let mut before = HashSet::new();
    for fields in &found {
        let id = fields.table.get("id");
        if let Some((id, item)) =
            id.and_then(Item::as_str).zip(id).filter(|(id, _)| !before.insert(*id))
        {
            top.error(
                &item.span().unwrap_or(0..0),
                format!("{name} `{id}` is declared twice"),
                None,
            );
        }
    }
    if found.len() > most {
        top.error(&found[most].span, format!("more than {most} of `{name}`"), None);
        found.truncate(most);
    }
    found
}

/// Every name that a rule may refer to.
#[derive(Default)]
struct Names {
    zones: BTreeSet<String>,
    hosts: BTreeSet<String>,
    groups: BTreeSet<String>,
    services: BTreeSet<String>,
    conduits: BTreeSet<String>,
}

impl Names {
    fn gather(root: &dyn TableLike) -> Self {
        let of = |section: &str, key: &str| -> BTreeSet<String> {
            let id =
                |table: &dyn TableLike| table.get(key).and_then(Item::as_str).map(str::to_owned);
            match root.get(section) {
                Some(Item::ArrayOfTables(tables)) => {
                    tables.iter().filter_map(|table| id(table)).collect()
                }
                Some(Item::Value(Value::Array(values))) => {
                    let tables = values.iter().filter_map(Value::as_inline_table);
                    tables.filter_map(|table| id(table)).collect()
                }
                _ => BTreeSet::new(),
            }
        };
        let mut zones = of("zone", "id");
        zones.extend(["internet", "unknown"].map(str::to_owned));
        Self {
            zones,
            hosts: of("host", "name"),
            groups: of("group", "id"),
            services: of("service", "id"),
            conduits: of("conduit", "id"),
        }
    }
}

/// Whether `name` is one of `known`; if not, says so with the nearest.
fn refers(
    fields: &Fields<'_, '_>,
    kind: &str,
    name: &str,
    span: &Range<usize>,
    known: &BTreeSet<String>,
) -> bool {
    let is_known = known.contains(name);
    if !is_known {
        fields.error(
            span,
            format!("no {kind} is named `{name}`"),
            nearest(name, known.iter().map(String::as_str)),
        );
    }
    is_known
}

/// The id of a table; must be a plain word, because it stands in rows and filters.
fn id(fields: &Fields<'_, '_>, key: &str) -> Option<Placed<String>> {
    let id = fields.needed_text(key)?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.value.len() > 64
        || !id.value.chars().all(plain)
        || id.value.bytes().filter(u8::is_ascii_digit).count() > 12
    {
        let message = format!(
            "`{key}` must be letters, digits, `-`, `_` and `.`, at most 64, of them 12 digits"
        );
        fields.error(&id.span, message, None);
        return None;
    }
    Some(id)
}

/// A text that must be one of a few; empty if it is not there.
fn one_of(fields: &Fields<'_, '_>, key: &str, words: &[&str]) -> String {
    let Some(text) = fields.text(key) else { return String::new() };
    if !words.contains(&text.value.as_str()) {
        let near = nearest(&text.value, words.iter().copied());
        fields.error(&text.span, format!("`{key}` must be one of {}", words.join(", ")), near);
    }
    text.value
}

/// `valid_from` and `valid_to`: the first moment, and the first one after the last.
fn validity(fields: &Fields<'_, '_>) -> Validity {
    let from = fields.moment("valid_from");
    let to = fields.moment("valid_to");
    let validity = Validity {
        from: from.as_ref().map_or(Validity::ALWAYS.from, |(from, _)| from.value),
        to: to.as_ref().map_or(Validity::ALWAYS.to, |(to, _)| to.value),
    };
    if let Some((to, _)) = to.filter(|_| validity.to <= validity.from) {
        fields.error(&to.span, "`valid_to` is not after `valid_from`", None);
    }
    validity
}

/// `expires`: its last day is a whole day.
fn expires(fields: &Fields<'_, '_>) -> Option<Time> {
    fields
        .moment("expires")
        .map(|(end, is_day)| if is_day { end.value.plus(Time::DAY) } else { end.value })
}

#[cfg(test)]
mod tests;
