//! Selections: maps of fields and values, and what their modifiers make of them.

use super::modifiers::{self, Encode, How, Modifiers};
use crate::condition::{self, Selection};
use crate::expression::{Compare, Expression, Network, Order, Relation, Test};
use crate::mapping::{Field, Kind, Table};
use crate::pattern::Pattern;
use crate::problem::{Place, Problem};
use crate::yaml::{Data, Node};
use base64::Engine as _;

/// Most values of one field.
const MOST: usize = 5_000;

/// The condition of a `detection`, and whether it is a `not` as a whole.
pub(super) fn read(node: &Node, table: &'static Table) -> Result<(Expression, bool), Problem> {
    let Some(entries) = node.entries() else {
        return Err(Problem::new(node.place, "`detection` is a map"));
    };
    let mut selections: Vec<Selection> = Vec::new();
    for (key, value) in entries {
        match key.text().unwrap_or_default() {
            "condition" => {}
            "timeframe" => {
                let reason = "`timeframe` is no longer Sigma; write a correlation instead";
                return Err(Problem::new(key.place, reason));
            }
            name => selections.push((name.to_owned(), selection(value, table)?)),
        }
    }
    let Some(condition) = node.get("condition") else {
        return Err(Problem::new(node.place, "`condition` is missing"));
    };
    let mut lines = Vec::new();
    for line in condition.each() {
        let Some(text) = line.text() else {
            return Err(Problem::new(line.place, "`condition` is a line or a list of lines"));
        };
        let quoted = matches!(line.data, Data::Scalar { plain: false, .. });
        let at = Place { column: line.place.column + usize::from(quoted), ..line.place };
        lines.push(condition::read(text, at, &selections)?);
    }
    if lines.is_empty() {
        return Err(Problem::new(condition.place, "`condition` is empty"));
    }
    let expression = Expression::any(lines);
    let is_negation = matches!(expression, Expression::Not(_));
    Ok((expression, is_negation))
}

fn selection(node: &Node, table: &'static Table) -> Result<Expression, Problem> {
    match &node.data {
        Data::Map(entries) if entries.is_empty() => {
            Err(Problem::new(node.place, "an empty map would match every row"))
        }
        Data::Map(entries) => {
            let parts: Result<Vec<_>, _> =
                entries.iter().map(|(key, value)| field(key, value, table)).collect();
            Ok(Expression::all(parts?))
        }
        Data::List(all) if all.is_empty() => {
            Err(Problem::new(node.place, "an empty list would match nothing"))
        }
        Data::List(all) => {
            let parts: Result<Vec<_>, _> = all.iter().map(|one| selection(one, table)).collect();
            Ok(Expression::any(parts?))
        }
        Data::Scalar { .. } => Err(Problem::unsupported(
            node.place,
            "keywords without a field are not supported: rows have columns, not text",
        )),
    }
}

fn field(key: &Node, value: &Node, table: &'static Table) -> Result<Expression, Problem> {
    let (name, modifiers) = modifiers::read(key.text().unwrap_or_default(), key.place)?;
    let known = known_field(name, key.place, table)?;
    let reader = Values { table, field: known, modifiers: &modifiers };
    if value.entries().is_some() {
        return Err(Problem::new(
            value.place,
            "a field has a value or a list of values, not a map",
        ));
    }
    let values = value.each();
    if values.is_empty() {
        return Err(Problem::new(value.place, "an empty list would match nothing"));
    }
    if values.len() > MOST {
        return Err(Problem::new(value.place, format!("more than {MOST} values")));
    }
    let expression = if modifiers.all {
        if values.len() < 2 {
            return Err(Problem::new(value.place, "`all` wants a list of values"));
        }
        let each: Result<Vec<_>, _> =
            values.iter().map(|value| reader.read(std::slice::from_ref(value))).collect();
        Expression::all(each?)
    } else {
        reader.read(values)?
    };
    if !modifiers.neq {
        return Ok(expression);
    }
    let present = Expression::Test(Test { field: known.clone(), compare: Compare::Present });
    Ok(Expression::All(vec![present, expression.negated()]))
}

pub(super) fn known_field(
    name: &str,
    at: Place,
    table: &'static Table,
) -> Result<&'static Field, Problem> {
    table.field(name).ok_or_else(|| {
        let meant =
            table.nearest(name).map_or_else(String::new, |near| format!("; is `{near}` meant?"));
        let place = Place { length: name.chars().count().max(1), ..at };
        Problem::unsupported(place, format!("table {} has no field `{name}`{meant}", table.name))
    })
}

struct Values<'r> {
    table: &'static Table,
    field: &'static Field,
    modifiers: &'r Modifiers,
}

impl Values<'_> {
    fn test(&self, compare: Compare) -> Expression {
        Expression::Test(Test { field: self.field.clone(), compare })
    }

    /// One of `values` at least.
    fn read(&self, values: &[Node]) -> Result<Expression, Problem> {
        let (nulls, values): (Vec<&Node>, Vec<&Node>) =
            values.iter().partition(|node| node.is_null());
        if let Some(list) = values.iter().find(|node| node.text().is_none()) {
            return Err(Problem::new(list.place, format!("{} is no value", list.kind())));
        }
        let mut parts = Vec::new();
        if let Some(null) = nulls.first() {
            if self.modifiers.how.is_some() || self.modifiers.expand || self.modifiers.fieldref {
                return Err(Problem::new(null.place, "null stands without a modifier"));
            }
            parts.push(self.test(Compare::Absent));
        }
        if !values.is_empty() {
            parts.extend(self.compared(&values)?);
        }
        Ok(Expression::any(parts))
    }

    fn compared(&self, values: &[&Node]) -> Result<Vec<Expression>, Problem> {
        if self.modifiers.fieldref {
            return values.iter().map(|value| self.other_field(value)).collect();
        }
        if self.modifiers.expand {
            return values.iter().map(|value| self.set(value)).collect();
        }
        match (self.modifiers.how, self.field.kind) {
            (Some(How::Exists), _) => values.iter().map(|value| self.exists(value)).collect(),
            (None | Some(How::Cidr), Kind::Address | Kind::Addresses) => self.networks(values),
            (Some(How::Cidr), _) => self.refuse(values, "`cidr` is for addresses"),
            (None, Kind::Flag) => values.iter().map(|value| self.flag(value)).collect(),
            (None, Kind::Number) => {
                let numbers: Result<Vec<i64>, _> =
                    values.iter().map(|value| number(value)).collect();
                Ok(vec![self.test(Compare::Numbers(numbers?))])
            }
            (Some(How::Lt | How::Lte | How::Gt | How::Gte), Kind::Number) => {
                values.iter().map(|value| self.than(value)).collect()
            }
            (Some(How::Lt | How::Lte | How::Gt | How::Gte), _) => {
                self.refuse(values, "less and more are for numbers")
            }
            (_, Kind::Number | Kind::Flag | Kind::Address | Kind::Addresses) => {
                self.refuse(values, "this modifier is for text")
            }
            (Some(How::Re), _) => self.regular(values),
            (_, Kind::Text | Kind::Texts) => self.patterns(values),
        }
    }

    fn refuse<T>(&self, values: &[&Node], why: &str) -> Result<T, Problem> {
        let name = &self.field.name;
        Err(Problem::new(values[0].place, format!("{why}, and `{name}` is none")))
    }

    fn exists(&self, value: &Node) -> Result<Expression, Problem> {
        let compare = if boolean(value)? { Compare::Present } else { Compare::Absent };
        Ok(self.test(compare))
    }

    fn flag(&self, value: &Node) -> Result<Expression, Problem> {
        Ok(self.test(Compare::Is(boolean(value)?)))
    }

    fn than(&self, value: &Node) -> Result<Expression, Problem> {
        let order = match self.modifiers.how {
            Some(How::Lt) => Order::Less,
            Some(How::Lte) => Order::AtMost,
            Some(How::Gt) => Order::More,
            _ => Order::AtLeast,
        };
        Ok(self.test(Compare::Than(order, number(value)?)))
    }

    fn networks(&self, values: &[&Node]) -> Result<Vec<Expression>, Problem> {
        let read = |value: &&Node| {
            let text = value.text().unwrap_or_default();
            Network::read(text).ok_or_else(|| {
                Problem::new(value.place, format!("`{text}` is no address and no network"))
            })
        };
        let networks: Result<Vec<Network>, _> = values.iter().map(read).collect();
        Ok(vec![self.test(Compare::Within(networks?))])
    }

    fn set(&self, value: &Node) -> Result<Expression, Problem> {
        let text = value.text().unwrap_or_default();
        let name = text.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
        let Some(name) = name.filter(|name| is_name(name)) else {
            let reason =
                format!("`expand` wants one named set, such as `%name_servers%`, not `{text}`");
            return Err(Problem::new(value.place, reason));
        };
        if !matches!(self.field.kind, Kind::Address | Kind::Addresses) {
            return self.refuse(&[value], "named sets hold addresses");
        }
        Ok(self.test(Compare::InSet(name.to_owned())))
    }

    fn other_field(&self, value: &Node) -> Result<Expression, Problem> {
        let name = value.text().unwrap_or_default();
        let other = known_field(name, value.place, self.table)?;
        if other.kind != self.field.kind || matches!(other.kind, Kind::Texts | Kind::Addresses) {
            return Err(Problem::new(value.place, format!("`{name}` is of another kind")));
        }
        let relation = match self.modifiers.how {
            Some(How::Contains) => Relation::Contains,
            Some(How::StartsWith) => Relation::StartsWith,
            Some(How::EndsWith) => Relation::EndsWith,
            _ => Relation::Equal,
        };
        if relation != Relation::Equal && other.kind != Kind::Text {
            return self.refuse(&[value], "this modifier is for text");
        }
        Ok(self.test(Compare::Field(relation, Box::new(other.clone()))))
    }

    fn regular(&self, values: &[&Node]) -> Result<Vec<Expression>, Problem> {
        let off: String = ["i", "m", "s"]
            .into_iter()
            .filter(|flag| !self.modifiers.flags.contains(flag))
            .collect();
        let flags = match (self.modifiers.flags.as_str(), off.as_str()) {
            (on, "") => format!("(?{on})"),
            (on, off) => format!("(?{on}-{off})"),
        };
        let read = |value: &&Node| {
            let text = value.text().unwrap_or_default();
            let whole = format!("{flags}{text}");
            match regex::RegexBuilder::new(&whole).size_limit(1 << 20).build() {
                Ok(_) => Ok(whole),
                Err(error) => {
                    let why = error.to_string().lines().last().unwrap_or_default().to_owned();
                    Err(Problem::new(value.place, format!("no regular expression: {why}")))
                }
            }
        };
        let patterns: Result<Vec<String>, _> = values.iter().map(read).collect();
        Ok(vec![self.test(Compare::Matches(patterns?))])
    }

    fn patterns(&self, values: &[&Node]) -> Result<Vec<Expression>, Problem> {
        let (before, after) = match self.modifiers.how {
            Some(How::Contains) => (true, true),
            Some(How::StartsWith) => (false, true),
            Some(How::EndsWith) => (true, false),
            _ => (false, false),
        };
        let mut patterns = Vec::new();
        for value in values {
            let text = value.text().unwrap_or_default();
            if text.is_empty() {
                return Err(Problem::new(value.place, "an empty text; what is absent is `null`"));
            }
            for pattern in self.changed(text) {
                patterns.push(pattern.open(before, after));
            }
        }
        Ok(vec![self.test(Compare::Like { patterns, cased: self.modifiers.cased })])
    }

    /// What `windash`, `wide` and `base64` make of a value.
    fn changed(&self, text: &str) -> Vec<Pattern> {
        let texts = if self.modifiers.windash { dashed(text) } else { vec![text.to_owned()] };
        let Some(encode) = self.modifiers.encode else {
            return texts.iter().map(|text| Pattern::read(text)).collect();
        };
        let bytes = |text: &String| {
            if self.modifiers.wide {
                text.encode_utf16().flat_map(u16::to_le_bytes).collect()
            } else {
                text.clone().into_bytes()
            }
        };
        let all = texts.iter().map(bytes);
        let encoded = all.flat_map(|bytes: Vec<u8>| match encode {
            Encode::Base64 => vec![base64::engine::general_purpose::STANDARD.encode(&bytes)],
            Encode::Base64Offset => (0..3).map(|offset| at_offset(&bytes, offset)).collect(),
        });
        encoded.map(|text| Pattern::literal(&text)).collect()
    }
}

/// The letters of Base64 that `bytes` always give when they stand `offset` bytes into what was encoded.
fn at_offset(bytes: &[u8], offset: usize) -> String {
    let padded: Vec<u8> = std::iter::repeat_n(b' ', offset).chain(bytes.iter().copied()).collect();
    let text = base64::engine::general_purpose::STANDARD.encode(&padded);
    let start = [0, 2, 3][offset];
    let end = text.len() - [0, 3, 2][padded.len() % 3];
    text.get(start..end).unwrap_or_default().to_owned()
}

/// The value with its dashes before words as each of the characters that Windows takes for one.
fn dashed(text: &str) -> Vec<String> {
    const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];
    let letters: Vec<char> = text.chars().collect();
    let is_dash = |at: usize| {
        let before = at == 0 || !letters[at - 1].is_alphanumeric();
        let after = letters.get(at + 1).is_some_and(|next| next.is_alphanumeric());
        matches!(letters[at], '-' | '/') && before && after
    };
    if !(0..letters.len()).any(is_dash) {
        return vec![text.to_owned()];
    }
    let with = |dash: char| {
        (0..letters.len()).map(|at| if is_dash(at) { dash } else { letters[at] }).collect()
    };
    DASHES.into_iter().map(with).collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.chars().all(|one| one.is_ascii_alphanumeric() || matches!(one, '_' | '-'))
}

fn number(value: &Node) -> Result<i64, Problem> {
    let text = value.text().unwrap_or_default();
    text.parse().map_err(|_| Problem::new(value.place, format!("`{text}` is no whole number")))
}

fn boolean(value: &Node) -> Result<bool, Problem> {
    match value.text().unwrap_or_default() {
        "true" | "True" | "1" => Ok(true),
        "false" | "False" | "0" => Ok(false),
        other => Err(Problem::new(value.place, format!("`{other}` is neither true nor false"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Sigma modifiers' specification: "foo" at the three offsets.
    #[test]
    fn base64_at_the_three_offsets() {
        let all: Vec<String> = (0..3).map(|offset| at_offset(b"foo", offset)).collect();
        assert_eq!(all, ["Zm9v", "Zvb", "mb2"]);
    }

    #[test]
    fn a_dash_before_a_word_is_each_of_its_forms() {
        assert_eq!(
            dashed("a -b c-d"),
            ["a -b c-d", "a /b c-d", "a –b c-d", "a —b c-d", "a ―b c-d"]
        );
        assert_eq!(dashed("c-d"), ["c-d"]);
    }
}
