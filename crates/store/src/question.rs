//! A question to the store: SQL text, typed parameters and a budget.

use model::Time;

/// SQL with named placeholders (`{from:DateTime64(6)}`), their values, and what it may cost.
///
/// The text never holds a value, and names its tables without a database: the connection's database is the one asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Short name for logs, budgets and errors, such as `beacon.pairs`.
    pub name: String,
    /// The SELECT.
    pub sql: String,
    /// Values of the placeholders.
    pub params: Vec<(String, Value)>,
    /// What it may cost.
    pub budget: Budget,
}

/// The value of a placeholder. Sent as a parameter of the HTTP interface, never pasted into the text.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `{name:String}`
    Text(String),
    /// `{name:Int64}` and the other integers
    Number(i64),
    /// `{name:DateTime64(6)}`, always UTC
    Time(Time),
    /// `{name:Array(String)}`
    Texts(Vec<String>),
    /// `{name:Array(UInt64)}`
    Numbers(Vec<u64>),
}

/// What a question may cost; beyond it the store refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Rows read.
    pub rows: u64,
    /// Bytes read, uncompressed.
    pub bytes: u64,
    /// Seconds.
    pub seconds: u32,
    /// Memory, bytes.
    pub memory: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { rows: 20_000_000, bytes: 2 << 30, seconds: 30, memory: 2 << 30 }
    }
}

impl Question {
    /// A question without parameters, in the default budget.
    pub fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { name: name.into(), sql: sql.into(), params: Vec::new(), budget: Budget::default() }
    }

    /// Sets one parameter.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.push((name.into(), value.into()));
        self
    }

    /// Sets the budget.
    #[must_use]
    pub const fn within(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<Time> for Value {
    fn from(time: Time) -> Self {
        Self::Time(time)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::Texts(texts)
    }
}

impl From<Vec<u64>> for Value {
    fn from(numbers: Vec<u64>) -> Self {
        Self::Numbers(numbers)
    }
}
