//! Text into cells: every write is cut or padded to the cells it was given.

use present::fit;
use ratatui::{buffer::Buffer, layout::Rect, style::Style};

/// A piece of a line in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Safe text.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

impl Piece {
    /// Text in a style.
    pub fn new(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style }
    }

    /// Text as everything else.
    pub fn plain(text: impl Into<String>) -> Self {
        Self::new(text, Style::new())
    }
}

/// Writes `text` into exactly `width` cells at `(x, y)`, as far as they lie in the buffer.
pub fn put(buffer: &mut Buffer, x: u16, y: u16, width: u16, text: &str, style: Style) {
    let area = buffer.area;
    if y < area.bottom() && x < area.right() {
        let width = width.min(area.right() - x);
        buffer.set_string(x, y, fit(text, usize::from(width)), style);
    }
}

/// Writes pieces one after another into the line `y` of `area`, and blanks after them.
pub fn line(buffer: &mut Buffer, area: Rect, y: u16, pieces: &[Piece]) {
    if y >= area.bottom() {
        return;
    }
    let mut x = area.left();
    for piece in pieces {
        let width = (present::width(&piece.text) as u16).min(area.right().saturating_sub(x));
        put(buffer, x, y, width, &piece.text, piece.style);
        x += width;
    }
    put(buffer, x, y, area.right().saturating_sub(x), "", Style::new());
}

/// Writes one line of plain text.
pub fn text(buffer: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) {
    line(buffer, area, y, &[Piece::new(text, style)]);
}

/// A bar of at most `width` cells for `part` of `whole`, at least one cell for anything above zero.
pub fn bar(part: f64, whole: f64, width: usize) -> String {
    if !(part > 0.0 && whole > 0.0) {
        return String::new();
    }
    let cells = ((part / whole * width as f64).round() as usize).clamp(1, width);
    "█".repeat(cells)
}

/// `text` broken at blanks into lines of at most `width` cells; words longer than a line are cut by the writer.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("it begins with one");
        if last.is_empty() {
            last.push_str(word);
        } else if present::width(last) + 1 + present::width(word) <= width {
            last.push(' ');
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
