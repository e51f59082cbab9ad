//! Options of every command, and what they come to: settings, range, filter, form of the output.

use super::output::{Colour, Format, Output};
use crate::app;
use crate::effects::Opener;
use crate::failure::{Exit, Failure};
use crate::narrow::Narrow;
use crate::range;
use crate::views::Asked;
use clap::Args;
use config::Loaded;
use model::Time;
use query::Scope;
use std::path::PathBuf;
use store::Role;

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of every command")]
pub struct Global {
    /// Settings of this name from the profiles folder
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Settings from this file
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "BARTIZAN_CONFIG",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub config: Option<PathBuf>,
    /// URL of the store
    #[arg(
        long = "store",
        visible_alias = "store-url",
        global = true,
        value_name = "URL",
        hide_short_help = true
    )]
    pub store: Option<String>,
    /// Database of the store
    #[arg(long, global = true, value_name = "NAME", hide_short_help = true)]
    pub database: Option<String>,
    /// Form of the output: a table on a terminal, else JSON lines
    #[arg(long, global = true, value_enum, default_value_t = Format::Auto)]
    pub format: Format,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto, hide_short_help = true)]
    pub color: Colour,
    /// From this moment (2026-03-12T14:00:00Z, 2026-03-12)
    #[arg(long, global = true, value_name = "TIME", hide_short_help = true)]
    pub from: Option<String>,
    /// Before this moment
    #[arg(long, global = true, value_name = "TIME", hide_short_help = true)]
    pub to: Option<String>,
    /// The last 15m, 24h, 7d
    #[arg(long, global = true, value_name = "SPAN", conflicts_with = "from")]
    pub last: Option<String>,
    /// Only rows that match this filter
    #[arg(long = "where", global = true, value_name = "EXPR")]
    pub filter: Option<String>,
    /// At most so many rows
    #[arg(long, global = true, value_name = "N", hide_short_help = true)]
    pub limit: Option<u32>,
    /// As if this tap had been blind; may be repeated
    #[arg(long, global = true, value_name = "TAP", hide_short_help = true)]
    pub without: Vec<String>,
    /// No heading above a table or CSV
    #[arg(long, global = true, hide_short_help = true)]
    pub no_header: bool,
    /// Say nothing but the result
    #[arg(short, long, global = true, hide_short_help = true)]
    pub quiet: bool,
}

/// Rows without `--limit`.
const MOST: u32 = 1_000;
/// The range without `--last`.
const SPAN_US: i64 = Time::DAY;

/// What the options come to.
pub struct Context {
    /// Settings, and who decided each.
    pub loaded: Loaded,
    /// Ages and `--last` count from here.
    pub now: Time,
    /// That moment, if a profile pins it.
    pub pinned: Option<Time>,
    /// Range and taps left out.
    pub scope: Scope,
    /// Most rows.
    pub limit: u32,
    /// Whether the person set that limit.
    pub limited: bool,
    /// Form of the output.
    pub output: Output,
}

impl Global {
    /// The file that a profile or a flag names.
    ///
    /// # Errors
    /// If the profile has no name that can be a file's.
    pub fn file(&self) -> Result<Option<PathBuf>, Failure> {
        match &self.profile {
            Some(name) => config::profile_file(name).map(Some).map_err(|error| invalid(&error)),
            None => Ok(self.config.clone()),
        }
    }

    /// The settings that hold, with what the options say on top.
    ///
    /// # Errors
    /// If a setting is invalid.
    pub fn settings(&self) -> Result<Loaded, Failure> {
        let mut loaded = config::load(self.file()?.as_deref()).map_err(|error| invalid(&error))?;
        if let Some(url) = &self.store {
            loaded.set("store.url", url).map_err(|error| invalid(&error))?;
        }
        if let Some(database) = &self.database {
            loaded.set("store.database", database).map_err(|error| invalid(&error))?;
        }
        if !self.quiet {
            loaded.warnings.iter().for_each(|warning| eprintln!("bartizan: {warning}"));
        }
        Ok(loaded)
    }

    /// Everything the options come to.
    ///
    /// # Errors
    /// If a setting is invalid or an option cannot be read.
    pub fn context(&self) -> Result<Context, Failure> {
        let loaded = self.settings()?;
        let pinned = pinned(&loaded)?;
        let now = pinned.unwrap_or_else(app::clock);
        let scope = self.scope(now)?;
        Ok(Context {
            now,
            pinned,
            scope,
            limit: self.limit.unwrap_or(MOST),
            limited: self.limit.is_some(),
            output: Output::new(self),
            loaded,
        })
    }

    /// Length of the range, for a console.
    ///
    /// # Errors
    /// If `--last` cannot be read.
    pub fn span(&self) -> Result<i64, Failure> {
        self.last.as_deref().map_or(Ok(SPAN_US), |last| range::span(last).map_err(usage))
    }

    fn scope(&self, now: Time) -> Result<Scope, Failure> {
        let moment = |text: &Option<String>| {
            text.as_deref().map(|text| range::moment(text, now)).transpose()
        };
        let to = moment(&self.to).map_err(usage)?.unwrap_or(now);
        let from = match moment(&self.from).map_err(usage)? {
            Some(from) => from,
            None => to.plus(-self.span()?),
        };
        if from >= to {
            return Err(usage(format!("the range is empty: from {from} to {to}")));
        }
        Ok(Scope { from, to, without: self.without.clone() })
    }
}

impl Context {
    /// What a view would be asked, with `filter` and `--where` together.
    ///
    /// # Errors
    /// If the filter cannot be read.
    pub fn asked(&self, global: &Global, filter: &str) -> Result<Asked, Failure> {
        Ok(Asked {
            scope: self.scope.clone(),
            narrow: read_filter(&together(global, filter), Narrow::read)?,
        })
    }

    /// The store, opened when it is first asked.
    pub fn opener(&self, role: Role) -> Opener {
        Opener::new(self.loaded.settings.store.clone(), role)
    }
}

/// `filter` and `--where` as one expression.
pub fn together(global: &Global, filter: &str) -> String {
    match (global.filter.as_deref().unwrap_or_default().trim(), filter.trim()) {
        ("", only) | (only, "") => only.to_owned(),
        (one, other) => format!("({one}) and ({other})"),
    }
}

/// Reads a filter; what is wrong with it is underlined.
///
/// # Errors
/// If it cannot be read.
pub fn read_filter(
    text: &str,
    read: impl Fn(&str) -> Result<Narrow, crate::state::Complaint>,
) -> Result<Narrow, Failure> {
    read(text).map_err(|complaint| {
        let before = present::width(text.get(..complaint.from).unwrap_or_default());
        let length =
            present::width(text.get(complaint.from..complaint.to).unwrap_or_default()).max(1);
        let text = present::safe(text);
        let message = present::safe(&complaint.message);
        let under = format!("{}{}", " ".repeat(before), "^".repeat(length));
        Failure {
            code: "E-FILTER-001",
            sentence: format!("the filter cannot be read\n    {text}\n    {under} {message}"),
            next: String::new(),
            exit: Exit::Usage,
        }
    })
}

fn pinned(loaded: &Loaded) -> Result<Option<Time>, Failure> {
    let text = &loaded.settings.console.now;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|why| Failure {
        code: "E-CONFIG-001",
        sentence: format!("console.now: {why}"),
        next: "bartizan config show --origin says where it is set".into(),
        exit: Exit::Invalid,
    })
}

pub(super) fn invalid(error: &config::Error) -> Failure {
    Failure {
        code: "E-CONFIG-001",
        sentence: error.to_string(),
        next: "bartizan config check reads it again; bartizan config schema lists every setting"
            .into(),
        exit: Exit::Invalid,
    }
}

fn usage(message: String) -> Failure {
    Failure::usage(message, "")
}

/// Says that there are more rows; the exit is that of a partial result where the person set no limit.
pub fn partial(context: &Context, more: bool) -> Option<Exit> {
    if more && !context.output.quiet {
        eprintln!("only the first {} rows; --limit shows more", context.limit);
    }
    (more && !context.limited).then_some(Exit::Partial)
}
