//! How an act that is being filled in is drawn: one line for each thing that it needs.

use super::{base, window};
use crate::state::{Asks, Field, Form, Model};
use crate::triage::short;
use crate::widgets::ink::{self, Piece};
use model::triage::{Action, Disposition};
use ratatui::{buffer::Buffer, layout::Position, layout::Rect};

/// Cells of the words before a field.
const LABEL: usize = 13;

/// Blank, label, sign.
const BEFORE: usize = LABEL + 4;

fn place(model: &Model, form: &Form) -> Rect {
    let body = model.body();
    let height = (form.fields.len() as u16 + 3).min(body.height);
    Rect { y: body.bottom() - height, height, ..body }
}

pub(super) fn draw(model: &Model, form: &Form, buffer: &mut Buffer) {
    let inner = base(model, &title(form), note(form), place(model, form), buffer);
    for ((at, field), y) in form.fields.iter().enumerate().zip(inner.top()..inner.bottom()) {
        let sign = if at == form.at { " > " } else { "   " };
        let label = present::fit(label(field.asks), LABEL);
        let mut pieces = vec![Piece::plain(format!(" {label}{sign}"))];
        match field.asks {
            Asks::Disposition(chosen) => pieces.extend(choices(model, chosen)),
            _ => pieces.push(Piece::plain(window(&field.line, room(inner)).0)),
        }
        ink::line(buffer, inner, y, &pieces);
    }
    if let Some(complaint) = &form.complaint {
        let text = format!(" {complaint}");
        ink::text(buffer, inner, inner.bottom().saturating_sub(1), &text, model.theme.bad());
    }
}

/// Cells that a field has for its text.
fn room(inner: Rect) -> usize {
    usize::from(inner.width).saturating_sub(BEFORE + 1)
}

/// The cell of the terminal's cursor; none where a word is chosen instead of typed.
pub(super) fn cursor(model: &Model, form: &Form) -> Option<Position> {
    let Field { asks, line } = &form.fields[form.at];
    if matches!(asks, Asks::Disposition(_)) {
        return None;
    }
    let area = place(model, form);
    let inner = area.inner(ratatui::layout::Margin::new(1, 1));
    let (_, at) = window(line, room(inner));
    let x = inner.x + (BEFORE + at.min(room(inner))) as u16;
    Some(Position { x, y: inner.y + form.at as u16 })
}

/// Every disposition, the chosen one in brackets and bold.
fn choices(model: &Model, chosen: Disposition) -> Vec<Piece> {
    let piece = |word: &Disposition| {
        if *word == chosen {
            Piece::new(format!("[{word}] "), model.theme.heading())
        } else {
            Piece::plain(format!(" {word}  "))
        }
    };
    Disposition::ALL.iter().map(piece).collect()
}

fn title(form: &Form) -> String {
    let verb = match form.action {
        Action::Ack => "Acknowledge",
        Action::Assign => "Assign",
        Action::Note => "Note on",
        Action::Escalate => "Escalate",
        Action::Close => "Close",
        Action::Shelve => "Shelve",
        Action::Undo => "Take back",
    };
    match form.subjects.as_slice() {
        [only] => format!("{verb} {}", short(&only.id)),
        many => format!("{verb} {} warnings", many.len()),
    }
}

const fn note(form: &Form) -> &'static str {
    match form.fields.as_slice() {
        [_] => "Enter does it · Esc leaves",
        [Field { asks: Asks::Disposition(_), .. }, ..] => {
            "h l or first letter choose · Tab next · Enter does it · Esc leaves"
        }
        _ => "Tab next · Enter does it · Esc leaves",
    }
}

const fn label(asks: Asks) -> &'static str {
    match asks {
        Asks::Disposition(_) => "what it was",
        Asks::Receiver => "who gets it",
        Asks::Span => "for (4h, 2d)",
        Asks::Reason => "why",
        Asks::Note => "note",
        Asks::Count => "how many",
    }
}
