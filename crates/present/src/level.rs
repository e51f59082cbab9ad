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

/// Index from which a scope is at IV, III, II and I by its index alone, unless settings say otherwise.
pub const THRESHOLDS: [(f64, Level); 4] =
    [(20.0, Level::IV), (40.0, Level::III), (65.0, Level::II), (85.0, Level::I)];

/// The level that an index is enough for.
pub fn level_of_index(index: f64) -> Level {
    let reached = THRESHOLDS.iter().rev().find(|(from, _)| *from <= index);
    reached.map_or(Level::None, |(_, level)| *level)
}

/// The level that could stand behind what was not seen, where it is worse than the one that is known: if `index_if_blind`
/// reaches a threshold that `index` does not. None where what is known is all there is to it.
///
/// Where this says something, what is known is not the whole truth: it is never told, nor painted, as calm.
pub fn could_be(level: Level, index: f64, index_if_blind: f64) -> Option<Level> {
    let behind = level_of_index(index_if_blind);
    let is_worse = |than: Level| than == Level::None || behind < than;
    let crosses = behind != level_of_index(index) && behind != Level::None;
    (crosses && is_worse(level)).then_some(behind)
}

/// The level as it is told: `II`, `?` where nothing is known but something could be, `IV?` where it could be worse.
pub fn told_level(level: Level, index: f64, index_if_blind: f64) -> String {
    match (level, could_be(level, index, index_if_blind)) {
        (_, None) => level.to_string(),
        (Level::None, Some(_)) => "?".to_owned(),
        (level, Some(_)) => format!("{level}?"),
    }
}

/// An index as it is told: `12`, or the interval `12-50` where a part was not seen.
pub fn told_index(index: f64, index_if_blind: f64) -> String {
    let (least, most) = (format!("{index:.0}"), format!("{index_if_blind:.0}"));
    if least == most { least } else { format!("{least}-{most}") }
}

/// The tone of a level as [`told_level`] tells it: what could be worse than known is not calm.
pub fn tone_of(level: Level, index: f64, index_if_blind: f64) -> Tone {
    match (level, could_be(level, index, index_if_blind)) {
        (Level::None, Some(_)) => Tone::Unknown,
        (level, _) => Tone::of(level),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_blind_part_turns_calm_into_a_question() {
        for (level, index, if_blind, told) in [
            (Level::None, 3.0, 3.0, "-"),
            (Level::None, 3.0, 19.9, "-"),
            (Level::None, 12.0, 50.0, "?"),
            (Level::IV, 25.0, 30.0, "IV"),
            (Level::IV, 25.0, 50.0, "IV?"),
            (Level::II, 10.0, 64.0, "II"),
            (Level::II, 10.0, 65.0, "II"),
            (Level::II, 70.0, 90.0, "II?"),
            (Level::I, 10.0, 99.0, "I"),
        ] {
            assert_eq!(told_level(level, index, if_blind), told, "{level} {index} {if_blind}");
        }
    }

    #[test]
    fn an_index_is_an_interval_where_a_part_was_not_seen() {
        assert_eq!(told_index(12.4, 12.4), "12");
        assert_eq!(told_index(12.0, 50.2), "12-50");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn what_could_reach_a_level_unseen_is_never_plain(index in 0.0f64..100.0, more in 0.0f64..100.0) {
            let if_blind = (index + more).min(100.0);
            let crosses = THRESHOLDS.iter().any(|(from, _)| index < *from && *from <= if_blind);
            let tone = tone_of(Level::None, index, if_blind);
            prop_assert_eq!(tone == Tone::Unknown, crosses);
            prop_assert_eq!(told_level(Level::None, index, if_blind) == "?", crosses);
        }

        #[test]
        fn more_that_was_not_seen_never_makes_it_look_better(index in 0.0f64..100.0, one in 0.0f64..100.0, other in 0.0f64..100.0) {
            let (less, more) = (one.min(other), one.max(other));
            for level in Level::ALL {
                let asks = |more: f64| could_be(*level, index, (index + more).min(100.0)).is_some();
                prop_assert!(!asks(less) || asks(more));
            }
        }
    }

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
