//! Rows of many tables, encoded once: the same bytes in memory, in the spool and on the wire.

use crate::record::{Cell, Column, Record, Table, put_varint};
use serde::Serialize;

/// How a batch writes its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Blocks of ClickHouse's Native format, one per table.
    Native,
    /// One JSON object a line with the field `table` first, all tables together, in the order of arrival.
    Jsonl,
}

/// Rows of many tables, on their way out.
#[derive(Debug)]
pub struct Batch {
    form: Form,
    blocks: Vec<Block>,
    lines: Vec<u8>,
    rows: u64,
}

impl Batch {
    /// An empty batch.
    pub const fn new(form: Form) -> Self {
        Self { form, blocks: Vec::new(), lines: Vec::new(), rows: 0 }
    }

    /// Adds one row.
    pub fn push<R: Record>(&mut self, row: &R) {
        self.rows += 1;
        match self.form {
            Form::Native => row.encode(self.block(R::TABLE)),
            Form::Jsonl => {
                #[derive(Serialize)]
                struct Line<'a, R> {
                    table: &'static str,
                    #[serde(flatten)]
                    row: &'a R,
                }
                serde_json::to_writer(&mut self.lines, &Line { table: R::TABLE.name, row })
                    .expect("records have string keys and memory does not fail");
                self.lines.push(b'\n');
            }
        }
    }

    /// Rows of all tables.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Whether nothing was pushed.
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Bytes held.
    pub fn bytes(&self) -> usize {
        self.lines.len() + self.blocks.iter().map(Block::bytes).sum::<usize>()
    }

    /// The blocks, in the order in which their tables first had a row; empty in JSON form.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Takes the blocks out.
    pub fn into_blocks(self) -> Vec<Block> {
        self.blocks
    }

    /// The JSON lines; empty in Native form.
    pub fn lines(&self) -> &[u8] {
        &self.lines
    }

    fn block(&mut self, table: &'static Table) -> &mut Block {
        let at =
            self.blocks.iter().position(|block| std::ptr::eq(block.table, table)).unwrap_or_else(
                || {
                    self.blocks.push(Block::new(table));
                    self.blocks.len() - 1
                },
            );
        &mut self.blocks[at]
    }
}

/// Rows of one table in columns.
#[derive(Debug)]
pub struct Block {
    table: &'static Table,
    columns: Vec<Cells>,
    rows: u64,
}

/// The cells of one column.
#[derive(Debug, Clone, Default)]
pub struct Cells {
    /// Where each array ends, for columns of arrays; which cells are NULL, for columns that may hold it.
    pub offsets: Vec<u8>,
    /// Elements so far, for columns of arrays.
    pub elements: u64,
    /// The cells, or the elements of all arrays.
    pub bytes: Vec<u8>,
}

impl Block {
    /// An empty block of `table`.
    pub fn new(table: &'static Table) -> Self {
        Self { table, columns: vec![Cells::default(); table.columns.len()], rows: 0 }
    }

    /// Where its rows go.
    pub const fn table(&self) -> &'static Table {
        self.table
    }

    /// Rows in it.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of its cells.
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(|cells| cells.offsets.len() + cells.bytes.len()).sum()
    }

    /// Puts a cell into the column at `at`; its type must be the column's.
    pub fn put<C: Cell + ?Sized>(&mut self, at: usize, cell: &C) {
        debug_assert_eq!(
            C::KIND,
            self.table.columns[at].kind,
            "column {}",
            self.table.columns[at].name
        );
        cell.put_in(&mut self.columns[at]);
    }

    /// Counts the row whose cells were put.
    pub const fn end_row(&mut self) {
        self.rows += 1;
    }

    /// The block in ClickHouse's Native format (protocol revision 0: counts, then name, type and cells of each column).
    pub fn to_native(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.bytes() + 64 * self.columns.len());
        put_varint(self.columns.len() as u64, &mut out);
        put_varint(self.rows, &mut out);
        for (Column { name, kind }, cells) in self.table.columns.iter().zip(&self.columns) {
            name.put(&mut out);
            kind.put(&mut out);
            out.extend_from_slice(&cells.offsets);
            out.extend_from_slice(&cells.bytes);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Time;

    crate::record! {
        /// A row for the tests.
        pub struct Row: "row", Books {
            /// A number.
            pub number: u16,
            /// A word.
            pub word: String,
            /// A moment.
            pub at: Time,
        }
    }

    fn row() -> Row {
        Row { number: 0x0102, word: "ab".into(), at: Time(1) }
    }

    /// Written by hand from the format's description (ClickHouse documentation, "Native").
    #[test]
    fn a_native_block_is_columns_with_names_and_types() {
        let mut batch = Batch::new(Form::Native);
        batch.push(&row());
        let native = batch.blocks()[0].to_native();
        let expected = [
            b"\x03\x01\x06number\x06UInt16\x02\x01".as_slice(),
            b"\x04word\x06String\x02ab",
            b"\x02at\x14DateTime64(6, 'UTC')\x01\0\0\0\0\0\0\0",
        ]
        .concat();
        assert_eq!(native, expected);
    }

    crate::record! {
        /// A row with a cell that may be NULL.
        pub struct Ending: "ending", Books {
            /// Perhaps a moment.
            pub end: Option<Time>,
        }
    }

    /// The same description: the cells of a nullable column follow a byte for each that is 1 where it is NULL.
    #[test]
    fn nulls_are_told_before_the_cells() {
        let mut batch = Batch::new(Form::Native);
        batch.push(&Ending { end: Some(Time(2)) });
        batch.push(&Ending { end: None });
        let native = batch.blocks()[0].to_native();
        let expected = [
            b"\x01\x02\x03end\x1eNullable(DateTime64(6, 'UTC'))\x00\x01".as_slice(),
            &[2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        .concat();
        assert_eq!(native, expected);
    }

    #[test]
    fn json_lines_name_their_table_first() {
        let mut batch = Batch::new(Form::Jsonl);
        batch.push(&row());
        let line = std::str::from_utf8(batch.lines()).expect("JSON is UTF-8");
        assert_eq!(
            line,
            "{\"table\":\"row\",\"number\":258,\"word\":\"ab\",\"at\":\"1970-01-01T00:00:00.000001Z\"}\n"
        );
    }
}
