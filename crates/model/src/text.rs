//! Free text that came from the wire, safe to keep: bounded, and without account numbers.

pub use crate::mask::masked;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Text from the wire that may be stored.
///
/// At most [`Text::MAX`] bytes, valid UTF-8, no NUL, and every run of 13 or more digits and every magnetic track is masked
/// (PCI DSS v4.0.1 3.5.1: an account number is unreadable wherever it is stored). The store refuses what this type would not let through.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Text(Box<str>);

impl Text {
    /// Most bytes that are kept.
    pub const MAX: usize = 1024;
    /// Bytes beyond them that are looked at: longer than any account number or track.
    const BEYOND: usize = 128;

    /// Text from bytes that may be anything: invalid UTF-8 becomes U+FFFD.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        let kept = &bytes[..bytes.len().min(Self::MAX * 4)];
        Self::from(String::from_utf8_lossy(kept).into_owned())
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Text {
    fn from(mut text: String) -> Self {
        if text.contains('\0') {
            text = text.replace('\0', "\u{fffd}");
        }
        // What is cut off may be the end of a number, by which its front is known for one.
        cut(&mut text, Self::MAX + Self::BEYOND);
        let mut text = masked(text);
        cut(&mut text, Self::MAX);
        Self(text.into_boxed_str())
    }
}

/// Cuts `text` to at most `most` bytes, between characters.
fn cut(text: &mut String, most: usize) {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0.into_string()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(input: &str, expected: &str) {
        assert_eq!(Text::from(input).as_str(), expected);
    }

    #[test]
    fn account_numbers_are_masked_and_shorter_runs_are_not() {
        check("a4111111111111111b", "axxxxxxxxxxxxxxxxb");
        check("4111 1111 1111 1111", "xxxx xxxx xxxx xxxx");
        check("1234567890123", "xxxxxxxxxxxxx");
        check("123456789012", "123456789012");
        check("2026-03-01 id 99", "2026-03-01 id 99");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(Text::from("é".repeat(Text::MAX)).as_str().len(), Text::MAX);
    }

    #[test]
    fn a_number_that_the_end_cuts_is_masked_to_the_cut() {
        let text = Text::from(format!("{}4111111111111111", "a".repeat(Text::MAX - 8)));
        assert_eq!(text.as_str(), format!("{}xxxxxxxx", "a".repeat(Text::MAX - 8)));
    }

    proptest! {
        #[test]
        fn no_run_of_thirteen_digits_survives(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let text = Text::from_bytes(&bytes);
            let longest = text.as_str().split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
            prop_assert!(longest < 13 && text.as_str().len() <= Text::MAX);
        }
    }
}
