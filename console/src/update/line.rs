//! One line of text under the keys of a typist.

use crate::state::Line;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Longest line, in bytes.
const LONGEST: usize = 2000;

impl Line {
    /// A line that begins as `text`, with the cursor at its end.
    pub const fn new(text: String) -> Self {
        Self { at: text.len(), text }
    }

    /// Puts printable text where the cursor is, as far as the line may grow.
    pub fn insert(&mut self, text: &str) {
        let printable: String = text.chars().filter(|letter| !letter.is_control()).collect();
        if self.text.len() + printable.len() <= LONGEST {
            self.text.insert_str(self.at, &printable);
            self.at += printable.len();
        }
    }

    fn before(&self) -> usize {
        self.text[..self.at].char_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.at..].chars().next().map_or(self.at, |letter| self.at + letter.len_utf8())
    }

    /// Obeys a key: every printable one is text.
    pub fn typed(&mut self, key: &KeyEvent, chord: &str) {
        match (key.code, chord) {
            (KeyCode::Left, _) => self.at = self.before(),
            (KeyCode::Right, _) => self.at = self.after(),
            (KeyCode::Home, _) | (_, "Ctrl-a") => self.at = 0,
            (KeyCode::End, _) | (_, "Ctrl-e") => self.at = self.text.len(),
            (_, "Ctrl-u") => {
                self.text.drain(..self.at);
                self.at = 0;
            }
            (_, "Ctrl-w") => {
                let kept = self.text[..self.at].trim_end();
                let from = kept.rfind(' ').map_or(0, |blank| blank + 1);
                self.text.drain(from..self.at);
                self.at = from;
            }
            (KeyCode::Backspace, _) => {
                let from = self.before();
                self.text.drain(from..self.at);
                self.at = from;
            }
            (KeyCode::Delete, _) => {
                let to = self.after();
                self.text.drain(self.at..to);
            }
            (KeyCode::Char(letter), _)
                if !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) =>
            {
                self.insert(letter.encode_utf8(&mut [0; 4]));
            }
            _ => {}
        }
    }
}
