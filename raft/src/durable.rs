//! How far each shard's rows are on disk, which bounds what its log may forget.
//!
//! The rows have no log of their own: after a crash they are what the last flush wrote, and the
//! entries since are applied again. So an entry must stay in the log until its rows are durable.

use std::collections::BTreeMap;

use engine_core::ShardId;
use parking_lot::Mutex;

/// The last log index whose rows are on disk, for each shard.
#[derive(Default)]
pub struct Durable(Mutex<BTreeMap<ShardId, u64>>);

impl Durable {
    /// Notes that the rows up to a log index are on disk.
    pub fn advance(&self, shard: ShardId, index: u64) {
        let mut marks = self.0.lock();
        let mark = marks.entry(shard).or_insert(index);
        *mark = index.max(*mark);
    }

    /// Whether the rows up to a log index are on disk.
    pub fn covers(&self, shard: ShardId, index: u64) -> bool {
        self.0.lock().get(&shard).is_some_and(|mark| index <= *mark)
    }
}
