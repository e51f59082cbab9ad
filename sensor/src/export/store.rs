//! Rows into the store: table by table, each until it is acknowledged or refused for good.

use super::Delivered;
use model::{Batch, Coverage, Record};
use store::{Outcome, Sender, Session};

/// The store, and the sender that insists.
pub struct StoreTarget {
    sender: Sender,
    /// Held until the last row is delivered: dropping it may stop an engine that it started.
    session: Session,
}

impl std::fmt::Debug for StoreTarget {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("StoreTarget").field("store", self.session.store()).finish_non_exhaustive()
    }
}

impl StoreTarget {
    /// Sends with `sender` to the store of `session`.
    pub const fn new(session: Session, sender: Sender) -> Self {
        Self { sender, session }
    }

    pub(super) async fn send(&mut self, batch: Batch) -> Delivered {
        let mut blocks = batch.into_blocks();
        // Coverage says "everything up to here has arrived": it goes last.
        blocks.sort_by_key(|block| block.table().name == Coverage::TABLE.name);
        let mut delivered = Delivered::default();
        for block in blocks {
            let prepared = self.sender.prepare(&block);
            match self.sender.deliver(&prepared).await.outcome {
                Outcome::Acknowledged => delivered.kept += block.rows(),
                Outcome::Refused(_) => delivered.refused += block.rows(),
            }
        }
        delivered
    }
}
