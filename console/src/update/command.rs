//! The command line: the nouns of the command line word for word, and a few words of the console's own.

use super::{go, narrow, refresh};
use crate::event::Effect;
use crate::narrow::Narrow;
use crate::state::{Model, Overlay};
use crate::theme::Theme;
use crate::views::{self, VIEWS};

/// Commands that are not views: word, and what it does.
pub static WORDS: &[(&str, &str)] = &[
    ("filter", "filter this view"),
    ("help", "the keys of this view"),
    ("q", "quit"),
    ("refresh", "ask again now"),
    ("sql", "the SQL behind this view"),
    ("theme", "terminal, mono or ascii"),
];

/// Runs one command.
///
/// # Errors
/// If it is not known or its filter cannot be read, in words with a suggestion.
pub(super) fn run(model: &mut Model, line: &str) -> Result<Vec<Effect>, String> {
    let (word, rest) = line.split_once(' ').map_or((line, ""), |(word, rest)| (word, rest.trim()));
    match word {
        "" => {}
        "q" | "quit" => return Ok(vec![Effect::Quit]),
        "help" => model.overlay = Some(Overlay::Help(0)),
        "sql" => model.overlay = Some(Overlay::Sql(0)),
        "refresh" => refresh(model),
        "filter" => {
            let read = Narrow::read(rest).map_err(|complaint| complaint.message)?;
            narrow(model, read);
        }
        "theme" => {
            model.theme = Theme::named(rest).ok_or_else(|| {
                format!("no theme is called {rest:?}; there are terminal, mono and ascii")
            })?;
        }
        "graph" if !rest.is_empty() => {
            let key =
                views::graph::key(rest).ok_or("write :graph HOST, or :graph path HOST HOST")?;
            go(model, word, "");
            model.place_mut().selected = Some(key);
        }
        view if views::named(view).is_some() => {
            let filter = if view == "situation" && !rest.is_empty() && !rest.contains(['=', ' ']) {
                format!("zone = {rest}")
            } else {
                rest.strip_prefix("list").unwrap_or(rest).trim().to_owned()
            };
            Narrow::read(&filter).map_err(|complaint| complaint.message)?;
            go(model, view, &filter);
        }
        unknown => return Err(unknown_word(unknown)),
    }
    Ok(Vec::new())
}

/// The only word that begins with `text`, if there is one.
pub(super) fn completed(text: &str) -> Option<String> {
    let mut fitting = words().filter(|word| word.starts_with(text));
    let first = fitting.next()?;
    fitting.next().is_none().then(|| format!("{first} "))
}

fn words() -> impl Iterator<Item = &'static str> {
    VIEWS.iter().map(|view| view.about().name).chain(WORDS.iter().map(|(word, _)| *word))
}

fn unknown_word(unknown: &str) -> String {
    let shared = |word: &str| word.chars().zip(unknown.chars()).take_while(|(a, b)| a == b).count();
    let near = words().max_by_key(|word| shared(word)).filter(|word| shared(word) > 1);
    let all = words().collect::<Vec<_>>().join(", ");
    match near {
        Some(near) => format!("no command is called {unknown:?}; did you mean {near}?"),
        None => format!("no command is called {unknown:?}; there are {all}"),
    }
}
