//! Words and colours of levels: numeral and word first, colour last.

use model::{Level, Severity};

/// What a colour means; every surface turns it into its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tone {
    /// Level I.
    Red,
    /// Level II.
    Orange,
    /// Level III.
    Yellow,
    /// Level IV.
    Blue,
    /// No level.
    Plain,
    /// Judged, and nothing found.
    Calm,
    /// Not known: not seen, or not seen well enough.
    Unknown,
}

impl Tone {
    /// The tone of a level.
    pub const fn of(level: Level) -> Self {
        match level {
            Level::I => Self::Red,
            Level::II => Self::Orange,
            Level::III => Self::Yellow,
            Level::IV => Self::Blue,
            Level::None => Self::Plain,
        }
    }

    /// The terminal's own colour, 0 to 15; none is its default. Sixteen colours have no orange, and
    /// their blue is unreadable on black: magenta and cyan stand for them.
    pub const fn ansi(self) -> Option<u8> {
        match self {
            Self::Red => Some(1),
            Self::Orange => Some(5),
            Self::Yellow => Some(3),
            Self::Blue => Some(6),
            Self::Calm => Some(2),
            Self::Unknown => Some(8),
            Self::Plain => None,
        }
    }

    /// The colour on a dark ground (`#0E1116`), told apart by every eye: contrast at least 5, CIEDE2000 at least 40
    /// between two levels under simulated protanopia, deuteranopia and tritanopia.
    pub const fn on_dark(self) -> Option<&'static str> {
        match self {
            Self::Red => Some("#E74870"),
            Self::Orange => Some("#C98823"),
            Self::Yellow => Some("#F7FBAE"),
            Self::Blue => Some("#63AFFB"),
            Self::Plain | Self::Calm | Self::Unknown => None,
        }
    }

    /// The colour on white, as [`Tone::on_dark`]: contrast at least 5.1, difference at least 31.
    pub const fn on_light(self) -> Option<&'static str> {
        match self {
            Self::Red => Some("#C51E6F"),
            Self::Orange => Some("#582C11"),
            Self::Yellow => Some("#717200"),
            Self::Blue => Some("#013CC4"),
            Self::Plain | Self::Calm | Self::Unknown => None,
        }
    }
}

/// Numeral and word: `I red`.
pub const fn level_word(level: Level) -> &'static str {
    match level {
        Level::I => "I red",
        Level::II => "II orange",
        Level::III => "III yellow",
        Level::IV => "IV blue",
        Level::None => "- none",
    }
}

/// Code and word: `P3 high`.
pub const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::P0 => "P0 note",
        Severity::P1 => "P1 low",
        Severity::P2 => "P2 medium",
        Severity::P3 => "P3 high",
        Severity::P4 => "P4 critical",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_said_by_numeral_and_by_the_word_of_the_model() {
        for level in Level::ALL {
            assert_eq!(level_word(*level), format!("{level} {}", level.colour()));
        }
    }

    #[test]
    fn no_two_levels_share_a_colour_on_any_ground() {
        let levels = [Level::I, Level::II, Level::III, Level::IV];
        for (index, one) in levels.iter().enumerate() {
            for other in &levels[index + 1..] {
                let (one, other) = (Tone::of(*one), Tone::of(*other));
                assert!(
                    one.ansi() != other.ansi()
                        && one.on_dark() != other.on_dark()
                        && one.on_light() != other.on_light()
                );
            }
        }
    }
}
