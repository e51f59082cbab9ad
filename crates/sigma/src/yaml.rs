//! YAML as a tree in which every value knows its place.
//!
//! Anchors, aliases and tags are refused: a rule says what it means where it stands, and no few bytes become many.

use crate::problem::{Place, Problem};
use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

/// Longest text that is read. Bytes.
pub const LONGEST: usize = 256 * 1024;
/// Deepest nesting.
const DEEPEST: usize = 16;
/// Most values in one text.
const MOST: usize = 20_000;

/// One value and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub data: Data,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// Text, a number, true, false or null.
    Scalar {
        /// As it is meant, escapes resolved.
        text: String,
        /// Whether it stands without quotes, and so may be a number or null.
        plain: bool,
    },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping, in the order of the text; no key stands twice.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.data {
            Data::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// Whether it is null: `null`, `~` or nothing, unquoted.
    pub fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The elements of a sequence, or the value itself as the only one.
    pub fn each(&self) -> &[Self] {
        match &self.data {
            Data::List(all) => all,
            _ => std::slice::from_ref(self),
        }
    }

    /// The entries of a mapping.
    pub fn entries(&self) -> Option<&[(Self, Self)]> {
        match &self.data {
            Data::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value under `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries()?.iter().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// What it is, in a word.
    pub const fn kind(&self) -> &'static str {
        match self.data {
            Data::Scalar { .. } => "a value",
            Data::List(_) => "a list",
            Data::Map(_) => "a map",
        }
    }
}

/// Every document of `text`.
///
/// # Errors
/// The first thing that is no YAML, or that rules do not use.
pub fn read(text: &str) -> Result<Vec<Node>, Problem> {
    let start = Place { line: 1, column: 1, length: 1 };
    if text.len() > LONGEST {
        return Err(Problem::new(start, format!("longer than {LONGEST} bytes")));
    }
    let mut reader = Reader { parser: Parser::new_from_str(text), count: 0 };
    let mut documents = Vec::new();
    loop {
        let (event, span) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok(documents),
            Event::DocumentStart(_) => {
                let (event, span) = reader.next()?;
                documents.push(reader.node(event, span, 0)?);
            }
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            _ => return Err(Problem::new(place(span), "a value outside of a document")),
        }
    }
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    count: usize,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<(Event<'t>, Span), Problem> {
        match self.parser.next() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let Place { line, column, .. } = point(*error.marker());
                Err(Problem::new(Place { line, column, length: 1 }, error.info().to_owned()))
            }
            None => Err(Problem::new(Place::default(), "the text ends in the middle")),
        }
    }

    fn node(&mut self, event: Event<'t>, span: Span, depth: usize) -> Result<Node, Problem> {
        let at = place(span);
        self.count += 1;
        if depth > DEEPEST || self.count > MOST {
            let reason = format!("deeper than {DEEPEST} levels or more than {MOST} values");
            return Err(Problem::new(at, reason));
        }
        match event {
            Event::Alias(_) => Err(Problem::new(at, "aliases are not used in rules")),
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(anchor, tag)
            | Event::MappingStart(anchor, tag)
                if anchor != 0 || tag.is_some() =>
            {
                Err(Problem::new(at, "anchors and tags are not used in rules"))
            }
            Event::Scalar(text, style, ..) => Ok(scalar(&text, style, span)),
            Event::SequenceStart(..) => self.list(at, depth),
            Event::MappingStart(..) => self.map(at, depth),
            _ => Err(Problem::new(at, "a value is missing")),
        }
    }

    fn list(&mut self, at: Place, depth: usize) -> Result<Node, Problem> {
        let mut all = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Node { place: at, data: Data::List(all) }),
                (event, span) => all.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, at: Place, depth: usize) -> Result<Node, Problem> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        loop {
            let key = match self.next()? {
                (Event::MappingEnd, _) => {
                    let place = entries.first().map_or(at, |(key, _)| key.place);
                    return Ok(Node { place, data: Data::Map(entries) });
                }
                (event, span) => self.node(event, span, depth + 1)?,
            };
            let Some(name) = key.text() else {
                return Err(Problem::new(key.place, format!("{} cannot be a key", key.kind())));
            };
            if entries.iter().any(|(known, _)| known.text() == Some(name)) {
                return Err(Problem::new(key.place, format!("`{name}` stands twice")));
            }
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth + 1)?;
            entries.push((key, value));
        }
    }
}

fn scalar(text: &str, style: ScalarStyle, span: Span) -> Node {
    let data = Data::Scalar { text: text.to_owned(), plain: style == ScalarStyle::Plain };
    Node { place: place(span), data }
}

fn point(at: Marker) -> Place {
    Place { line: at.line(), column: at.col() + 1, length: 1 }
}

fn place(span: Span) -> Place {
    let one_line = span.start.line() == span.end.line();
    let length = if one_line { span.end.index().saturating_sub(span.start.index()) } else { 1 };
    Place { length: length.max(1), ..point(span.start) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_knows_its_place() {
        let read = read("title: one\ndetection:\n  sel:\n    a|contains: 'x y'\n").expect("YAML");
        let sel = read[0].get("detection").and_then(|d| d.get("sel")).expect("a map");
        let (key, value) = &sel.entries().expect("a map")[0];
        assert_eq!((key.place.line, key.place.column, key.place.length), (4, 5, 10));
        assert_eq!((value.place.line, value.place.column), (4, 17));
        assert_eq!(value.text(), Some("x y"));
    }

    #[test]
    fn what_rules_do_not_use_is_refused_where_it_stands() {
        for (text, line, column) in [
            ("a: &x 1\nb: *x\n", 1, 4),
            ("a: 1\na: 2\n", 2, 1),
            ("a: !!str 1\n", 1, 4),
            ("a: [1, 2\n", 2, 1),
        ] {
            let problem = read(text).expect_err(text);
            assert_eq!(
                (problem.place.line, problem.place.column),
                (line, column),
                "{text}: {problem}"
            );
        }
        let deep = format!("a: {}{}\n", "[".repeat(40), "]".repeat(40));
        assert!(read(&deep).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>()) {
            let _ = read(&text);
        }
    }
}
