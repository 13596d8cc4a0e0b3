//! What has happened: one row for each log entry that made something happen, in log order.
//!
//! A position is (log index, ordinal within it). Each entry names the one before it, so a reader
//! that finds another predecessor than its own position has a gap and must rebuild (I11).
//!
//! Who reads it from outside may keep its place here, under a name: a [`Consumer`] is a row of the
//! meta group.

mod consumer;
mod delete_consumer;
mod put_consumer;
pub(crate) mod rows;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::{Collection, Product};
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, ProductId, ShardId};
use crate::keys::{Key, kind_from};
use crate::order::Status;
use crate::txn::{Txn, View};
use crate::webhook::{self, Position};

pub use consumer::Consumer;
pub use delete_consumer::DeleteConsumer;
pub use put_consumer::PutConsumer;

/// How long the feed is kept, in milliseconds: 72 hours.
pub const FEED_RETENTION_MS: u64 = 72 * 3_600_000;
/// How long the feed is kept for an endpoint of webhooks that has not been told of it yet, in
/// milliseconds: 30 days.
pub const FEED_KEPT_FOR_WEBHOOKS_MS: u64 = 30 * 24 * 3_600_000;
/// The most consumers of a cluster that keep their place in it.
pub const CONSUMERS_MAX: usize = 64;
/// The longest name of a consumer, in bytes.
pub const CONSUMER_NAME_BYTES_MAX: usize = 64;

/// Up to where a group's feed was read.
pub type ReadTo = (ShardId, Position);

/// How many entries are read at once to find those too old: most pulses find none.
const TRIM_PAGE: usize = 16;

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
    /// The balance of a product's stock has fallen to its low-stock threshold, or below: told once,
    /// until it has been above.
    StockLow {
        /// Whose stock.
        product: ProductId,
        /// On hand − held − committed − safety now.
        balance: i64,
        /// The threshold.
        threshold: u32,
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
    let events = last_levels(events);
    let head = head(txn)?;
    txn.put(&Key::FeedEntry { index }, &FeedEntry { previous: head.last, at, events });
    txn.put(&Key::FeedHead, &FeedHead { last: index, ..head });
    Ok(())
}

/// Keeps of each product's levels the last one: a hot product has one for each order of the entry.
fn last_levels(events: Vec<Event>) -> Vec<Event> {
    let mut seen = BTreeSet::new();
    let mut kept: Vec<Event> = events
        .into_iter()
        .rev()
        .filter(|event| match event {
            Event::StockChanged { product, .. } => seen.insert(*product),
            _ => true,
        })
        .collect();
    kept.reverse();
    kept
}

/// Trims entries older than the retention, at most `limit` of them. Says how many went.
pub(crate) fn trim(txn: &mut Txn<'_>, now: u64, limit: usize) -> Result<usize, Fault> {
    let before = head(txn)?;
    let mut after = before;
    let mut trimmed = 0;
    let wanted = webhooks_need(txn)?;
    while trimmed < limit {
        let page = entries(txn, after.trimmed, TRIM_PAGE.min(limit - trimmed))?;
        let old = page.iter().take_while(|(index, entry)| {
            let kept_ms =
                if *index < wanted { FEED_RETENTION_MS } else { FEED_KEPT_FOR_WEBHOOKS_MS };
            entry.at.saturating_add(kept_ms) <= now && *index != before.last
        });
        let old: Vec<u64> = old.map(|(index, _)| *index).collect();
        let Some(last) = old.last() else { break };
        after.trimmed = *last;
        trimmed += old.len();
        for index in old {
            txn.delete(&Key::FeedEntry { index });
        }
    }
    if after != before {
        txn.put(&Key::FeedHead, &after);
    }
    Ok(trimmed)
}

/// The first entry that some endpoint of webhooks may not have been told of yet.
fn webhooks_need(view: &dyn View) -> Result<u64, Fault> {
    let rows = webhook::rows::all_deliveries(view)?;
    let through = rows.iter().filter_map(|(_, row)| row.through);
    Ok(through.map(|through| through.index).min().unwrap_or(u64::MAX))
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

pub(crate) fn index_of(key: &[u8]) -> Result<u64, Fault> {
    let index = key.last_chunk::<8>().map(|index| u64::from_be_bytes(*index));
    index.ok_or_else(|| Fault::contradiction("a short feed key"))
}
