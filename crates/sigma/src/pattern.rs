//! Plain values with wildcards: `*` any run, `?` one character, `\` escapes.

/// A part of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// These characters.
    Literal(String),
    /// Any run of characters.
    Any,
    /// One character.
    One,
}

/// A plain value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(pub Vec<Part>);

impl Pattern {
    /// Reads a value as the specification of Sigma has it: `\*`, `\?` and `\\` are the characters themselves; a backslash
    /// before anything else is a backslash.
    pub fn read(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut letters = text.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if matches!(letters.peek(), Some('*' | '?' | '\\')) => {
                    literal.push(letters.next().expect("it was looked at"));
                }
                '*' | '?' => {
                    if !literal.is_empty() {
                        parts.push(Part::Literal(std::mem::take(&mut literal)));
                    }
                    let part = if letter == '*' { Part::Any } else { Part::One };
                    if part != Part::Any || parts.last() != Some(&Part::Any) {
                        parts.push(part);
                    }
                }
                other => literal.push(other),
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        Self(parts)
    }

    /// A value without wildcards.
    pub fn literal(text: &str) -> Self {
        Self(if text.is_empty() { Vec::new() } else { vec![Part::Literal(text.to_owned())] })
    }

    /// With any run before and after, before, or after it.
    #[must_use]
    pub fn open(mut self, before: bool, after: bool) -> Self {
        if before && self.0.first() != Some(&Part::Any) {
            self.0.insert(0, Part::Any);
        }
        if after && self.0.last() != Some(&Part::Any) {
            self.0.push(Part::Any);
        }
        self
    }

    /// The same with every literal changed.
    #[must_use]
    pub fn map(self, change: impl Fn(&str) -> String) -> Self {
        let part = |part| match part {
            Part::Literal(text) => Part::Literal(change(&text)),
            other => other,
        };
        Self(self.0.into_iter().map(part).collect())
    }

    /// The text, if it has no wildcard.
    pub fn as_literal(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// As a pattern of SQL's LIKE.
    pub fn like(&self) -> String {
        let mut like = String::new();
        for part in &self.0 {
            match part {
                Part::Any => like.push('%'),
                Part::One => like.push('_'),
                Part::Literal(text) => {
                    for letter in text.chars() {
                        if matches!(letter, '%' | '_' | '\\') {
                            like.push('\\');
                        }
                        like.push(letter);
                    }
                }
            }
        }
        like
    }
}

/// Lower case by simple folding: one character for one.
pub fn folded(text: &str) -> String {
    text.chars()
        .map(|letter| {
            let mut lower = letter.to_lowercase();
            match (lower.next(), lower.next()) {
                (Some(one), None) => one,
                _ => letter,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Part::{Any, Literal, One};

    fn literal(text: &str) -> Part {
        Literal(text.to_owned())
    }

    /// The examples of "Escaping" in the Sigma rules specification.
    #[test]
    fn backslashes_escape_wildcards_and_themselves_only() {
        let check =
            |text: &str, parts: Vec<Part>| assert_eq!(Pattern::read(text).0, parts, "{text}");
        check(r"C:\temp", vec![literal(r"C:\temp")]);
        check(r"C:\\temp", vec![literal(r"C:\temp")]);
        check(r"\*", vec![literal("*")]);
        check(r"\\*", vec![literal(r"\"), Any]);
        check(r"\\\*", vec![literal(r"\*")]);
        check("a?b**c", vec![literal("a"), One, literal("b"), Any, literal("c")]);
    }

    #[test]
    fn what_like_takes_for_a_wildcard_is_escaped() {
        assert_eq!(Pattern::read(r"100%_\x*").like(), r"100\%\_\\x%");
    }

    #[test]
    fn folding_keeps_the_number_of_characters() {
        assert_eq!(folded("ADMIN$ ÄÖ İ"), "admin$ äö İ");
    }
}
