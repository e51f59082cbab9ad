//! Text to filter, by recursive descent, with the place of everything that is wrong.

use super::catalogue::{self, FIELDS, Field, Kind};
use super::error::{Error, nearest};
use super::{Compare, Filter, Node, Operand, Span, Test, value};
use std::ops::Range;

/// Longest text of a filter, bytes.
const LONGEST: usize = 16 * 1024;
/// Deepest nesting of brackets and negations.
const DEEPEST: usize = 64;
/// Most tests and values in all.
const MOST: usize = 2000;

/// Operators, longer ones before their beginnings.
const OPERATORS: [(&str, Compare); 9] = [
    ("!=", Compare::Different),
    ("<<", Compare::Inside),
    ("<=", Compare::AtMost),
    (">=", Compare::AtLeast),
    ("=", Compare::Equal),
    ("<", Compare::Less),
    (">", Compare::More),
    ("~", Compare::Matches),
    (":", Compare::Contains),
];

/// Reads a filter.
///
/// # Errors
/// Where the text stops making sense, and what was probably meant.
pub fn parse(text: &str) -> Result<Filter, Error> {
    if text.len() > LONGEST {
        return Err(Error::new(
            text,
            LONGEST..text.len(),
            format!("a filter is at most {LONGEST} bytes"),
        ));
    }
    let mut reader = Reader { text, at: 0, depth: 0, count: 0 };
    let root = reader.or()?;
    reader.blanks();
    if reader.at < text.len() {
        let message = if reader.peek() == Some(')') {
            "no bracket is open here"
        } else {
            "expected `and`, `or` or the end"
        };
        return Err(reader.error(reader.at..text.len(), message));
    }
    Ok(Filter { root, text: text.to_owned() })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    count: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> Error {
        Error::new(self.text, span, message)
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, piece: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(piece);
        if found {
            self.at += piece.len();
        }
        found
    }

    /// A keyword, in any case, that is not the beginning of a longer word.
    fn keyword(&mut self, word: &str) -> bool {
        self.blanks();
        let found =
            self.rest().get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word))
                && !self.rest()[word.len()..].starts_with(|c: char| is_name(c) || c == '.');
        if found {
            self.at += word.len();
        }
        found
    }

    fn or(&mut self) -> Result<Node, Error> {
        let mut parts = vec![self.and()?];
        while self.keyword("or") {
            parts.push(self.and()?);
        }
        Ok(joined(parts, Node::Or))
    }

    fn and(&mut self) -> Result<Node, Error> {
        let mut parts = vec![self.not()?];
        loop {
            if self.keyword("and") {
                parts.push(self.not()?);
                continue;
            }
            let before = self.at;
            let ends = self.keyword("or");
            self.at = before;
            self.blanks();
            if ends || self.at == self.text.len() || self.peek() == Some(')') {
                return Ok(joined(parts, Node::And));
            }
            parts.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Node, Error> {
        self.blanks();
        let start = self.at;
        if self.keyword("not") || self.eat("!") {
            self.deeper(start)?;
            let inner = self.not()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(inner)));
        }
        self.term()
    }

    fn deeper(&mut self, start: usize) -> Result<(), Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(self.error(start..self.at, "too many brackets in each other"));
        }
        Ok(())
    }

    fn term(&mut self) -> Result<Node, Error> {
        self.blanks();
        let start = self.at;
        if self.eat("(") {
            self.deeper(start)?;
            let inner = self.or()?;
            if !self.eat(")") {
                return Err(self.error(start..start + 1, "this bracket is never closed"));
            }
            self.depth -= 1;
            return Ok(inner);
        }
        if let Some(node) = self.address() {
            return Ok(node);
        }
        let length = self.rest().find(|c| !is_name(c)).unwrap_or(self.rest().len());
        if length == 0 {
            let message = if self.at == self.text.len() {
                "expected a condition, such as zone = core"
            } else {
                "expected the name of a field"
            };
            let mut error = self.error(start..self.text.len(), message);
            error.is_plain_text = self.text.trim().is_empty();
            return Err(error);
        }
        self.at += length;
        let name = &self.text[start..self.at];
        self.test(start, name)
    }

    /// A bare address or network, up to the next blank or bracket.
    fn address(&mut self) -> Option<Node> {
        let length = self
            .rest()
            .find(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ','))
            .unwrap_or(self.rest().len());
        let network = value::network(&self.rest()[..length])?;
        let span = Span(self.at..self.at + length);
        self.at += length;
        Some(Node::Address(network, span))
    }

    fn test(&mut self, start: usize, name: &str) -> Result<Node, Error> {
        let named = start..self.at;
        let operator = self.operator();
        let Some(field) = catalogue::field(name) else {
            let known = FIELDS
                .iter()
                .flat_map(|field| std::iter::once(field.name).chain(field.short.iter().copied()));
            let near = nearest(&name.to_ascii_lowercase(), known);
            let mut error = self.error(named, format!("unknown field \"{name}\"")).meant(near);
            error.is_plain_text = operator.is_none();
            return Err(error);
        };
        let Some(operator) = operator else {
            let mut error = self.error(
                named.end..self.text.len(),
                format!("expected an operator after `{name}`, such as ="),
            );
            error.is_plain_text = true;
            return Err(error);
        };
        match operator {
            Operator::List(compare) => {
                let values = self.bracketed(field)?;
                Ok(self.made(field, compare, values, start))
            }
            Operator::Colon => {
                let compare = self.explicit().unwrap_or(Compare::Contains);
                self.comparable(field, compare, start)?;
                let values = self.values(field, compare)?;
                Ok(self.colon(field, compare, values, start))
            }
            Operator::One(compare) => {
                self.comparable(field, compare, start)?;
                let value = self.value(field, compare)?;
                Ok(self.made(field, compare, vec![value], start))
            }
        }
    }

    fn comparable(&self, field: &Field, compare: Compare, start: usize) -> Result<(), Error> {
        refused(field, compare).map_or(Ok(()), |reason| Err(self.error(start..self.at, reason)))
    }

    fn operator(&mut self) -> Option<Operator> {
        self.blanks();
        let before = self.at;
        if self.keyword("in") {
            return Some(Operator::List(Compare::In));
        }
        if self.keyword("not") && self.keyword("in") {
            return Some(Operator::List(Compare::NotIn));
        }
        self.at = before;
        match self.explicit()? {
            Compare::Contains => Some(Operator::Colon),
            compare => Some(Operator::One(compare)),
        }
    }

    fn explicit(&mut self) -> Option<Compare> {
        OPERATORS.iter().find(|(sign, _)| self.eat(sign)).map(|(_, compare)| *compare)
    }

    fn bracketed(&mut self, field: &'static Field) -> Result<Vec<Operand>, Error> {
        self.blanks();
        let start = self.at;
        if self.eat("@") {
            let length = self.rest().find(|c| !is_name(c) && c != '-').unwrap_or(self.rest().len());
            self.at += length;
            let message = format!("no list is named \"{}\"", &self.text[start..self.at]);
            return Err(self.error(start..self.at, message));
        }
        if !self.eat("(") {
            return Err(self.error(
                start..self.text.len(),
                "expected a list in brackets, such as (core, swift)",
            ));
        }
        let values = self.values(field, Compare::In)?;
        if !self.eat(")") {
            return Err(self.error(start..start + 1, "this bracket is never closed"));
        }
        Ok(values)
    }

    fn values(&mut self, field: &'static Field, compare: Compare) -> Result<Vec<Operand>, Error> {
        let mut values = vec![self.value(field, compare)?];
        while self.eat(",") {
            values.push(self.value(field, compare)?);
        }
        Ok(values)
    }

    fn value(&mut self, field: &'static Field, compare: Compare) -> Result<Operand, Error> {
        self.blanks();
        let start = self.at;
        let text = if self.peek() == Some('"') { self.quoted()? } else { self.bare() };
        let span = start..self.at;
        if span.is_empty() {
            return Err(self
                .error(start..self.text.len(), format!("expected a value for `{}`", field.name)));
        }
        self.count += 1;
        if self.count > MOST {
            return Err(self.error(span, format!("a filter has at most {MOST} values")));
        }
        value::read(field, compare, &text)
            .map_err(|expected| self.error(span, expected.message).meant(expected.suggestion))
    }

    fn bare(&mut self) -> String {
        let ends = |c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '"');
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        self.at += length;
        self.text[self.at - length..self.at].to_owned()
    }

    fn quoted(&mut self) -> Result<String, Error> {
        let start = self.at;
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.at = start + at + 1;
                    return Ok(text);
                }
                '\\' => text.extend(letters.next().map(|(_, letter)| letter)),
                letter => text.push(letter),
            }
        }
        Err(self.error(start..self.text.len(), "this quote is never closed"))
    }

    /// After `:`, free text is *contains* and everything else *equals*; several values are any of them.
    fn colon(
        &self,
        field: &'static Field,
        compare: Compare,
        values: Vec<Operand>,
        start: usize,
    ) -> Node {
        if compare == Compare::Contains && field.kind != Kind::Text {
            let compare = if values.len() == 1 { Compare::Equal } else { Compare::In };
            return self.made(field, compare, values, start);
        }
        if compare == Compare::Different && values.len() > 1 {
            return self.made(field, Compare::NotIn, values, start);
        }
        joined(
            values.into_iter().map(|value| self.made(field, compare, vec![value], start)).collect(),
            Node::Or,
        )
    }

    fn made(
        &self,
        field: &'static Field,
        compare: Compare,
        values: Vec<Operand>,
        start: usize,
    ) -> Node {
        // One network with `=` is the same as inside it, one address inside is the same as equal.
        let compare = match (compare, values.as_slice()) {
            (Compare::Equal | Compare::Inside, [Operand::Network(network)]) => {
                if network.prefix_len() == network.max_prefix_len() {
                    Compare::Equal
                } else {
                    Compare::Inside
                }
            }
            _ => compare,
        };
        Node::Test(Test { field, compare, values, span: Span(start..self.at) })
    }
}

enum Operator {
    One(Compare),
    Colon,
    List(Compare),
}

/// Why this field is not compared so.
fn refused(field: &Field, compare: Compare) -> Option<String> {
    let name = field.name;
    let is_text = matches!(field.kind, Kind::Word | Kind::Text | Kind::Words);
    let is_ordered = matches!(
        field.kind,
        Kind::Number
            | Kind::Size
            | Kind::Lasting(_)
            | Kind::Share
            | Kind::Moment
            | Kind::Level
            | Kind::Severity
    );
    match compare {
        Compare::Less | Compare::AtMost | Compare::More | Compare::AtLeast if !is_ordered => {
            Some(format!("`{name}` has no order: use = or in"))
        }
        Compare::Matches if !is_text => Some(format!("`{name}` is no text: use = or in")),
        Compare::Inside if field.kind != Kind::Address => {
            Some(format!("`{name}` is no address: use = or in"))
        }
        _ => None,
    }
}

/// `parts` under one node, those of the same kind opened up; one part stands alone.
fn joined(parts: Vec<Node>, kind: fn(Vec<Node>) -> Node) -> Node {
    let is_and = matches!(kind(Vec::new()), Node::And(_));
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Node::And(inner) if is_and => flat.extend(inner),
            Node::Or(inner) if !is_and => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if flat.len() == 1 { flat.remove(0) } else { kind(flat) }
}

fn is_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}
