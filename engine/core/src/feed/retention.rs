//! How much of the feed is kept, and trimming it: by age and by size, but never below what a
//! registered webhook endpoint has not been told yet.
//!
//! Trimming is part of the pulse, so that every replica does the same. What is kept is a row of
//! each shard: nodes may be told otherwise, the log decides. Readers other than webhooks hold
//! nothing: who comes back too late finds a gap, and is told.

use serde::{Deserialize, Serialize};

use super::{FeedHead, head, index_of};
use crate::codec::decode_front;
use crate::fault::Fault;
use crate::feed::FeedEntry;
use crate::keys::{Key, kind_from};
use crate::txn::{Row, Txn, View};
use crate::webhook;

/// How long the feed is kept unless somebody says otherwise, in milliseconds: 72 hours.
pub const FEED_AGE_MS: u64 = 72 * 3_600_000;
/// How much of a shard's feed is kept unless somebody says otherwise, in bytes: 1 GiB.
pub const FEED_BYTES: u64 = 1 << 30;
/// The shortest that the feed can be kept, in milliseconds: an hour.
pub const FEED_AGE_MS_MIN: u64 = 3_600_000;
/// The longest that the feed can be kept, in milliseconds: 366 days.
pub const FEED_AGE_MS_MAX: u64 = 366 * 24 * 3_600_000;
/// The least that a shard's feed can be cut down to, in bytes: 1 MiB.
pub const FEED_BYTES_MIN: u64 = 1 << 20;
/// The most that a shard's feed can be let grow to, in bytes: 16 TiB.
pub const FEED_BYTES_MAX: u64 = 1 << 44;

/// How many entries are read at once to find those too old: most pulses find none.
const TRIM_PAGE: usize = 16;

/// How much of a shard's feed is kept: what is older, or beyond the size, goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedRetention {
    /// How long, in milliseconds.
    pub age_ms: u64,
    /// How many bytes of keys and rows.
    pub bytes: u64,
}

impl Default for FeedRetention {
    fn default() -> Self {
        Self { age_ms: FEED_AGE_MS, bytes: FEED_BYTES }
    }
}

/// How much of a shard's feed is kept.
pub fn retention(view: &dyn View) -> Result<FeedRetention, Fault> {
    Ok(view.read(&Key::FeedRetention)?.unwrap_or_default())
}

pub(super) fn put_retention(txn: &mut Txn<'_>, kept: FeedRetention) {
    txn.put(&Key::FeedRetention, &kept);
}

/// What a row of the feed counts for, in bytes.
pub(crate) fn bytes_of(key: &[u8], value: &[u8]) -> u64 {
    (key.len() + value.len()) as u64
}

/// The front of an entry: when it happened.
#[derive(Deserialize)]
struct Front {
    _previous: u64,
    at: u64,
}

/// Trims entries that are not kept any longer, at most `limit` of them. Says how many went. The
/// last entry stays: it tells readers whether they have a gap.
pub(crate) fn trim(txn: &mut Txn<'_>, now: u64, limit: usize) -> Result<usize, Fault> {
    let before = head(txn)?;
    let (kept, wanted) = (retention(txn)?, webhooks_need(txn)?);
    let mut after = before;
    let mut trimmed = 0;
    let mut is_done = false;
    while trimmed < limit && !is_done {
        let page = rows_after(txn, after.trimmed, TRIM_PAGE.min(limit - trimmed))?;
        is_done = page.is_empty();
        for (key, value) in page {
            let index = index_of(&key)?;
            let front: Front = decode_front::<FeedEntry, _>(&value)?;
            let is_old = front.at.saturating_add(kept.age_ms) <= now;
            let goes = is_old || after.bytes > kept.bytes;
            if !goes || index >= wanted || index == before.last {
                is_done = true;
                break;
            }
            after = without(after, index, bytes_of(&key, &value));
            txn.delete_raw(key);
            trimmed += 1;
        }
    }
    if after != before {
        txn.put(&Key::FeedHead, &after);
    }
    Ok(trimmed)
}

/// The head when an entry has gone. Those from before entries were counted count for nothing.
fn without(head: FeedHead, index: u64, bytes: u64) -> FeedHead {
    let counted = if index > head.counted_from { bytes } else { 0 };
    FeedHead { trimmed: index, bytes: head.bytes.saturating_sub(counted), ..head }
}

fn rows_after(view: &dyn View, after: u64, limit: usize) -> Result<Vec<Row>, Fault> {
    view.scan(kind_from(b"fe", &after.saturating_add(1).to_be_bytes()), limit)
}

/// The first entry that some endpoint of webhooks may not have been told of yet.
fn webhooks_need(view: &dyn View) -> Result<u64, Fault> {
    let rows = webhook::rows::all_deliveries(view)?;
    let through = rows.iter().filter_map(|(_, row)| row.through);
    Ok(through.map(|through| through.index).min().unwrap_or(u64::MAX))
}
