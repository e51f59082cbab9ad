//! Rows of one table ready to be sent, with a name that never changes.

use crate::native::NativeBlock;
use crate::schema;
use bytes::Bytes;
use model::batch::Block;
use model::id::HashId;

/// One insert: the same bytes, columns and token however often it is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Table, without a database.
    pub table: String,
    /// Columns in the order of the bytes.
    pub columns: Vec<String>,
    /// A block in ClickHouse's Native format.
    pub native: Bytes,
    /// Rows in it.
    pub rows: u64,
    /// What the store knows a repeat by.
    pub token: Token,
}

impl Prepared {
    /// The rows of `block`, to be known by `token`.
    pub fn from_block(block: &Block, token: Token) -> Self {
        Self {
            table: block.table().name.to_owned(),
            columns: block.table().columns.iter().map(|column| column.name.to_owned()).collect(),
            native: block.to_native().into(),
            rows: block.rows(),
            token,
        }
    }

    /// The rows of a block of Native bytes, known by their content: loading the same block again adds nothing.
    pub fn from_native(table: &str, bytes: &Bytes, block: &NativeBlock) -> Self {
        let native = bytes.slice(block.range.clone());
        let token = Token::of_content(table, &native);
        Self {
            table: table.to_owned(),
            columns: block.columns.clone(),
            native,
            rows: block.rows,
            token,
        }
    }

    pub(crate) fn statement(&self, into_local: bool) -> String {
        let whole = !into_local || schema::is_on_every_shard(&self.table);
        let suffix = if whole { "" } else { "_local" };
        format!(
            "INSERT INTO `{}{suffix}` (`{}`) FORMAT Native",
            self.table,
            self.columns.join("`, `")
        )
    }
}

/// The name of a batch: a repeat with the same token adds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Token(HashId);

impl Token {
    /// The token of batch number `sequence` for `table` by one start (`boot`) of `sender`.
    pub fn of(sender: &str, boot: u64, sequence: u64, table: &str) -> Self {
        let numbers = (boot.to_le_bytes(), sequence.to_le_bytes());
        Self(HashId::of(&[b"batch", sender.as_bytes(), &numbers.0, &numbers.1, table.as_bytes()]))
    }

    /// The token of rows that are known by their bytes, such as a file: loading them again adds nothing.
    pub fn of_content(table: &str, bytes: &[u8]) -> Self {
        Self(HashId::of(&[b"content", table.as_bytes(), bytes]))
    }
}

impl std::fmt::Display for Token {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Batch, Form, Ledger, Time};

    #[test]
    fn every_batch_has_a_token_of_its_own() {
        let all = [
            Token::of("a", 1, 1, "flow"),
            Token::of("b", 1, 1, "flow"),
            Token::of("a", 2, 1, "flow"),
            Token::of("a", 1, 2, "flow"),
            Token::of("a", 1, 1, "dns"),
        ];
        let distinct: std::collections::HashSet<_> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(all[0], Token::of("a", 1, 1, "flow"));
    }

    #[test]
    fn a_statement_lists_its_columns() {
        let mut batch = Batch::new(Form::Native);
        batch.push(&Ledger {
            minute: Time(0),
            tap: "A".into(),
            worker: 0,
            stage: "flow".into(),
            reason: "kept".into(),
            packets: 1,
            bytes: 2,
            records: 3,
        });
        let prepared = Prepared::from_block(&batch.blocks()[0], Token::of("a", 1, 1, "ledger"));
        assert_eq!(
            prepared.statement(false),
            "INSERT INTO `ledger` (`minute`, `tap`, `worker`, `stage`, `reason`, `packets`, `bytes`, `records`) FORMAT Native"
        );
        assert!(prepared.statement(true).starts_with("INSERT INTO `ledger_local` (`minute`"));
        let zones = Prepared { table: "zone_of".into(), ..prepared.clone() };
        assert!(zones.statement(true).starts_with("INSERT INTO `zone_of` ("));
        assert_eq!(prepared.rows, 1);
    }
}
