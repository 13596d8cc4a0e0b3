//! What has happened: one row for each log entry that made something happen, in log order.
//!
//! A position is (log index, ordinal within it). Each entry names the one before it, so a reader
//! that finds another predecessor than its own position has a gap and must rebuild (I11).

use serde::{Deserialize, Serialize};

use crate::catalog::{Collection, Product};
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, ProductId};
use crate::keys::{Key, kind_from};
use crate::order::Status;
use crate::txn::{Txn, View};

/// How long the feed is kept, in milliseconds: 72 hours.
pub const FEED_RETENTION_MS: u64 = 72 * 3_600_000;

/// Something that happened. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A product was created, or replaced by a new version.
    ProductChanged(Product),
    /// A collection was created, changed or archived.
    CollectionChanged(Collection),
    /// The units free to sell have changed.
    StockChanged {
        /// Whose units.
        product: ProductId,
        /// How many are free to sell now.
        available: u32,
    },
    /// An order was placed, or its headline status changed.
    OrderChanged {
        /// The order.
        order: OrderId,
        /// Whose it is.
        owner: Owner,
        /// Its status now.
        status: Status,
    },
}

/// The events of one log entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedEntry {
    /// The log index of the feed entry before this one; 0 before the first.
    pub previous: u64,
    /// Effective now when they happened, in Unix milliseconds.
    pub at: u64,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Where the feed ends, and how far it has been trimmed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedHead {
    /// The log index of the last entry; 0 when there is none.
    pub last: u64,
    /// The log index of the last entry that was trimmed away; 0 when none was.
    pub trimmed: u64,
}

/// Appends the events of one log entry.
pub(crate) fn append(
    txn: &mut Txn<'_>,
    index: u64,
    at: u64,
    events: Vec<Event>,
) -> Result<(), Fault> {
    if events.is_empty() {
        return Ok(());
    }
    let head = head(txn)?;
    txn.put(&Key::FeedEntry { index }, &FeedEntry { previous: head.last, at, events });
    txn.put(&Key::FeedHead, &FeedHead { last: index, ..head });
    Ok(())
}

/// Trims entries older than the retention, at most `limit` of them. Says how many went.
pub(crate) fn trim(txn: &mut Txn<'_>, now: u64, limit: usize) -> Result<usize, Fault> {
    let mut head = head(txn)?;
    let mut trimmed = 0;
    for (index, entry) in entries(txn, head.trimmed, limit)? {
        if entry.at.saturating_add(FEED_RETENTION_MS) > now || index == head.last {
            break;
        }
        txn.delete(&Key::FeedEntry { index });
        head.trimmed = index;
        trimmed += 1;
    }
    if trimmed > 0 {
        txn.put(&Key::FeedHead, &head);
    }
    Ok(trimmed)
}

/// Where the feed ends.
pub fn head(view: &dyn View) -> Result<FeedHead, Fault> {
    Ok(view.read(&Key::FeedHead)?.unwrap_or_default())
}

/// The first entries after a log index, in order, with their log indexes.
pub fn entries(view: &dyn View, after: u64, limit: usize) -> Result<Vec<(u64, FeedEntry)>, Fault> {
    let range = kind_from(b"fe", &after.saturating_add(1).to_be_bytes());
    let rows = view.scan(range, limit)?;
    rows.iter().map(|(key, value)| Ok((index_of(key)?, decode(value)?))).collect()
}

fn index_of(key: &[u8]) -> Result<u64, Fault> {
    let index = key.last_chunk::<8>().map(|index| u64::from_be_bytes(*index));
    index.ok_or_else(|| Fault::contradiction("a short feed key"))
}
