//! An act that is being filled in: disposition, receiver, end, reason, and the number of a large group.

use super::triage;
use crate::event::Effect;
use crate::range;
use crate::state::{Asks, Field, Form, GROUP_LIMIT, Line, Model, Overlay};
use crate::triage::Order;
use crate::views::Subject;
use crossterm::event::{KeyCode, KeyEvent};
use model::Time;
use model::triage::{Action, Disposition};

impl Form {
    /// The form of `action` on `subjects`; none where the action needs nothing more.
    pub fn of(action: Action, subjects: Vec<Subject>) -> Option<Self> {
        let needs: &[Asks] = match action {
            Action::Ack | Action::Undo => &[],
            Action::Assign => &[Asks::Receiver],
            Action::Note => &[Asks::Note],
            Action::Escalate => &[Asks::Receiver, Asks::Reason],
            Action::Close => &[Asks::Disposition(Disposition::Confirmed), Asks::Reason],
            Action::Shelve => &[Asks::Span, Asks::Reason],
        };
        let many = (subjects.len() > GROUP_LIMIT).then_some(Asks::Count);
        let field = |asks| Field { asks, line: Line::default() };
        let fields: Vec<_> = needs.iter().copied().chain(many).map(field).collect();
        let empty = fields.is_empty();
        (!empty).then_some(Self { action, subjects, fields, at: 0, complaint: None })
    }

    /// Text pasted into the field that has the keys.
    pub fn paste(&mut self, text: &str) {
        self.fields[self.at].line.insert(text);
        self.complaint = None;
    }

    fn turn(&mut self, by: usize) {
        self.at = (self.at + by) % self.fields.len();
    }

    /// The order that the fields come to.
    ///
    /// # Errors
    /// What is missing or wrong, and the field that it is about.
    fn order(&self, now: Time) -> Result<Order, (usize, String)> {
        let mut order = Order::of(self.action);
        for (at, field) in self.fields.iter().enumerate() {
            let text = field.line.text.trim().to_owned();
            match field.asks {
                Asks::Disposition(chosen) => order.disposition = Some(chosen),
                Asks::Receiver => order.to = text,
                Asks::Reason => order.reason = text,
                Asks::Note => order.note = text,
                Asks::Span => {
                    let text = text.strip_prefix("for ").unwrap_or(&text);
                    let length = range::span(text).map_err(|message| (at, message))?;
                    order.until = Some(now.plus(length));
                }
                Asks::Count if text == self.subjects.len().to_string() => {}
                Asks::Count => {
                    let count = self.subjects.len();
                    return Err((at, format!("type {count} to {} all of them", self.action)));
                }
            }
            if let Some(missing) = order.missing().filter(|_| field.is_bare()) {
                return Err((at, missing.to_owned()));
            }
        }
        Ok(order)
    }
}

impl Field {
    /// Whether it holds nothing; a disposition is always one.
    fn is_bare(&self) -> bool {
        !matches!(self.asks, Asks::Disposition(_)) && self.line.text.trim().is_empty()
    }
}

/// A key while an act is being filled in.
pub(super) fn pressed(model: &mut Model, key: &KeyEvent, chord: &str) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = &mut model.overlay else { return Vec::new() };
    form.complaint = None;
    match key.code {
        KeyCode::Esc => model.overlay = None,
        KeyCode::Enter => return submit(model),
        KeyCode::Tab | KeyCode::Down => form.turn(1),
        KeyCode::BackTab | KeyCode::Up => form.turn(form.fields.len() - 1),
        _ => match &mut form.fields[form.at] {
            Field { asks: Asks::Disposition(chosen), .. } => *chosen = choose(*chosen, chord),
            field => field.line.typed(key, chord),
        },
    }
    Vec::new()
}

/// The disposition that a key leads to: the next, the one before, or the one of that letter.
fn choose(chosen: Disposition, chord: &str) -> Disposition {
    let all = Disposition::ALL;
    let at = all.iter().position(|word| *word == chosen).unwrap_or_default();
    match chord {
        "l" | "Right" | "Space" => all[(at + 1) % all.len()],
        "h" | "Left" => all[(at + all.len() - 1) % all.len()],
        letter => {
            let named = all.iter().find(|word| word.as_str().starts_with(letter));
            named.copied().unwrap_or(chosen)
        }
    }
}

fn submit(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Form(form)) = model.overlay.take() else { return Vec::new() };
    match form.order(model.now()) {
        Ok(order) => triage::carry_out(model, &form.subjects, &order),
        Err((at, complaint)) => {
            model.overlay = Some(Overlay::Form(Form { at, complaint: Some(complaint), ..form }));
            Vec::new()
        }
    }
}
