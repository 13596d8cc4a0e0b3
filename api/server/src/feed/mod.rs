//! The public feed of events: what this node's replicas have applied, from a cursor on, as pages
//! or as a stream.
//!
//! ```text
//!  engine's feed (rows of each shard) ─► page ─► long poll ─► a page of CloudEvents
//!        ▲ hint: something was applied    ▲
//!        └────────────────────────────────┴────► stream ─► SSE, a page at a time
//! ```
//!
//! A cursor means the same at every node, since log indexes do. A node that is behind a cursor
//! tells nothing of that shard until it is not: events are neither repeated nor passed over.
//! Nothing here writes but `keeper`, which has shards told how much to keep.

mod cursor;
mod event;
mod keeper;
mod page;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use engine_core::ShardId;
use futures::future::join_all;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;

pub use cursor::{CURSOR_CHARS_MAX, Cursor};
pub use event::source;
pub use keeper::{FeedFlags, keep};
pub use page::{Page, Wanted};
pub use stream::{Stay, sse};

use crate::consistency::Freshness;
use crate::errors::{Code, Error};
use crate::state::{App, AppState};
use page::Unread;

/// The longest that a page waits for an event, in seconds.
pub const WAIT_S_MAX: u32 = 30;
/// The most who wait for events at one node at once: streams, and pages that wait.
pub const READERS_MAX: usize = 256;
/// How long a reader who was woken rests, so that a page has more than one event, in ms.
const REST_MS: u64 = 20;
/// How long to wait for a replica that is behind a cursor, in milliseconds, before others are
/// asked.
const BEHIND_WAIT_MS: u64 = 500;
/// When somebody may try again who was one too many, in seconds.
const RETRY_AFTER_S: u32 = 5;

/// Who waits for events at this node.
pub struct Readers {
    room: Arc<Semaphore>,
    ended: CancellationToken,
}

impl Default for Readers {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(READERS_MAX)), ended: CancellationToken::new() }
    }
}

impl Readers {
    /// Room for one more, given back when it is dropped.
    pub fn enter(&self) -> Result<OwnedSemaphorePermit, Error> {
        self.room.clone().try_acquire_owned().map_err(|_| {
            let detail = format!("{READERS_MAX} wait for events here already; ask another node");
            Error::new(Code::Overloaded, detail).after_s(RETRY_AFTER_S)
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        READERS_MAX - self.room.available_permits()
    }

    /// The node stops: nobody waits any longer.
    pub fn end(&self) {
        self.ended.cancel();
    }
}

impl AppState {
    /// Brings this node's replicas up to a cursor, if that is possible now. A cursor that is ahead
    /// of all that was ever committed is refused: it is none of this cluster's.
    pub async fn reach(&self, cursor: &Cursor, param: &str) -> Result<(), Error> {
        let behind = |(shard, at): &(ShardId, u64)| self.node.position(*shard).index < *at;
        let all = cursor.positions().map(|(shard, at)| (shard, at.index));
        let ahead: Vec<(ShardId, u64)> = all.filter(behind).collect();
        let wait = Duration::from_millis(BEHIND_WAIT_MS);
        let waits = ahead.iter().map(|(shard, at)| self.node.wait_applied(*shard, *at, wait));
        if join_all(waits).await.iter().all(Result::is_ok) {
            return Ok(());
        }
        let shards: Vec<ShardId> = ahead.iter().map(|(shard, _)| *shard).collect();
        let strong = Freshness { strong: true, ..Freshness::default() };
        // Without a quorum the node tells what it has.
        let Ok(seen) = self.fresh(&shards, &strong).await else { return Ok(()) };
        if ahead.iter().all(|(shard, at)| seen.index(*shard).is_some_and(|index| index >= *at)) {
            return Ok(());
        }
        let detail = "the cursor is ahead of all that this cluster has committed: it is another \
                      cluster's, or from before a restore; read without one";
        Err(Error::about(Code::InvalidParameter, param, detail))
    }

    /// A page after a cursor; if there is nothing, the page that comes within the wait.
    pub async fn follow(
        self: &App,
        wanted: &Wanted,
        mut cursor: Cursor,
        wait: Duration,
    ) -> Result<Page, Error> {
        let until = Instant::now() + wait;
        let mut applied = self.node.feed_changed();
        loop {
            applied.mark_unchanged();
            let page = self.page(wanted, cursor).await?;
            if !page.events.is_empty() || wait.is_zero() {
                return Ok(page);
            }
            let enough = Instant::now() >= until || self.readers.ended.is_cancelled();
            if enough {
                return Ok(page);
            }
            if !page.has_more {
                tokio::select! {
                    changed = applied.changed() => {
                        if changed.is_err() {
                            return Ok(page);
                        }
                        sleep(Duration::from_millis(REST_MS)).await;
                    }
                    () = sleep_until(until) => {}
                    () = self.readers.ended.cancelled() => {}
                }
            }
            cursor = page.cursor;
        }
    }

    /// A page after a cursor, read off the async workers.
    async fn page(self: &App, wanted: &Wanted, cursor: Cursor) -> Result<Page, Error> {
        let (app, wanted) = (self.clone(), wanted.clone());
        let read = tokio::task::spawn_blocking(move || app.events(&wanted, cursor)).await;
        let page = read.map_err(Error::fault)?.map_err(|why| match why {
            Unread::TooOld(oldest) => too_old(&oldest),
            Unread::Fault(fault) => {
                tracing::warn!(%fault, "events cannot be read");
                Error::new(Code::NotReady, "this node cannot read events now; ask another one")
            }
        })?;
        metrics::counter!("stoa_feed_events_total").increment(page.events.len() as u64);
        Ok(page)
    }
}

fn too_old(oldest: &Cursor) -> Error {
    let detail = "events after the cursor are no longer kept; what they were about must be read \
                  anew, and then the feed from oldest_cursor on";
    let error = Error::about(Code::CursorTooOld, "after", detail);
    Error { oldest_cursor: Some(Box::new(oldest.to_string())), ..error }
}
