//! A bordered pane with a title left and a note right, and the states a pane without rows can be in.

use super::ink::{self, Piece};
use crate::failure::Failure;
use crate::theme::Theme;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect, widgets::Block, widgets::Widget};

/// Title, note and focus of a pane.
#[derive(Debug, Clone, Copy)]
pub struct Panel<'a> {
    /// Left in the upper border.
    pub title: &'a str,
    /// Right in the upper border.
    pub note: &'a str,
    /// Whether it has the keys.
    pub focused: bool,
}

impl Panel<'_> {
    /// Draws the border, blanks what is inside, and says where that is.
    pub fn draw(&self, theme: Theme, area: Rect, buffer: &mut Buffer) -> Rect {
        let style = if self.focused { theme.focused() } else { theme.border() };
        let block = Block::bordered().border_style(style);
        let inner = block.inner(area);
        block.render(area, buffer);
        for y in inner.top()..inner.bottom() {
            ink::text(buffer, inner, y, "", Style::new());
        }
        self.titles(theme, area, buffer);
        inner
    }

    fn titles(&self, theme: Theme, area: Rect, buffer: &mut Buffer) {
        let room = usize::from(area.width).saturating_sub(4);
        let title = format!(" {} ", self.title);
        let title = present::cut(&title, room);
        let used = present::width(&title);
        let style = if self.focused { theme.heading() } else { Style::new() };
        ink::put(buffer, area.x + 2, area.y, used as u16, &title, style);
        let note = format!(" {} ", self.note);
        let wide = present::width(&note);
        if !self.note.is_empty() && used + wide + 2 <= room {
            let x = area.right() - 2 - wide as u16;
            ink::put(buffer, x, area.y, wide as u16, &note, Style::new());
        }
    }
}

/// Paragraphs, each wrapped, from the top of `area`; what does not fit is not shown.
pub fn paragraphs(buffer: &mut Buffer, area: Rect, texts: &[(&str, Style)]) {
    let mut y = area.top();
    for (text, style) in texts {
        for line in ink::wrapped(text, usize::from(area.width.saturating_sub(2))) {
            ink::line(buffer, area, y, &[Piece::plain(" "), Piece::new(line, *style)]);
            y += 1;
        }
    }
}

/// An error inside a pane: code, what failed, what still works, what to do.
pub fn error(theme: Theme, buffer: &mut Buffer, area: Rect, failure: &Failure) {
    let long = format!("bartizan explain {} says more.", failure.code);
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    paragraphs(
        buffer,
        below,
        &[
            (failure.sentence.as_str(), theme.bad()),
            ("", Style::new()),
            (failure.next.as_str(), Style::new()),
            ("r asks again now; what was shown before stays.", Style::new()),
            (long.as_str(), theme.quiet()),
        ],
    );
}

/// Nothing to show: why, and the next key.
pub fn empty(theme: Theme, buffer: &mut Buffer, area: Rect, why: &str, next: &[&str]) {
    let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let mut texts = vec![(why, theme.heading()), ("", Style::new())];
    texts.extend(next.iter().map(|text| (*text, Style::new())));
    paragraphs(buffer, below, &texts);
}
