//! How the messages of a link are written: a file for each dialect, because ISO 8583 has no single wire format.
//!
//! The files of `dialects/` are compiled in; a bank adds its own in a folder, and its link names one.

use crate::iso8583::elements::{Edition, Format, Formats, MOST, formats};
use crate::iso8583::framing::Framing;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// One way to write messages.
#[derive(Debug, Clone)]
pub struct Dialect {
    /// Name, as in rows and settings; it lives as long as the program.
    pub name: &'static str,
    /// Where a message begins and ends.
    pub framing: Framing,
    /// What stands before the message type.
    pub header: Header,
    /// How the message type is written.
    pub mti: Digits,
    /// How bitmaps are written.
    pub bitmap: Bits,
    /// How numbers are written.
    pub numeric: Digits,
    /// How the length of a variable element is written.
    pub lengths: Digits,
    /// How magnetic tracks are written.
    pub tracks: Digits,
    /// How binary elements are written.
    pub binary: Bits,
    /// Where a packed number with an odd count of digits has its filler.
    pub pad: Pad,
    /// Elements that survive from leg to leg: what `leg_key` is made of.
    pub preserves: Vec<u8>,
    /// Known translations of response codes from this leg to the next.
    pub codes: BTreeMap<String, String>,
    /// Private subfields that may be read; none is yet.
    pub safe: Vec<String>,
    /// What tells that another stood in for the issuer.
    pub stand_in: Option<StandIn>,
    of_1987: Box<Formats>,
    of_1993: Box<Formats>,
}

/// How digits are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Digits {
    /// One in a byte, as a character.
    Ascii,
    /// Two in a byte.
    Bcd,
}

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bits {
    /// As they are.
    Binary,
    /// Two hexadecimal digits for each.
    Hex,
}

/// The side of the filler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pad {
    /// Before the digits.
    #[default]
    Left,
    /// After them.
    Right,
}

/// What stands between the length and the message type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// What it is.
    pub kind: HeaderKind,
    /// Its bytes.
    #[serde(default)]
    pub size: usize,
    /// Its first byte, if that is always the same.
    pub first: Option<u8>,
    /// Further bytes behind it.
    #[serde(default)]
    pub extra: usize,
    /// Whether a message may come without it; needs `first`.
    #[serde(default)]
    pub optional: bool,
}

/// Kinds of headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HeaderKind {
    /// Nothing.
    None,
    /// Id, destination and source: `60 dd dd ss ss`.
    Tpdu,
    /// Bytes that are stepped over.
    Fixed,
}

/// Characters of the answer that say that another stood in for the issuer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// Element 44 or 121.
    pub element: u8,
    /// Place in it, from 0.
    pub at: usize,
    /// Any of these characters there.
    pub any_of: String,
}

/// A dialect file that cannot be used: what is wrong, and at which byte if that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes from the start of the file.
    pub offset: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    framing: Framing,
    header: Option<Header>,
    mti: Digits,
    bitmap: Bits,
    numeric: Digits,
    lengths: Option<Digits>,
    tracks: Option<Digits>,
    binary: Option<Bits>,
    #[serde(default)]
    pad: Pad,
    preserves: Option<Vec<u8>>,
    #[serde(default)]
    codes: BTreeMap<String, String>,
    #[serde(default)]
    safe: Vec<String>,
    stand_in: Option<StandIn>,
    #[serde(default)]
    elements: BTreeMap<String, String>,
}

macro_rules! built_in {
    ($($name:literal),* $(,)?) => {
        /// The dialects that are compiled in, the strictest first: the order in which an undeclared flow is tried.
        pub static BUILT_IN: LazyLock<Vec<Arc<Dialect>>> = LazyLock::new(|| vec![$({
            let text = include_str!(concat!("../../dialects/", $name, ".toml"));
            Arc::new(Dialect::read($name, text).expect("a test reads every file that is compiled in"))
        },)*]);
    };
}
built_in!("pos-tpdu", "cups-46", "nac-bcd", "nac-ascii", "ascii4", "ascii4-hex");

impl Dialect {
    /// Reads the text of a dialect file.
    pub fn read(name: &'static str, text: &str) -> Result<Self, Wrong> {
        let file: File = toml_edit::de::from_str(text).map_err(|error| Wrong {
            message: error.message().replace('\n', ", "),
            offset: error.span().map(|span| span.start),
        })?;
        let mut of_1987 = Box::new(formats(Edition::Of1987));
        let mut of_1993 = Box::new(formats(Edition::Of1993));
        for (number, written) in &file.elements {
            let at = number.parse().ok().filter(|at| (2..=MOST).contains(at));
            let at = at.ok_or_else(|| {
                wrong(format!("elements: {number:?} is no element from 2 to {MOST}"))
            })?;
            let format = Format::read(written);
            let format = format.ok_or_else(|| {
                wrong(format!(
                    "elements.{number}: {written:?} is no format such as \"n6\" or \"ans..25\""
                ))
            })?;
            (of_1987[at], of_1993[at]) = (Some(format), Some(format));
        }
        let none =
            Header { kind: HeaderKind::None, size: 0, first: None, extra: 0, optional: false };
        let dialect = Self {
            name,
            framing: file.framing,
            header: file.header.unwrap_or(none),
            mti: file.mti,
            bitmap: file.bitmap,
            numeric: file.numeric,
            lengths: file.lengths.unwrap_or(file.numeric),
            tracks: file.tracks.unwrap_or(file.numeric),
            binary: file.binary.unwrap_or(Bits::Binary),
            pad: file.pad,
            preserves: file.preserves.unwrap_or_else(|| vec![2, 41]),
            codes: file.codes,
            safe: file.safe,
            stand_in: file.stand_in,
            of_1987,
            of_1993,
        };
        dialect.check()
    }

    fn check(self) -> Result<Self, Wrong> {
        let header = self.header;
        if header.kind == HeaderKind::Tpdu && header.size != 5 {
            return Err(wrong("header.size: a TPDU has 5 bytes".into()));
        }
        if header.kind == HeaderKind::None && header.size + header.extra > 0 {
            return Err(wrong("header.kind: a header of bytes is \"tpdu\" or \"fixed\"".into()));
        }
        if header.size + header.extra > 256 || self.framing.trailer > 256 {
            return Err(wrong("header or framing.trailer: more than 256 bytes".into()));
        }
        if header.optional && header.first.is_none() {
            return Err(wrong(
                "header.optional: needs header.first, to see whether it is there".into(),
            ));
        }
        if self.preserves.is_empty()
            || self.preserves.iter().any(|number| !(2..=128).contains(number))
        {
            return Err(wrong("preserves: wants elements from 2 to 128".into()));
        }
        match &self.stand_in {
            Some(stand_in) if !matches!(stand_in.element, 44 | 121) => {
                Err(wrong("stand_in.element: only 44 and 121 may be read for it".into()))
            }
            _ => Ok(self),
        }
    }

    /// How an element is written in messages of `edition`.
    pub fn format(&self, edition: Edition, number: usize) -> Option<Format> {
        let formats = if edition == Edition::Of1993 { &self.of_1993 } else { &self.of_1987 };
        formats.get(number).copied().flatten()
    }
}

const fn wrong(message: String) -> Wrong {
    Wrong { message, offset: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LEAST: &str =
        "framing = { len = \"be16\" }\nmti = \"bcd\"\nbitmap = \"binary\"\nnumeric = \"bcd\"\n";

    #[test]
    fn every_file_that_is_compiled_in_is_read_and_every_file_is_compiled_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("dialects");
        let files = std::fs::read_dir(folder).expect("the folder of dialects").flatten();
        let mut names: Vec<String> = files
            .filter_map(|file| Some(file.file_name().to_str()?.strip_suffix(".toml")?.to_owned()))
            .collect();
        names.sort_unstable();
        let mut known: Vec<&str> = BUILT_IN.iter().map(|dialect| dialect.name).collect();
        known.sort_unstable();
        assert_eq!(names, known);
    }

    #[test]
    fn what_a_file_leaves_out_follows_from_the_rest() {
        let dialect = Dialect::read("x", LEAST).expect("enough");
        assert_eq!((dialect.lengths, dialect.tracks), (Digits::Bcd, Digits::Bcd));
        assert_eq!(
            (dialect.preserves.as_slice(), dialect.header.kind),
            ([2, 41].as_slice(), HeaderKind::None)
        );
    }

    #[test]
    fn a_wrong_file_is_told_with_its_place_or_its_key() {
        let error = |more: &str| Dialect::read("x", &format!("{LEAST}{more}")).expect_err("wrong");
        let unknown = error("numbers = 1\n");
        assert!(unknown.message.contains("unknown field `numbers`"), "{unknown:?}");
        assert_eq!(unknown.offset, Some(LEAST.len()));
        for (more, said) in [
            ("preserves = [1]\n", "preserves"),
            ("[elements]\n60 = \"17\"\n", "elements.60"),
            ("[elements]\n1 = \"b8\"\n", "no element"),
            ("header = { kind = \"tpdu\", size = 4 }\n", "header.size"),
            ("header = { kind = \"fixed\", size = 4, optional = true }\n", "header.optional"),
            ("stand_in = { element = 48, at = 0, any_of = \"S\" }\n", "stand_in.element"),
        ] {
            assert!(error(more).message.contains(said), "{more}: {:?}", error(more));
        }
    }
}
