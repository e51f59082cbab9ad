//! `bartizan console`: on the terminal, or one screen as text.

use super::{Global, runtime};
use crate::failure::{Exit, Failure};
use crate::state::Setup;
use crate::theme::Theme;
use crate::views::{self, VIEWS};
use crate::{app, headless, keymap, picture};
use clap::Args;
use std::io::{self, IsTerminal};
use store::Role;

const EXAMPLES: &str = "\
Examples:
  bartizan console --profile demo
  bartizan console warnings --last 7d
  bartizan console --headless --keys '2jj<Enter>' --snapshot 120x40";

/// Options of `console`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The view to begin with
    #[arg(value_name = "VIEW", value_parser = view_names())]
    view: Option<String>,
    /// Without a terminal: print one screen
    #[arg(long)]
    headless: bool,
    /// Keys pressed before it is printed, such as `2jj<Enter>`
    #[arg(long, value_name = "KEYS", default_value = "", requires = "headless")]
    keys: String,
    /// Its size
    #[arg(long, value_name = "COLUMNSxROWS", default_value = "120x40", requires = "headless", value_parser = size)]
    snapshot: (u16, u16),
    /// With colours
    #[arg(long, requires = "headless")]
    ansi: bool,
    /// As a picture
    #[arg(long, requires = "headless", conflicts_with = "ansi")]
    svg: bool,
    /// terminal, mono or ascii
    #[arg(long, value_name = "NAME", env = "BARTIZAN_THEME", value_parser = theme_names())]
    theme: Option<String>,
}

fn view_names() -> Vec<&'static str> {
    VIEWS.iter().map(|view| view.about().name).collect()
}

fn theme_names() -> Vec<&'static str> {
    Theme::ALL.iter().map(|theme| theme.name()).collect()
}

/// `120x40`.
fn size(text: &str) -> Result<(u16, u16), String> {
    let wrong = || format!("{text:?} is not a size such as 120x40");
    let (columns, rows) = text.split_once('x').ok_or_else(wrong)?;
    match (columns.parse(), rows.parse()) {
        (Ok(columns @ 1..=1000), Ok(rows @ 1..=1000)) => Ok((columns, rows)),
        _ => Err(wrong()),
    }
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let context = global.context()?;
    let setup = Setup {
        theme: theme(arguments, &context.loaded.settings.console.theme)?,
        pinned: context.pinned,
        place: present::safe(&context.loaded.settings.store.database),
        view: arguments.view.as_deref().and_then(views::named).unwrap_or(0),
        span_us: global.span()?,
        without: global.without.iter().map(|tap| present::safe(tap)).collect(),
        client: super::warnings::client().into(),
        narrow: context.asked(global, "")?.narrow,
    };
    let opener = context.opener(Role::Person);
    if arguments.headless {
        let keys = keymap::typed(&arguments.keys).map_err(|why| Failure::usage(why, ""))?;
        let screen =
            runtime()?.block_on(headless::screen(setup, opener, arguments.snapshot, keys))?;
        super::output::print(&match (arguments.svg, arguments.ansi) {
            (true, _) => picture::svg(&screen),
            (_, true) => headless::ansi(&screen),
            _ => headless::text(&screen),
        })?;
        return Ok(None);
    }
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if dumb || !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let twin = VIEWS[setup.view].about().name;
        return Err(Failure::usage(
            "the console needs a terminal",
            format!("the same rows without one: bartizan {twin}"),
        ));
    }
    runtime()?.block_on(app::run(setup, opener))
}

/// What was asked for, as far as the terminal can do it.
fn theme(arguments: &Arguments, setting: &str) -> Result<Theme, Failure> {
    let name = arguments.theme.as_deref().unwrap_or(setting);
    let asked = Theme::named(name).ok_or_else(|| Failure {
        exit: Exit::Invalid,
        ..Failure::usage(
            format!("console.theme: no theme is called {name:?}"),
            "terminal, mono or ascii",
        )
    })?;
    if arguments.headless {
        return Ok(asked);
    }
    let term = std::env::var("TERM").unwrap_or_default();
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    Ok(Theme::for_terminal(asked, &term, no_color))
}
