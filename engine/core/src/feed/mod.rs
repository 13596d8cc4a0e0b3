//! What has happened: one row for each log entry that made something happen, in log order.
//!
//! A position is (log index, ordinal within it). Each entry names the one before it, so a reader
//! that finds another predecessor than its own position has a gap and must rebuild (I11).
//!
//! It is kept for a time and up to a size (`retention`). Who reads it from outside may keep its
//! place here, under a name: a [`Consumer`] is a row of the meta group.

mod consumer;
mod delete_consumer;
mod put_consumer;
pub(crate) mod retention;
pub(crate) mod rows;
mod set_feed_retention;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::{Collection, Product};
use crate::codec::{decode, decode_since, encode};
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, ProductId, ShardId};
use crate::keys::{Key, kind_from};
use crate::order::Status;
use crate::txn::{Txn, View};
use crate::v1;
use crate::webhook::Position;

pub use consumer::Consumer;
pub use delete_consumer::DeleteConsumer;
pub use put_consumer::PutConsumer;
pub use retention::{
    FEED_AGE_MS, FEED_AGE_MS_MAX, FEED_AGE_MS_MIN, FEED_BYTES, FEED_BYTES_MAX, FEED_BYTES_MIN,
    FeedRetention, retention,
};
pub use set_feed_retention::SetFeedRetention;

/// The most consumers of a cluster that keep their place in it.
pub const CONSUMERS_MAX: usize = 64;
/// The longest name of a consumer, in bytes.
pub const CONSUMER_NAME_BYTES_MAX: usize = 64;

/// Up to where a group's feed was read.
pub type ReadTo = (ShardId, Position);

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

/// Where the feed ends, how far it has been trimmed, and how large it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedHead {
    /// The log index of the last entry; 0 when there is none.
    pub last: u64,
    /// The log index of the last entry that was trimmed away; 0 when none was.
    pub trimmed: u64,
    /// How many bytes the entries after `counted_from` have, their keys included.
    pub bytes: u64,
    /// Entries up to this log index are not counted: they were there before any was.
    pub counted_from: u64,
}

impl From<v1::FeedHead> for FeedHead {
    fn from(head: v1::FeedHead) -> Self {
        let v1::FeedHead { last, trimmed } = head;
        Self { last, trimmed, bytes: 0, counted_from: last }
    }
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
    let key = Key::FeedEntry { index }.encode();
    let value = encode(&FeedEntry { previous: head.last, at, events });
    let bytes = head.bytes.saturating_add(retention::bytes_of(&key, &value));
    txn.put_raw(key, value);
    txn.put(&Key::FeedHead, &FeedHead { last: index, bytes, ..head });
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

/// Where the feed ends.
pub fn head(view: &dyn View) -> Result<FeedHead, Fault> {
    let row = view.get(&Key::FeedHead.encode())?;
    let row = row.map(|row| decode_since::<v1::FeedHead, FeedHead>(&row));
    Ok(row.transpose()?.unwrap_or_default())
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
