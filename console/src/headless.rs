//! The console without a terminal: keys in, one screen out.

use crate::effects::{Effects, Opener};
use crate::event::{Effect, Event};
use crate::failure::Failure;
use crate::state::{Model, Setup};
use crate::{app, draw, update};
use crossterm::event::KeyEvent;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier, Style};
use ratatui::{Terminal, buffer::Buffer};
use std::time::Duration;
use tokio::sync::mpsc;

/// Longest wait for the answers to one key.
const LIMIT: Duration = Duration::from_mins(1);

/// The screen after `keys`, each pressed when the answers to the one before have come.
///
/// # Errors
/// If an answer does not come.
pub async fn screen(
    setup: Setup,
    opener: Opener,
    size: (u16, u16),
    keys: Vec<KeyEvent>,
) -> Result<Buffer, Failure> {
    let (sender, mut events) = mpsc::channel(1024);
    let mut effects = Effects::new(opener, sender);
    let mut model = Model::new(setup, size, app::clock());
    let first = update::reconcile(&mut model);
    let mut over = carry_out(&mut effects, first);
    settle(&mut model, &mut effects, &mut events).await?;
    for key in keys {
        if over {
            break;
        }
        let wanted = update::update(&mut model, Event::Key(key));
        over = carry_out(&mut effects, wanted);
        settle(&mut model, &mut effects, &mut events).await?;
    }
    Ok(drawn(&model))
}

/// The screen of a model.
pub fn drawn(model: &Model) -> Buffer {
    let backend = TestBackend::new(model.size.0, model.size.1);
    let mut terminal = Terminal::new(backend).expect("a backend in memory does not fail");
    terminal.draw(|frame| draw::view(model, frame)).expect("a backend in memory does not fail");
    terminal.backend().buffer().clone()
}

/// Begins effects; says whether one of them ends the console.
fn carry_out(effects: &mut Effects, wanted: Vec<Effect>) -> bool {
    let over = wanted.contains(&Effect::Quit);
    for effect in wanted {
        effects.begin(effect);
    }
    over
}

/// Waits until every answer has come.
async fn settle(
    model: &mut Model,
    effects: &mut Effects,
    events: &mut mpsc::Receiver<Event>,
) -> Result<(), Failure> {
    while effects.under_way() > 0 {
        let event = tokio::time::timeout(LIMIT, events.recv()).await.ok().flatten();
        let event =
            event.ok_or_else(|| Failure::machine("the store did not answer within a minute"))?;
        effects.came_back(&event);
        let wanted = update::update(model, event);
        carry_out(effects, wanted);
    }
    Ok(())
}

/// The lines of a screen as plain text, each as wide as the screen.
pub fn text(buffer: &Buffer) -> String {
    lines(buffer, |_, symbol| symbol.to_owned())
}

/// The lines of a screen with escape sequences for colours and attributes.
pub fn ansi(buffer: &Buffer) -> String {
    let mut last = String::new();
    let mut text = lines(buffer, |style, symbol| {
        let now = sequence(style);
        let change = if now == last { String::new() } else { format!("\u{1b}[0{now}m") };
        last = now;
        change + symbol
    });
    text.push_str("\u{1b}[0m");
    text
}

fn lines(buffer: &Buffer, mut cell: impl FnMut(Style, &str) -> String) -> String {
    let area = buffer.area;
    let mut text = String::new();
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let symbol = buffer[(x, y)].symbol();
            text.push_str(&cell(buffer[(x, y)].style(), symbol));
            x += (present::width(symbol) as u16).max(1);
        }
        text.push('\n');
    }
    text
}

/// Parameters of Select Graphic Rendition (ECMA-48 8.3.117) for a style, each after a semicolon.
fn sequence(style: Style) -> String {
    let mut codes = String::new();
    for (modifier, code) in [
        (Modifier::BOLD, 1),
        (Modifier::DIM, 2),
        (Modifier::UNDERLINED, 4),
        (Modifier::REVERSED, 7),
    ] {
        if style.add_modifier.contains(modifier) {
            codes.push_str(&format!(";{code}"));
        }
    }
    let colour = match style.fg {
        Some(Color::Red) => 31,
        Some(Color::Green) => 32,
        Some(Color::Yellow) => 33,
        Some(Color::Blue) => 34,
        Some(Color::Magenta) => 35,
        Some(Color::Cyan) => 36,
        Some(Color::DarkGray) => 90,
        _ => return codes,
    };
    codes + &format!(";{colour}")
}
