//! Reading the committed rows of one shard: what the core's apply and the API's reads work on.

use std::ops::Range;
use std::sync::Arc;

use engine_core::{Fault, Row, ShardId, View};
use engine_store::{Rows, Store};

use super::keys::{self, SHARD_BYTES};
use super::replica::Replica;

/// The committed rows of a shard on this node, as far as they have been applied here.
///
/// Each read sees the latest rows; [`ShardView::consistent`] sees one moment. Cloning it clones the
/// handle. Reads may touch the disk: do many of them off the async workers.
#[derive(Clone)]
pub struct ShardView {
    shard: ShardId,
    store: Store,
    replica: Arc<Replica>,
}

impl ShardView {
    pub(crate) fn new(shard: ShardId, store: Store, replica: Arc<Replica>) -> Self {
        Self { shard, store, replica }
    }

    /// Reads from the rows as they are at one moment, between two log entries.
    pub fn consistent<R>(&self, read: impl FnOnce(&dyn View) -> R) -> R {
        self.store.with_snapshot(|snapshot| {
            let frozen = Frozen { shard: self.shard, rows: snapshot, replica: &self.replica };
            read(&frozen)
        })
    }
}

impl View for ShardView {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Frozen { shard: self.shard, rows: &self.store, replica: &self.replica }.get(key)
    }

    fn scan(&self, range: Range<Vec<u8>>, limit: usize) -> Result<Vec<Row>, Fault> {
        Frozen { shard: self.shard, rows: &self.store, replica: &self.replica }.scan(range, limit)
    }
}

/// A shard's rows among those of all shards.
struct Frozen<'a> {
    shard: ShardId,
    rows: &'a dyn Rows,
    replica: &'a Replica,
}

impl View for Frozen<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        self.replica.check_readable()?;
        Ok(keys::with_row(self.shard, key, |row| self.rows.get(row))?)
    }

    fn scan(&self, range: Range<Vec<u8>>, limit: usize) -> Result<Vec<Row>, Fault> {
        self.replica.check_readable()?;
        let range = keys::range(self.shard, &range);
        let mut rows = self.rows.scan(range.start.as_slice()..range.end.as_slice(), limit)?;
        for (key, _) in &mut rows {
            key.drain(..SHARD_BYTES);
        }
        Ok(rows)
    }
}
