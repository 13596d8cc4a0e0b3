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
/// How long a row's name may be to be put together on the stack, in bytes.
const ROW_BYTES: usize = 96;
/// How far the rows have come, within its shard.
pub(super) const APPLIED: &[u8] = b"\0applied";
/// The membership there, within its shard.
pub(super) const MEMBERS: &[u8] = b"\0members";

/// What every key of a shard begins with.
pub(super) fn prefix(shard: ShardId) -> Vec<u8> {
    shard.0.to_be_bytes().to_vec()
}

/// Reads under the name of one row, put together on the stack: most are short.
pub(super) fn with_row<R>(shard: ShardId, key: &[u8], read: impl FnOnce(&[u8]) -> R) -> R {
    let mut bytes = [0; ROW_BYTES];
    let length = SHARD_BYTES + key.len();
    match bytes.get_mut(..length) {
        Some(name) => {
            name[..SHARD_BYTES].copy_from_slice(&shard.0.to_be_bytes());
            name[SHARD_BYTES..].copy_from_slice(key);
            read(name)
        }
        None => read(&row(shard, key)),
    }
}

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
    row(shard, APPLIED)
}

pub(super) fn members(shard: ShardId) -> Vec<u8> {
    row(shard, MEMBERS)
}

/// The first key after a shard: its own number and a byte higher than any key begins with.
fn end(shard: ShardId) -> Vec<u8> {
    row(shard, &[u8::MAX; 32])
}
