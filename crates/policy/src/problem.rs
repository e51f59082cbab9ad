//! What is wrong in a policy file, where it stands, and what was probably meant.

use std::fmt;
use std::ops::Range;

/// Whether a problem stops the policy from being used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// The policy is not used.
    Error,
    /// The policy is used; something in it is not judged, or is probably a mistake.
    Warning,
}

/// One problem of a policy file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Whether it stops the policy.
    pub severity: Grade,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Characters of the line that are meant; at least 1.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl fmt::Display for Grade {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}: {}", self.line, self.column, self.severity, self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(out, " (did you mean {suggestion}?)"),
            None => Ok(()),
        }
    }
}

/// The problems of one text, as they are found.
pub(crate) struct Problems<'t> {
    text: &'t str,
    found: Vec<Problem>,
}

impl<'t> Problems<'t> {
    /// Most that are told of one file; beyond it only the first ones help.
    const MAX: usize = 200;

    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, found: Vec::new() }
    }

    pub(crate) fn error(
        &mut self,
        span: &Range<usize>,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        self.add(Grade::Error, span, message.into(), suggestion);
    }

    pub(crate) fn warning(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.add(Grade::Warning, span, message.into(), None);
    }

    fn add(
        &mut self,
        severity: Grade,
        span: &Range<usize>,
        message: String,
        suggestion: Option<String>,
    ) {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let meant = self.text.get(span.clone()).unwrap_or_default();
        let length = meant.lines().next().unwrap_or_default().chars().count().max(1);
        self.found.push(Problem { severity, line, column, length, message, suggestion });
    }

    /// All of them in the order of the file, and whether one is an error.
    pub(crate) fn finish(mut self) -> (Vec<Problem>, bool) {
        self.found.sort_by_key(|problem| (problem.line, problem.column, problem.severity));
        let failed = self.found.iter().any(|problem| problem.severity == Grade::Error);
        if self.found.len() > Self::MAX {
            // Errors are kept before warnings, so that a failing file always says why.
            self.found.sort_by_key(|problem| problem.severity);
            let rest = self.found.split_off(Self::MAX).len();
            if let Some(last) = self.found.last_mut() {
                last.message.push_str(&format!("; and {rest} more problems"));
            }
        }
        (self.found, failed)
    }
}

/// The name nearest to `wrong`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(wrong, name), name))
        .filter(|(distance, name)| *distance <= 1 + name.len() / 4)
        .min()
        .map(|(_, name)| name.to_owned())
}
