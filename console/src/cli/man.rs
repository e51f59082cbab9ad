//! `bartizan man [DIR]`: manual pages, from the same definitions as the help.

use super::Cli;
use super::output::print;
use crate::failure::{Exit, Failure};
use crate::keymap::{GLOBAL, RESERVED};
use crate::views::VIEWS;
use clap::{Args, CommandFactory};
use clap_mangen::Man;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Options of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bartizan man | man -l -\n  bartizan man ./man1")]
pub struct Arguments {
    /// A folder for the page of every command; without it the main page is printed
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> Result<Option<Exit>, Failure> {
    let failed = |error: io::Error| Failure::machine(format!("manual pages: {error}"));
    let command = Cli::command();
    match &arguments.folder {
        None => print(&String::from_utf8_lossy(&page(command).map_err(failed)?))?,
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(failed)?;
            let mut command = command;
            command.build();
            pages(folder, "bartizan", &command).map_err(failed)?;
        }
    }
    Ok(None)
}

/// One page for the command and each below it.
fn pages(folder: &Path, name: &str, command: &clap::Command) -> io::Result<()> {
    let below = command.get_subcommands().filter(|below| below.get_name() != "help");
    for below in below {
        pages(folder, &format!("{name}-{}", below.get_name()), below)?;
    }
    let named = command.clone().name(name.to_owned()).display_name(name.to_owned());
    std::fs::write(folder.join(format!("{name}.1")), page(named)?)
}

/// The page of a command; that of the console has its keys too.
fn page(command: clap::Command) -> io::Result<Vec<u8>> {
    let console = matches!(command.get_name(), "bartizan" | "bartizan-console");
    let mut out = Vec::new();
    Man::new(command).render(&mut out)?;
    if console {
        write!(out, "{}", keys())?;
    }
    Ok(out)
}

/// The keys of the console as a section of roff.
fn keys() -> String {
    let mut text = String::from(".SH \"KEYS OF THE CONSOLE\"\n");
    let of_views = VIEWS.iter().flat_map(|view| view.about().keys);
    for binding in RESERVED.iter().chain(GLOBAL).chain(of_views) {
        let chords: Vec<_> =
            binding.chords.iter().map(|chord| escaped(&chord.replace(' ', ""))).collect();
        text.push_str(&format!(
            ".TP\n\\fB{}\\fR\n{}\n",
            chords.join("\\fR, \\fB"),
            escaped(binding.words)
        ));
    }
    text
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manual_has_every_key_of_the_keymap() {
        let page = String::from_utf8(page(Cli::command()).expect("a page")).expect("text");
        for binding in RESERVED.iter().chain(GLOBAL).chain(crate::keymap::TRIAGE) {
            assert!(page.contains(&escaped(binding.words)), "{}", binding.words);
        }
    }
}
