//! What lies in bytes of ClickHouse's Native format: blocks, their columns and rows, without decoding a cell.
//!
//! Layout (ClickHouse documentation, "Native", protocol revision 0): number of columns, number of rows, then for each
//! column its name, its type and its cells. Only the types that [`model::record::Cell`] writes are known.

use std::ops::Range;

/// One block: where it lies, and what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NativeBlock {
    /// Its bytes within the input.
    pub range: Range<usize>,
    /// Names of its columns.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: u64,
}

/// The blocks of `bytes`, or what is wrong with them and where.
pub fn blocks(bytes: &[u8]) -> Result<Vec<NativeBlock>, String> {
    let mut cursor = Cursor { bytes, at: 0 };
    let mut found = Vec::new();
    while cursor.at < bytes.len() {
        let start = cursor.at;
        let block = block(&mut cursor).map_err(|error| format!("byte {}: {error}", cursor.at))?;
        found.push(NativeBlock { range: start..cursor.at, ..block });
    }
    Ok(found)
}

fn block(cursor: &mut Cursor<'_>) -> Result<NativeBlock, String> {
    let (count, rows) = (cursor.number()?, cursor.number()?);
    let mut columns = Vec::new();
    for _ in 0..count {
        columns.push(cursor.text()?);
        let kind = cursor.text()?;
        cells(cursor, &kind, rows)?;
    }
    Ok(NativeBlock { range: 0..0, columns, rows })
}

fn cells(cursor: &mut Cursor<'_>, kind: &str, rows: u64) -> Result<(), String> {
    if let Some(element) = kind.strip_prefix("Array(").and_then(|rest| rest.strip_suffix(')')) {
        let mut elements = 0;
        for _ in 0..rows {
            elements = cursor.offset()?;
        }
        return cells(cursor, element, elements);
    }
    if kind == "String" {
        for _ in 0..rows {
            cursor.text_bytes()?;
        }
        return Ok(());
    }
    let width = width(kind).ok_or_else(|| format!("type {kind} is not one that our rows have"))?;
    let length = rows.checked_mul(width).ok_or("the number of rows is absurd")?;
    cursor.take(length).map(drop)
}

/// Bytes of one cell.
fn width(kind: &str) -> Option<u64> {
    let fixed = |kind: &str| kind.strip_prefix("FixedString(")?.strip_suffix(')')?.parse().ok();
    match kind {
        "UInt8" | "Int8" => Some(1),
        "UInt16" | "Int16" => Some(2),
        "UInt32" | "Int32" => Some(4),
        "UInt64" | "Int64" | "Float64" => Some(8),
        "IPv6" => Some(16),
        kind if kind.starts_with("Enum8(") => Some(1),
        kind if kind.starts_with("DateTime64(") => Some(8),
        kind => fixed(kind),
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let end = usize::try_from(length).ok().and_then(|length| self.at.checked_add(length));
        let taken = end
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or("it ends in the middle of a block")?;
        self.at += taken.len();
        Ok(taken)
    }

    fn number(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a length is absurd".into())
    }

    fn offset(&mut self) -> Result<u64, String> {
        let bytes = self.take(8)?.try_into().expect("eight bytes were taken");
        Ok(u64::from_le_bytes(bytes))
    }

    fn text_bytes(&mut self) -> Result<&'a [u8], String> {
        let length = self.number()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<String, String> {
        String::from_utf8(self.text_bytes()?.to_vec())
            .map_err(|_| "a name is not text; is this a Native file?".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written by hand from the format's description.
    const ONE: &[u8] =
        b"\x03\x02\x01a\x06UInt16\x02\x01\x03\x04\x01b\x06String\x02xy\x00\x01c\x0dArray(UInt64)\
        \x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x07\0\0\0\0\0\0\0";

    #[test]
    fn blocks_are_found_one_after_the_other() {
        let two = [ONE, ONE].concat();
        let found = blocks(&two).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[1].range, ONE.len()..2 * ONE.len());
        assert_eq!((found[0].rows, found[0].columns.join(",")), (2, "a,b,c".into()));
    }

    #[test]
    fn a_cut_block_is_an_error_wherever_it_is_cut() {
        for end in 1..ONE.len() {
            assert!(blocks(&ONE[..end]).is_err(), "cut at {end}");
        }
    }
}
