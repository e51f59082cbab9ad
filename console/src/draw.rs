//! The whole screen as a function of the model: header, breadcrumb, view, result, hints, and what lies above.

mod overlay;

use crate::keymap::{self, Action, RESERVED};
use crate::range::span_text;
use crate::state::Model;
use crate::theme::Theme;
use crate::views::VIEWS;
use crate::widgets::ink::{self, Piece};
use model::Time;
use ratatui::style::{Modifier, Style};
use ratatui::{Frame, buffer::Buffer, layout::Rect};

/// Draws the model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if model.too_small() {
        too_small(model, area, buffer);
        return;
    }
    let asked = model.asked();
    header(model, buffer);
    breadcrumb(model, buffer);
    model.screen().draw(&model.seen(&asked), model.body(), buffer);
    result(model, buffer);
    hints(model, buffer);
    overlay::draw(model, buffer);
    if let Some(cursor) = overlay::cursor(model) {
        frame.set_cursor_position(cursor);
    }
    if model.theme == Theme::Ascii {
        to_ascii(frame.buffer_mut());
    }
}

fn row(model: &Model, y: u16) -> Rect {
    Rect { x: 0, y, width: model.size.0, height: 1 }
}

/// Row 0: the views, and the clock. When it is tight, the names of other views go.
fn header(model: &Model, buffer: &mut Buffer) {
    let area = row(model, 0);
    let clock = clock(model);
    let room = usize::from(area.width).saturating_sub(present::width(&clock) + 1);
    let whole = tabs(model, true);
    let fits =
        |tabs: &[Piece]| tabs.iter().map(|tab| present::width(&tab.text)).sum::<usize>() <= room;
    let tabs = if fits(&whole) { whole } else { tabs(model, false) };
    ink::line(buffer, area, 0, &tabs);
    let width = present::width(&clock) as u16;
    let style = if model.setup.pinned.is_some() || model.paused.is_some() {
        model.theme.heading()
    } else {
        Style::new()
    };
    ink::put(buffer, area.width.saturating_sub(width + 1), 0, width, &clock, style);
}

fn tabs(model: &Model, names: bool) -> Vec<Piece> {
    let mut tabs = vec![Piece::new(" BARTIZAN ", model.theme.heading())];
    for (index, view) in VIEWS.iter().enumerate() {
        let (number, title) = (view.about().number, view.about().title);
        tabs.push(if index == model.place().view {
            Piece::new(format!("[{number}:{title}]"), model.theme.heading())
        } else if names {
            Piece::plain(format!(" {number}:{title} "))
        } else {
            Piece::plain(format!(" {number} "))
        });
    }
    tabs
}

fn clock(model: &Model) -> String {
    let minute = |time: Time| time.to_string().get(..16).unwrap_or_default().replace('T', " ");
    match (model.setup.pinned, model.paused) {
        (Some(now), _) => format!("PINNED {}", minute(now)),
        (None, Some(at)) => format!("PAUSED {}", minute(at)),
        (None, None) if !model.failures.is_empty() => {
            format!("STALE since {}", minute(model.asked_at))
        }
        (None, None) => format!("LIVE {}", minute(model.clock)),
    }
}

/// Row 1: breadcrumb, and the filter, always visible.
fn breadcrumb(model: &Model, buffer: &mut Buffer) {
    let area = row(model, 1);
    let mut crumbs = Vec::new();
    for (depth, place) in model.places.iter().enumerate() {
        let title = VIEWS[place.view].about().title;
        let last = depth + 1 == model.places.len();
        let crumb = if last { model.screen().crumb() } else { place.narrow.text().to_owned() };
        crumbs.push(if crumb.is_empty() { title.to_owned() } else { format!("{title} > {crumb}") });
    }
    let place = model.place();
    let panes = VIEWS[place.view].about().panes;
    if model.single() {
        crumbs.push(format!(
            "{} {}/{}",
            panes[place.pane.min(panes.len() - 1)],
            place.pane + 1,
            panes.len()
        ));
    }
    let left = format!(" {}", crumbs.join(" > "));
    let filter = if place.narrow.text().is_empty() { "none" } else { place.narrow.text() };
    let without = match model.setup.without.as_slice() {
        [] => String::new(),
        taps => format!(" │ without {}", taps.join(", ")),
    };
    let tail =
        format!(" │ last {} │ UTC │ {}{without} ", span_text(place.span_us), model.setup.place);
    let width = usize::from(area.width);
    let room = width.saturating_sub(present::width(&tail) + 9);
    let chip = format!(" filter: {}{tail}", present::cut(filter, room));
    let chip_width = present::width(&chip).min(width);
    let style = if place.narrow.text().is_empty() { Style::new() } else { model.theme.heading() };
    ink::put(buffer, 0, 1, (width - chip_width) as u16, &left, Style::new());
    ink::put(buffer, (width - chip_width) as u16, 1, chip_width as u16, &chip, style);
}

/// The last row but one: what came, what it cost; or what is said; or what failed.
fn result(model: &Model, buffer: &mut Buffer) {
    let y = model.size.1 - 2;
    let area = row(model, y);
    let (text, style) = if let Some(toast) = &model.toast {
        (toast.text.clone(), model.theme.heading())
    } else if let Some(failure) = model.failure() {
        let next =
            if failure.next.is_empty() { String::new() } else { format!(" · {}", failure.next) };
        (format!("{}: {}{next}", failure.code, failure.sentence), model.theme.bad())
    } else {
        let running = match model.requests.running() {
            0 => String::new(),
            count => format!(" · {count} running, Ctrl-c cancels"),
        };
        let cost = model.cost;
        let text = format!(
            "{} · {} rows, {} read · {} ms · as of {}{running}",
            model.screen().summary(),
            present::grouped(cost.rows),
            present::bytes(cost.bytes),
            cost.ms,
            model.asked_at.to_string().get(11..19).unwrap_or_default(),
        );
        (text, Style::new())
    };
    ink::line(buffer, area, y, &[Piece::plain(" "), Piece::new(text, style)]);
}

/// The last row: keys, from the keymap, the most wanted first; what does not fit is left out.
fn hints(model: &Model, buffer: &mut Buffer) {
    let y = model.size.1 - 1;
    let area = row(model, y);
    let view = VIEWS[model.place().view].about().keys;
    if let Some(prefix) = &model.prefix {
        let follow = keymap::following(view, prefix)
            .into_iter()
            .map(|(chord, words)| format!("{chord} {words}"));
        let text = format!(" {prefix} …  {}", follow.collect::<Vec<_>>().join("  "));
        ink::text(buffer, area, y, &text, model.theme.heading());
        return;
    }
    let mut wanted: Vec<_> = view
        .iter()
        .chain(RESERVED)
        .chain(keymap::GLOBAL)
        .filter(|binding| binding.hint > 0)
        .collect();
    // Where one pane shows, the key to the others comes first.
    wanted.sort_by_key(|binding| {
        if model.single() && binding.action == Action::NextPane { 0 } else { binding.hint }
    });
    let mut pieces = vec![Piece::plain(" ")];
    let mut used = 1;
    for binding in wanted {
        let chord = binding.chords[0].replace(' ', "");
        let width = present::width(&chord) + present::width(binding.words) + 3;
        if used + width > usize::from(area.width) {
            continue;
        }
        used += width;
        pieces.push(Piece::new(chord, Style::new().add_modifier(Modifier::BOLD)));
        pieces.push(Piece::plain(format!(" {}  ", binding.words)));
    }
    ink::line(buffer, area, y, &pieces);
}

fn too_small(model: &Model, area: Rect, buffer: &mut Buffer) {
    let (columns, rows) = model.size;
    let (least_columns, least_rows) = crate::state::SMALLEST;
    let name = VIEWS[model.place().view].about().name;
    let texts = [
        format!("{columns}x{rows} is too small; {least_columns}x{least_rows} is the least."),
        format!("Resize, or run  bartizan {name}"),
    ];
    for y in area.top()..area.bottom() {
        ink::text(buffer, area, y, "", Style::new());
    }
    let mut y = area.top();
    for text in texts {
        for line in ink::wrapped(&text, usize::from(area.width)) {
            ink::text(buffer, area, y, &line, Style::new());
            y += 1;
        }
    }
}

/// Replaces every sign of ours that is not ASCII by one that is.
fn to_ascii(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        let plain = match cell.symbol() {
            "─" | "·" => "-",
            "│" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
            "█" => "#",
            "…" => "~",
            "→" => ">",
            "\u{202f}" | "\u{2009}" | "\u{a0}" => " ",
            _ => continue,
        };
        cell.set_symbol(plain);
    }
}
