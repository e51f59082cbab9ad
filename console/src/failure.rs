//! What went wrong, in the words that a person sees, and the exit code that a script sees.

use std::fmt;

/// Exit codes of `bartizan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Something failed.
    Failed = 1,
    /// The command was not understood.
    Usage = 2,
    /// Configuration, policy or rule is invalid.
    Invalid = 3,
    /// The store cannot be reached.
    Away = 4,
    /// The person may not do this.
    Denied = 5,
    /// The result is partial.
    Partial = 6,
    /// The condition of `--fail-on` was met.
    Met = 10,
    /// Interrupted by a signal.
    Interrupted = 130,
}

/// A failure: code, what failed and why, what to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Such as `E-STORE-002`; `bartizan explain` has the long form.
    pub code: &'static str,
    /// What failed, and why.
    pub sentence: String,
    /// What to do next, empty if nothing helps.
    pub next: String,
    /// What the program exits with.
    pub exit: Exit,
}

impl Failure {
    /// A mistake in the command itself.
    pub fn usage(sentence: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            code: "E-USAGE-001",
            sentence: sentence.into(),
            next: next.into(),
            exit: Exit::Usage,
        }
    }

    /// A row that is not of the form that our own SQL promises.
    pub fn shape(what: &str, error: &serde_json::Error) -> Self {
        Self {
            code: "E-CONSOLE-001",
            sentence: format!("{what}: the store answered in an unknown form ({error})"),
            next:
                "run programs of one version; `bartizan-store migrate` brings the tables up to date"
                    .into(),
            exit: Exit::Failed,
        }
    }

    /// Something of the machine that failed: a file, a program, a terminal.
    pub fn machine(sentence: impl Into<String>) -> Self {
        Self {
            code: "E-CONSOLE-002",
            sentence: sentence.into(),
            next: String::new(),
            exit: Exit::Failed,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.sentence)?;
        if self.next.is_empty() { Ok(()) } else { write!(out, "\n  next: {}", self.next) }
    }
}

impl std::error::Error for Failure {}
