//! The windowed table: it asks only for the rows that are visible.

use super::ink::{self, Piece};
use crate::keymap::Action;
use crate::theme::Theme;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect};

/// How wide a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// So many cells.
    Cells(u16),
    /// What the others leave; one column of a table.
    Rest,
}

/// One column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its heading.
    pub title: &'static str,
    /// How wide it is.
    pub width: Width,
    /// Only drawn if the table has so many cells.
    pub from: u16,
}

impl Column {
    /// A column of so many cells.
    pub const fn cells(title: &'static str, cells: u16) -> Self {
        Self { title, width: Width::Cells(cells), from: 0 }
    }

    /// The column that takes what the others leave.
    pub const fn rest(title: &'static str) -> Self {
        Self { title, width: Width::Rest, from: 0 }
    }

    /// Left out in tables narrower than `cells`.
    #[must_use]
    pub const fn wide(mut self, cells: u16) -> Self {
        self.from = cells;
        self
    }
}

/// Where the cursor is, and which row is the first that shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The row under it.
    pub at: usize,
    /// The first visible row.
    pub top: usize,
}

impl Cursor {
    /// Moves as `action` says in a table of `total` rows of which `height` show; says whether it was a motion.
    pub fn moves(&mut self, action: Action, total: usize, height: usize) -> bool {
        let page = height.max(1);
        let last = total.saturating_sub(1);
        self.at = match action {
            Action::Down => self.at + 1,
            Action::Up => self.at.saturating_sub(1),
            Action::HalfDown => self.at + page.div_ceil(2),
            Action::HalfUp => self.at.saturating_sub(page.div_ceil(2)),
            Action::PageDown => self.at + page,
            Action::PageUp => self.at.saturating_sub(page),
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        };
        self.fits(total, height);
        true
    }

    /// Keeps the cursor on a row, and that row visible.
    pub fn fits(&mut self, total: usize, height: usize) {
        let page = height.max(1);
        self.at = self.at.min(total.saturating_sub(1));
        let lowest = (self.at + 1).saturating_sub(page);
        self.top = self.top.clamp(lowest, self.at).min(total.saturating_sub(page).max(lowest));
    }
}

/// A table to draw.
pub struct Table<'a> {
    /// Its columns.
    pub columns: &'a [Column],
    /// Rows in all.
    pub total: usize,
    /// The cells of a row.
    pub row: &'a dyn Fn(usize) -> Vec<Piece>,
    /// The mark before a row: one character.
    pub mark: &'a dyn Fn(usize) -> char,
    /// Where the cursor is; none: nothing is selected.
    pub cursor: Option<Cursor>,
}

impl Table<'_> {
    /// Rows that show in so many lines.
    pub const fn height(area: Rect) -> usize {
        (area.height as usize).saturating_sub(1)
    }

    /// The first row that shows in `area`.
    pub fn first(&self, area: Rect) -> usize {
        let mut cursor = self.cursor.unwrap_or_default();
        cursor.fits(self.total, Self::height(area));
        cursor.top
    }

    /// Draws heading and visible rows.
    pub fn draw(&self, theme: Theme, area: Rect, buffer: &mut Buffer) {
        let widths = self.widths(area.width);
        let titles: Vec<_> =
            self.columns.iter().map(|column| Piece::new(column.title, theme.heading())).collect();
        Self::cells(buffer, area, area.y, ' ', &titles, &widths);
        let shown = (self.first(area)..self.total).take(Self::height(area));
        for (y, index) in (area.y + 1..).zip(shown) {
            Self::cells(buffer, area, y, (self.mark)(index), &(self.row)(index), &widths);
            if self.cursor.is_some_and(|cursor| index == cursor.at.min(self.total - 1)) {
                let row = Rect { y, height: 1, ..area };
                buffer.set_style(row, theme.selected());
            }
        }
    }

    /// Two cells for the mark, then each column and a blank.
    fn widths(&self, width: u16) -> Vec<u16> {
        let drawn = |column: &&Column| width >= column.from;
        let fixed: u16 = self
            .columns
            .iter()
            .filter(drawn)
            .map(|column| if let Width::Cells(cells) = column.width { cells + 1 } else { 1 })
            .sum();
        let rest = width.saturating_sub(2 + fixed);
        let cells = |column: &Column| match column.width {
            Width::Cells(cells) => cells,
            Width::Rest => rest,
        };
        self.columns.iter().map(|column| if drawn(&column) { cells(column) } else { 0 }).collect()
    }

    fn cells(buffer: &mut Buffer, area: Rect, y: u16, mark: char, cells: &[Piece], widths: &[u16]) {
        ink::text(buffer, area, y, &format!(" {mark}"), Style::new());
        let mut x = area.x + 2;
        for (piece, width) in cells.iter().zip(widths) {
            let room = (*width).min(area.right().saturating_sub(x));
            if room > 0 {
                ink::put(buffer, x, y, room, &piece.text, piece.style);
                x += room + 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::cell::Cell;

    #[test]
    fn only_visible_rows_are_built() {
        let built = Cell::new(0);
        let row = |_| {
            built.set(built.get() + 1);
            vec![Piece::plain("x")]
        };
        let table = Table {
            columns: &[Column::rest("x")],
            total: 100_000,
            row: &row,
            mark: &|_| ' ',
            cursor: Some(Cursor { at: 99_999, top: 0 }),
        };
        let area = Rect::new(0, 0, 20, 11);
        let mut buffer = Buffer::empty(area);
        table.draw(Theme::Mono, area, &mut buffer);
        assert_eq!(built.get(), 10);
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_on_a_visible_row(
            moves in proptest::collection::vec(0usize..8, 0..60), total in 0usize..200, height in 1usize..40,
        ) {
            use Action::*;
            let mut cursor = Cursor::default();
            for index in moves {
                cursor.moves([Down, Up, HalfDown, HalfUp, PageDown, PageUp, First, Last][index], total, height);
                prop_assert!(cursor.at < total.max(1));
                prop_assert!(cursor.top <= cursor.at && cursor.at < cursor.top + height);
            }
        }
    }
}
