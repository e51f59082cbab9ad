//! Text into cells of a terminal: how wide it is, and how it is made exactly as wide as its column.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// On which side blanks are added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Align {
    /// Text begins at the left; blanks follow.
    #[default]
    Left,
    /// Text ends at the right, as numbers do.
    Right,
}

/// Cells that `text` takes.
pub fn width(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// `text` in at most `cells` cells, ending in `…` where something was cut. Never splits what is drawn as one.
pub fn cut(text: &str, cells: usize) -> String {
    cut_with(text, cells, "…")
}

/// `text` in exactly `cells` cells, blanks on the right.
pub fn fit(text: &str, cells: usize) -> String {
    fit_to(text, cells, Align::Left, "…")
}

/// `text` in exactly `cells` cells; `mark` ends what was cut (`..` where `…` is two cells wide).
pub fn fit_to(text: &str, cells: usize, align: Align, mark: &str) -> String {
    let text = cut_with(text, cells, mark);
    let blanks = " ".repeat(cells.saturating_sub(width(&text)));
    match align {
        Align::Left => text + &blanks,
        Align::Right => blanks + &text,
    }
}

fn cut_with(text: &str, cells: usize, mark: &str) -> String {
    let fits = |limit: usize| {
        let mut used = 0;
        let end = text.grapheme_indices(true).find(|(_, grapheme)| {
            used += grapheme.width();
            used > limit
        });
        end.map_or(text.len(), |(at, _)| at)
    };
    if fits(cells) == text.len() {
        return text.to_owned();
    }
    let Some(room) = cells.checked_sub(width(mark)) else { return text[..fits(cells)].to_owned() };
    format!("{}{mark}", &text[..fits(room)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_cut_between_what_is_drawn() {
        assert_eq!(fit("swift-gw1", 12), "swift-gw1   ");
        assert_eq!(fit("swift-gw1", 6), "swift…");
        assert_eq!(fit("名前名前", 6), "名前… ");
        assert_eq!(fit("e\u{301}e\u{301}e\u{301}", 2), "e\u{301}…");
        assert_eq!(fit_to("41", 5, Align::Right, "…"), "   41");
        assert_eq!(fit_to("abcdef", 4, Align::Left, ".."), "ab..");
        assert_eq!(cut("ab", 2), "ab");
        assert_eq!(cut("abc", 0), "");
        assert_eq!(fit_to("abc", 1, Align::Left, ".."), "a");
    }

    proptest! {
        #[test]
        fn a_column_is_exactly_as_wide_as_it_says(text in "\\PC{0,40}", cells in 0usize..50) {
            let text = crate::safe(&text);
            for align in [Align::Left, Align::Right] {
                for mark in ["…", ".."] {
                    prop_assert_eq!(width(&fit_to(&text, cells, align, mark)), cells);
                }
            }
            prop_assert!(width(&cut(&text, cells)) <= cells);
        }
    }
}
