//! `bartizan config`: the settings that hold, who decided each, and whether a file is right.

use super::Global;
use super::options::invalid;
use super::output::{Field, Output, print};
use crate::failure::{Exit, Failure};
use clap::{Args, Subcommand};
use serde::Serialize;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  bartizan config show --origin
  bartizan config check bartizan.toml
  bartizan config schema";

/// Options of `config`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// The settings that hold
    Show {
        /// Who decided each
        #[arg(long)]
        origin: bool,
    },
    /// Read the settings and say what is wrong with them
    Check {
        /// One more file, as if `--config` named it
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// The JSON Schema of bartizan.toml
    Schema,
    /// Where settings are read from
    Path,
    /// A bartizan.toml with every setting and its default
    Example,
}

/// One setting.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    value: serde_json::Value,
    origin: String,
}

pub(super) fn run(global: &Global, arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    match &arguments.verb {
        Verb::Show { origin } => show(global, *origin)?,
        Verb::Check { file } => {
            let read = match file {
                Some(file) => ::config::load(Some(file)).map_err(|error| invalid(&error))?,
                None => global.settings()?,
            };
            print(&format!(
                "{} settings read, {} set by you\n",
                read.origins.len(),
                set_by_you(&read)
            ))?;
        }
        Verb::Schema => print(&with_line_end(::config::schema().to_string()))?,
        Verb::Example => print(&with_line_end(::config::example()))?,
        Verb::Path => print(&paths()?)?,
    }
    Ok(None)
}

fn set_by_you(read: &::config::Loaded) -> usize {
    read.origins.values().filter(|origin| **origin != ::config::Origin::Default).count()
}

fn show(global: &Global, origin: bool) -> Result<(), Failure> {
    let loaded = global.settings()?;
    let rows: Vec<_> = loaded
        .origins
        .iter()
        .map(|(key, origin)| Row {
            key: key.clone(),
            value: loaded.value(key).cloned().unwrap_or_default(),
            origin: origin.to_string(),
        })
        .collect();
    let fields: &[Field<'_, Row>] = &[
        Field { title: "KEY", name: "key", cell: &|row| row.key.clone() },
        Field { title: "VALUE", name: "value", cell: &|row| present::safe(&row.value.to_string()) },
        Field { title: "DECIDED BY", name: "origin", cell: &|row| present::safe(&row.origin) },
    ];
    let shown = if origin { fields } else { &fields[..2] };
    Output::new(global).rows("bartizan.setting/1", &rows, shown)
}

fn paths() -> Result<String, Failure> {
    let user = ::config::user_folder().map_err(|error| invalid(&error))?;
    Ok(format!(
        "system    /etc/bartizan/bartizan.toml\nuser      {}\nprofiles  {}\n",
        user.join("bartizan.toml").display(),
        user.join("profiles").display()
    ))
}

fn with_line_end(mut text: String) -> String {
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
