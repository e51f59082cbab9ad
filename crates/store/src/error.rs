//! What can go wrong with the store, told apart only where a caller acts differently.

use std::path::PathBuf;

/// A failure of the store. Its text says what failed, why, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nobody answers: refused, reset, timed out. Trying again is right, for ever.
    #[error(
        "E-STORE-001: the store at {place} does not answer ({reason}); start it with `bartizan-store run`, or correct store.url"
    )]
    Away {
        /// URL, or the folder of the embedded engine.
        place: String,
        /// What the connection said.
        reason: String,
    },
    /// It answers and cannot take this now: memory, time, too many queries, a replica that is read-only.
    #[error("E-STORE-002: the store is busy (code {code}): {reason}; it is tried again")]
    Busy {
        /// ClickHouse exception code.
        code: u32,
        /// Its text.
        reason: String,
    },
    /// Its disk is full, or its parts are too many: trying again helps only after somebody made room.
    #[error(
        "E-STORE-003: the store has no room (code {code}): {reason}; free disk space or shorten retention"
    )]
    Full {
        /// ClickHouse exception code.
        code: u32,
        /// Its text.
        reason: String,
    },
    /// Password, grant or read-only: a person must change the rights.
    #[error(
        "E-STORE-004: the store denies this to user {user} (code {code}): {reason}; check store.user and its password file"
    )]
    Denied {
        /// As whom it was asked.
        user: String,
        /// ClickHouse exception code.
        code: u32,
        /// Its text.
        reason: String,
    },
    /// The tables are older than this program.
    #[error(
        "E-STORE-005: database {database} is older than this program: {reason}; run `bartizan-store migrate`"
    )]
    SchemaOld {
        /// Which database.
        database: String,
        /// What is missing.
        reason: String,
    },
    /// The bytes are wrong, or a constraint forbids them: the same bytes will never be taken.
    #[error("E-STORE-006: the store refuses these rows (code {code}): {reason}")]
    Refused {
        /// ClickHouse exception code.
        code: u32,
        /// Its text.
        reason: String,
    },
    /// A question that costs more than its budget: ask for less.
    #[error(
        "E-STORE-007: question {question} would read more than its budget of {limit}; ask for a shorter range or a narrower filter ({reason})"
    )]
    OverBudget {
        /// Name of the question.
        question: String,
        /// The bound that it met, such as `20000000 rows`.
        limit: String,
        /// The store's words.
        reason: String,
    },
    /// The rows of an answer are not what the asker expects: a mistake in our own SQL or types.
    #[error("E-STORE-008: the answer to {question} does not fit: {reason}; please report this")]
    Answer {
        /// Name of the question.
        question: String,
        /// What did not fit.
        reason: String,
    },
    /// Anything else the store said: a mistake of ours.
    #[error(
        "E-STORE-009: the store did not understand {what} (code {code}): {reason}; please report this"
    )]
    Broken {
        /// What was sent.
        what: String,
        /// ClickHouse exception code, 0 if there was none.
        code: u32,
        /// Its text.
        reason: String,
    },
    /// The embedded engine does not start.
    #[error("E-STORE-010: the embedded store in {} does not start: {reason}", folder.display())]
    Engine {
        /// Its folder.
        folder: PathBuf,
        /// The last words on its standard error, or what was missing.
        reason: String,
    },
    /// A setting that cannot be used.
    #[error("E-STORE-011: {0}")]
    Setting(String),
}

/// What a sender does with a batch after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Again, soon, for ever.
    Soon,
    /// Again, slowly, for ever; a person should look.
    Slowly,
    /// Not before a person changed something; the batch is kept and tried now and then.
    Paused,
    /// A few times, in case the body was cut; then put aside.
    Few,
    /// Never.
    Never,
}

impl Error {
    /// Its code, such as `E-STORE-002`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Away { .. } => "E-STORE-001",
            Self::Busy { .. } => "E-STORE-002",
            Self::Full { .. } => "E-STORE-003",
            Self::Denied { .. } => "E-STORE-004",
            Self::SchemaOld { .. } => "E-STORE-005",
            Self::Refused { .. } => "E-STORE-006",
            Self::OverBudget { .. } => "E-STORE-007",
            Self::Answer { .. } => "E-STORE-008",
            Self::Broken { .. } => "E-STORE-009",
            Self::Engine { .. } => "E-STORE-010",
            Self::Setting(_) => "E-STORE-011",
        }
    }

    /// What a sender does after it.
    pub const fn retry(&self) -> Retry {
        match self {
            Self::Away { .. } | Self::Busy { .. } | Self::Engine { .. } => Retry::Soon,
            Self::Full { .. } => Retry::Slowly,
            Self::Denied { .. } | Self::SchemaOld { .. } | Self::Setting(_) => Retry::Paused,
            Self::Refused { code: CANNOT_READ_ALL_DATA, .. } | Self::Broken { .. } => Retry::Few,
            Self::Refused { .. } | Self::OverBudget { .. } | Self::Answer { .. } => Retry::Never,
        }
    }
}

/// A cut body looks like this, so it is tried again.
const CANNOT_READ_ALL_DATA: u32 = 33;

/// What was being done when the store failed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Doing<'a> {
    pub(crate) what: &'a str,
    pub(crate) place: &'a str,
    pub(crate) user: &'a str,
    pub(crate) database: &'a str,
}

impl Doing<'_> {
    /// The failure as ours, by the store's exception code, never by the HTTP status.
    pub(crate) fn failed(&self, error: &clickhouse::error::Error) -> Error {
        use clickhouse::error::Error as Theirs;
        match error {
            Theirs::BadResponse(text) => self.answered(text),
            Theirs::Network(_) | Theirs::TimedOut => self.away(&chain(error)),
            other => Error::Broken { what: self.what.to_owned(), code: 0, reason: chain(other) },
        }
    }

    fn away(&self, reason: &str) -> Error {
        Error::Away { place: self.place.to_owned(), reason: reason.to_owned() }
    }

    /// Classes of store exceptions, from the ClickHouse source (`src/Common/ErrorCodes.cpp`) and tried against the engine.
    fn answered(&self, text: &str) -> Error {
        let reason = shortened(text);
        match exception_code(text) {
            None => self.away(&reason),
            Some(code @ (241 | 159 | 202 | 209 | 210 | 394 | 242 | 225 | 319 | 999)) => {
                Error::Busy { code, reason }
            }
            // Rows of more days than one insert may touch: the same bytes will be refused again.
            Some(code @ 252) if text.contains("partitions for single INSERT block") => {
                Error::Refused { code, reason }
            }
            Some(code @ (243 | 252)) => Error::Full { code, reason },
            Some(code @ (516 | 497 | 164 | 192 | 193 | 194 | 201)) => {
                Error::Denied { user: self.user.to_owned(), code, reason }
            }
            Some(60 | 81 | 16 | 47 | 115) => {
                Error::SchemaOld { database: self.database.to_owned(), reason }
            }
            Some(code @ (27 | 33 | 117 | 53 | 469)) => Error::Refused { code, reason },
            Some(code) => Error::Broken { what: self.what.to_owned(), code, reason },
        }
    }
}

/// The number in `Code: 497. DB::Exception: …`.
pub(crate) fn exception_code(text: &str) -> Option<u32> {
    let digits = text.split_once("Code: ")?.1;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    digits[..end].parse().ok()
}

/// The store's words without its version and without rows of data in them.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    let text = text.rsplit_once("DB::Exception: ").map_or(text, |(_, words)| words);
    let text = text.split_once(" (version ").map_or(text, |(words, _)| words);
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].trim_end().to_owned()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOING: Doing<'_> =
        Doing { what: "insert", place: "http://127.0.0.1:1", user: "sensor", database: "bartizan" };

    fn check(code: u32, expected: Retry) {
        let text = format!(
            "Code: {code}. DB::Exception: words. (NAME) (version 26.7.2.1 (official build))"
        );
        let error = DOING.answered(&text);
        assert_eq!(error.retry(), expected, "{error}");
        assert!(error.to_string().starts_with(error.code()), "{error}");
        assert!(!error.to_string().contains("official build"), "{error}");
    }

    #[test]
    fn every_exception_code_has_its_class_of_retry() {
        let classes: &[(&[u32], Retry)] = &[
            (&[241, 159, 202, 209, 210, 394, 242, 225, 319, 999], Retry::Soon),
            (&[252, 243], Retry::Slowly),
            (&[516, 497, 164, 60, 81, 16, 47, 115], Retry::Paused),
            (&[27, 117, 53, 469], Retry::Never),
            (&[33, 452, 62], Retry::Few),
        ];
        for (codes, retry) in classes {
            for code in *codes {
                check(*code, *retry);
            }
        }
    }

    #[test]
    fn an_answer_without_a_code_is_a_proxy_or_a_stranger() {
        assert_eq!(DOING.answered("502 Bad Gateway").retry(), Retry::Soon);
    }
}
