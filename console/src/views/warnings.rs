//! Warnings: the queue, why the score is what it is, the evidence and what people did.

pub(in crate::views) mod draw;
mod row;

pub use row::{Act, Evidence, Incident, Row, brief};

use super::{About, Asked, Intent, Screen, Seen, Subject, View};
use crate::decode;
use crate::event::Answer;
use crate::failure::Failure;
use crate::flows::{self, FlowRow, Which};
use crate::keymap::{Action, TRIAGE};
use crate::requests::Ask;
use crate::triage::UNCONFIRMED;
use crate::widgets::table::{Cursor, Table};
use model::Time;
use model::triage::State;
use query::{Scope, named};
use ratatui::{buffer::Buffer, layout::Rect};
use std::collections::{BTreeSet, HashMap};
use store::Question;

/// The questions of this view, and of its twin on the command line.
pub const SQL: &str = include_str!("warnings.sql");
/// Most rows of the queue.
pub const MOST: i64 = 10_000;
/// Most flows that are shown behind one.
const FLOWS: usize = 500;

/// The view.
pub struct Warnings;

static ABOUT: About = About {
    number: 2,
    name: "warnings",
    title: "Warnings",
    purpose: "what is open, why, and what rests behind it",
    panes: &["Queue", "Why", "Evidence", "Flows"],
    keys: TRIAGE,
};

impl View for Warnings {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn open(&self) -> Box<dyn Screen> {
        Box::new(Queue::default())
    }
}

/// Which part of the list is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
    /// Closed ones too.
    pub closed: bool,
    /// Ids that begin so; empty: all.
    pub id: &'a str,
    /// Most rows.
    pub limit: i64,
    /// What is shelved until here is back.
    pub now: Time,
}

/// The list as a question.
pub fn list(asked: &Asked, part: Part<'_>) -> Question {
    let closed = part.closed || asked.narrow.names("state");
    let question = named(SQL, "warnings.list")
        .over(&asked.scope)
        .with("closed", i64::from(closed))
        .with("limit", part.limit);
    asked.narrow.onto(standing(question, part.id, part.now))
}

/// `question` with the warnings in it, each as it stands in people's hands at `now`; `id` is how theirs begin, or empty.
pub fn standing(mut question: Question, id: &str, now: Time) -> Question {
    const MARK: &str = "/*standing*/";
    question.sql = question.sql.replace(MARK, named(SQL, "warnings.standing").sql);
    question.with("id", id).with("now", now)
}

/// The evidence of a warning as a question.
pub fn evidence(row: &Row, scope: &Scope) -> Question {
    named(SQL, "warnings.evidence").over(scope).with("ids", row.evidence_ids.clone())
}

/// What people did about a warning, as a question.
pub fn history(row: &Row, scope: &Scope) -> Question {
    named(SQL, "warnings.history").over(scope).with("id", row.id.as_str())
}

/// The flows behind evidence as a question: over the time that the evidence spans.
pub fn flows(evidence: &[Evidence], scope: &Scope) -> Question {
    let from = evidence.iter().map(|fact| fact.episode_start).min().unwrap_or(scope.from);
    let to = evidence.iter().map(|fact| fact.seen).max().unwrap_or(scope.to);
    let ids: BTreeSet<u64> =
        evidence.iter().flat_map(|fact| fact.flow_ids.iter().copied()).collect();
    let around = Scope {
        from: from.plus(-Time::DAY),
        to: to.plus(Time::MINUTE),
        without: scope.without.clone(),
    };
    let ids = ids.into_iter().take(FLOWS).collect();
    flows::question(&around, Which::Ids(ids), FLOWS as i64)
}

/// The incident of a warning as a question.
pub fn incident(row: &Row, scope: &Scope) -> Question {
    named(SQL, "warnings.incident").over(scope).with("id", row.id.as_str())
}

/// The state of the view.
#[derive(Debug, Default)]
pub struct Queue {
    rows: Vec<Row>,
    /// A newer list that has rows which this one has not; they wait for `.`.
    waiting: Option<Vec<Row>>,
    loaded: bool,
    /// How many are in which state, such as `NEW 4  ACK 1`.
    tally: String,
    cursor: Cursor,
    marked: BTreeSet<String>,
    /// Where the panes below are scrolled to.
    scrolled: [usize; 4],
    details: Details,
}

/// What belongs to the warning under the cursor.
#[derive(Debug, Default)]
struct Details {
    /// Whose details these are.
    of: String,
    evidence: Vec<Evidence>,
    history: Vec<Act>,
    flows: Vec<FlowRow>,
    incident: Option<Incident>,
}

impl Queue {
    fn current(&self) -> Option<&Row> {
        self.rows.get(self.cursor.at)
    }

    /// Details are of the warning under the cursor or they are not shown.
    fn details(&self) -> Option<&Details> {
        self.current().filter(|row| row.id == self.details.of).map(|_| &self.details)
    }

    /// The entity that a graph of the current warning begins at: its subject, or where its incident began if the subject is
    /// no entity but a zone.
    fn focus(&self) -> Option<&str> {
        let row = self.current()?;
        let path = self.details().and_then(|details| details.incident.as_ref());
        let path = path.map_or(&[][..], |incident| incident.path.as_slice());
        let is_on_it = path.is_empty() || path.contains(&row.subject);
        Some(if is_on_it { &row.subject } else { &path[0] })
    }

    fn details_of_current(&mut self) -> &mut Details {
        let id = self.current().map(|row| row.id.clone()).unwrap_or_default();
        if self.details.of != id {
            self.details = Details { of: id, ..Details::default() };
        }
        &mut self.details
    }

    /// Takes a newer list: the cursor stays on its row, and rows that were not there wait.
    fn take(&mut self, newer: Vec<Row>) {
        let known: BTreeSet<_> = self.rows.iter().map(|row| row.id.as_str()).collect();
        let unseen = newer.iter().filter(|row| !known.contains(row.id.as_str())).count();
        if self.loaded && unseen > 0 && !self.rows.is_empty() {
            let newest: HashMap<_, _> = newer.iter().map(|row| (row.id.as_str(), row)).collect();
            for row in &mut self.rows {
                if let Some(new) = newest.get(row.id.as_str()) {
                    *row = (*new).clone();
                }
            }
            self.waiting = Some(newer);
            self.count();
        } else {
            self.show(newer);
        }
    }

    fn show(&mut self, rows: Vec<Row>) {
        let selected = self.selected();
        self.rows = rows;
        self.count();
        self.waiting = None;
        self.loaded = true;
        self.cursor.at = self.cursor.at.min(self.rows.len().saturating_sub(1));
        if let Some(key) = selected {
            self.select(&key);
        }
        let there: BTreeSet<_> = self.rows.iter().map(|row| &row.id).collect();
        self.marked.retain(|id| there.contains(id));
    }

    /// Counts rows once when they change, so that drawing costs the same however many there are.
    fn count(&mut self) {
        let count = |state: &State| {
            self.rows
                .iter()
                .filter(|row| row.state.trim_end_matches(UNCONFIRMED) == state.as_str())
                .count()
        };
        let all =
            State::ALL.iter().map(|state| (state, count(state))).filter(|(_, count)| *count > 0);
        let all: Vec<_> = all.map(|(state, count)| format!("{state} {count}")).collect();
        self.tally = all.join("  ");
    }

    /// Rows that wait for `.`.
    fn unseen(&self) -> usize {
        if self.waiting.is_none() {
            return 0;
        }
        let known: BTreeSet<_> = self.rows.iter().map(|row| row.id.as_str()).collect();
        self.waiting.iter().flatten().filter(|row| !known.contains(row.id.as_str())).count()
    }

    fn mark(&mut self, height: usize) {
        if let Some(id) = self.selected() {
            if !self.marked.remove(&id) {
                self.marked.insert(id);
            }
            self.cursor.moves(Action::Down, self.rows.len(), height);
        }
    }

    /// Scrolls a pane that is not the queue.
    fn scroll(&mut self, pane: usize, action: Action, height: usize) {
        let at = &mut self.scrolled[pane.min(3)];
        let page = height.max(2) / 2;
        *at = match action {
            Action::Down => *at + 1,
            Action::Up => at.saturating_sub(1),
            Action::HalfDown | Action::PageDown => *at + page,
            Action::HalfUp | Action::PageUp => at.saturating_sub(page),
            Action::First => 0,
            _ => return,
        }
        .min(2000);
    }
}

impl Screen for Queue {
    fn asks(&self, asked: &Asked) -> Vec<Ask> {
        let all = Part { closed: false, id: "", limit: MOST, now: asked.scope.to };
        let mut asks = vec![Ask::now("warnings.list", list(asked, all))];
        if let Some(row) = self.current() {
            // The details of a warning do not change with the range, so that a live tail does not ask for them again.
            let scope = Scope {
                from: row.episode_start,
                to: row.time,
                without: asked.scope.without.clone(),
            };
            asks.push(Ask::settled("warnings.evidence", evidence(row, &scope)));
            let acts = history(row, &scope).with("acts", i64::from(row.seq));
            asks.push(Ask::settled("warnings.history", acts));
            asks.push(Ask::settled("warnings.incident", incident(row, &scope)));
            if let Some(details) = self.details().filter(|details| !details.evidence.is_empty()) {
                asks.push(Ask::settled("warnings.flows", flows(&details.evidence, &scope)));
            }
        }
        asks
    }

    fn answered(&mut self, slot: &'static str, answer: Answer) -> Result<(), Failure> {
        match slot {
            "warnings.list" => self.take(decode::rows(slot, answer.rows)?),
            "warnings.evidence" => {
                self.details_of_current().evidence = decode::rows(slot, answer.rows)?;
            }
            "warnings.history" => {
                self.details_of_current().history = decode::rows(slot, answer.rows)?;
            }
            "warnings.incident" => {
                self.details_of_current().incident =
                    decode::rows(slot, answer.rows)?.into_iter().next();
            }
            _ => self.details_of_current().flows = decode::rows(slot, answer.rows)?,
        }
        Ok(())
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>, area: Rect) -> Vec<Intent> {
        let panes = draw::Panes::of(area, seen, self.rows.len());
        let height = Table::height(panes.inside(0));
        match action {
            Action::ShowWaiting => {
                if let Some(rows) = self.waiting.take() {
                    self.show(rows);
                }
            }
            Action::Mark => self.mark(height),
            Action::MarkAll => self.marked = self.rows.iter().map(|row| row.id.clone()).collect(),
            Action::ClearMarks => self.marked.clear(),
            Action::Open => return vec![Intent::Focus(usize::from(seen.pane == 0))],
            Action::Explain => return vec![Intent::Focus(1)],
            Action::GoGraph => {
                return self.focus().map(super::graph_of).into_iter().collect();
            }
            Action::CopyName => {
                let name = |row: &Row| Intent::Copy(row.subject.clone());
                return self.current().map(name).into_iter().collect();
            }
            Action::CopyId => {
                let id = |row: &Row| Intent::Copy(row.id.clone());
                return self.current().map(id).into_iter().collect();
            }
            Action::GoWarnings => {
                let filter = |row: &Row| Intent::Go {
                    view: "warnings",
                    filter: crate::narrow::equal("subject", &row.subject),
                    key: Some(row.id.clone()),
                };
                return self.current().map(filter).into_iter().collect();
            }
            _ if seen.pane == 0 => {
                if self.cursor.moves(action, self.rows.len(), height) {
                    self.scrolled = [0; 4];
                }
            }
            _ => self.scroll(seen.pane, action, usize::from(panes.inside(seen.pane).height)),
        }
        Vec::new()
    }

    fn draw(&self, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
        draw::queue(self, seen, area, buffer);
    }

    fn crumb(&self) -> String {
        "open".into()
    }

    fn summary(&self) -> String {
        let mut text = format!("{} rows", present::grouped(self.rows.len() as u64));
        if self.rows.len() as i64 == MOST {
            text.push_str(" (no more are loaded: narrow the filter)");
        }
        if !self.marked.is_empty() {
            text.push_str(&format!(" · {} marked", self.marked.len()));
        }
        match self.unseen() {
            0 => text + " · sorted by level, score",
            unseen => format!("{text} · new {unseen} (press . to show)"),
        }
    }

    fn selected(&self) -> Option<String> {
        self.current().map(|row| row.id.clone())
    }

    fn select(&mut self, key: &str) {
        if let Some(at) = self.rows.iter().position(|row| row.id == key) {
            self.cursor.at = at;
        }
    }

    fn rewind(&mut self) {
        *self = Self { marked: std::mem::take(&mut self.marked), ..Self::default() };
    }

    fn subjects(&self) -> Vec<Subject> {
        if self.marked.is_empty() {
            return self.current().map(Row::subject).into_iter().collect();
        }
        self.rows.iter().filter(|row| self.marked.contains(&row.id)).map(Row::subject).collect()
    }

    fn expect(&mut self, subjects: &[Subject], state: &str) {
        for row in
            self.rows.iter_mut().filter(|row| subjects.iter().any(|subject| subject.id == row.id))
        {
            row.state = format!("{state}{UNCONFIRMED}");
        }
        self.count();
    }
}
