//! The loop: events in, effects out, a frame when something changed.

use crate::effects::{Effects, Opener};
use crate::event::{Effect, Event};
use crate::failure::{Exit, Failure};
use crate::state::{Model, Setup};
use crate::term::{self, Guard, Screen};
use crate::{draw, update};
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use crossterm::{event, execute};
use model::Time;
use std::io;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Events that may wait. Keys are never dropped: their reader waits.
const WAITING: usize = 1024;

/// Now, by the clock of this machine.
pub fn clock() -> Time {
    Time(jiff::Timestamp::now().as_microsecond())
}

/// Runs the console on the terminal until the person quits; says whether a signal ended it.
///
/// # Errors
/// If the terminal cannot be taken or is lost.
pub async fn run(setup: Setup, opener: Opener) -> Result<Option<Exit>, Failure> {
    let lost = |error: io::Error| Failure::machine(format!("the terminal: {error}"));
    let (sender, mut events) = mpsc::channel(WAITING);
    let mut effects = Effects::new(opener, sender.clone());
    let guard = Guard::take().map_err(lost)?;
    let mut screen = term::screen(&guard).map_err(lost)?;
    listen(sender).map_err(lost)?;
    let size = screen.size().map_err(lost)?;
    let mut model = Model::new(setup, (size.width, size.height), clock());
    for effect in update::reconcile(&mut model) {
        effects.begin(effect);
    }
    paint(&mut screen, &mut model).map_err(lost)?;
    while let Some(event) = events.recv().await {
        let mut next = Some(event);
        while let Some(event) = next {
            let stopped = matches!(event, Event::Stop);
            effects.came_back(&event);
            for effect in update::update(&mut model, event) {
                match effect {
                    Effect::Quit => return Ok(stopped.then_some(Exit::Interrupted)),
                    Effect::Copy(text) => term::copy(&text).map_err(lost)?,
                    Effect::Redraw => screen.clear().map_err(lost)?,
                    Effect::Suspend => {
                        guard.suspend().map_err(lost)?;
                        screen.clear().map_err(lost)?;
                    }
                    effect => effects.begin(effect),
                }
            }
            next = events.try_recv().ok();
        }
        if !term::is_taken() {
            return Err(Failure::machine(
                "a part of the console has panicked; its message is above",
            ));
        }
        paint(&mut screen, &mut model).map_err(lost)?;
    }
    Ok(None)
}

/// Draws if anything changed.
fn paint(screen: &mut Screen, model: &mut Model) -> io::Result<()> {
    if !std::mem::take(&mut model.dirty) {
        return Ok(());
    }
    execute!(io::stdout(), BeginSynchronizedUpdate)?;
    screen.draw(|frame| draw::view(model, frame))?;
    execute!(io::stdout(), EndSynchronizedUpdate)
}

/// Starts whatever sends events: terminal, clock, signals.
fn listen(events: mpsc::Sender<Event>) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let ticks = events.clone();
    tokio::spawn(async move {
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            let event = tokio::select! {
                _ = second.tick() => Event::Tick(clock()),
                _ = terminate.recv() => Event::Stop,
                _ = hang_up.recv() => Event::Stop,
            };
            if ticks.send(event).await.is_err() {
                return;
            }
        }
    });
    std::thread::Builder::new().name("keys".into()).spawn(move || {
        while let Ok(event) = event::read() {
            let event = match event {
                event::Event::Key(key) => Event::Key(key),
                event::Event::Paste(text) => Event::Paste(text),
                event::Event::Resize(columns, rows) => Event::Resize { columns, rows },
                _ => continue,
            };
            if events.blocking_send(event).is_err() {
                return;
            }
        }
        let _ = events.blocking_send(Event::Stop);
    })?;
    Ok(())
}
