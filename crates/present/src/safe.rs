//! Text that attackers wrote, made inert: names in TLS, DNS and HTTP reach terminals, tables and pages.

use serde::{Serialize, Serializer};
use std::fmt::{self, Write as _};
use unicode_width::UnicodeWidthChar;

/// Text that is safe to print anywhere: no control characters, nothing invisible, nothing that turns writing around.
///
/// What is not safe is shown as an escape (`\x1b`, `\u{202e}`), so that it can be seen and searched. At most
/// [`Safe::MAX`] bytes; longer text ends in `…`. Making it safe twice changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Safe(String);

impl Safe {
    /// Most bytes that are kept.
    pub const MAX: usize = 4096;
    /// Marks in a row that one letter may carry.
    const MARKS: usize = 3;
    const CUT: char = '…';

    /// `text`, made safe.
    pub fn new(text: &str) -> Self {
        let mut making = Making::default();
        text.chars().all(|letter| making.letter(letter));
        Self(making.finish())
    }

    /// Bytes that should be UTF-8, made safe: what is not is shown as `\xNN`.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let mut making = Making::default();
        for chunk in bytes.utf8_chunks() {
            let whole = chunk.valid().chars().all(|letter| making.letter(letter))
                && chunk.invalid().iter().all(|byte| making.escape(&format!("\\x{byte:02x}")));
            if !whole {
                break;
            }
        }
        Self(making.finish())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `text`, made safe: see [`Safe`].
pub fn safe(text: &str) -> String {
    Safe::new(text).0
}

/// Bytes that should be UTF-8, made safe: see [`Safe::from_bytes`].
pub fn safe_bytes(bytes: &[u8]) -> String {
    Safe::from_bytes(bytes).0
}

/// Safe text while it is made; its methods answer whether there is room for more.
#[derive(Default)]
struct Making {
    text: String,
    marks: usize,
    full: bool,
}

impl Making {
    fn letter(&mut self, letter: char) -> bool {
        if is_hostile(letter) {
            return self.escape(&shown(letter));
        }
        self.marks = if letter.width() == Some(0) { self.marks + 1 } else { 0 };
        // A mark with nothing to stand on, or on top of too many others, would be drawn over its neighbours.
        if self.marks > Safe::MARKS || (self.marks > 0 && self.text.is_empty()) {
            return self.escape(&shown(letter));
        }
        self.push(letter.encode_utf8(&mut [0; 4]))
    }

    fn escape(&mut self, escape: &str) -> bool {
        self.marks = 0;
        self.push(escape)
    }

    fn push(&mut self, piece: &str) -> bool {
        self.full = self.full || self.text.len() + piece.len() > Safe::MAX;
        if !self.full {
            self.text.push_str(piece);
        }
        !self.full
    }

    fn finish(mut self) -> String {
        if self.full {
            let mut end = Safe::MAX - Safe::CUT.len_utf8();
            while !self.text.is_char_boundary(end.min(self.text.len())) {
                end -= 1;
            }
            self.text.truncate(end);
            self.text.push(Safe::CUT);
        }
        self.text
    }
}

fn shown(letter: char) -> String {
    let mut escape = String::new();
    let code = u32::from(letter);
    let _ = match letter {
        '\n' => write!(escape, "\\n"),
        '\r' => write!(escape, "\\r"),
        '\t' => write!(escape, "\\t"),
        _ if code < 0x100 => write!(escape, "\\x{code:02x}"),
        _ => write!(escape, "\\u{{{code:x}}}"),
    };
    escape
}

/// Controls (C0, DEL, C1), what turns writing around (UAX #9), what is invisible or joins letters, what breaks lines,
/// tags and variation selectors, blanks that look like letters, and private letters.
fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            | '\u{ad}' | '\u{34f}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}' | '\u{feff}'
            | '\u{2028}' | '\u{2029}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}'
            | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{2800}'
            | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

impl AsRef<str> for Safe {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::ops::Deref for Safe {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<Safe> for String {
    fn from(safe: Safe) -> Self {
        safe.0
    }
}

impl fmt::Display for Safe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(&self.0)
    }
}

impl Serialize for Safe {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::width;
    use proptest::prelude::*;

    #[test]
    fn hostile_text_is_shown_and_not_obeyed() {
        let cases = [
            ("\u{1b}[31mred\u{1b}[0m", "\\x1b[31mred\\x1b[0m"),
            ("\u{1b}]0;title\u{7}", "\\x1b]0;title\\x07"),
            ("\u{9b}2J", "\\x9b2J"),
            ("evil\u{202e}gpj.exe", "evil\\u{202e}gpj.exe"),
            ("pay\u{200b}pal", "pay\\u{200b}pal"),
            ("a\u{200d}b\u{feff}", "a\\u{200d}b\\u{feff}"),
            ("two\nlines\tand\r", "two\\nlines\\tand\\r"),
            ("\u{7f}", "\\x7f"),
            ("plain C:\\path", "plain C:\\path"),
            ("名前.example é", "名前.example é"),
        ];
        for (input, expected) in cases {
            assert_eq!(safe(input), expected);
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_numbered() {
        assert_eq!(safe_bytes(b"a\xff\xc3\xa9\xc3"), "a\\xff\u{e9}\\xc3");
        assert_eq!(safe_bytes(b"\x00\x1b"), "\\x00\\x1b");
    }

    #[test]
    fn marks_do_not_pile_up() {
        let pile = format!("a{}", "\u{301}".repeat(50));
        assert!(safe(&pile).starts_with("a\u{301}\u{301}\u{301}\\u{301}"), "{}", safe(&pile));
        assert_eq!(safe("\u{301}a"), "\\u{301}a");
    }

    #[test]
    fn long_text_ends_in_a_mark() {
        let long = safe(&"é".repeat(Safe::MAX));
        assert!(long.len() <= Safe::MAX && long.ends_with("é…"));
        assert_eq!(safe(&"a".repeat(Safe::MAX)), "a".repeat(Safe::MAX));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_safe_and_stays_so(bytes in proptest::collection::vec(any::<u8>(), 0..6000)) {
            let made = safe_bytes(&bytes);
            prop_assert!(made.len() <= Safe::MAX);
            prop_assert!(!made.chars().any(|letter| letter.is_control() || is_hostile(letter)));
            prop_assert_eq!(safe(&made), made);
        }

        #[test]
        fn any_letters_are_safe_and_as_wide_as_they_say(text in "\\PC{0,60}|[\u{0}-\u{10ffff}]{0,60}") {
            let made = safe(&text);
            prop_assert_eq!(safe(&made), made.clone());
            prop_assert!(width(&made) <= made.len());
        }
    }
}
