//! Whether a shard's part of the index is what the shard's rows say (I12), by digest.
//!
//! The index is as of a log index, rows are as of another, later one. They are compared when no
//! product has changed between the two, which the feed says: then the rows are what they were at
//! the index's position. While products change all the time it waits for such a moment, and says
//! so if there was none.

use std::time::Duration;

use engine_core::feed::Event;
use engine_core::{Fault, ShardId, View, feed, read};
use engine_search::{Digest, IndexError, SearchIndex};
use raft::ShardView;

/// How often it is looked for a moment at which both can be compared.
const LOOKS_MAX: u32 = 20;
/// How long it waits between two looks, in milliseconds.
const AGAIN_MS: u64 = 250;
/// How many feed entries, or products, are read at once.
const ROWS_PER_READ: usize = 1_000;

/// What was found.
pub struct Compared {
    /// The log index that the index is as of.
    pub position: u64,
    /// The index's products.
    pub index: Digest,
    /// Those of the rows at that position; none if products changed all the while.
    pub rows: Option<Digest>,
}

/// Why it could not be looked.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The index could not be read.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The rows could not be read.
    #[error(transparent)]
    Rows(#[from] Fault),
}

/// Compares a shard's part of the index with its rows. It reads all of both, and may wait: it is
/// for a thread of its own.
pub fn compare(
    index: &SearchIndex,
    shard: ShardId,
    view: &ShardView,
) -> Result<Compared, VerifyError> {
    let mut looks = 0;
    loop {
        let (digest, position) = index.digest(shard)?;
        let rows = view.consistent(|rows| rows_at(rows, position))?;
        looks += 1;
        if rows.is_some() || looks == LOOKS_MAX {
            return Ok(Compared { position, index: digest, rows });
        }
        std::thread::sleep(Duration::from_millis(AGAIN_MS));
    }
}

/// The digest of a shard's products as they were at a position, if they still are.
fn rows_at(view: &dyn View, position: u64) -> Result<Option<Digest>, Fault> {
    if has_changed_since(view, position)? {
        return Ok(None);
    }
    let mut digest = Digest::default();
    let mut after = None;
    loop {
        let products = read::products(view, after, ROWS_PER_READ)?;
        products.iter().for_each(|product| digest.add(product));
        match products.last() {
            Some(last) if products.len() == ROWS_PER_READ => after = Some(last.id),
            _ => return Ok(Some(digest)),
        }
    }
}

/// Whether a product has changed since, as far as the feed knows.
fn has_changed_since(view: &dyn View, position: u64) -> Result<bool, Fault> {
    if feed::head(view)?.trimmed > position {
        return Ok(true);
    }
    let mut after = position;
    loop {
        let entries = feed::entries(view, after, ROWS_PER_READ)?;
        let changed = |event: &Event| matches!(event, Event::ProductChanged(_));
        if entries.iter().any(|(_, entry)| entry.events.iter().any(changed)) {
            return Ok(true);
        }
        match entries.last() {
            Some((last, _)) if entries.len() == ROWS_PER_READ => after = *last,
            _ => return Ok(false),
        }
    }
}
