//! Situation: the zones and what passes between them, the index and what may come, the worst open warnings, and whether
//! the silence can be trusted.

mod draw;
mod explain;
mod load;
mod map;
mod row;

pub use row::{Conduit, Deed, LedgerRow, Moment, Rang, Stage, Standing, Tap, Zone, stages};

use super::warnings::{self, Row};
use super::{About, Asked, Intent, Screen, Seen, View};
use crate::decode;
use crate::event::Answer;
use crate::failure::Failure;
use crate::forecast::{self, Early, Forecast, early};
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
const LISTED: i64 = 200;

/// Points of the course of the index that are asked for at most.
const POINTS: i64 = 240;

const PANES: &[&str] =
    &["Zone map", "Index", "Early warnings", "Warnings", "Taps", "Ledger", "Alarm load", "Acts"];
const MAP: usize = 0;
const INDEX: usize = 1;
const EARLY: usize = 2;
const WORST: usize = 3;
const TAPS: usize = 4;
const LEDGER: usize = 5;
const LOAD: usize = 6;
const ACTS: usize = 7;

/// The view.
pub struct Situation;

impl View for Situation {
    fn about(&self) -> &'static About {
        &About {
            number: 1,
            name: "situation",
            title: "Situation",
            purpose: "is anything on fire, where, and can the silence be trusted",
            panes: PANES,
            keys: &[],
        }
    }

    fn open(&self) -> Box<dyn Screen> {
        Box::new(Overview::default())
    }
}

/// One of the questions of this view.
pub fn question(name: &'static str, asked: &Asked) -> Question {
    let question = named(SQL, name).over(&asked.scope);
    asked.narrow.onto(warnings::standing(question, "", asked.scope.to))
}

/// What people did last, as a question: by their clock, which a pinned profile does not turn back.
fn acts() -> Question {
    let everything = query::Scope { from: Time(0), to: Time(i64::MAX), without: Vec::new() };
    named(SQL, "situation.acts").over(&everything)
}

/// The index of the institution over the range, as a question.
fn course(asked: &Asked) -> Question {
    let span_s = asked.scope.to.since(asked.scope.from) / Time::SECOND;
    question("situation.course", asked).with("step", (span_s / POINTS).max(60))
}

/// The state of the view.
#[derive(Debug, Default)]
pub struct Overview {
    zones: Vec<Zone>,
    conduits: Vec<Conduit>,
    /// Of the institution and of zones.
    standing: Vec<Standing>,
    course: Vec<Moment>,
    forecasts: Vec<Forecast>,
    worst: Vec<Row>,
    taps: Vec<Tap>,
    stages: Vec<Stage>,
    load: Vec<Rang>,
    acts: Vec<Deed>,
    /// Slots that were answered.
    loaded: Vec<&'static str>,
    /// The zone under the cursor.
    zone: Option<String>,
    /// Where the cursor of each other pane is.
    cursors: [Cursor; PANES.len()],
}

impl Overview {
    fn has(&self, slot: &str) -> bool {
        self.loaded.contains(&slot)
    }

    /// What may come, as of the end of the range.
    fn early(&self, seen: &Seen<'_>) -> Vec<Early> {
        early(&self.forecasts, seen.asked.scope.to)
    }

    /// The early warning under the cursor.
    fn coming(&self, seen: &Seen<'_>) -> Option<Forecast> {
        self.early(seen).get(self.cursors[EARLY].at).map(|early| early.forecast().clone())
    }

    fn total(&self, pane: usize, seen: &Seen<'_>) -> usize {
        match pane {
            EARLY => self.early(seen).len(),
            WORST => self.worst.len(),
            TAPS => self.taps.len(),
            LEDGER => self.stages.len(),
            ACTS => self.acts.len(),
            _ => 0,
        }
    }

    /// The zone under the cursor: the one chosen, else the worst.
    fn zone(&self) -> Option<&Zone> {
        let chosen =
            self.zone.as_deref().and_then(|name| self.zones.iter().find(|zone| zone.zone == name));
        chosen.or_else(|| self.zones.iter().min_by_key(|zone| zone.attention()))
    }

    /// How the institution stands.
    fn institution(&self) -> Option<&Standing> {
        self.standing.iter().find(|standing| standing.scope == "institution")
    }

    /// Puts the index of each zone into it.
    fn join(&mut self) {
        for zone in &mut self.zones {
            let of = |one: &&Standing| one.scope == "zone" && one.name == zone.zone;
            zone.standing = self.standing.iter().find(of).cloned();
        }
    }

    /// The warnings of what is under the cursor.
    fn warnings(&self, seen: &Seen<'_>) -> Vec<Intent> {
        let go = |filter, key| vec![Intent::Go { view: "warnings", filter, key }];
        let of_zone = |name: &str| go(crate::narrow::equal("zone", name), None);
        match seen.pane {
            WORST => {
                let filter = seen.asked.narrow.text().to_owned();
                let row = self.worst.get(self.cursors[WORST].at);
                row.map_or_else(Vec::new, |row| go(filter, Some(row.id.clone())))
            }
            EARLY => match self.coming(seen) {
                Some(one) if one.scope == "zone" => of_zone(&one.name),
                _ => go(String::new(), None),
            },
            MAP => self.zone().map_or_else(Vec::new, |zone| of_zone(&zone.zone)),
            _ => go(String::new(), None),
        }
    }

    /// What explains the thing under the cursor.
    fn explained(&self, seen: &Seen<'_>, width: u16) -> Vec<Intent> {
        let width = usize::from(width.saturating_sub(2));
        let standing = match seen.pane {
            EARLY => {
                let page = |one| explain::forecast(&one, &self.forecasts, seen, width);
                return self.coming(seen).map(page).map(Intent::Explain).into_iter().collect();
            }
            WORST => return self.warnings(seen),
            MAP => self.zone().and_then(|zone| zone.standing.as_ref()),
            _ => self.institution(),
        };
        match standing {
            Some(standing) => vec![Intent::Explain(explain::standing(standing, seen, width))],
            None => vec![Intent::Say("there is no index to explain yet".into())],
        }
    }

    /// The name of the entity or zone under the cursor, and its id.
    fn under(&self, seen: &Seen<'_>) -> Option<(String, String)> {
        match seen.pane {
            MAP => self.zone().map(|zone| (zone.zone.clone(), zone.zone.clone())),
            WORST => {
                let row = self.worst.get(self.cursors[WORST].at)?;
                Some((row.subject.clone(), row.id.clone()))
            }
            EARLY => {
                let one = self.coming(seen)?;
                Some((one.name.clone(), one.name))
            }
            _ => None,
        }
    }

    /// The threat graph of what is under the cursor.
    fn graph(&self, pane: usize) -> Vec<Intent> {
        let worst = self.worst.get(self.cursors[WORST].at).filter(|_| pane == WORST);
        let said = || Intent::Say("the graph begins at an entity: choose a warning".into());
        vec![worst.map_or_else(said, |row| super::graph_of(&row.subject))]
    }
}

impl Screen for Overview {
    fn asks(&self, asked: &Asked) -> Vec<Ask> {
        let worst = warnings::Part { closed: false, id: "", limit: LISTED, now: asked.scope.to };
        vec![
            Ask::now("situation.zones", question("situation.zones", asked)),
            Ask::now("situation.conduits", question("situation.conduits", asked)),
            Ask::now("situation.standing", question("situation.standing", asked)),
            Ask::now("situation.course", course(asked)),
            Ask::now("situation.forecasts", forecast::newest(&asked.scope, "")),
            Ask::now("situation.worst", warnings::list(asked, worst)),
            Ask::now("situation.taps", question("situation.taps", asked)),
            Ask::now("situation.ledger", question("situation.ledger", asked)),
            Ask::now("situation.load", question("situation.load", asked)),
            Ask::now("situation.acts", acts()),
        ]
    }

    fn answered(&mut self, slot: &'static str, answer: Answer) -> Result<(), Failure> {
        match slot {
            "situation.zones" => self.zones = decode::rows(slot, answer.rows)?,
            "situation.conduits" => self.conduits = decode::rows(slot, answer.rows)?,
            "situation.standing" => self.standing = decode::rows(slot, answer.rows)?,
            "situation.course" => self.course = decode::rows(slot, answer.rows)?,
            "situation.forecasts" => self.forecasts = decode::rows(slot, answer.rows)?,
            "situation.worst" => {
                let selected = self.worst.get(self.cursors[WORST].at).map(|row| row.id.clone());
                self.worst = decode::rows(slot, answer.rows)?;
                if let Some(at) =
                    self.worst.iter().position(|row| Some(&row.id) == selected.as_ref())
                {
                    self.cursors[WORST].at = at;
                }
            }
            "situation.taps" => self.taps = decode::rows(slot, answer.rows)?,
            "situation.ledger" => {
                self.stages = stages(&decode::rows::<LedgerRow>(slot, answer.rows)?);
            }
            "situation.load" => self.load = decode::rows(slot, answer.rows)?,
            _ => self.acts = decode::rows(slot, answer.rows)?,
        }
        self.join();
        if !self.has(slot) {
            self.loaded.push(slot);
        }
        Ok(())
    }

    fn act(&mut self, action: Action, seen: &Seen<'_>, area: Rect) -> Vec<Intent> {
        let pane = seen.pane.min(PANES.len() - 1);
        match action {
            Action::Explain => return self.explained(seen, area.width),
            Action::Open if matches!(pane, INDEX | EARLY) => {
                return self.explained(seen, area.width);
            }
            Action::Open if !matches!(pane, MAP | WORST) => return Vec::new(),
            Action::Open | Action::GoWarnings => return self.warnings(seen),
            Action::GoGraph => return self.graph(pane),
            Action::CopyName => {
                return self.under(seen).map(|(name, _)| Intent::Copy(name)).into_iter().collect();
            }
            Action::CopyId => {
                return self.under(seen).map(|(_, id)| Intent::Copy(id)).into_iter().collect();
            }
            _ => {}
        }
        let inside = draw::Panes::of(area, seen).inside(pane);
        if pane != MAP {
            let total = self.total(pane, seen);
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
