//! A condition in SQL: columns from the mapping, texts as parameters, each shared part once.

use crate::expression::{Compare, Expression, Network, Relation, Test};
use crate::mapping::{Field, Kind};
use crate::pattern::{Part, Pattern, folded};
use crate::sets::Sets;
use std::collections::BTreeMap;
use store::Value;

/// Most needles that one search for several texts takes.
const NEEDLES: usize = 250;

/// What conditions of one question share: parameters, and parts that have a name.
#[derive(Debug)]
pub(super) struct Shared<'s> {
    sets: &'s Sets,
    /// Parameters, by name.
    pub(super) params: Vec<(String, Value)>,
    bound: BTreeMap<String, String>,
    /// Named parts in the order in which they build on each other: name and SQL.
    pub(super) parts: Vec<(String, String)>,
    named: BTreeMap<String, String>,
}

impl<'s> Shared<'s> {
    pub(super) fn new(sets: &'s Sets) -> Self {
        let (bound, named) = (BTreeMap::new(), BTreeMap::new());
        Self { sets, params: Vec::new(), bound, parts: Vec::new(), named }
    }

    /// Parts are named anew from here on: those of another table mean other columns.
    pub(super) fn turn(&mut self) -> Vec<(String, String)> {
        self.named.clear();
        std::mem::take(&mut self.parts)
    }

    /// The condition in SQL: 1 or 0, never NULL.
    pub(super) fn condition(&mut self, expression: &Expression) -> String {
        match expression {
            Expression::All(parts) => self.joined(parts, " AND ", "1"),
            Expression::Any(parts) => self.joined(parts, " OR ", "0"),
            Expression::Not(inner) => format!("NOT {}", self.condition(inner)),
            Expression::Test(test) => {
                let sql = self.test(test);
                self.name('t', sql)
            }
        }
    }

    fn joined(&mut self, parts: &[Expression], between: &str, none: &str) -> String {
        let parts: Vec<String> = parts.iter().map(|part| self.condition(part)).collect();
        if parts.is_empty() { none.to_owned() } else { format!("({})", parts.join(between)) }
    }

    /// The name of a part: one that is known already, or a new one.
    fn name(&mut self, letter: char, sql: String) -> String {
        if let Some(name) = self.named.get(&sql) {
            return name.clone();
        }
        let name = format!("{letter}_{}", self.parts.len());
        self.parts.push((name.clone(), sql.clone()));
        self.named.insert(sql, name.clone());
        name
    }

    fn bind(&mut self, value: Value, kind: &str) -> String {
        let key = format!("{kind} {value:?}");
        if let Some(placeholder) = self.bound.get(&key) {
            return placeholder.clone();
        }
        let name = format!("p{}", self.params.len());
        let placeholder = format!("{{{name}:{kind}}}");
        self.params.push((name, value));
        self.bound.insert(key, placeholder.clone());
        placeholder
    }

    fn text(&mut self, text: &str) -> String {
        self.bind(Value::Text(text.to_owned()), "String")
    }

    fn texts(&mut self, texts: Vec<String>) -> String {
        self.bind(Value::Texts(texts), "Array(String)")
    }

    fn test(&mut self, test: &Test) -> String {
        let Test { field, compare } = test;
        let column = field.column.as_str();
        match compare {
            Compare::Absent => absent(field),
            Compare::Present => format!("NOT {}", absent(field)),
            Compare::Is(value) => format!("({column} = {})", u8::from(*value)),
            Compare::Numbers(numbers) => {
                let list: Vec<String> = numbers.iter().map(i64::to_string).collect();
                with_number(field, &format!("{column} IN ({})", list.join(", ")))
            }
            Compare::Than(order, number) => {
                with_number(field, &format!("{column} {} {number}", order.operator()))
            }
            Compare::Like { patterns, cased } => self
                .element(field, *cased, |shared, element| shared.like(element, patterns, *cased)),
            Compare::Matches(patterns) => self.element(field, true, |shared, element| {
                let each: Vec<String> = patterns
                    .iter()
                    .map(|pattern| format!("match({element}, {})", shared.text(pattern)))
                    .collect();
                format!("({element} != '' AND ({}))", each.join(" OR "))
            }),
            Compare::Within(networks) => {
                self.element(field, true, |_, element| within(element, networks))
            }
            Compare::InSet(name) => {
                let networks = self.sets.get(name).unwrap_or_default().to_vec();
                self.element(field, true, |_, element| within(element, &networks))
            }
            Compare::Field(relation, other) => self.related(field, *relation, other),
        }
    }

    /// The condition on the value of a field, or on some element of a list; in lower case unless `cased`.
    fn element(
        &mut self,
        field: &Field,
        cased: bool,
        condition: impl FnOnce(&mut Self, &str) -> String,
    ) -> String {
        match field.kind {
            Kind::Texts | Kind::Addresses => {
                let element = if cased { "element" } else { "lowerUTF8(element)" };
                let inner = condition(self, element);
                format!("arrayExists(element -> {inner}, {})", field.column)
            }
            Kind::Text if !cased => {
                let lower = self.name('x', format!("lowerUTF8({})", field.column));
                condition(self, &lower)
            }
            _ => condition(self, &field.column),
        }
    }

    fn like(&mut self, element: &str, patterns: &[Pattern], cased: bool) -> String {
        let fold = |text: &str| if cased { text.to_owned() } else { folded(text) };
        let mut sorted = Sorted::default();
        for pattern in patterns {
            sorted.add(pattern.clone().map(fold));
        }
        let mut parts = Vec::new();
        match sorted.equal.len() {
            0 => {}
            1 => parts.push(format!("{element} = {}", self.text(&sorted.equal[0]))),
            _ => parts.push(format!("has({}, {element})", self.texts(sorted.equal))),
        }
        for needles in sorted.inside.chunks(NEEDLES) {
            parts.push(match needles {
                [one] => format!("position({element}, {}) > 0", self.text(one)),
                many => format!("multiSearchAny({element}, {})", self.texts(many.to_vec())),
            });
        }
        for text in &sorted.starts {
            parts.push(format!("startsWith({element}, {})", self.text(text)));
        }
        for text in &sorted.ends {
            parts.push(format!("endsWith({element}, {})", self.text(text)));
        }
        for pattern in &sorted.others {
            parts.push(format!("{element} LIKE {}", self.text(&pattern.like())));
        }
        if sorted.anything {
            parts.push(format!("{element} != ''"));
        }
        format!("({})", parts.join(" OR "))
    }

    fn related(&mut self, field: &Field, relation: Relation, other: &Field) -> String {
        if field.kind != Kind::Text {
            let present = format!("NOT {} AND NOT {}", absent(field), absent(other));
            return format!("({} = {} AND {present})", field.column, other.column);
        }
        let one = self.name('x', format!("lowerUTF8({})", field.column));
        let two = self.name('x', format!("lowerUTF8({})", other.column));
        let test = match relation {
            Relation::Equal => format!("{one} = {two}"),
            Relation::Contains => format!("position({one}, {two}) > 0"),
            Relation::StartsWith => format!("startsWith({one}, {two})"),
            Relation::EndsWith => format!("endsWith({one}, {two})"),
        };
        format!("({one} != '' AND {two} != '' AND {test})")
    }
}

/// Patterns by the function that searches for them.
#[derive(Default)]
struct Sorted {
    equal: Vec<String>,
    inside: Vec<String>,
    starts: Vec<String>,
    ends: Vec<String>,
    others: Vec<Pattern>,
    anything: bool,
}

impl Sorted {
    fn add(&mut self, pattern: Pattern) {
        match pattern.0.as_slice() {
            [Part::Any] => self.anything = true,
            [Part::Literal(text)] => self.equal.push(text.clone()),
            [Part::Any, Part::Literal(text), Part::Any] => self.inside.push(text.clone()),
            [Part::Literal(text), Part::Any] => self.starts.push(text.clone()),
            [Part::Any, Part::Literal(text)] => self.ends.push(text.clone()),
            _ => self.others.push(pattern),
        }
    }
}

fn absent(field: &Field) -> String {
    let column = &field.column;
    match (&field.absent, field.kind) {
        (Some(value), _) => format!("({column} = {value})"),
        (None, Kind::Text) => format!("({column} = '')"),
        (None, Kind::Texts | Kind::Addresses) => format!("empty({column})"),
        (None, Kind::Address) => format!("({column} = toIPv6('::'))"),
        (None, Kind::Number | Kind::Flag) => "0".to_owned(),
    }
}

fn with_number(field: &Field, condition: &str) -> String {
    match &field.absent {
        Some(value) => format!("({} != {value} AND {condition})", field.column),
        None => format!("({condition})"),
    }
}

/// As ranges of addresses, so that the index of the table is used. Addresses are typed, so that their text is safe.
fn within(element: &str, networks: &[Network]) -> String {
    let (hosts, ranges): (Vec<&Network>, Vec<&Network>) =
        networks.iter().partition(|network| network.first == network.last);
    let mut parts: Vec<String> = ranges
        .iter()
        .map(|Network { first, last }| {
            format!("{element} BETWEEN toIPv6('{first}') AND toIPv6('{last}')")
        })
        .collect();
    if !hosts.is_empty() {
        let list: Vec<String> =
            hosts.iter().map(|host| format!("toIPv6('{}')", host.first)).collect();
        parts.push(format!("{element} IN ({})", list.join(", ")));
    }
    if parts.is_empty() { "0".to_owned() } else { format!("({})", parts.join(" OR ")) }
}
