//! What is wrong with a setting, where, and what was probably meant.

use std::fmt;
use std::path::PathBuf;

/// A setting that cannot be used; programs print it and end with exit code 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The file it stands in; none: an environment variable or a flag.
    pub file: Option<PathBuf>,
    /// Line and column, from 1; none when the file as a whole is meant.
    pub place: Option<(usize, usize)>,
    /// Dotted key, such as `store.url`; empty when the text is not TOML.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// The nearest known key.
    pub suggestion: Option<String>,
}

impl Error {
    pub(crate) fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { file: None, place: None, key: key.into(), message: message.into(), suggestion: None }
    }

    #[must_use]
    pub(crate) fn near(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(out, "{}:", file.display())?;
            if let Some((line, column)) = self.place {
                write!(out, "{line}:{column}:")?;
            }
            write!(out, " ")?;
        }
        if !self.key.is_empty() {
            write!(out, "{}: ", self.key)?;
        }
        write!(out, "{}", self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(out, "; did you mean {suggestion:?}?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

/// Line and column, from 1, of the byte `offset` of `text`; columns count characters.
pub(crate) fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// The name nearest to `wrong`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 3)
        .min()
        .map(|(_, name)| name.to_owned())
}
