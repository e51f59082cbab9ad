//! What is done outside the reducer: questions and acts, each in a task that can be stopped.

pub mod triage;

use crate::decode::clean;
use crate::event::{Answer, Effect, Event, RequestId};
use crate::failure::{Exit, Failure};
use config::settings::Store as Settings;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Question, Role, Session, Store};
use tokio::sync::{Mutex, mpsc};
use tokio::task::AbortHandle;

/// After the store could not be opened, it is not tried again for so long.
const PATIENCE: Duration = Duration::from_secs(3);

/// The store, opened when it is first needed; one that is away is tried again.
#[derive(Clone)]
pub struct Opener {
    settings: Settings,
    role: Role,
    opened: Arc<Mutex<Opened>>,
}

enum Opened {
    NotYet,
    Given(Box<Store>),
    Open(Box<Session>),
    Failed(Failure, Instant),
}

impl Opener {
    /// For the store that `settings` name, in `role`; nothing is opened yet.
    pub fn new(settings: Settings, role: Role) -> Self {
        Self { settings, role, opened: Arc::new(Mutex::new(Opened::NotYet)) }
    }

    /// For a store that is open already.
    pub fn over(store: Store) -> Self {
        let opened = Arc::new(Mutex::new(Opened::Given(Box::new(store))));
        Self { settings: Settings::default(), role: Role::Person, opened }
    }

    /// The store.
    ///
    /// # Errors
    /// If it cannot be opened, or could not a moment ago.
    pub async fn store(&self) -> Result<Store, Failure> {
        let mut opened = self.opened.lock().await;
        match &*opened {
            Opened::Open(session) => return Ok(session.store().clone()),
            Opened::Given(store) => return Ok((**store).clone()),
            Opened::Failed(failure, when) if when.elapsed() < PATIENCE => {
                return Err(failure.clone());
            }
            _ => {}
        }
        match Store::open(&self.settings, self.role).await {
            Ok(session) => {
                let store = session.store().clone();
                *opened = Opened::Open(Box::new(session));
                Ok(store)
            }
            Err(error) => {
                let failure = Failure::from(error);
                *opened = Opened::Failed(failure.clone(), Instant::now());
                Err(failure)
            }
        }
    }

    /// Rows that answer `question`, safe to print.
    ///
    /// # Errors
    /// If the store is away, or refuses.
    pub async fn ask(&self, question: &Question) -> Result<Answer, Failure> {
        let answer = self.store().await?.ask::<serde_json::Value>(question).await?;
        Ok(Answer {
            rows: answer.rows.into_iter().map(clean).collect(),
            read_rows: answer.cost.read_rows,
            read_bytes: answer.cost.read_bytes,
            elapsed_ms: u64::try_from(answer.cost.elapsed.as_millis()).unwrap_or(u64::MAX),
        })
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        let (code, text) = (error.code(), error.to_string());
        let text =
            text.strip_prefix(code).map_or(text.as_str(), |rest| rest.trim_start_matches(": "));
        let (sentence, next) = text.rsplit_once("; ").unwrap_or((text, ""));
        let exit = match error {
            store::Error::Away { .. } | store::Error::Engine { .. } => Exit::Away,
            store::Error::Denied { .. } => Exit::Denied,
            store::Error::Setting(_) | store::Error::SchemaOld { .. } => Exit::Invalid,
            _ => Exit::Failed,
        };
        Self { code, sentence: present::safe(sentence), next: present::safe(next), exit }
    }
}

/// Carries out effects and sends what comes of them as events.
pub struct Effects {
    opener: Opener,
    events: mpsc::Sender<Event>,
    running: HashMap<RequestId, AbortHandle>,
    writing: usize,
}

impl Effects {
    /// Effects on the store of `opener`, told through `events`.
    pub fn new(opener: Opener, events: mpsc::Sender<Event>) -> Self {
        Self { opener, events, running: HashMap::new(), writing: 0 }
    }

    /// Begins one effect; those of the terminal are not ours.
    pub fn begin(&mut self, effect: Effect) {
        match effect {
            Effect::Ask { request, question, settle_ms } => self.ask(request, question, settle_ms),
            Effect::Cancel(request) => {
                if let Some(task) = self.running.remove(&request) {
                    task.abort();
                }
            }
            Effect::Write(acts) => {
                self.writing += 1;
                let (opener, events) = (self.opener.clone(), self.events.clone());
                tokio::spawn(async move {
                    let outcome = triage::write(&opener, acts).await;
                    let _ = events.send(Event::Written(outcome)).await;
                });
            }
            Effect::Copy(_) | Effect::Redraw | Effect::Suspend | Effect::Quit => {}
        }
    }

    /// Takes note that an event came back.
    pub fn came_back(&mut self, event: &Event) {
        match event {
            Event::Answered { request, .. } => drop(self.running.remove(request)),
            Event::Written(_) => self.writing = self.writing.saturating_sub(1),
            _ => {}
        }
    }

    /// Tasks whose event has not come back.
    pub fn under_way(&self) -> usize {
        self.running.len() + self.writing
    }

    fn ask(&mut self, request: RequestId, question: Question, settle_ms: u64) {
        let (opener, events) = (self.opener.clone(), self.events.clone());
        let task = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(settle_ms)).await;
            let outcome = opener.ask(&question).await;
            let _ = events.send(Event::Answered { request, outcome }).await;
        });
        self.running.insert(request, task.abort_handle());
    }
}
