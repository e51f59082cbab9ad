//! One table of the file, read key by key, with the place of everything that is wrong.

use super::moment;
use crate::problem::{Problems, nearest};
use model::Time;
use std::cell::RefCell;
use std::ops::{Range, RangeInclusive};
use toml_edit::{Item, TableLike, Value};

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// A table being read.
pub(super) struct Fields<'a, 't> {
    pub(super) table: &'a dyn TableLike,
    pub(super) span: Range<usize>,
    pub(super) what: &'static str,
    pub(super) problems: &'a RefCell<Problems<'t>>,
}

impl<'a> Fields<'a, '_> {
    /// Complains of keys that nobody knows, and warns of those that are known and not judged yet.
    pub(super) fn expect_keys(&self, known: &[&str], later: &[&str]) {
        for (name, item) in self.table.iter() {
            let span = self.table.key(name).and_then(toml_edit::Key::span).or_else(|| item.span());
            let span = span.unwrap_or_else(|| self.span.clone());
            if later.contains(&name) {
                self.problems
                    .borrow_mut()
                    .warning(&span, format!("`{name}` of a {} is not judged yet", self.what));
            } else if !known.contains(&name) {
                let near = nearest(name, known.iter().chain(later).copied());
                self.error(&span, format!("unknown key `{name}` in {}", self.what), near);
            }
        }
    }

    pub(super) fn error(
        &self,
        span: &Range<usize>,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        self.problems.borrow_mut().error(span, message, suggestion);
    }

    fn value(&self, key: &str) -> Option<(&'a Value, Range<usize>)> {
        let item = self.table.get(key)?;
        let span = item.span().unwrap_or_else(|| self.span.clone());
        if let Item::Value(value) = item {
            return Some((value, span));
        }
        self.error(&span, format!("`{key}` is a value, not a table"), None);
        None
    }

    fn wrong(&self, key: &str, span: &Range<usize>, expected: &str) {
        self.error(span, format!("`{key}` must be {expected}"), None);
    }

    pub(super) fn missing(&self, key: &str) {
        self.error(&self.span, format!("a {} needs `{key}`", self.what), None);
    }

    pub(super) fn text(&self, key: &str) -> Option<Placed<String>> {
        let (value, span) = self.value(key)?;
        let Some(text) = value.as_str() else {
            self.wrong(key, &span, "text in quotes");
            return None;
        };
        Some(Placed { value: text.to_owned(), span })
    }

    pub(super) fn text_or_empty(&self, key: &str) -> String {
        self.text(key).map(|text| text.value).unwrap_or_default()
    }

    pub(super) fn needed_text(&self, key: &str) -> Option<Placed<String>> {
        if self.table.get(key).is_none() {
            self.missing(key);
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.error(&text.span, format!("`{key}` is empty"), None);
            return None;
        }
        Some(text)
    }

    /// A list of texts; one text alone is a list of one.
    pub(super) fn texts(&self, key: &str) -> Vec<Placed<String>> {
        let Some((value, span)) = self.value(key) else { return Vec::new() };
        if let Some(text) = value.as_str() {
            return vec![Placed { value: text.to_owned(), span }];
        }
        let Some(values) = value.as_array() else {
            self.wrong(key, &span, "a list of texts");
            return Vec::new();
        };
        let mut texts = Vec::new();
        for value in values {
            let span = value.span().unwrap_or_else(|| span.clone());
            match value.as_str() {
                Some(text) => texts.push(Placed { value: text.to_owned(), span }),
                None => self.wrong(key, &span, "a list of texts"),
            }
        }
        texts
    }

    pub(super) fn words(&self, key: &str) -> Vec<String> {
        self.texts(key).into_iter().map(|text| text.value).collect()
    }

    /// A table of texts, such as `{ "68" = "91" }`, by key.
    pub(super) fn pairs(&self, key: &str) -> Vec<(String, String)> {
        let Some(item) = self.table.get(key) else { return Vec::new() };
        let span = item.span().unwrap_or_else(|| self.span.clone());
        let Some(table) = item.as_table_like() else {
            self.wrong(key, &span, "a table of texts, such as { \"68\" = \"91\" }");
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, item) in table.iter() {
            match item.as_str() {
                Some(text) => pairs.push((name.to_owned(), text.to_owned())),
                None => self.wrong(
                    key,
                    &item.span().unwrap_or_else(|| span.clone()),
                    "a table of texts",
                ),
            }
        }
        pairs.sort();
        pairs
    }

    pub(super) fn number(&self, key: &str, allowed: RangeInclusive<i64>) -> Option<i64> {
        let (value, span) = self.value(key)?;
        let number = value.as_integer().filter(|number| allowed.contains(number));
        if number.is_none() {
            self.wrong(
                key,
                &span,
                &format!("a whole number from {} to {}", allowed.start(), allowed.end()),
            );
        }
        number
    }

    /// The elements of a list of numbers and texts.
    pub(super) fn elements(&self, key: &str) -> Vec<Placed<Value>> {
        let Some((value, span)) = self.value(key) else { return Vec::new() };
        let place = |value: &Value| value.span().unwrap_or_else(|| span.clone());
        match value.as_array() {
            Some(values) => values
                .iter()
                .map(|value| Placed { value: value.clone(), span: place(value) })
                .collect(),
            None => vec![Placed { value: value.clone(), span }],
        }
    }

    /// A moment, and whether only its day was written.
    pub(super) fn moment(&self, key: &str) -> Option<(Placed<Time>, bool)> {
        let (value, span) = self.value(key)?;
        let text = match value {
            Value::Datetime(moment) => moment.value().to_string(),
            Value::String(text) => text.value().clone(),
            _ => String::new(),
        };
        let found = moment::read(&text);
        if found.is_none() {
            self.wrong(key, &span, "a day or a moment, such as 2027-06-30 or 2027-06-30T18:00:00Z");
        }
        found.map(|(value, is_day)| (Placed { value, span }, is_day))
    }
}
