//! A line that is being typed: filter, command, range.

use super::{command, narrow, span};
use crate::event::Effect;
use crate::narrow::Narrow;
use crate::range;
use crate::state::{Complaint, Line, Model, Overlay, Prompt, Purpose};
use crossterm::event::{KeyCode, KeyEvent};

impl Prompt {
    /// A line that begins as `text`, with the cursor at its end.
    pub const fn new(purpose: Purpose, text: String) -> Self {
        Self { purpose, line: Line::new(text), complaint: None }
    }
}

/// Text pasted: into the line that is being typed, else nowhere.
pub(super) fn pasted(model: &mut Model, text: &str) -> Vec<Effect> {
    match &mut model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            prompt.line.insert(text);
            prompt.complaint = None;
        }
        Some(Overlay::Form(form)) => form.paste(text),
        _ => {}
    }
    Vec::new()
}

/// A key while a line is being typed: every printable key is text.
pub(super) fn pressed(model: &mut Model, key: &KeyEvent, chord: &str) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return Vec::new() };
    prompt.complaint = None;
    match key.code {
        KeyCode::Esc => model.overlay = None,
        KeyCode::Enter => return submit(model),
        KeyCode::Up if prompt.purpose == Purpose::Command => recall(model),
        KeyCode::Tab if prompt.purpose == Purpose::Command => {
            if let Some(whole) = command::completed(&prompt.line.text) {
                prompt.line = Line::new(whole);
            }
        }
        _ => prompt.line.typed(key, chord),
    }
    Vec::new()
}

/// The command before the one that stands there.
fn recall(model: &mut Model) {
    let Some(Overlay::Prompt(prompt)) = &mut model.overlay else { return };
    let here = model
        .history
        .iter()
        .rposition(|line| *line == prompt.line.text)
        .unwrap_or(model.history.len());
    if let Some(line) = here.checked_sub(1).and_then(|at| model.history.get(at)) {
        prompt.line = Line::new(line.clone());
    }
}

fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Prompt(prompt)) = model.overlay.take() else { return Vec::new() };
    let text = prompt.line.text.trim().to_owned();
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
    };
    if complaint.is_some() {
        model.overlay = Some(Overlay::Prompt(Prompt { complaint, ..prompt }));
    }
    Vec::new()
}
