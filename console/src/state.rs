//! The model: everything that the screen is a function of.

use crate::failure::Failure;
use crate::keymap::Action;
use crate::narrow::Narrow;
use crate::requests::Requests;
use crate::theme::Theme;
use crate::triage::Acted;
use crate::views::{Asked, Screen, Seen, Subject, VIEWS};
use crate::widgets::ink::Piece;
use model::Time;
use model::triage;
use query::Scope;
use ratatui::layout::Rect;
use std::collections::BTreeMap;

/// Cells that a terminal must have for anything to be drawn.
pub const SMALLEST: (u16, u16) = (60, 16);
/// Below so many columns one pane is drawn at a time.
pub const SINGLE_BELOW: u16 = 100;
/// The live tail asks again after so long. Microseconds.
pub const REFRESH_US: i64 = 5 * Time::SECOND;
/// A toast is shown so long. Microseconds.
pub const TOAST_US: i64 = 8 * Time::SECOND;
/// A group larger than this must be typed as a number.
pub const GROUP_LIMIT: usize = 50;

/// What the console is started with; nothing of it changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// Colours and characters.
    pub theme: Theme,
    /// Ages and ranges count from here instead of the clock.
    pub pinned: Option<Time>,
    /// Name of the database, shown in the header.
    pub place: String,
    /// The view to begin with.
    pub view: usize,
    /// Length of the time range. Microseconds.
    pub span_us: i64,
    /// Taps left out.
    pub without: Vec<String>,
    /// Program and version, as triage rows name it.
    pub client: String,
    /// The filter to begin with.
    pub narrow: Narrow,
}

/// The model.
pub struct Model {
    /// What it was started with.
    pub setup: Setup,
    /// Cells across and down.
    pub size: (u16, u16),
    /// What the clock said last.
    pub clock: Time,
    /// The moment at which the tail stands still, if it does.
    pub paused: Option<Time>,
    /// Ranges end here: when rows were asked for last.
    pub asked_at: Time,
    /// Colours and characters now.
    pub theme: Theme,
    /// Where the person is, and what `Esc` goes back to; never empty.
    pub places: Vec<Place>,
    /// The state of each view, in the order of the list.
    pub screens: Vec<Box<dyn Screen>>,
    /// Questions under way.
    pub requests: Requests,
    /// What the last answers cost together.
    pub cost: Cost,
    /// What lies above the view.
    pub overlay: Option<Overlay>,
    /// The first key of a longer chord.
    pub prefix: Option<String>,
    /// What is said for a while.
    pub toast: Option<Toast>,
    /// Why the newest rows of a slot did not come; stays until they do.
    pub failures: BTreeMap<&'static str, Failure>,
    /// When the store was asked last, by the clock.
    pub tried_at: Time,
    /// Where the person was in each view when leaving it by its number.
    pub kept: Vec<Option<Place>>,
    /// When `Ctrl-c` was pressed last.
    pub cancelled_at: Option<Time>,
    /// Commands typed before.
    pub history: Vec<String>,
    /// Acts of this person that can be undone, the newest last.
    pub acted: Vec<Acted>,
    /// Whether anything changed since the last frame.
    pub dirty: bool,
}

/// One place on the breadcrumb.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Which view.
    pub view: usize,
    /// The filter.
    pub narrow: Narrow,
    /// Length of the time range. Microseconds.
    pub span_us: i64,
    /// Key of what was under the cursor when the person left.
    pub selected: Option<String>,
    /// The pane that has the keys.
    pub pane: usize,
}

/// What the answers of this place cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Rows read.
    pub rows: u64,
    /// Bytes read.
    pub bytes: u64,
    /// The slowest answer. Milliseconds.
    pub ms: u64,
}

/// What lies above the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Overlay {
    /// The keys of this view; the first line that shows.
    Help(usize),
    /// The SQL behind this view; the first line that shows.
    Sql(usize),
    /// A line that is being typed.
    Prompt(Prompt),
    /// An act that is being filled in.
    Form(Form),
    /// A page of text that explains something.
    Page(Page),
    /// Whether to quit.
    Leave,
}

/// A page of text, already broken into lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What it explains.
    pub title: String,
    /// Its lines.
    pub lines: Vec<Vec<Piece>>,
    /// The first line that shows.
    pub top: usize,
}

/// One line of text with a cursor in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The text so far.
    pub text: String,
    /// Bytes of it before the cursor.
    pub at: usize,
}

/// A line that is being typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// What it is for.
    pub purpose: Purpose,
    /// The text so far.
    pub line: Line,
    /// What is wrong with it, and where: bytes from and to.
    pub complaint: Option<Complaint>,
}

/// An act on warnings that is being filled in: what the action needs, one field below the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What is to be done.
    pub action: triage::Action,
    /// On which warnings.
    pub subjects: Vec<Subject>,
    /// What it needs.
    pub fields: Vec<Field>,
    /// The field that has the keys.
    pub at: usize,
    /// What is missing or wrong.
    pub complaint: Option<String>,
}

/// One field of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is.
    pub asks: Asks,
    /// What was typed into it.
    pub line: Line,
}

/// What a field of a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    /// One of the dispositions.
    Disposition(triage::Disposition),
    /// Who gets it.
    Receiver,
    /// For how long.
    Span,
    /// Why.
    Reason,
    /// A note.
    Note,
    /// How many they are, because they are many.
    Count,
}

/// What is wrong with a typed line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// In words, with what was probably meant.
    pub message: String,
    /// First byte of what is wrong.
    pub from: usize,
    /// Byte after it.
    pub to: usize,
}

/// What a line is typed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// A filter.
    Filter,
    /// A command.
    Command,
    /// A time range.
    Range,
}

/// What is said for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// In words.
    pub text: String,
    /// Until this moment of the clock.
    pub until: Time,
}

impl Model {
    /// A console that was just started.
    pub fn new(setup: Setup, size: (u16, u16), clock: Time) -> Self {
        let place = Place {
            view: setup.view,
            narrow: setup.narrow.clone(),
            span_us: setup.span_us,
            selected: None,
            pane: 0,
        };
        Self {
            theme: setup.theme,
            asked_at: setup.pinned.unwrap_or(clock),
            setup,
            size,
            clock,
            paused: None,
            places: vec![place],
            screens: VIEWS.iter().map(|view| view.open()).collect(),
            requests: Requests::default(),
            cost: Cost::default(),
            overlay: None,
            prefix: None,
            toast: None,
            failures: BTreeMap::new(),
            tried_at: clock,
            kept: vec![None; VIEWS.len()],
            cancelled_at: None,
            history: Vec::new(),
            acted: Vec::new(),
            dirty: true,
        }
    }

    /// Ages count from here: the pinned moment, the paused one, or the clock.
    pub fn now(&self) -> Time {
        self.setup.pinned.or(self.paused).unwrap_or(self.clock)
    }

    /// Where the person is.
    pub fn place(&self) -> &Place {
        self.places.last().expect("the breadcrumb is never empty")
    }

    /// Where the person is, to be changed.
    pub fn place_mut(&mut self) -> &mut Place {
        self.places.last_mut().expect("the breadcrumb is never empty")
    }

    /// The screen that is shown.
    pub fn screen(&self) -> &dyn Screen {
        &*self.screens[self.place().view]
    }

    /// What the shown screen is asked about.
    pub fn asked(&self) -> Asked {
        let place = self.place();
        let scope = Scope {
            from: self.asked_at.plus(-place.span_us),
            to: self.asked_at,
            without: self.setup.without.clone(),
        };
        Asked { scope, narrow: place.narrow.clone() }
    }

    /// The failure that is shown: of the first slot that has one.
    pub fn failure(&self) -> Option<&Failure> {
        self.failures.values().next()
    }

    /// Whether one pane is drawn at a time.
    pub const fn single(&self) -> bool {
        self.size.0 < SINGLE_BELOW
    }

    /// Whether the terminal is too small for anything.
    pub const fn too_small(&self) -> bool {
        self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1
    }

    /// The cells of the view: all but two rows above and two below.
    pub const fn body(&self) -> Rect {
        Rect { x: 0, y: 2, width: self.size.0, height: self.size.1.saturating_sub(4) }
    }

    /// What the shown screen needs besides its rows.
    pub fn seen<'a>(&'a self, asked: &'a Asked) -> Seen<'a> {
        Seen {
            theme: self.theme,
            now: self.now(),
            asked,
            pane: self.place().pane,
            single: self.single(),
            failure: self.failure(),
        }
    }

    /// Has the shown screen obey an action, and takes its intents.
    pub fn act_on_screen(&mut self, action: Action) -> Vec<crate::views::Intent> {
        let (asked, area, view) = (self.asked(), self.body(), self.place().view);
        let seen = Seen {
            theme: self.theme,
            now: self.now(),
            asked: &asked,
            pane: self.place().pane,
            single: self.single(),
            failure: self.failures.values().next(),
        };
        self.screens[view].act(action, &seen, area)
    }

    /// Says something for a while.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast = Some(Toast { text: text.into(), until: self.clock.plus(TOAST_US) });
        self.dirty = true;
    }
}
