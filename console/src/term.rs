//! The terminal: taken by a guard, given back whatever happens.

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute};
use ratatui::{Terminal, backend::CrosstermBackend};
use std::io::{self, Stdout};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The terminal that the console draws on.
pub type Screen = Terminal<CrosstermBackend<Stdout>>;

static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// Holds the terminal in raw mode on its alternate screen; dropping it gives the terminal back.
///
/// A panic gives it back before its message is printed, so that the message is seen.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// Takes the terminal.
    ///
    /// # Errors
    /// If standard output is not a terminal.
    pub fn take() -> io::Result<Self> {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
            }));
        });
        let guard = Self(());
        take()?;
        Ok(guard)
    }

    /// Gives the terminal back, stops the process until it is continued, and takes the terminal again.
    ///
    /// # Errors
    /// If the terminal is gone when the process continues.
    pub fn suspend(&self) -> io::Result<()> {
        give_back();
        signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGTSTP)?;
        take()
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        give_back();
    }
}

/// Most bytes that are copied: what fits into the longest OSC 52 that common terminals take, in base 64.
pub const COPIED: usize = 74_994;

/// Puts `text` into the clipboard of the terminal, wherever it runs: OSC 52 (xterm control sequences), which a
/// multiplexer takes and hands on if it may. Longer text is cut.
///
/// # Errors
/// If the terminal is gone.
pub fn copy(text: &str) -> io::Result<()> {
    let end = (0..=COPIED.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(&text[..end.unwrap_or(0)]))
}

/// A terminal to draw on, held by `_guard`.
///
/// # Errors
/// If its size cannot be read.
pub fn screen(_guard: &Guard) -> io::Result<Screen> {
    // With NO_COLOR set, crossterm 0.29 writes a reset after bold and reverse and so wipes the selected row. Themes
    // without colour are ours to keep.
    crossterm::style::force_color_output(true);
    Terminal::new(CrosstermBackend::new(io::stdout()))
}

/// Whether the console holds the terminal; a panic anywhere gives it back.
pub fn is_taken() -> bool {
    TAKEN.load(Ordering::SeqCst)
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    terminal::enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
}

/// Cooked mode, main screen, cursor on, mouse off, bracketed paste off. What fails cannot be helped: the terminal is gone.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            cursor::Show
        );
        let _ = terminal::disable_raw_mode();
    }
}
