//! Rows of judgements on their way to the store.

use model::{Batch, Form, Record};
use store::{Prepared, Store, Token};

/// Rows of one or more tables, sent once.
#[derive(Debug)]
pub struct Writer(Batch);

impl Default for Writer {
    fn default() -> Self {
        Self(Batch::new(Form::Native))
    }
}

impl Writer {
    /// Adds one row.
    pub fn push<R: Record>(&mut self, row: &R) {
        self.0.push(row);
    }

    /// Sends the rows, table by table in the order in which each first had a row. Returns how many were sent.
    ///
    /// # Errors
    /// What the store said. It is then in doubt whether the rows of that table arrived; judging the range again looks
    /// before it writes.
    pub async fn write(self, store: &Store) -> Result<u64, store::Error> {
        let rows = self.0.rows();
        for (at, block) in self.0.into_blocks().iter().enumerate() {
            let token = Token::of("analyzer", rand::random(), at as u64, block.table().name);
            store.insert(&Prepared::from_block(block, token)).await?;
        }
        Ok(rows)
    }
}
