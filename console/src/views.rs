//! What a view is, and the list of all of them: tabs, help, commands and tests find a view here.

pub mod graph;
pub mod situation;
pub mod warnings;

use crate::event::Answer;
use crate::failure::Failure;
use crate::keymap::{Action, Binding};
use crate::narrow::Narrow;
use crate::requests::Ask;
use crate::theme::Theme;
use model::{Level, Time};
use query::Scope;
use ratatui::{buffer::Buffer, layout::Rect};

/// Every view, in the order of its key.
pub static VIEWS: &[&dyn View] = &[&situation::Situation, &warnings::Warnings, &graph::Graph];

/// What a view says of itself.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The key that opens it, 1 to 9.
    pub number: u8,
    /// Name in commands and on the command line, such as `warnings`.
    pub name: &'static str,
    /// Name in the header.
    pub title: &'static str,
    /// What it answers, in one line.
    pub purpose: &'static str,
    /// Its panes, in the order of `Tab`.
    pub panes: &'static [&'static str],
    /// Keys of its own.
    pub keys: &'static [Binding],
}

/// A view: data about itself, and a screen to open.
pub trait View: Sync + Send {
    /// What it says of itself.
    fn about(&self) -> &'static About;

    /// A screen without data.
    fn open(&self) -> Box<dyn Screen>;
}

/// What a screen is asked about.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Range of packet time, and taps left out.
    pub scope: Scope,
    /// The filter in force.
    pub narrow: Narrow,
}

/// What a screen needs to draw, besides its rows.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Colours and characters.
    pub theme: Theme,
    /// Ages count from here.
    pub now: Time,
    /// What was asked.
    pub asked: &'a Asked,
    /// The pane that has the keys.
    pub pane: usize,
    /// Whether only that pane fits.
    pub single: bool,
    /// Why the newest rows did not come.
    pub failure: Option<&'a Failure>,
}

/// What a screen asks the console to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Intent {
    /// Open a view with this filter.
    Go {
        /// Its name.
        view: &'static str,
        /// The filter.
        filter: String,
        /// Key of what the cursor is put on.
        key: Option<String>,
    },
    /// Move the keys to this pane.
    Focus(usize),
    /// Say this.
    Say(String),
    /// Open a page that explains something.
    Explain(crate::state::Page),
    /// Put this into the clipboard.
    Copy(String),
}

/// One warning, as far as an act on it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its id.
    pub id: String,
    /// Its state now.
    pub state: String,
    /// Who owns it.
    pub owner: String,
    /// `seq` of the newest act on it, 0 if none.
    pub seq: u32,
    /// How far up it goes.
    pub level: Level,
    /// When it comes back by itself, if it is shelved.
    pub until: Option<Time>,
}

/// The state of a view: its rows, its cursor.
pub trait Screen {
    /// What it wants to know; a slot whose question did not change is not asked again.
    fn asks(&self, asked: &Asked) -> Vec<Ask>;

    /// Takes the rows of one of its slots.
    ///
    /// # Errors
    /// If a row is not of the form that its SQL promises.
    fn answered(&mut self, slot: &'static str, answer: Answer) -> Result<(), Failure>;

    /// Obeys an action in the pane `seen.pane` of `area`.
    fn act(&mut self, action: Action, seen: &Seen<'_>, area: Rect) -> Vec<Intent>;

    /// Draws itself; every cell of `area` is its own.
    fn draw(&self, seen: &Seen<'_>, area: Rect, buffer: &mut Buffer);

    /// Name and place of what is shown, for the breadcrumb, such as `open`.
    fn crumb(&self) -> String;

    /// What the result row says before costs, such as `218 rows · 3 marked`.
    fn summary(&self) -> String;

    /// Stable key of what is under the cursor.
    fn selected(&self) -> Option<String>;

    /// Puts the cursor on a key, if it is there.
    fn select(&mut self, key: &str);

    /// Cells that show more than a screen are put at their start again: another filter was set.
    fn rewind(&mut self);

    /// The subjects that an act is about: those marked, else the one under the cursor.
    fn subjects(&self) -> Vec<Subject> {
        Vec::new()
    }

    /// Has an act shown at once, before the store confirms it.
    fn expect(&mut self, _subjects: &[Subject], _state: &str) {}
}

/// The view called `name`, and its place in the list.
pub fn named(name: &str) -> Option<usize> {
    VIEWS.iter().position(|view| view.about().name == name)
}

/// The way to the threat graph around `entity`, or what is said where there is none.
pub fn graph_of(entity: &str) -> Intent {
    if named("graph").is_none() {
        return Intent::Say(format!("on the command line: bartizan graph {entity}"));
    }
    Intent::Go { view: "graph", filter: String::new(), key: Some(entity.to_owned()) }
}
