//! The rows of the log store: a shard, a kind, and for an entry its index, all big-endian.
//!
//! | kind | row                                   | value          |
//! |------|---------------------------------------|----------------|
//! | `c`  | what is known to be committed         | `LogIdRecord`  |
//! | `e`  | an entry                              | `EntryRecord`  |
//! | `p`  | the last entry that was erased        | `LogIdRecord`  |
//! | `v`  | the vote                              | `VoteRecord`   |

use std::ops::Range;

use engine_core::ShardId;

pub(super) fn committed(shard: ShardId) -> Vec<u8> {
    row(shard, b'c')
}

pub(super) fn purged(shard: ShardId) -> Vec<u8> {
    row(shard, b'p')
}

pub(super) fn vote(shard: ShardId) -> Vec<u8> {
    row(shard, b'v')
}

pub(super) fn entry(shard: ShardId, index: u64) -> Vec<u8> {
    let mut key = row(shard, b'e');
    key.extend(index.to_be_bytes());
    key
}

/// The entries from one index (inclusive) to another (exclusive).
pub(super) fn entries(shard: ShardId, from: u64, to: u64) -> Range<Vec<u8>> {
    entry(shard, from)..entry(shard, to)
}

/// The index in the key of an entry.
pub(super) fn index(key: &[u8]) -> Option<u64> {
    key.last_chunk::<8>().map(|index| u64::from_be_bytes(*index))
}

fn row(shard: ShardId, kind: u8) -> Vec<u8> {
    let mut key = Vec::with_capacity(11);
    key.extend(shard.0.to_be_bytes());
    key.push(kind);
    key
}
