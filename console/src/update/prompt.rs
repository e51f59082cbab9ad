//! A line that is being typed: filter, command, range, note, count.

use super::{command, narrow, span, triage};
use crate::event::Effect;
use crate::narrow::Narrow;
use crate::range;
use crate::state::{Complaint, Model, Overlay, Prompt, Purpose};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Longest line, in bytes.
const LONGEST: usize = 2000;

impl Prompt {
    /// A line that begins as `text`, with the cursor at its end.
    pub const fn new(purpose: Purpose, text: String) -> Self {
        let at = text.len();
        Self { purpose, text, at, complaint: None }
    }

    fn insert(&mut self, text: &str) {
        let printable: String = text.chars().filter(|letter| !letter.is_control()).collect();
        if self.text.len() + printable.len() <= LONGEST {
            self.text.insert_str(self.at, &printable);
            self.at += printable.len();
        }
    }

    fn before(&self) -> usize {
        self.text[..self.at].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.at..].chars().next().map_or(self.at, |letter| self.at + letter.len_utf8())
    }
}

/// Text pasted: into the line that is being typed, else nowhere.
pub(super) fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    if let Some(Overlay::Prompt(prompt)) = &mut model.overlay {
        prompt.insert(text);
        prompt.complaint = None;
    }
    Vec::new()
}

/// A key while a line is being typed: every printable key is text.
pub(super) fn pressed(model: &mut Model, key: &KeyEvent, chord: &str) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    prompt.complaint = None;
    match (key.code, chord) {
        (KeyCode::Esc, _) => model.overlay = None,
        (KeyCode::Enter, _) => return submit(model),
        (KeyCode::Left, _) => prompt.at = prompt.before(),
        (KeyCode::Right, _) => prompt.at = prompt.after(),
        (KeyCode::Home, _) | (_, "Ctrl-a") => prompt.at = 0,
        (KeyCode::End, _) | (_, "Ctrl-e") => prompt.at = prompt.text.len(),
        (_, "Ctrl-u") => {
            prompt.text.drain(..prompt.at);
            prompt.at = 0;
        }
        (_, "Ctrl-w") => {
            let kept = prompt.text[..prompt.at].trim_end();
            let from = kept.rfind(' ').map_or(0, |blank| blank + 1);
            prompt.text.drain(from..prompt.at);
            prompt.at = from;
        }
        (KeyCode::Backspace, _) => {
            let from = prompt.before();
            prompt.text.drain(from..prompt.at);
            prompt.at = from;
        }
        (KeyCode::Delete, _) => {
            let to = prompt.after();
            prompt.text.drain(prompt.at..to);
        }
        (KeyCode::Up, _) if prompt.purpose == Purpose::Command => recall(model),
        (KeyCode::Tab, _) if prompt.purpose == Purpose::Command => {
            if let Some(whole) = command::completed(&prompt.text) {
                prompt.at = whole.len();
                prompt.text = whole;
            }
        }
        (KeyCode::Char(letter), _)
            if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
        {
            prompt.insert(letter.encode_utf8(&mut [0; 4]));
        }
        _ => {}
    }
    Vec::new()
}

/// The command before the one that stands there.
fn recall(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    let here =
        model.history.iter().rposition(|line| *line == prompt.text).unwrap_or(model.history.len());
    if let Some(line) = here.checked_sub(1).and_then(|at| model.history.get(at)) {
        prompt.text.clone_from(line);
        prompt.at = prompt.text.len();
    }
}

fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else { return Vec::new() };
    let text = prompt.text.trim().to_owned();
    let complaint = match &prompt.purpose {
        Purpose::Filter => match Narrow::read(&text) {
            Ok(read) => {
                narrow(model, read);
                None
            }
            Err(complaint) => Some(complaint),
        },
        Purpose::Range => {
            match range::span(text.strip_prefix("last").map_or(text.as_str(), str::trim)) {
                Ok(length) => {
                    span(model, length);
                    None
                }
                Err(message) => Some(Complaint { message, from: 0, to: text.len() }),
            }
        }
        Purpose::Command => {
            if !text.is_empty() {
                model.history.push(text.clone());
            }
            match command::run(model, &text) {
                Ok(effects) => return effects,
                Err(message) => Some(Complaint { message, from: 0, to: text.len() }),
            }
        }
        Purpose::Note(subjects) => return triage::note(model, subjects, &text),
        Purpose::Count(subjects) if text == subjects.len().to_string() => {
            return triage::acknowledge_all(model, subjects);
        }
        Purpose::Count(subjects) => {
            let message =
                format!("type {} to acknowledge all of them; Esc leaves them", subjects.len());
            Some(Complaint { message, from: 0, to: text.len() })
        }
    };
    if complaint.is_some() {
        model.overlay = Some(Overlay::Prompt(Prompt { complaint, ..prompt }));
    }
    Vec::new()
}
