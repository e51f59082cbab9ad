//! How each data element is written, by edition of the standard: type, and fixed or variable length.
//!
//! In the standard's own notation: `n6` is six digits, `ans..25` up to 25 characters behind two digits of length,
//! `b8` eight bytes, `z` the characters of a magnetic track, `x+n8` a sign and eight digits. Maxima are recorded and
//! tolerated: what counts is where an element ends.

use std::ops::RangeInclusive;

/// What an element is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Digits, packed where the dialect packs numbers.
    Number,
    /// A sign (`C`, `D`) and digits.
    Signed,
    /// Characters.
    Text,
    /// Bytes.
    Binary,
    /// Characters of a magnetic track: digits and separators.
    Track,
}

/// How long an element is: digits, characters or bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Always.
    Fixed(u16),
    /// As so many digits before it say.
    Variable(u8),
}

/// How an element is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// What it is made of.
    pub kind: Kind,
    /// How long it is.
    pub size: Size,
}

/// Elements that a message may have: three bitmaps of 64.
pub const MOST: usize = 192;

/// The formats of all elements, by number; none where the standard has none.
pub type Formats = [Option<Format>; MOST + 1];

impl Format {
    /// Reads the standard's notation; none if it is none.
    pub fn read(text: &str) -> Option<Self> {
        let (kind, rest) = if let Some(rest) = text.strip_prefix("x+n") {
            (Kind::Signed, rest)
        } else {
            let end = text.find(|character: char| !character.is_ascii_lowercase())?;
            let kind = match &text[..end] {
                "n" => Kind::Number,
                "b" => Kind::Binary,
                "z" => Kind::Track,
                "a" | "an" | "as" | "ns" | "anp" | "ans" => Kind::Text,
                _ => return None,
            };
            (kind, &text[end..])
        };
        let digits = rest.trim_start_matches('.');
        let most: u16 = digits.parse().ok().filter(|most| (1..=9999).contains(most))?;
        let size = match rest.len() - digits.len() {
            0 => Size::Fixed(most),
            dots @ 2..=4 => Size::Variable(dots as u8),
            _ => return None,
        };
        Some(Self { kind, size })
    }
}

/// ISO 8583:1987, table of data elements.
const YEAR_1987: &[(RangeInclusive<usize>, &str)] = &[
    (2..=2, "n..19"),
    (3..=3, "n6"),
    (4..=6, "n12"),
    (7..=7, "n10"),
    (8..=10, "n8"),
    (11..=12, "n6"),
    (13..=18, "n4"),
    (19..=24, "n3"),
    (25..=26, "n2"),
    (27..=27, "n1"),
    (28..=31, "x+n8"),
    (32..=33, "n..11"),
    (34..=34, "ns..28"),
    (35..=35, "z..37"),
    (36..=36, "z...104"),
    (37..=37, "an12"),
    (38..=38, "an6"),
    (39..=39, "an2"),
    (40..=40, "an3"),
    (41..=41, "ans8"),
    (42..=42, "ans15"),
    (43..=43, "ans40"),
    (44..=44, "ans..25"),
    (45..=45, "ans..76"),
    (46..=48, "ans...999"),
    (49..=51, "an3"),
    (52..=52, "b8"),
    (53..=53, "n16"),
    (54..=54, "ans...120"),
    (55..=63, "ans...999"),
    (64..=64, "b8"),
    (66..=66, "n1"),
    (67..=67, "n2"),
    (68..=70, "n3"),
    (71..=72, "n4"),
    (73..=73, "n6"),
    (74..=81, "n10"),
    (82..=85, "n12"),
    (86..=89, "n16"),
    (90..=90, "n42"),
    (91..=91, "an1"),
    (92..=92, "an2"),
    (93..=93, "an5"),
    (94..=94, "an7"),
    (95..=95, "an42"),
    (96..=96, "b8"),
    (97..=97, "x+n16"),
    (98..=98, "ans25"),
    (99..=100, "n..11"),
    (101..=101, "ans..17"),
    (102..=103, "ans..28"),
    (104..=104, "ans...100"),
    (105..=127, "ans...999"),
    (128..=128, "b8"),
];

/// What ISO 8583:1993 writes otherwise; 2003 is read like it.
const YEAR_1993: &[(RangeInclusive<usize>, &str)] = &[
    (12..=12, "n12"),
    (15..=15, "n6"),
    (22..=22, "an12"),
    (25..=26, "n4"),
    (28..=28, "n6"),
    (29..=29, "n3"),
    (30..=30, "n24"),
    (31..=31, "ans..99"),
    (39..=39, "n3"),
    (40..=40, "n3"),
    (43..=44, "ans..99"),
    (53..=53, "b..48"),
    (55..=55, "b...255"),
    (56..=56, "n..35"),
    (57..=57, "n3"),
    (58..=58, "n..11"),
    (66..=66, "ans...204"),
    (71..=71, "n8"),
    (72..=72, "ans...999"),
    (82..=85, "n10"),
    (90..=90, "n10"),
    (91..=92, "n3"),
    (93..=94, "n..11"),
    (95..=95, "ans..99"),
    (96..=96, "b...999"),
    (105..=106, "n16"),
    (107..=108, "n10"),
    (109..=110, "ans..84"),
];

/// The formats of an edition.
pub fn formats(edition: Edition) -> Formats {
    let mut formats = [None; MOST + 1];
    let later = if edition == Edition::Of1993 { YEAR_1993 } else { &[] };
    for (numbers, text) in YEAR_1987.iter().chain(later) {
        formats[numbers.clone()].fill(Format::read(text));
    }
    formats
}

/// An edition of the standard, as far as elements are written otherwise in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// 1987, and whatever is private.
    Of1987,
    /// 1993, and 2003 as far as it agrees.
    Of1993,
}

impl Edition {
    /// The edition that the first digit of a message type tells.
    pub const fn of(version: u8) -> Self {
        if matches!(version, 1 | 2) { Self::Of1993 } else { Self::Of1987 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_notation_is_read() {
        let check = |text, kind, size| {
            assert_eq!(Format::read(text), Some(Format { kind, size }), "{text}");
        };
        check("n6", Kind::Number, Size::Fixed(6));
        check("n..19", Kind::Number, Size::Variable(2));
        check("ans...999", Kind::Text, Size::Variable(3));
        check("x+n8", Kind::Signed, Size::Fixed(8));
        check("z..37", Kind::Track, Size::Variable(2));
        for wrong in ["", "n", "6", "q6", "n.6", "n0", "n.....9", "n6x", "ünn"] {
            assert_eq!(Format::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_element_of_both_editions_has_a_format() {
        for edition in [Edition::Of1987, Edition::Of1993] {
            let formats = formats(edition);
            let missing: Vec<usize> =
                (2..=128).filter(|number| *number != 65 && formats[*number].is_none()).collect();
            assert!(missing.is_empty(), "{edition:?}: {missing:?}");
        }
    }
}
