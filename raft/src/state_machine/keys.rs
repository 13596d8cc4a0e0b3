//! The rows of the state store: a shard, big-endian, then the core's own key.
//!
//! What this crate adds of its own starts with a zero byte, which no key of the core does:
//!
//! | key          | row                                  | value                    |
//! |--------------|--------------------------------------|--------------------------|
//! | `\0applied`  | how far the rows have come           | `AppliedRecord`          |
//! | `\0members`  | the membership there                 | `StoredMembershipRecord` |

use std::ops::Range;

use engine_core::ShardId;

/// How many bytes of the shard stand before each key.
pub(super) const SHARD_BYTES: usize = 2;

/// A row of the core.
pub(super) fn row(shard: ShardId, key: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SHARD_BYTES + key.len());
    bytes.extend(shard.0.to_be_bytes());
    bytes.extend(key);
    bytes
}

/// A range of the core's rows. An empty end means the end of the shard.
pub(super) fn range(shard: ShardId, range: &Range<Vec<u8>>) -> Range<Vec<u8>> {
    let all = rows(shard);
    let end = if range.end.is_empty() { all.end } else { row(shard, &range.end) };
    row(shard, &range.start).max(all.start)..end
}

/// All rows of the core in a shard.
pub(super) fn rows(shard: ShardId) -> Range<Vec<u8>> {
    row(shard, &[1])..end(shard)
}

/// Everything that is stored of a shard.
pub(super) fn everything(shard: ShardId) -> Range<Vec<u8>> {
    row(shard, &[])..end(shard)
}

pub(super) fn applied(shard: ShardId) -> Vec<u8> {
    row(shard, b"\0applied")
}

pub(super) fn members(shard: ShardId) -> Vec<u8> {
    row(shard, b"\0members")
}

/// The first key after a shard: its own number and a byte higher than any key begins with.
fn end(shard: ShardId) -> Vec<u8> {
    row(shard, &[u8::MAX; 32])
}
