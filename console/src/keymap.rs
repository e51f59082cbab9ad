//! The one table of keys: what the reducer obeys, and what help, hint bar and reference are generated from.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// One row down.
    Down,
    /// One row up.
    Up,
    /// One place left.
    Left,
    /// One place right.
    Right,
    /// First row.
    First,
    /// Last row.
    Last,
    /// Half a page down.
    HalfDown,
    /// Half a page up.
    HalfUp,
    /// A page down.
    PageDown,
    /// A page up.
    PageUp,
    /// Open what is under the cursor.
    Open,
    /// Next pane.
    NextPane,
    /// Previous pane.
    PreviousPane,
    /// The view of this number, from 1.
    View(u8),
    /// Go to the warnings of what is under the cursor.
    GoWarnings,
    /// Type a filter.
    Filter,
    /// Type a command.
    Command,
    /// Type a time range.
    Range,
    /// Half the time range.
    ZoomIn,
    /// Twice the time range.
    ZoomOut,
    /// Take the filter away.
    Unfilter,
    /// Stop or resume the live tail.
    Pause,
    /// Ask again now.
    Refresh,
    /// Show the rows that wait.
    ShowWaiting,
    /// Mark the row.
    Mark,
    /// Mark every row that the filter shows.
    MarkAll,
    /// Clear all marks.
    ClearMarks,
    /// Acknowledge the marked rows, or the one under the cursor.
    Acknowledge,
    /// Give them to somebody.
    Assign,
    /// Write a note on them.
    Note,
    /// Hand them up.
    Escalate,
    /// Close them with a disposition.
    Close,
    /// Put them aside until a moment.
    Shelve,
    /// Take back one's own last act.
    Undo,
    /// Explain what is under the cursor.
    Explain,
    /// Go to the threat graph of what is under the cursor.
    GoGraph,
    /// A hop further from the focus.
    MoreHops,
    /// A hop less.
    FewerHops,
    /// Open or close a fold.
    Unfold,
    /// The path between the focus and what is under the cursor.
    PathTo,
    /// Copy the name of what is under the cursor.
    CopyName,
    /// Copy its id.
    CopyId,
    /// The SQL behind this view.
    Sql,
    /// The next theme.
    Theme,
    /// The keys of this view.
    Help,
    /// Close overlay, leave input, pop the breadcrumb; never quits.
    Back,
    /// As `Back`; at the root asks once, then quits.
    Quit,
    /// Cancel what runs; twice within a second quits.
    Cancel,
    /// Draw all of it again.
    Redraw,
    /// Stop the process until `fg`.
    Suspend,
}

/// Where help shows a binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Moving about.
    Move,
    /// Acting on warnings.
    Triage,
    /// Finding.
    Find,
    /// The program itself.
    System,
}

impl Group {
    /// Every group, in the order of help.
    pub const ALL: [Self; 4] = [Self::Move, Self::Find, Self::Triage, Self::System];

    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Move => "MOVE",
            Self::Triage => "TRIAGE",
            Self::Find => "FIND",
            Self::System => "SYSTEM",
        }
    }
}

/// Chords, what they do, and how help says it.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// Chords; a prefix and its key are joined by a blank.
    pub chords: &'static [&'static str],
    /// What they do.
    pub action: Action,
    /// In a few words.
    pub words: &'static str,
    /// Where help shows it.
    pub group: Group,
    /// Place in the hint bar, 1 first; 0 is not shown there.
    pub hint: u8,
}

const fn bind(
    chords: &'static [&'static str],
    action: Action,
    words: &'static str,
    group: Group,
    hint: u8,
) -> Binding {
    Binding { chords, action, words, group, hint }
}

/// Keys that mean the same in every view and cannot be taken over.
pub static RESERVED: &[Binding] = &[
    bind(&["j", "Down"], Action::Down, "down", Group::Move, 0),
    bind(&["k", "Up"], Action::Up, "up", Group::Move, 0),
    bind(&["h", "Left"], Action::Left, "left", Group::Move, 0),
    bind(&["l", "Right"], Action::Right, "right", Group::Move, 0),
    bind(&["g g", "Home"], Action::First, "first", Group::Move, 0),
    bind(&["G", "End"], Action::Last, "last", Group::Move, 0),
    bind(&["Ctrl-d"], Action::HalfDown, "half page down", Group::Move, 0),
    bind(&["Ctrl-u"], Action::HalfUp, "half page up", Group::Move, 0),
    bind(&["Ctrl-f", "PgDn"], Action::PageDown, "page down", Group::Move, 0),
    bind(&["Ctrl-b", "PgUp"], Action::PageUp, "page up", Group::Move, 0),
    bind(&["Tab"], Action::NextPane, "next pane", Group::Move, 7),
    bind(&["S-Tab"], Action::PreviousPane, "previous pane", Group::Move, 0),
    bind(&["Enter"], Action::Open, "open", Group::Move, 2),
    bind(&["Esc"], Action::Back, "back", Group::Move, 0),
    bind(&["q"], Action::Quit, "back; at the root quits", Group::Move, 9),
    bind(&["/"], Action::Filter, "filter this view", Group::Find, 3),
    bind(&[":"], Action::Command, "command", Group::System, 5),
    bind(&["?", "F1"], Action::Help, "help", Group::System, 4),
    bind(&["Ctrl-c"], Action::Cancel, "cancel; twice quits", Group::System, 0),
    bind(&["Ctrl-l"], Action::Redraw, "redraw", Group::System, 0),
    bind(&["Ctrl-z"], Action::Suspend, "suspend", Group::System, 0),
];

/// Keys of every view that a view may take over, where the design says so.
pub static GLOBAL: &[Binding] = &[
    bind(&["1"], Action::View(1), "situation", Group::Move, 0),
    bind(&["2"], Action::View(2), "warnings", Group::Move, 0),
    bind(&["4"], Action::View(4), "graph", Group::Move, 0),
    bind(&["g w"], Action::GoWarnings, "warnings of it", Group::Move, 6),
    bind(&["g t"], Action::GoGraph, "threat graph of it", Group::Move, 0),
    bind(&["i"], Action::Explain, "explain", Group::Find, 6),
    bind(&["y c"], Action::CopyName, "copy the name", Group::Find, 0),
    bind(&["y i"], Action::CopyId, "copy the id", Group::Find, 0),
    bind(&["t"], Action::Range, "time range", Group::Find, 8),
    bind(&["z"], Action::ZoomIn, "half the range", Group::Find, 0),
    bind(&["Z"], Action::ZoomOut, "twice the range", Group::Find, 0),
    bind(&["x"], Action::Unfilter, "drop the filter", Group::Find, 0),
    bind(&["p"], Action::Pause, "pause live", Group::System, 0),
    bind(&["r"], Action::Refresh, "refresh", Group::System, 0),
    bind(&["."], Action::ShowWaiting, "show new rows", Group::Find, 0),
    bind(&["F3"], Action::Sql, "the SQL behind it", Group::System, 0),
    bind(&["F9"], Action::Theme, "next theme", Group::System, 0),
];

/// Keys that act on warnings.
pub const TRIAGE: &[Binding] = &[
    bind(&["a"], Action::Acknowledge, "acknowledge", Group::Triage, 1),
    bind(&["A"], Action::Assign, "assign", Group::Triage, 1),
    bind(&["m"], Action::Note, "note", Group::Triage, 1),
    bind(&["!"], Action::Escalate, "escalate", Group::Triage, 1),
    bind(&["d"], Action::Close, "close", Group::Triage, 1),
    bind(&["~"], Action::Shelve, "shelve", Group::Triage, 1),
    bind(&["u"], Action::Undo, "undo mine", Group::Triage, 1),
    bind(&["Space"], Action::Mark, "mark", Group::Triage, 1),
    bind(&["*"], Action::MarkAll, "mark all in filter", Group::Triage, 0),
    bind(&["Ctrl-\\"], Action::ClearMarks, "clear marks", Group::Triage, 0),
];

/// Keys of a graph. `x` is taken over: a graph has folds where other views have a filter.
pub const GRAPH: &[Binding] = &[
    bind(&["+"], Action::MoreHops, "a hop more", Group::Find, 1),
    bind(&["-"], Action::FewerHops, "a hop less", Group::Find, 1),
    bind(&["x"], Action::Unfold, "open or close a fold", Group::Find, 1),
    bind(&["P"], Action::PathTo, "path to it", Group::Find, 1),
];

/// Every binding that holds in a view with keys of its own: without those that it takes over.
pub fn holding(view: &'static [Binding]) -> impl Iterator<Item = &'static Binding> {
    let is_taken = |binding: &&Binding| {
        let taken = |chord: &str| view.iter().any(|own| own.chords.contains(&chord));
        binding.chords.iter().all(|chord| taken(chord))
    };
    RESERVED.iter().chain(view).chain(GLOBAL.iter().filter(move |binding| !is_taken(binding)))
}

/// What the chord `pressed` after `prefix` means among `bindings`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// An action.
    Acts(Action),
    /// The first key of longer chords.
    Begins,
    /// Nothing.
    Nothing,
}

/// Looks `chord` up in reserved, then in `view`'s own keys, then in global keys.
pub fn meaning(view: &[Binding], chord: &str) -> Meaning {
    let all = || RESERVED.iter().chain(view).chain(GLOBAL);
    if let Some(binding) = all().find(|binding| binding.chords.contains(&chord)) {
        return Meaning::Acts(binding.action);
    }
    let begins =
        |longer: &&str| longer.strip_prefix(chord).is_some_and(|rest| rest.starts_with(' '));
    if all().any(|binding| binding.chords.iter().any(begins)) {
        Meaning::Begins
    } else {
        Meaning::Nothing
    }
}

/// What may follow `prefix`: chord and words.
pub fn following(view: &[Binding], prefix: &str) -> Vec<(&'static str, &'static str)> {
    let all = RESERVED.iter().chain(view).chain(GLOBAL);
    all.flat_map(|binding| binding.chords.iter().map(|chord| (*chord, binding.words)))
        .filter(|(chord, _)| chord.strip_prefix(prefix).is_some_and(|rest| rest.starts_with(' ')))
        .collect()
}

/// How the table writes a key; `None` for keys that it cannot name.
pub fn chord(key: &KeyEvent) -> Option<String> {
    if key.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    let name = match key.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(letter) => letter.to_string(),
        KeyCode::F(number) => format!("F{number}"),
        KeyCode::Enter => "Enter".into(),
        KeyCode::Esc => "Esc".into(),
        KeyCode::Tab => "Tab".into(),
        KeyCode::BackTab => "S-Tab".into(),
        KeyCode::Up => "Up".into(),
        KeyCode::Down => "Down".into(),
        KeyCode::Left => "Left".into(),
        KeyCode::Right => "Right".into(),
        KeyCode::Home => "Home".into(),
        KeyCode::End => "End".into(),
        KeyCode::PageUp => "PgUp".into(),
        KeyCode::PageDown => "PgDn".into(),
        KeyCode::Backspace => "Backspace".into(),
        KeyCode::Delete => "Delete".into(),
        _ => return None,
    };
    Some(if key.modifiers.contains(KeyModifiers::CONTROL) {
        // Terminals send Ctrl-\ as Ctrl-4.
        if name == "4" { "Ctrl-\\".into() } else { format!("Ctrl-{}", name.to_lowercase()) }
    } else {
        name
    })
}

/// Keys from text; those that are no letter stand in angle brackets: `jj<Enter>/zone<Esc>`. What stands in none is
/// typed as it is, `level <= III` too.
///
/// # Errors
/// If a name between angle brackets is not known.
pub fn typed(keys: &str) -> Result<Vec<KeyEvent>, String> {
    let mut typed = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let is_name = |end: &usize| {
            *end > 2
                && rest[1..*end]
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || "-\\".contains(letter))
        };
        let named = (first == '<').then(|| rest.find('>')).flatten().filter(is_name);
        if let Some(end) = named {
            typed.push(key_named(&rest[1..end])?);
            rest = &rest[end + 1..];
        } else {
            typed.push(KeyEvent::new(KeyCode::Char(first), KeyModifiers::NONE));
            rest = &rest[first.len_utf8()..];
        }
    }
    Ok(typed)
}

fn key_named(name: &str) -> Result<KeyEvent, String> {
    let (bare, modifiers) = name
        .strip_prefix("Ctrl-")
        .map_or((name, KeyModifiers::NONE), |bare| (bare, KeyModifiers::CONTROL));
    let code = match bare {
        "Enter" => KeyCode::Enter,
        "Esc" => KeyCode::Esc,
        "Tab" => KeyCode::Tab,
        "S-Tab" => KeyCode::BackTab,
        "Up" => KeyCode::Up,
        "Down" => KeyCode::Down,
        "Left" => KeyCode::Left,
        "Right" => KeyCode::Right,
        "Home" => KeyCode::Home,
        "End" => KeyCode::End,
        "PgUp" => KeyCode::PageUp,
        "PgDn" => KeyCode::PageDown,
        "Space" => KeyCode::Char(' '),
        "Backspace" => KeyCode::Backspace,
        "Delete" => KeyCode::Delete,
        _ => match (
            bare.strip_prefix('F').and_then(|number| number.parse().ok()),
            bare.chars().count(),
        ) {
            (Some(number), _) => KeyCode::F(number),
            (None, 1) => KeyCode::Char(bare.chars().next().expect("it has one character")),
            _ => {
                return Err(format!(
                    "no key is called <{name}>; try <Enter>, <Esc>, <Tab>, <Ctrl-d> or <F3>"
                ));
            }
        },
    };
    Ok(KeyEvent::new(code, modifiers))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::views::VIEWS;
    use std::collections::BTreeMap;

    #[test]
    fn every_chord_has_one_meaning_in_every_view() {
        for view in VIEWS {
            let mut seen = BTreeMap::new();
            for binding in holding(view.about().keys) {
                for chord in binding.chords {
                    let before = seen.insert(*chord, binding.words);
                    assert_eq!(before, None, "{chord} is bound twice in {}", view.about().name);
                }
            }
        }
    }

    #[test]
    fn no_chord_hides_a_longer_one() {
        for view in VIEWS {
            let all =
                || RESERVED.iter().chain(view.about().keys).chain(GLOBAL).flat_map(|b| b.chords);
            for chord in all() {
                let prefix = chord.split(' ').next().unwrap_or_default();
                assert!(
                    prefix == *chord || !all().any(|other| *other == prefix),
                    "{prefix} hides {chord}"
                );
            }
        }
    }

    #[test]
    fn every_chord_of_the_tables_can_be_typed() {
        for binding in RESERVED.iter().chain(TRIAGE).chain(GLOBAL) {
            for named in binding.chords.iter().flat_map(|chord| chord.split(' ')) {
                let keys = if named.chars().count() == 1 {
                    named.to_owned()
                } else {
                    format!("<{named}>")
                };
                let typed = typed(&keys).expect("a key of the table");
                assert_eq!(typed.len(), 1);
                assert_eq!(chord(&typed[0]).as_deref(), Some(named));
            }
        }
    }

    #[test]
    fn an_operator_is_no_key_and_an_unknown_name_is_an_error() {
        assert_eq!(typed("a<=b<Enter>").expect("four letters and a key").len(), 5);
        assert_eq!(typed("a << b > c").expect("letters").len(), 10);
        assert!(typed("<Entre>").expect_err("no such key").contains("<Enter>"));
    }

    #[test]
    fn prefixes_wait_for_their_second_key() {
        assert_eq!(meaning(&[], "g"), Meaning::Begins);
        assert_eq!(meaning(&[], "g g"), Meaning::Acts(Action::First));
        assert_eq!(meaning(&[], "g !"), Meaning::Nothing);
        assert!(following(&[], "g").contains(&("g w", "warnings of it")));
        assert_eq!(following(&[], "y").len(), 2);
    }
}
