//! A row that knows its table, and the cells it is made of.

use crate::{
    Text, Time,
    batch::{Block, Cells},
    id::HashId,
};
use serde::Serialize;
use std::net::Ipv6Addr;
use std::sync::Arc;

/// What is lost first when the spool is full, oldest first within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Flow slices.
    Flow,
    /// Rows of protocols.
    Protocol,
    /// Ledger, coverage, `judged`.
    Books,
    /// Evidence and what it rests on.
    Evidence,
    /// Warnings, triage: never while anything else remains.
    Warning,
}

/// One column as it is sent: its name and its ClickHouse type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Name, as in the table file.
    pub name: &'static str,
    /// Type of the bytes sent; the store converts `String` to `LowCardinality(String)`.
    pub kind: &'static str,
}

/// A table, as its writers know it.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Name in the database.
    pub name: &'static str,
    /// Its place in the order of eviction.
    pub class: Class,
    /// The columns that are sent, in this order; the store fills the rest.
    pub columns: &'static [Column],
}

/// A row that knows its table.
pub trait Record: Serialize {
    /// Where it is stored.
    const TABLE: &'static Table;

    /// Puts one cell into every column of `block`, in the order of `TABLE.columns`.
    fn encode(&self, block: &mut Block);
}

/// A value that one column holds: its ClickHouse type, and its bytes in a Native block.
pub trait Cell {
    /// ClickHouse type.
    const KIND: &'static str;

    /// Appends the cell's bytes.
    fn put(&self, out: &mut Vec<u8>);

    /// Appends the cell to its column.
    fn put_in(&self, cells: &mut Cells) {
        self.put(&mut cells.bytes);
    }
}

macro_rules! array_cells {
    ($($rust:ty => $kind:literal),*) => {$(
        impl Cell for Vec<$rust> {
            const KIND: &'static str = $kind;
            fn put(&self, out: &mut Vec<u8>) {
                for element in self {
                    element.put(out);
                }
            }
            fn put_in(&self, cells: &mut Cells) {
                cells.elements += self.len() as u64;
                cells.offsets.extend_from_slice(&cells.elements.to_le_bytes());
                self.put(&mut cells.bytes);
            }
        }
    )*};
}
array_cells!(u64 => "Array(UInt64)", i32 => "Array(Int32)", String => "Array(String)", HashId => "Array(FixedString(16))",
    Text => "Array(String)", Ipv6Addr => "Array(IPv6)");

macro_rules! number_cells {
    ($($rust:ty => $kind:literal),*) => {$(
        impl Cell for $rust {
            const KIND: &'static str = $kind;
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}
number_cells!(u8 => "UInt8", u16 => "UInt16", u32 => "UInt32", u64 => "UInt64", i8 => "Int8", i16 => "Int16",
    i32 => "Int32", i64 => "Int64", f64 => "Float64");

impl Cell for bool {
    const KIND: &'static str = "UInt8";
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Cell for Time {
    const KIND: &'static str = "DateTime64(6, 'UTC')";
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
    }
}

impl Cell for Option<Time> {
    const KIND: &'static str = "Nullable(DateTime64(6, 'UTC'))";
    fn put(&self, out: &mut Vec<u8>) {
        self.unwrap_or(Time(0)).put(out);
    }
    fn put_in(&self, cells: &mut Cells) {
        cells.offsets.push(u8::from(self.is_none()));
        self.put(&mut cells.bytes);
    }
}

impl Cell for Ipv6Addr {
    const KIND: &'static str = "IPv6";
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
}

impl Cell for HashId {
    const KIND: &'static str = "FixedString(16)";
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

impl<const N: usize> Cell for Fixed<N> {
    const KIND: &'static str = Self::KIND;
    fn put(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

/// A hash or fingerprint of exactly `N` ASCII bytes; all zero means none.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fixed<const N: usize>(pub [u8; N]);

impl<const N: usize> Fixed<N> {
    const KIND: &'static str = match N {
        16 => "FixedString(16)",
        32 => "FixedString(32)",
        36 => "FixedString(36)",
        64 => "FixedString(64)",
        _ => panic!("add this length of FixedString here"),
    };

    /// Exactly `N` bytes of text, or nothing.
    pub fn from_text(text: &str) -> Self {
        Self(text.as_bytes().try_into().unwrap_or([0; N]))
    }

    /// The text, empty if there is none.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default().trim_end_matches('\0')
    }
}

impl<const N: usize> Default for Fixed<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> std::fmt::Debug for Fixed<N> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(self.as_str(), out)
    }
}

impl<const N: usize> Serialize for Fixed<N> {
    fn serialize<S: serde::Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> serde::Deserialize<'de> for Fixed<N> {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        Ok(Self::from_text(String::deserialize(input)?.trim_end_matches('\0')))
    }
}

impl Cell for str {
    const KIND: &'static str = "String";
    fn put(&self, out: &mut Vec<u8>) {
        put_varint(self.len() as u64, out);
        out.extend_from_slice(self.as_bytes());
    }
}

macro_rules! string_cells {
    ($($rust:ty),*) => {$(
        impl Cell for $rust {
            const KIND: &'static str = "String";
            fn put(&self, out: &mut Vec<u8>) {
                AsRef::<str>::as_ref(self).put(out);
            }
        }
    )*};
}
string_cells!(String, &'static str, Arc<str>, Box<str>, std::borrow::Cow<'static, str>);

impl Cell for Text {
    const KIND: &'static str = "String";
    fn put(&self, out: &mut Vec<u8>) {
        self.as_str().put(out);
    }
}

/// Unsigned LEB128, as ClickHouse's formats write lengths.
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Defines a record: its struct, its table and its encoding, from one list of fields.
///
/// ```
/// bartizan_model::record! {
///     /// What a tap could see in a minute.
///     pub struct Example: "example", Books {
///         /// Which tap.
///         pub tap: std::sync::Arc<str>,
///         /// Packets in the minute.
///         pub packets: u64,
///     }
/// }
/// assert_eq!(<Example as bartizan_model::Record>::TABLE.columns[1].kind, "UInt64");
/// ```
#[macro_export]
macro_rules! record {
    ($(#[$meta:meta])* pub struct $name:ident: $table:literal, $class:ident {
        $($(#[$field_meta:meta])* pub $field:ident: $kind:ty,)*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, ::serde::Serialize)]
        pub struct $name { $($(#[$field_meta])* pub $field: $kind,)* }

        impl $crate::record::Record for $name {
            const TABLE: &'static $crate::record::Table = &$crate::record::Table {
                name: $table,
                class: $crate::record::Class::$class,
                columns: &[$($crate::record::Column {
                    name: stringify!($field),
                    kind: <$kind as $crate::record::Cell>::KIND,
                },)*],
            };

            fn encode(&self, block: &mut $crate::batch::Block) {
                let mut at = 0;
                $( block.put(at, &self.$field); at += 1; )*
                let _ = at;
                block.end_row();
            }
        }
    };
}

/// Defines an enumeration that is one signed byte in the store (`Enum8`) and a lower-case word everywhere else.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal / $number:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ::serde::Serialize, ::serde::Deserialize)]
        #[repr(i8)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant = $number,)* }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word for it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, out: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                out.pad(self.as_str())
            }
        }

        impl $crate::record::Cell for $name {
            const KIND: &'static str = {
                const PARTS: &[(&str, i8)] = &[$(($word, $number),)*];
                const LENGTH: usize = $crate::record::enum_kind_length(PARTS);
                const BYTES: [u8; LENGTH] = $crate::record::enum_kind::<LENGTH>(PARTS);
                match ::std::str::from_utf8(&BYTES) { Ok(kind) => kind, Err(_) => panic!("words are ASCII") }
            };
            fn put(&self, out: &mut Vec<u8>) {
                out.push(*self as i8 as u8);
            }
        }
    };
}

/// Length of the text that [`enum_kind`] makes.
pub const fn enum_kind_length(parts: &[(&str, i8)]) -> usize {
    let (mut length, mut at) = (7, 0);
    while at < parts.len() {
        length += parts[at].0.len() + 5 + digits(parts[at].1) + if at == 0 { 0 } else { 2 };
        at += 1;
    }
    length
}

const fn digits(number: i8) -> usize {
    assert!(number >= 0, "words are numbered from 0");
    if number >= 100 {
        3
    } else if number >= 10 {
        2
    } else {
        1
    }
}

/// `Enum8('a' = 0, 'b' = 1)` for `parts`, at compile time.
pub const fn enum_kind<const N: usize>(parts: &[(&str, i8)]) -> [u8; N] {
    const fn copy<const N: usize>(
        mut out: [u8; N],
        mut to: usize,
        text: &[u8],
    ) -> ([u8; N], usize) {
        let mut at = 0;
        while at < text.len() {
            out[to] = text[at];
            to += 1;
            at += 1;
        }
        (out, to)
    }
    let (mut out, mut to) = copy([b' '; N], 0, b"Enum8(");
    let mut at = 0;
    while at < parts.len() {
        if at > 0 {
            (out, to) = copy(out, to, b", ");
        }
        (out, to) = copy(out, to, b"'");
        (out, to) = copy(out, to, parts[at].0.as_bytes());
        (out, to) = copy(out, to, b"' = ");
        let number = parts[at].1 as u8;
        if number >= 100 {
            (out, to) = copy(out, to, &[b'0' + number / 100]);
        }
        if number >= 10 {
            (out, to) = copy(out, to, &[b'0' + number / 10 % 10]);
        }
        (out, to) = copy(out, to, &[b'0' + number % 10]);
        at += 1;
    }
    (out, _) = copy(out, to, b")");
    out
}
