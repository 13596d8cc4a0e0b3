//! Making a shard's part of the index anew, from its rows.
//!
//! Nothing of it is seen before [`Rebuild::finish`], which is one commit; a rebuild that is
//! dropped, or ended by a crash, never happened.

use engine_core::ShardId;
use engine_core::catalog::Product;

use crate::error::IndexError;
use crate::writer::Writer;

/// A rebuild under way. While it lasts nothing else is written.
pub struct Rebuild<'a> {
    writer: &'a mut Writer,
    shard: ShardId,
    finished: bool,
}

impl<'a> Rebuild<'a> {
    pub(crate) fn begin(writer: &'a mut Writer, shard: ShardId) -> Result<Self, IndexError> {
        writer.clear(shard)?;
        Ok(Self { writer, shard, finished: false })
    }

    /// Adds a product of the shard, each once, with its units free to sell.
    pub fn add(&mut self, product: &Product, available: u32) -> Result<(), IndexError> {
        self.writer.set_available(product.id, available);
        match product.archived_at {
            Some(_) => Ok(()),
            None => self.writer.add_new(self.shard, product),
        }
    }

    /// Ends it. The rows it was made from include all that happened up to this log index.
    pub fn finish(mut self, position: u64) -> Result<(), IndexError> {
        self.finished = true;
        self.writer.finish_rebuild(self.shard, position)
    }
}

impl Drop for Rebuild<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.writer.abandon();
        }
    }
}
