//! Everything the loop can receive, and everything it can ask to be done.

use crate::failure::Failure;
use crossterm::event::KeyEvent;
use model::Time;
use model::triage::{Action, Triage};
use serde_json::Value;
use store::Question;

/// Everything the loop can receive.
#[derive(Debug, Clone)]
pub enum Event {
    /// A key.
    Key(KeyEvent),
    /// Text pasted by the terminal.
    Paste(String),
    /// The terminal has a new size.
    Resize {
        /// Cells across.
        columns: u16,
        /// Cells down.
        rows: u16,
    },
    /// A second passed; the clock says this.
    Tick(Time),
    /// A request was answered, or failed.
    Answered {
        /// Which request.
        request: RequestId,
        /// Its rows.
        outcome: Result<Answer, Failure>,
    },
    /// An act was written, or failed.
    Written(Result<Receipt, Failure>),
    /// A signal asked the program to end.
    Stop,
}

/// What is to be done outside.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Ask the store.
    Ask {
        /// Names the answer.
        request: RequestId,
        /// What is asked.
        question: Question,
        /// Wait this long before asking, in case the cursor moves on. Milliseconds.
        settle_ms: u64,
    },
    /// Forget a request, and stop its query.
    Cancel(RequestId),
    /// Write these acts: all of one group.
    Write(Vec<Triage>),
    /// Put this into the clipboard of the terminal.
    Copy(String),
    /// Draw everything again.
    Redraw,
    /// Give the terminal back until `fg`.
    Suspend,
    /// End.
    Quit,
}

/// Names a request: a pane's slot has at most one that counts, the newest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId {
    /// Name of the slot, such as `warnings.list`.
    pub slot: &'static str,
    /// Number of the request in its slot, from 1.
    pub generation: u64,
}

/// Rows, and what they cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    /// One object a row; every text in it is safe to print.
    pub rows: Vec<Value>,
    /// Rows read by the store.
    pub read_rows: u64,
    /// Bytes read by the store.
    pub read_bytes: u64,
    /// Milliseconds the store took.
    pub elapsed_ms: u64,
}

/// What became of a group of acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// What was done.
    pub action: Action,
    /// Ids of the subjects for which it counts.
    pub done: Vec<String>,
    /// Subjects where somebody else was first.
    pub lost: Vec<Lost>,
}

/// An act that does not count, and the one that was received before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Id of the subject.
    pub id: String,
    /// The place that both claim.
    pub seq: u32,
    /// Who was first.
    pub actor: String,
    /// What they did.
    pub action: String,
    /// How long ago the store received it, in seconds.
    pub ago_s: u64,
}
