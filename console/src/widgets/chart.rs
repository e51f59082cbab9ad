//! A chart of one quantity over time: an area of dots with a scale at its left and times below.

use super::ink::{self, Piece};
use crate::theme::Theme;
use model::Time;
use ratatui::style::Style;
use ratatui::{buffer::Buffer, layout::Rect};

/// Cells of the scale.
const SCALE: u16 = 4;

/// One point: it holds until the next one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From when.
    pub time: Time,
    /// What is known.
    pub value: f64,
    /// What it may be at most; equal to `value` where nothing is hidden.
    pub at_most: f64,
}

/// A chart to draw.
#[derive(Debug, Clone, Copy)]
pub struct Chart<'a> {
    /// Points in the order of time.
    pub points: &'a [Point],
    /// From when the chart runs.
    pub from: Time,
    /// Until when.
    pub to: Time,
}

/// Dots of one column: so many are filled from below, and one more may stand alone above them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Bar {
    filled: usize,
    lone: Option<usize>,
}

impl Chart<'_> {
    /// Cells inside the scale that a chart in `area` has.
    pub const fn columns(area: Rect) -> u16 {
        area.width.saturating_sub(SCALE + 1)
    }

    /// Draws the area, its scale, and the times below it.
    pub fn draw(&self, theme: Theme, style: Style, area: Rect, buffer: &mut Buffer) {
        if area.height < 2 || area.width <= SCALE + 2 {
            return;
        }
        let plot = Rect {
            x: area.x + SCALE + 1,
            width: Self::columns(area),
            height: area.height - 1,
            ..area
        };
        let top = self.top();
        let (across, down) = if theme == Theme::Ascii { (1, 2) } else { (2, 4) };
        let bars =
            self.bars(usize::from(plot.width) * across, usize::from(plot.height) * down, top);
        for row in 0..plot.height {
            let base = usize::from(plot.height - 1 - row) * down;
            let line: String =
                bars.chunks(across)
                    .map(|cell| {
                        if theme == Theme::Ascii { letter(cell[0], base) } else { dots(cell, base) }
                    })
                    .collect();
            ink::put(buffer, plot.x, plot.y + row, plot.width, &line, style);
            let label = scale(row, plot.height, top);
            ink::put(buffer, area.x, plot.y + row, SCALE, &label, Style::new());
        }
        self.times(plot, buffer);
    }

    /// The end of the scale: the first round number that holds every point.
    fn top(&self) -> f64 {
        let most = self.points.iter().map(|point| point.at_most).fold(0.0, f64::max);
        [10.0, 20.0, 40.0, 60.0, 80.0].into_iter().find(|top| most <= *top).unwrap_or(100.0)
    }

    /// The value of each of `count` columns at its end, in dots of `height`.
    fn bars(&self, count: usize, height: usize, top: f64) -> Vec<Bar> {
        let span = self.to.since(self.from).max(1);
        let mut at = 0;
        let mut bars = Vec::with_capacity(count);
        for column in 1..=count {
            let end = self.from.plus((span as i128 * column as i128 / count as i128) as i64);
            let begin = at;
            while self.points.get(at).is_some_and(|point| point.time <= end) {
                at += 1;
            }
            // The worst that began in this column, or what held before it.
            let seen = &self.points[begin.saturating_sub(1).min(at)..at];
            let last = seen.iter().copied().reduce(|a, b| if b.value >= a.value { b } else { a });
            bars.push(last.map_or_else(Bar::default, |point| bar(point, height, top)));
        }
        bars
    }

    /// Times at even distances: of day, with the date where the chart is longer than a day and a half.
    fn times(&self, plot: Rect, buffer: &mut Buffer) {
        let span = self.to.since(self.from).max(1);
        let long = span > Time::DAY + 12 * Time::HOUR;
        let cells = if long { 11 } else { 5 };
        let count = (plot.width / (cells + 7)).clamp(1, 4);
        let y = plot.bottom();
        ink::put(buffer, plot.x - SCALE - 1, y, plot.width + SCALE + 1, "", Style::new());
        for number in 0..=count {
            let time = self.from.plus(span / i64::from(count) * i64::from(number));
            let text = time.to_string();
            let text = if long { text.get(5..16) } else { text.get(11..16) };
            let x = (plot.width - cells.min(plot.width)) * number / count;
            let text = text.unwrap_or_default().replace('T', " ");
            ink::put(buffer, plot.x + x, y, cells, &text, Style::new());
        }
    }
}

/// Whatever is above zero has a dot.
fn bar(point: Point, height: usize, top: f64) -> Bar {
    let rows = |value: f64| {
        let rows = (value / top * height as f64).round() as usize;
        rows.max(usize::from(value > 0.0)).min(height)
    };
    let (filled, most) = (rows(point.value), rows(point.at_most));
    Bar { filled, lone: (most > filled).then(|| most - 1) }
}

/// One cell of two columns of four dots, from row `base` up (Unicode, Braille Patterns).
fn dots(bars: &[Bar], base: usize) -> char {
    const BITS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];
    let mut cell = 0x2800;
    for (bar, bits) in bars.iter().zip(BITS) {
        for (row, bit) in bits.iter().enumerate() {
            if base + row < bar.filled || bar.lone == Some(base + row) {
                cell |= bit;
            }
        }
    }
    char::from_u32(cell).filter(|_| cell != 0x2800).unwrap_or(' ')
}

/// One cell of one column of two rows, without anything outside ASCII.
fn letter(bar: Bar, base: usize) -> char {
    match (bar.filled.saturating_sub(base), bar.lone.is_some_and(|row| row / 2 == base / 2)) {
        (0, true) => '-',
        (0, false) => ' ',
        (1, _) => '.',
        _ => '#',
    }
}

/// The label of a row: the end of the scale, its half, and nothing.
fn scale(row: u16, height: u16, top: f64) -> String {
    let label = |value: f64| format!("{value:>3}");
    match row {
        0 => label(top),
        _ if row + 1 == height => label(0.0),
        _ if height >= 5 && row == height / 2 => label(top / 2.0),
        _ => String::new(),
    }
}

/// A small area without scale or times in one line, for a list.
pub fn spark(values: &[f64], most: f64, theme: Theme) -> Piece {
    let bar_of = |value: &f64| {
        let height = if theme == Theme::Ascii { 2 } else { 4 };
        bar(Point { time: Time(0), value: *value, at_most: *value }, height, most.max(1.0))
    };
    let bars: Vec<_> = values.iter().map(bar_of).collect();
    let text: String = if theme == Theme::Ascii {
        bars.iter().map(|bar| letter(*bar, 0)).collect()
    } else {
        bars.chunks(2).map(|cell| dots(cell, 0)).collect()
    };
    Piece::plain(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(second: i64, value: f64, at_most: f64) -> Point {
        Point { time: Time(second * Time::SECOND), value, at_most }
    }

    fn drawn(points: &[Point], theme: Theme) -> Vec<String> {
        let area = Rect::new(0, 0, 30, 5);
        let mut buffer = Buffer::empty(area);
        let chart = Chart { points, from: Time(0), to: Time(100 * Time::SECOND) };
        chart.draw(theme, Style::new(), area, &mut buffer);
        (0..5).map(|y| (0..30).map(|x| buffer[(x, y)].symbol()).collect()).collect()
    }

    /// Sixteen dots for 100: by hand, 50 is 8 dots, two whole cells of four.
    #[test]
    fn half_of_the_scale_fills_half_of_the_rows() {
        let lines = drawn(&[point(0, 50.0, 50.0), point(50, 90.0, 90.0)], Theme::Mono);
        assert_eq!(lines[3].chars().nth(5), Some('⣿'));
        assert_eq!(lines[2].chars().nth(5), Some('⣿'));
        assert_eq!(lines[1].chars().nth(5), Some(' '));
        assert!(lines[0].starts_with("100") && lines[3].starts_with("  0"));
        assert_eq!(lines[1].chars().last(), Some('⣿'));
    }

    #[test]
    fn what_is_hidden_stands_above_what_is_known() {
        let lines = drawn(&[point(0, 25.0, 100.0)], Theme::Mono);
        assert_eq!(lines[0].chars().nth(10), Some('⠉'));
        assert_eq!(lines[1].chars().nth(10), Some(' '));
        let ascii = drawn(&[point(0, 25.0, 100.0)], Theme::Ascii);
        assert_eq!(ascii[0].chars().nth(10), Some('-'));
        assert!(ascii.concat().is_ascii());
    }

    #[test]
    fn before_the_first_point_there_is_nothing_and_above_zero_there_is_a_dot() {
        let lines = drawn(&[point(50, 0.1, 0.1)], Theme::Mono);
        assert_eq!(lines[3].chars().nth(6), Some(' '));
        assert_eq!(lines[3].chars().last(), Some('⣀'));
    }

    #[test]
    fn a_peak_between_two_columns_is_not_lost() {
        let peak = [point(0, 1.0, 1.0), point(51, 9.0, 9.0), point(52, 1.0, 1.0)];
        let bars = Chart { points: &peak, from: Time(0), to: Time(1000 * Time::SECOND) };
        assert!(bars.bars(4, 10, 10.0).iter().any(|bar| bar.filled == 9));
    }

    #[test]
    fn any_area_is_survived() {
        for width in 0..12 {
            for height in 0..4 {
                let area = Rect::new(0, 0, width, height);
                let mut buffer = Buffer::empty(Rect::new(0, 0, 12, 4));
                let points = [point(0, 50.0, 60.0)];
                let chart = Chart { points: &points, from: Time(0), to: Time(0) };
                chart.draw(Theme::Terminal, Style::new(), area, &mut buffer);
            }
        }
    }
}
