//! The reducer: the model and what happens to it. No I/O, no clock, no randomness: all are inputs.

pub use command::WORDS as COMMANDS;

mod command;
mod form;
mod line;
mod prompt;
mod triage;

use crate::event::{Effect, Event};
use crate::keymap::{self, Action, Meaning};
use crate::narrow::Narrow;
use crate::state::{Cost, Model, Overlay, Page, Place, Prompt, Purpose, REFRESH_US};
use crate::views::{self, Intent, VIEWS};
use crossterm::event::{KeyEvent, KeyEventKind};
use model::{Time, triage::Action as Act};

/// Takes one event; what is to be done outside comes back.
pub fn update(model: &mut Model, event: Event) -> Vec<Effect> {
    let mut effects = match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => Vec::new(),
        Event::Key(key) => {
            model.dirty = true;
            pressed(model, &key)
        }
        Event::Paste(text) => {
            model.dirty = true;
            prompt::pasted(model, &text)
        }
        Event::Resize { columns, rows } => {
            model.size = (columns, rows);
            model.dirty = true;
            Vec::new()
        }
        Event::Tick(clock) => {
            ticked(model, clock);
            Vec::new()
        }
        Event::Answered { request, outcome } => {
            answered(model, request, outcome);
            Vec::new()
        }
        Event::Written(outcome) => {
            triage::written(model, outcome);
            Vec::new()
        }
        Event::Stop => return vec![Effect::Quit],
    };
    effects.extend(reconcile(model));
    effects
}

/// What the shown screen wants and has not asked yet.
pub fn reconcile(model: &mut Model) -> Vec<Effect> {
    let wanted = model.screen().asks(&model.asked());
    model.failures.retain(|slot, _| wanted.iter().any(|ask| ask.slot == *slot));
    let effects = model.requests.reconcile(wanted);
    if effects.iter().any(|effect| matches!(effect, Effect::Ask { .. })) {
        model.cost = Cost::default();
        model.tried_at = model.clock;
        model.dirty = true;
    }
    effects
}

fn ticked(model: &mut Model, clock: Time) {
    model.dirty |= model.setup.pinned.is_none() && clock.minute() != model.clock.minute();
    model.clock = clock;
    if model.toast.as_ref().is_some_and(|toast| toast.until <= clock) {
        model.toast = None;
        model.dirty = true;
    }
    let due = clock.since(model.tried_at) >= REFRESH_US && model.requests.running() == 0;
    let lost = !model.failures.is_empty();
    if due && (lost || (model.paused.is_none() && model.setup.pinned.is_none())) {
        refresh(model);
    }
}

/// Has all rows asked for again, up to this moment.
fn refresh(model: &mut Model) {
    model.asked_at = model.now();
    model.requests.expire();
}

fn answered(
    model: &mut Model,
    request: crate::event::RequestId,
    outcome: Result<crate::event::Answer, crate::failure::Failure>,
) {
    if !model.requests.answered(request) {
        return;
    }
    model.dirty = true;
    let taken = outcome.and_then(|answer| {
        model.cost.rows += answer.read_rows;
        model.cost.bytes += answer.read_bytes;
        model.cost.ms = model.cost.ms.max(answer.elapsed_ms);
        let view = model.place().view;
        model.screens[view].answered(request.slot, answer)
    });
    match taken {
        Ok(()) => {
            model.failures.remove(request.slot);
            if let Some(key) = model.place_mut().selected.take() {
                let view = model.place().view;
                model.screens[view].select(&key);
            }
        }
        Err(failure) => {
            model.failures.insert(request.slot, failure);
        }
    }
}

fn pressed(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let Some(chord) = keymap::chord(key) else { return Vec::new() };
    if chord == "Ctrl-c" {
        return cancel(model);
    }
    match &model.overlay {
        Some(Overlay::Prompt(_)) => prompt::pressed(model, key, &chord),
        Some(Overlay::Form(_)) => form::pressed(model, key, &chord),
        Some(Overlay::Leave) => {
            model.overlay = None;
            if matches!(chord.as_str(), "q" | "y" | "Enter") {
                vec![Effect::Quit]
            } else {
                Vec::new()
            }
        }
        Some(Overlay::Help(_) | Overlay::Sql(_) | Overlay::Page(_)) => over_text(model, &chord),
        None => {
            let full = match model.prefix.take() {
                Some(prefix) => format!("{prefix} {chord}"),
                None => chord,
            };
            match keymap::meaning(VIEWS[model.place().view].about().keys, &full) {
                Meaning::Acts(action) => act(model, action),
                Meaning::Begins => {
                    model.prefix = Some(full);
                    Vec::new()
                }
                Meaning::Nothing => Vec::new(),
            }
        }
    }
}

/// Keys above a page of text: it scrolls, everything that goes back closes it.
fn over_text(model: &mut Model, chord: &str) -> Vec<Effect> {
    let Meaning::Acts(action) = keymap::meaning(&[], chord) else { return Vec::new() };
    let Some(Overlay::Help(top) | Overlay::Sql(top) | Overlay::Page(Page { top, .. })) =
        &mut model.overlay
    else {
        return Vec::new();
    };
    match action {
        Action::Down => *top = (*top + 1).min(500),
        Action::Up => *top = top.saturating_sub(1),
        Action::Back
        | Action::Quit
        | Action::Help
        | Action::Sql
        | Action::Open
        | Action::Explain => model.overlay = None,
        _ => {}
    }
    Vec::new()
}

fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Back => back(model),
        Action::Quit if model.places.len() > 1 => back(model),
        Action::Quit => model.overlay = Some(Overlay::Leave),
        Action::View(number) => {
            if let Some(view) = VIEWS.iter().position(|view| view.about().number == number) {
                switch(model, view);
            }
        }
        Action::NextPane | Action::PreviousPane => turn(model, action),
        Action::Filter => {
            let text = model.place().narrow.text().to_owned();
            model.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Filter, text)));
        }
        Action::Command => {
            model.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Command, String::new())));
        }
        Action::Range => {
            model.overlay = Some(Overlay::Prompt(Prompt::new(Purpose::Range, String::new())));
        }
        Action::Help => model.overlay = Some(Overlay::Help(0)),
        Action::Sql => model.overlay = Some(Overlay::Sql(0)),
        Action::ZoomIn => span(model, model.place().span_us / 2),
        Action::ZoomOut => span(model, model.place().span_us.saturating_mul(2)),
        Action::Unfilter => narrow(model, Narrow::default()),
        Action::Pause => pause(model),
        Action::Refresh => refresh(model),
        Action::Theme => model.theme = model.theme.next(),
        Action::Redraw => return vec![Effect::Redraw],
        Action::Suspend => return vec![Effect::Suspend],
        Action::Acknowledge => return triage::begin(model, Act::Ack),
        Action::Assign => return triage::begin(model, Act::Assign),
        Action::Note => return triage::begin(model, Act::Note),
        Action::Escalate => return triage::begin(model, Act::Escalate),
        Action::Close => return triage::begin(model, Act::Close),
        Action::Shelve => return triage::begin(model, Act::Shelve),
        Action::Undo => return triage::undo(model),
        _ => return intents(model, action),
    }
    Vec::new()
}

fn intents(model: &mut Model, action: Action) -> Vec<Effect> {
    let mut effects = Vec::new();
    for intent in model.act_on_screen(action) {
        match intent {
            Intent::Go { view, filter, key } => {
                go(model, view, &filter);
                model.place_mut().selected = key;
            }
            Intent::Focus(pane) => model.place_mut().pane = pane,
            Intent::Say(text) => model.say(text),
            Intent::Explain(page) => model.overlay = Some(Overlay::Page(page)),
            Intent::Copy(text) => {
                model.say(format!("copied {text}"));
                effects.push(Effect::Copy(text));
            }
        }
    }
    effects
}

/// Opens a view on top of the breadcrumb.
fn go(model: &mut Model, view: &str, filter: &str) {
    let (Some(view), Ok(narrow)) = (views::named(view), Narrow::read(filter)) else {
        model.say(format!("cannot go to {view} with the filter {filter}"));
        return;
    };
    let span_us = model.place().span_us;
    let selected = model.screen().selected();
    model.place_mut().selected = selected;
    model.places.push(Place { view, narrow, span_us, selected: None, pane: 0 });
    model.screens[view].rewind();
    model.requests.expire();
}

fn back(model: &mut Model) {
    if model.prefix.take().is_none() && model.places.len() > 1 {
        let left = model.places.pop().expect("it has more than one");
        if left.view == model.place().view {
            model.screens[left.view].rewind();
        }
        model.requests.expire();
    }
}

fn switch(model: &mut Model, view: usize) {
    if view >= VIEWS.len() || (view == model.place().view && model.places.len() == 1) {
        return;
    }
    let span_us = model.place().span_us;
    let selected = model.screen().selected();
    model.places.truncate(1);
    let mut left = model.places.pop().expect("the breadcrumb is never empty");
    left.selected = selected;
    let fresh = || Place { view, narrow: Narrow::default(), span_us, selected: None, pane: 0 };
    let place = model.kept[view].take().map_or_else(fresh, |kept| Place { span_us, ..kept });
    let from = left.view;
    model.kept[from] = Some(left);
    model.places.push(place);
}

fn turn(model: &mut Model, action: Action) {
    let panes = VIEWS[model.place().view].about().panes.len();
    let place = model.place_mut();
    place.pane =
        if action == Action::NextPane { place.pane + 1 } else { place.pane + panes - 1 } % panes;
}

fn span(model: &mut Model, span_us: i64) {
    let span_us = span_us.clamp(Time::MINUTE, 400 * Time::DAY);
    model.place_mut().span_us = span_us;
}

fn narrow(model: &mut Model, narrow: Narrow) {
    let view = model.place().view;
    model.place_mut().narrow = narrow;
    model.screens[view].rewind();
}

fn pause(model: &mut Model) {
    if model.setup.pinned.is_some() {
        model.say("this profile is pinned: nothing new comes");
    } else if model.paused.take().is_some() {
        refresh(model);
    } else {
        model.paused = Some(model.clock);
    }
}

fn cancel(model: &mut Model) -> Vec<Effect> {
    if model.cancelled_at.is_some_and(|before| model.clock.since(before) <= Time::SECOND) {
        return vec![Effect::Quit];
    }
    model.cancelled_at = Some(model.clock);
    let effects = model.requests.cancel();
    model.say(if effects.is_empty() {
        "nothing runs; Ctrl-c again quits"
    } else {
        "cancelled; r asks again"
    });
    effects
}
