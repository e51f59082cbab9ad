//! One step: a program of ours that runs to its end, with its last line as the result.

use super::folder::Folder;
use anyhow::{Context, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// Exit code of a step that is done, with something that it could not see: its line says what.
const PARTIAL: i32 = 6;

/// Runs the steps of the demo and prints a line for each.
#[derive(Debug)]
pub struct Steps {
    folder: PathBuf,
}

impl Steps {
    /// Steps that work in `folder`.
    pub fn new(folder: &Folder) -> Self {
        Self { folder: folder.path.clone() }
    }

    /// Runs a program to its end and prints `title`, its last line and the time it took.
    ///
    /// # Errors
    /// If it cannot be run, or ends with another code than 0: then with all that it said.
    pub fn run<S: AsRef<OsStr>>(
        &self,
        title: &str,
        program: &str,
        arguments: &[S],
    ) -> anyhow::Result<()> {
        let started = Instant::now();
        let bar = spinner(title);
        let output = self.command(program, arguments)?.stdin(Stdio::null()).output();
        bar.finish_and_clear();
        let output = output.with_context(|| format!("cannot run {program}"))?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && output.status.code() != Some(PARTIAL) {
            bail!(
                "{title}: {program} ended with {}\n{said}{}",
                output.status,
                String::from_utf8_lossy(&output.stdout)
            );
        }
        let printed = String::from_utf8_lossy(&output.stdout);
        let lines = printed.lines().chain(said.lines());
        let last = lines.map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
        println!("  {title:<9} {last}  ({:.1} s)", started.elapsed().as_secs_f64());
        Ok(())
    }

    /// Runs a program with our own terminal and says whether it ended with 0.
    pub fn shown<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> anyhow::Result<bool> {
        let status = self
            .command(program, arguments)?
            .status()
            .with_context(|| format!("cannot run {program}"))?;
        Ok(status.success())
    }

    /// Runs a full-screen program and waits for it.
    pub fn attached(&self, program: &str, arguments: &[&str]) -> anyhow::Result<()> {
        if !self.shown(program, arguments)? {
            bail!("{program} {} failed", arguments.join(" "));
        }
        Ok(())
    }

    fn command<S: AsRef<OsStr>>(&self, program: &str, arguments: &[S]) -> anyhow::Result<Command> {
        let mut command = Command::new(beside(program)?);
        command.args(arguments).current_dir(&self.folder);
        Ok(command)
    }
}

/// A program of ours, beside this one.
pub fn beside(program: &str) -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program does not know its own path")?;
    let path = own.parent().unwrap_or(Path::new(".")).join(program);
    if !path.is_file() {
        bail!("{} is missing: build everything with `cargo build --workspace`", path.display());
    }
    Ok(path)
}

fn spinner(title: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() || std::env::var_os("CI").is_some() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("  {msg:<9} {spinner} {elapsed}")
        .expect("the template is ours");
    let bar = ProgressBar::new_spinner().with_style(style).with_message(title.to_owned());
    bar.enable_steady_tick(std::time::Duration::from_millis(100));
    bar
}
