//! Situation: the zones and what passes between them, the worst open warnings, and whether the silence can be trusted.

mod draw;
mod map;
mod row;

pub use row::{Conduit, Deed, LedgerRow, Stage, Tap, Zone, stages};

use super::warnings::{self, Row};
use super::{About, Asked, Intent, Screen, Seen, View};
use crate::decode;
use crate::event::Answer;
use crate::failure::Failure;
use crate::keymap::Action;
use crate::requests::Ask;
use crate::widgets::table::{Cursor, Table};
use model::Time;
use query::named;
use ratatui::{buffer::Buffer, layout::Rect};
use store::Question;

/// The questions of this view, and of its twin on the command line.
pub const SQL: &str = include_str!("situation.sql");
/// Most warnings that are listed here.
const WORST: i64 = 200;

/// The view.
pub struct Situation;

impl View for Situation {
    fn about(&self) -> &'static About {
        &About {
            name: "situation",
            title: "Situation",
            purpose: "is anything on fire, where, and can the silence be trusted",
            panes: &["Zone map", "Warnings", "Taps", "Ledger", "Acts"],
            keys: &[],
        }
    }

    fn open(&self) -> Box<dyn Screen> {
        Box::new(Overview::default())
    }
}

/// One of the questions of this view.
pub fn question(name: &'static str, asked: &Asked) -> Question {
    asked.narrow.onto(named(SQL, name).over(&asked.scope))
}

/// What people did last, as a question: by their clock, which a pinned profile does not turn back.
fn acts() -> Question {
    let everything = query::Scope { from: Time(0), to: Time(i64::MAX), without: Vec::new() };
    named(SQL, "situation.acts").over(&everything)
}

/// The state of the view.
#[derive(Debug, Default)]
pub struct Overview {
    zones: Vec<Zone>,
    conduits: Vec<Conduit>,
    worst: Vec<Row>,
    taps: Vec<Tap>,
    stages: Vec<Stage>,
    acts: Vec<Deed>,
    /// Slots that were answered.
    loaded: Vec<&'static str>,
    /// The zone under the cursor.
    zone: Option<String>,
    /// Where the cursor of each other pane is.
    cursors: [Cursor; 5],
}

impl Overview {
    fn has(&self, slot: &str) -> bool {
        self.loaded.contains(&slot)
    }

    fn totals(&self) -> [usize; 5] {
        [self.zones.len(), self.worst.len(), self.taps.len(), self.stages.len(), self.acts.len()]
    }

    /// The zone under the cursor: the one chosen, else the worst.
    fn zone(&self) -> Option<&Zone> {
        let chosen =
            self.zone.as_deref().and_then(|name| self.zones.iter().find(|zone| zone.zone == name));
        chosen.or_else(|| self.zones.iter().min_by_key(|zone| (zone.rank(), &zone.zone)))
    }

    fn go(&self, seen: &Seen<'_>) -> Vec<Intent> {
        let warnings = |filter, key| vec![Intent::Go { view: "warnings", filter, key }];
        if seen.pane == 1 {
            let row = self.worst.get(self.cursors[1].at);
            return row.map_or_else(Vec::new, |row| {
                warnings(seen.asked.narrow.text().to_owned(), Some(row.id.clone()))
            });
        }
        self.zone()
            .map_or_else(Vec::new, |zone| warnings(crate::narrow::equal("zone", &zone.zone), None))
    }
}

impl Screen for Overview {
    fn asks(&self, asked: &Asked) -> Vec<Ask> {
        let worst = warnings::Part { closed: false, id: "", limit: WORST };
        vec![
            Ask::now("situation.zones", question("situation.zones", asked)),
            Ask::now("situation.conduits", question("situation.conduits", asked)),
            Ask::now("situation.worst", warnings::list(asked, worst)),
            Ask::now("situation.taps", question("situation.taps", asked)),
            Ask::now("situation.ledger", question("situation.ledger", asked)),
            Ask::now("situation.acts", acts()),
        ]
    }

    fn answered(&mut self, slot: &'static str, answer: Answer) -> Result<(), Failure> {
        match slot {
            "situation.zones" => self.zones = decode::rows(slot, answer.rows)?,
            "situation.conduits" => self.conduits = decode::rows(slot, answer.rows)?,
            "situation.worst" => {
                let selected = self.worst.get(self.cursors[1].at).map(|row| row.id.clone());
                self.worst = decode::rows(slot, answer.rows)?;
                if let Some(at) =
                    self.worst.iter().position(|row| Some(&row.id) == selected.as_ref())
                {
                    self.cursors[1].at = at;
                }
            }
            "situation.taps" => self.taps = decode::rows(slot, answer.rows)?,
            "situation.ledger" => {
                self.stages = stages(&decode::rows::<LedgerRow>(slot, answer.rows)?);
            }
            _ => self.acts = decode::rows(slot, answer.rows)?,
        }
        if !self.has(slot) {
            self.loaded.push(slot);
        }
        Ok(())
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>, area: Rect) -> Vec<Intent> {
        let pane = seen.pane.min(4);
        if matches!(action, Action::Open | Action::GoWarnings) {
            return if pane < 2 { self.go(seen) } else { Vec::new() };
        }
        let inside = draw::Panes::of(area, seen).inside(pane);
        if pane > 0 {
            let total = self.totals()[pane];
            self.cursors[pane].moves(action, total, Table::height(inside));
        } else if let Some(zone) = self.zone().map(|zone| zone.zone.clone()) {
            let map = map::Map::of(&self.zones, &self.conduits, inside);
            self.zone = Some(map.moved(&zone, action).to_owned());
        }
        Vec::new()
    }

    fn draw(&self, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer) {
        draw::overview(self, seen, area, buffer);
    }

    fn crumb(&self) -> String {
        String::new()
    }

    fn summary(&self) -> String {
        format!(
            "{} zones · {} open warnings · {} taps",
            self.zones.len(),
            self.worst.len(),
            self.taps.len()
        )
    }

    fn selected(&self) -> Option<String> {
        self.zone().map(|zone| zone.zone.clone())
    }

    fn select(&mut self, key: &str) {
        if self.zones.iter().any(|zone| zone.zone == key) {
            self.zone = Some(key.to_owned());
        }
    }

    fn rewind(&mut self) {
        self.cursors = Default::default();
    }
}
