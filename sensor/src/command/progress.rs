//! How far a replay has got: a bar on a terminal, nothing elsewhere.

use crate::replay::Watcher;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;
use std::time::{Duration, Instant};

/// Shorter work shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// A bar over the bytes of all captures.
pub(super) struct Progress {
    bar: ProgressBar,
    started: Instant,
    is_shown: bool,
    before: u64,
    position: u64,
}

impl Progress {
    /// A bar for captures of `bytes` in all; hidden when quiet, in CI, and without a terminal.
    pub(super) fn new(bytes: u64, is_quiet: bool) -> Self {
        let hidden =
            is_quiet || std::env::var_os("CI").is_some() || !std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let template = "{bar:30} {percent:>3} %  {bytes_per_sec:>12}  {eta:>4} left  {msg}";
        bar.set_style(ProgressStyle::with_template(template).expect("the template is fixed"));
        Self { bar, started: Instant::now(), is_shown: hidden, before: 0, position: 0 }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Watcher for Progress {
    fn file(&mut self, path: &Path) {
        self.before += std::mem::take(&mut self.position);
        self.bar.set_message(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
    }

    fn progress(&mut self, _: u64, position: u64) {
        self.position = position;
        if !self.is_shown && self.started.elapsed() > PATIENCE {
            self.is_shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(self.before + position);
    }
}
