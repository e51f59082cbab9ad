//! A real terminal: the program in a pseudo-terminal, read by a terminal emulator.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use vt100::Parser;

/// Longest wait for text.
const LIMIT: Duration = Duration::from_secs(20);

/// The variable that turns a test of this file into the program it tests.
const CHILD: &str = "BARTIZAN_TEST_CHILD";

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    keyboard: Box<dyn Write + Send>,
    output: Receiver<Vec<u8>>,
    parser: Parser,
    /// Everything that was written, and whether it ended.
    bytes: Vec<u8>,
    ended: bool,
}

impl Terminal {
    fn start(command: CommandBuilder, size: (u16, u16)) -> Self {
        let size = PtySize { cols: size.0, rows: size.1, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = reader.read(&mut bytes) {
                if sender.send(bytes[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let keyboard = pair.master.take_writer().unwrap();
        let parser = Parser::new(cells(size.rows), cells(size.cols), 0);
        Self {
            child,
            master: pair.master,
            keyboard,
            output,
            parser,
            bytes: Vec::new(),
            ended: false,
        }
    }

    /// Reads until `is_so`, or prints the screen and fails.
    fn wait(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !is_so(self) {
            match self.output.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => {
                    self.parser.process(&bytes);
                    self.bytes.extend(bytes);
                }
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) if !self.ended => {
                    self.ended = true;
                }
                Err(error) => {
                    panic!("waited for {what}: {error}\n{}", self.parser.screen().contents())
                }
            }
        }
    }

    fn shows(&mut self, text: &str) {
        self.wait(text, |terminal| terminal.parser.screen().contents().contains(text));
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
        self.keyboard.flush().unwrap();
    }

    /// Waits for the end, and says the exit code.
    fn ends(&mut self) -> u32 {
        self.wait("the end", |terminal| terminal.ended);
        self.child.wait().unwrap().exit_code()
    }

    fn signal(&self, signal: i32) {
        let process =
            rustix::process::Pid::from_raw(self.child.process_id().unwrap() as i32).unwrap();
        let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Main screen, cursor on, bracketed paste and mouse off.
    fn is_restored(&self) {
        let screen = self.parser.screen();
        assert!(!screen.alternate_screen(), "the alternate screen was left");
        assert!(!screen.hide_cursor(), "the cursor is on");
        assert!(!screen.bracketed_paste(), "bracketed paste is off");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}

/// The console over a store that is not there, which is enough to be a console.
fn console(extra: &[(&str, &str)]) -> CommandBuilder {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_bartizan"));
    command.args(["console", "--store", &format!("http://127.0.0.1:{port}")]);
    command.env_clear();
    command.env("TERM", "xterm-256color");
    command.env("XDG_CONFIG_HOME", "/nonexistent");
    for (name, value) in extra {
        command.env(name, value);
    }
    command
}

fn started(extra: &[(&str, &str)], size: (u16, u16)) -> Terminal {
    let mut terminal = Terminal::start(console(extra), size);
    terminal.shows("E-STORE-001");
    assert!(terminal.parser.screen().alternate_screen());
    terminal
}

#[test]
fn quitting_gives_the_terminal_back() {
    let mut terminal = started(&[], (120, 40));
    terminal.press("q");
    terminal.shows("Quit?");
    terminal.press("q");
    assert_eq!(terminal.ends(), 0);
    terminal.is_restored();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for signal in [15, 1] {
        let mut terminal = started(&[], (80, 24));
        terminal.signal(signal);
        assert_eq!(terminal.ends(), 130, "signal {signal}");
        terminal.is_restored();
    }
}

/// Also the program of the two tests below, when they run this file's binary.
#[test]
fn the_terminal_is_not_held_before_it_is_taken() {
    assert!(!bartizan::term::is_taken());
    let Ok(how) = std::env::var(CHILD) else { return };
    let guard = bartizan::term::Guard::take().unwrap();
    assert!(how != "panic", "a panic inside the console");
    drop(guard);
    println!("an error was told");
}

/// This binary again, to run nothing but [`the_terminal_is_not_held_before_it_is_taken`].
fn child_that(how: &str) -> Terminal {
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "terminal::the_terminal_is_not_held_before_it_is_taken",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env(CHILD, how);
    command.env("TERM", "xterm-256color");
    Terminal::start(command, (120, 40))
}

#[test]
fn a_panic_gives_the_terminal_back_and_its_message_is_seen() {
    let mut terminal = child_that("panic");
    assert_ne!(terminal.ends(), 0);
    terminal.is_restored();
    assert!(String::from_utf8_lossy(&terminal.bytes).contains("\u{1b}[?1049h"), "it was taken");
    assert!(terminal.parser.screen().contents().contains("a panic inside the console"));
}

#[test]
fn an_error_gives_the_terminal_back() {
    let mut terminal = child_that("error");
    assert_eq!(terminal.ends(), 0);
    terminal.is_restored();
    assert!(terminal.parser.screen().contents().contains("an error was told"));
}

#[test]
fn keys_are_served_and_the_frame_follows_the_size() {
    let mut terminal = started(&[], (120, 40));
    terminal.press("2");
    terminal.shows("[2:Warnings]");
    for (columns, rows) in [(80, 24), (40, 10), (120, 40)] {
        let size = PtySize { cols: columns, rows, pixel_width: 0, pixel_height: 0 };
        terminal.parser.screen_mut().set_size(cells(rows), cells(columns));
        terminal.master.resize(size).unwrap();
        let text = if columns == 40 { "too small" } else { "[2:Warnings]" };
        terminal.shows(text);
    }
    terminal.press("?");
    terminal.shows("Help for Warnings");
    terminal.press("\u{1b}");
    terminal.wait("no help", |terminal| !terminal.parser.screen().contents().contains("Help for"));
    terminal.press(":q\r");
    assert_eq!(terminal.ends(), 0);
    terminal.is_restored();
}

#[test]
fn without_colour_bold_and_reverse_remain_and_no_colour_is_sent() {
    let mut terminal = started(&[("NO_COLOR", "1")], (80, 24));
    terminal.press("2");
    terminal.shows("[2:Warnings]");
    terminal.press("\u{3}\u{3}");
    terminal.ends();
    for sequence in sequences(&terminal.bytes) {
        for part in sequence.split(';') {
            let code: u32 = part.parse().unwrap_or(0);
            assert!(!matches!(code, 30..=38 | 40..=48 | 90..=97 | 100..=107), "{sequence}");
        }
    }
    assert!(sequences(&terminal.bytes).iter().any(|sequence| sequence == "1"), "bold is sent");
}

#[test]
fn the_default_theme_sends_the_terminals_own_colours_only() {
    let mut terminal = started(&[], (120, 40));
    terminal.press("\u{3}\u{3}");
    terminal.ends();
    for sequence in sequences(&terminal.bytes) {
        assert!(!sequence.contains("38;2"), "{sequence}");
        if let Some(number) = sequence.split("38;5;").nth(1) {
            assert!(number.split(';').next().unwrap().parse::<u32>().unwrap() < 16, "{sequence}");
        }
    }
}

#[test]
fn a_dumb_terminal_is_declined_politely() {
    let mut command = console(&[]);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::start(command, (80, 24));
    assert_eq!(terminal.ends(), 2);
    assert!(!terminal.bytes.contains(&0x1b));
    assert!(terminal.parser.screen().contents().contains("bartizan situation"));
}

/// Parameters of every Select Graphic Rendition that was sent.
fn sequences(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.split("\u{1b}[")
        .skip(1)
        .filter_map(|part| {
            let end = part.find(|letter: char| letter.is_ascii_alphabetic())?;
            part[end..].starts_with('m').then(|| part[..end].to_owned())
        })
        .collect()
}
