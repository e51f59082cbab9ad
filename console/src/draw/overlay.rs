//! What lies above the view: help, SQL, an explanation, a line being typed, an act, the question whether to quit.

mod form;

use crate::keymap::{Group, holding};
use crate::state::{Line, Model, Overlay, Page, Prompt, Purpose};
use crate::views::VIEWS;
use crate::widgets::ink::{self, Piece};
use crate::widgets::panel::Panel;
use ratatui::style::Style;
use ratatui::widgets::{Clear, Widget};
use ratatui::{buffer::Buffer, layout::Position, layout::Rect};

pub(super) fn draw(model: &Model, buffer: &mut Buffer) {
    match &model.overlay {
        None => {}
        Some(Overlay::Help(top)) => help(model, *top, buffer),
        Some(Overlay::Sql(top)) => sql(model, *top, buffer),
        Some(Overlay::Prompt(prompt)) => line(model, prompt, buffer),
        Some(Overlay::Form(form)) => form::draw(model, form, buffer),
        Some(Overlay::Page(page)) => explained(model, page, buffer),
        Some(Overlay::Leave) => leave(model, buffer),
    }
}

/// Blanks what lies below, draws the border, and says where the inside is.
fn base(model: &Model, title: &str, note: &str, area: Rect, buffer: &mut Buffer) -> Rect {
    Clear.render(area, buffer);
    Panel { title, note, focused: true }.draw(model.theme, area, buffer)
}

fn help(model: &Model, top: usize, buffer: &mut Buffer) {
    let about = VIEWS[model.place().view].about();
    let title = format!("Help for {}", about.title);
    let inner = base(model, &title, "j k scroll · Esc closes", model.body(), buffer);
    let mut lines: Vec<Vec<Piece>> =
        vec![vec![Piece::plain(format!(" {}", about.purpose))], Vec::new()];
    lines.extend(columns(model, inner.width));
    lines.push(Vec::new());
    lines.push(vec![Piece::new(" COMMANDS", model.theme.heading())]);
    for (word, words) in crate::update::COMMANDS {
        let word = present::fit(&format!(":{word}"), 12);
        lines.push(vec![Piece::plain(format!(" {word} {words}"))]);
    }
    let top = top.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines[top..]) {
        ink::line(buffer, inner, y, line);
    }
}

/// Every binding of this view, group by group, in as many columns as there is room for.
fn columns(model: &Model, width: u16) -> Vec<Vec<Piece>> {
    let keys = VIEWS[model.place().view].about().keys;
    let mut entries: Vec<Piece> = Vec::new();
    let column = 39;
    for group in Group::ALL {
        let of_group = holding(keys).filter(|binding| binding.group == group);
        let mut of_group = of_group.peekable();
        if of_group.peek().is_some() {
            entries.push(Piece::new(
                present::fit(&format!(" {}", group.title()), column),
                model.theme.heading(),
            ));
        }
        for binding in of_group {
            let chords: Vec<_> =
                binding.chords.iter().map(|chord| chord.replace(' ', "")).collect();
            let text = format!(" {} {}", present::fit(&chords.join(" "), 12), binding.words);
            entries.push(Piece::plain(present::fit(&text, column)));
        }
    }
    let count = usize::from(width) / column;
    let height = entries.len().div_ceil(count.max(1));
    (0..height).map(|y| entries.iter().skip(y).step_by(height).cloned().collect()).collect()
}

fn sql(model: &Model, top: usize, buffer: &mut Buffer) {
    let inner =
        base(model, "SQL behind this view", "j k scroll · Esc closes", model.body(), buffer);
    let mut lines = Vec::new();
    for (slot, question) in model.requests.questions() {
        lines.push(Piece::new(format!(" -- {slot}"), model.theme.heading()));
        lines.extend(question.sql.lines().map(|line| Piece::plain(format!(" {line}"))));
        for (name, value) in &question.params {
            let value: String = present::safe(&format!("{value:?}"));
            lines.push(Piece::new(format!(" --   {name} = {value}"), model.theme.quiet()));
        }
        lines.push(Piece::plain(""));
    }
    let top = top.min(lines.len().saturating_sub(usize::from(inner.height)));
    for (y, line) in (inner.top()..inner.bottom()).zip(&lines[top..]) {
        ink::line(buffer, inner, y, std::slice::from_ref(line));
    }
}

fn explained(model: &Model, page: &Page, buffer: &mut Buffer) {
    let inner = base(model, &page.title, "j k scroll · Esc closes", model.body(), buffer);
    let top = page.top.min(page.lines.len().saturating_sub(usize::from(inner.height)));
    for (y, line) in (inner.top()..inner.bottom()).zip(&page.lines[top..]) {
        ink::line(buffer, inner, y, line);
    }
}

fn leave(model: &Model, buffer: &mut Buffer) {
    let area = centred(model, 44, 3);
    let inner = base(model, "Quit?", "", area, buffer);
    ink::text(buffer, inner, inner.y, " q or Enter quits · any other key stays", Style::new());
}

fn centred(model: &Model, width: u16, height: u16) -> Rect {
    let body = model.body();
    let (width, height) = (width.min(body.width), height.min(body.height));
    let (x, y) = ((body.width - width) / 2, body.y + (body.height - height) / 2);
    Rect { x, y, width, height }
}

fn title(purpose: &Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Filter => ("Filter", "zone = swift and level <= III · Enter sets it · Esc leaves"),
        Purpose::Command => ("Command", "Tab completes · Up recalls · Esc leaves"),
        Purpose::Range => ("Time range: last", "15m, 24h, 7d · Enter sets it · Esc leaves"),
    }
}

const SIGN: &str = " > ";

/// The part of a typed line that fits, and the cell of the cursor in it.
pub(super) fn window(line: &Line, room: usize) -> (String, usize) {
    let mut start = 0;
    while present::width(&line.text[start..line.at]) + 1 > room.max(1) && start < line.at {
        start += line.text[start..].chars().next().map_or(1, char::len_utf8);
    }
    (line.text[start..].to_owned(), present::width(&line.text[start..line.at]))
}

fn place(model: &Model) -> Rect {
    let body = model.body();
    Rect { x: 0, y: body.bottom().saturating_sub(4), width: body.width, height: 4 }
}

fn line(model: &Model, prompt: &Prompt, buffer: &mut Buffer) {
    let (title, note) = title(&prompt.purpose);
    let inner = base(model, title, note, place(model), buffer);
    let room = usize::from(inner.width).saturating_sub(SIGN.len() + 1);
    let (text, _) = window(&prompt.line, room);
    ink::line(
        buffer,
        inner,
        inner.y,
        &[Piece::plain(SIGN), Piece::plain(present::cut(&text, room))],
    );
    if let Some(complaint) = &prompt.complaint {
        let before = present::width(prompt.line.text.get(..complaint.from).unwrap_or_default());
        let length =
            present::width(prompt.line.text.get(complaint.from..complaint.to).unwrap_or_default())
                .max(1);
        let under = format!("{}{} ", " ".repeat(SIGN.len() + before), "^".repeat(length));
        let roomy =
            present::width(&under) + present::width(&complaint.message) <= usize::from(inner.width);
        let text =
            if roomy { under + &complaint.message } else { format!("   {}", complaint.message) };
        ink::text(buffer, inner, inner.y + 1, &text, model.theme.bad());
    }
}

/// The cell of the terminal's cursor while something is being typed.
pub(super) fn cursor(model: &Model) -> Option<Position> {
    match &model.overlay {
        Some(Overlay::Prompt(prompt)) => {
            let area = place(model);
            let room = usize::from(area.width.saturating_sub(2)).saturating_sub(SIGN.len() + 1);
            let (_, at) = window(&prompt.line, room);
            Some(Position { x: area.x + 1 + (SIGN.len() + at.min(room)) as u16, y: area.y + 1 })
        }
        Some(Overlay::Form(form)) => form::cursor(model, form),
        _ => None,
    }
}
