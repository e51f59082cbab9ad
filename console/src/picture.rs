//! One screen as a picture: SVG text on a grid of cells, dark or light by the reader's preference.

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};
use std::fmt::Write as _;

/// Width and height of a cell, in user units.
const CELL: (f64, f64) = (8.4, 18.0);
const MARGIN: f64 = 12.0;

const SHEET: &str = "\
.s{background:#fff}text,.s{font:14px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;fill:#1f2328;white-space:pre}\
.bg{fill:#fff}.sel{fill:#1f2328}.inv{fill:#fff}.b{font-weight:bold}.d{opacity:.65}.u{text-decoration:underline}\
.red{fill:#b3001b}.green{fill:#116329}.yellow{fill:#7d5800}.blue{fill:#0b5394}.magenta{fill:#8a2f9e}.cyan{fill:#0b6e78}.grey{fill:#6e7781}\
@media(prefers-color-scheme:dark){text{fill:#d6dbe1}.bg{fill:#0e1116}.sel{fill:#d6dbe1}.inv{fill:#0e1116}\
.red{fill:#ff7b72}.green{fill:#56d364}.yellow{fill:#e3b341}.blue{fill:#79c0ff}.magenta{fill:#d2a8ff}.cyan{fill:#56d4dd}.grey{fill:#8b949e}}";

/// The screen as SVG: no script, no font and no image from elsewhere.
pub fn svg(buffer: &Buffer) -> String {
    let area = buffer.area;
    let width = f64::from(area.width) * CELL.0 + 2.0 * MARGIN;
    let height = f64::from(area.height) * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
         height=\"{height:.0}\">\n<style>{SHEET}</style>\n<rect class=\"bg\" width=\"100%\" height=\"100%\" rx=\"8\"/>\n"
    );
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let style = buffer[(x, y)].style();
            let start = x;
            let mut text = String::new();
            while x < area.right() && buffer[(x, y)].style() == style {
                let symbol = buffer[(x, y)].symbol();
                text.push_str(symbol);
                x += (present::width(symbol) as u16).max(1);
            }
            run(&mut out, &text, style, (start, y), x - start);
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Writes one run of cells of the same style; blanks without a background are nothing to draw.
fn run(out: &mut String, text: &str, style: Style, (x, y): (u16, u16), cells: u16) {
    let reversed = style.add_modifier.contains(Modifier::REVERSED);
    let (left, top) = (f64::from(x) * CELL.0 + MARGIN, f64::from(y) * CELL.1 + MARGIN);
    let width = f64::from(cells) * CELL.0;
    if reversed {
        let _ = writeln!(
            out,
            "<rect class=\"sel\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>",
            CELL.1
        );
    }
    let shown = text.trim();
    if shown.is_empty() {
        return;
    }
    // Blanks at the ends are left out: not every reader keeps them.
    let before = text.len() - text.trim_start().len();
    let left = left + before as f64 * CELL.0;
    let width = present::width(shown) as f64 * CELL.0;
    let class = classes(style, reversed);
    let _ = writeln!(
        out,
        "<text{class} x=\"{left:.1}\" y=\"{:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\">{}</text>",
        top + 13.5,
        escaped(shown)
    );
}

fn classes(style: Style, reversed: bool) -> String {
    let modifiers = [(Modifier::BOLD, "b"), (Modifier::DIM, "d"), (Modifier::UNDERLINED, "u")];
    let mut classes: Vec<_> = modifiers
        .iter()
        .filter(|(modifier, _)| style.add_modifier.contains(*modifier))
        .map(|it| it.1)
        .collect();
    let colour = match style.fg {
        _ if reversed => "inv",
        Some(Color::Red) => "red",
        Some(Color::Green) => "green",
        Some(Color::Yellow) => "yellow",
        Some(Color::Blue) => "blue",
        Some(Color::Magenta) => "magenta",
        Some(Color::Cyan) => "cyan",
        Some(Color::DarkGray) => "grey",
        _ => "",
    };
    if !colour.is_empty() {
        classes.push(colour);
    }
    if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace(' ', "\u{a0}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;

    #[test]
    fn wire_text_cannot_become_markup() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 1));
        buffer.set_string(0, 0, "<script>&", Style::new().fg(Color::Red));
        let picture = svg(&buffer);
        assert!(picture.contains("class=\"red\"") && picture.contains("&lt;script&gt;&amp;"));
        assert!(!picture.contains("<script"));
    }

    #[test]
    fn the_selected_row_has_a_background() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 10, 1));
        buffer.set_string(0, 0, "row", Style::new().add_modifier(Modifier::REVERSED));
        assert!(svg(&buffer).contains("<rect class=\"sel\""));
    }
}
