//! One shard's log, in the one RocksDB that holds the logs of all shards.
//!
//! Invariant: whatever was reported as flushed is there after any crash, in order and without a
//! hole, and nothing is erased that the rows on disk do not cover yet. An append is written inline
//! and made durable by the one `wal-sync` thread (`sync`); recent entries are kept in memory
//! (`tail`), so that neither replication nor apply reads or decodes what was just written.

mod keys;
mod reader;
mod sync;
mod tail;

use std::io;
use std::sync::Arc;

use engine_core::ShardId;
use engine_core::codec::{decode, encode};
use engine_store::{Batch, Rows, Store};
use openraft::LogState;
use openraft::storage::{IOFlushed, RaftLogStorage};
use parking_lot::RwLock;

use crate::durable::Durable;
use crate::records::{EntryRecord, LogIdRecord, VoteRecord};
use crate::types::{Entry, LogId, TypeConfig, Vote};

pub use sync::WalSync;
use tail::Tail;

/// The mark of what is committed is written every so many entries.
const MARK_EVERY: u64 = 64;

/// One shard's log. Cloning it clones the handle; a reader is a clone.
#[derive(Clone)]
pub struct LogStore(Arc<Log>);

struct Log {
    shard: ShardId,
    store: Store,
    sync: Arc<WalSync>,
    durable: Arc<Durable>,
    state: RwLock<State>,
}

/// What is known of the log without reading it.
#[derive(Default)]
struct State {
    vote: Option<Vote>,
    committed: Option<LogId>,
    /// The index that the mark on disk names.
    committed_on_disk: u64,
    /// The last entry that openraft no longer wants.
    purged: Option<LogId>,
    /// The last entry that is erased on disk: behind `purged` while rows are not durable.
    erased: Option<LogId>,
    /// The index of the first entry there is; past the last one if there is none.
    first: u64,
    last: Option<LogId>,
    tail: Tail,
}

impl LogStore {
    /// Opens the log of a shard.
    pub fn open(
        shard: ShardId,
        store: Store,
        sync: Arc<WalSync>,
        durable: Arc<Durable>,
    ) -> io::Result<Self> {
        let read = |key: Vec<u8>| store.get(&key);
        let vote = read(keys::vote(shard))?.map(|bytes| decode::<VoteRecord>(&bytes));
        let committed = read(keys::committed(shard))?.map(|bytes| decode::<LogIdRecord>(&bytes));
        let purged = read(keys::purged(shard))?.map(|bytes| decode::<LogIdRecord>(&bytes));
        let purged = purged.transpose().map_err(io::Error::other)?.map(LogId::from);
        let after = purged.map_or(0, |purged| purged.index + 1);
        let entries = keys::entries(shard, after, u64::MAX);
        let entries = entries.start.as_slice()..entries.end.as_slice();
        let first = store.scan(entries.clone(), 1)?;
        let first = first.first().and_then(|(key, _)| keys::index(key));
        let last = store.last(entries)?;
        let last = last.map(|(_, value)| decode::<EntryRecord>(&value)).transpose();
        let last = last.map_err(io::Error::other)?.map(|entry| LogId::from(entry.id));
        let committed = committed.transpose().map_err(io::Error::other)?.map(LogId::from);
        let state = State {
            vote: vote.transpose().map_err(io::Error::other)?.map(Vote::from),
            committed,
            committed_on_disk: committed.map_or(0, |committed| committed.index),
            purged,
            erased: purged,
            first: first.unwrap_or(after),
            last: last.max(purged),
            tail: Tail::default(),
        };
        let state = RwLock::new(state);
        Ok(Self(Arc::new(Log { shard, store, sync, durable, state })))
    }

    /// Erases what openraft purged, as far as the rows on disk cover it. Called after each flush
    /// of the rows.
    pub fn erase_covered(&self) -> io::Result<()> {
        let log = &*self.0;
        let mut state = log.state.write();
        let Some(purged) = state.purged.filter(|purged| Some(*purged) != state.erased) else {
            return Ok(());
        };
        if !log.durable.covers(log.shard, purged.index) {
            return Ok(());
        }
        let from = state.erased.map_or(0, |erased| erased.index + 1);
        let mut batch = Batch::new();
        batch.delete_range(keys::entries(log.shard, from, purged.index + 1));
        batch.put(keys::purged(log.shard), encode(&LogIdRecord::from(purged)));
        log.store.write(batch)?;
        state.erased = Some(purged);
        Ok(())
    }
}

impl RaftLogStorage<TypeConfig> for LogStore {
    type LogReader = Self;

    async fn get_log_state(&mut self) -> io::Result<LogState<TypeConfig>> {
        let state = self.0.state.read();
        Ok(LogState { last_purged_log_id: state.purged, last_log_id: state.last })
    }

    async fn get_log_reader(&mut self) -> Self {
        self.clone()
    }

    async fn save_vote(&mut self, vote: &Vote) -> io::Result<()> {
        let log = &*self.0;
        let mut batch = Batch::new();
        batch.put(keys::vote(log.shard), encode(&VoteRecord::from(*vote)));
        log.store.write(batch)?;
        log.sync.synced().await?;
        log.state.write().vote = Some(*vote);
        Ok(())
    }

    /// Written now and then, and not synced: a stale mark only means that openraft replays less
    /// before it asks the leader.
    async fn save_committed(&mut self, committed: Option<LogId>) -> io::Result<()> {
        let log = &*self.0;
        let mut state = log.state.write();
        state.committed = committed.or(state.committed);
        let Some(id) = committed.filter(|id| id.index >= state.committed_on_disk + MARK_EVERY)
        else {
            return Ok(());
        };
        state.committed_on_disk = id.index;
        drop(state);
        let mut batch = Batch::new();
        batch.put(keys::committed(log.shard), encode(&LogIdRecord::from(id)));
        Ok(log.store.write(batch)?)
    }

    async fn read_committed(&mut self) -> io::Result<Option<LogId>> {
        Ok(self.0.state.read().committed)
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<TypeConfig>) -> io::Result<()>
    where
        I: IntoIterator<Item = Entry> + Send,
        I::IntoIter: Send,
    {
        let log = &*self.0;
        let entries: Vec<Entry> = entries.into_iter().collect();
        let mut batch = Batch::new();
        for entry in &entries {
            let key = keys::entry(log.shard, entry.log_id.index);
            batch.put(key, encode(&EntryRecord::from(entry)));
        }
        log.store.write(batch)?;
        let mut state = log.state.write();
        for entry in entries {
            if state.last == state.purged {
                state.first = entry.log_id.index;
            }
            state.last = Some(entry.log_id);
            state.tail.push(entry);
        }
        drop(state);
        log.sync.completed_when_synced(callback);
        Ok(())
    }

    async fn truncate_after(&mut self, last: Option<LogId>) -> io::Result<()> {
        let log = &*self.0;
        let from = last.map_or(0, |last| last.index + 1);
        let mut state = log.state.write();
        let mut batch = Batch::new();
        batch.delete_range(keys::entries(log.shard, from, u64::MAX));
        log.store.write(batch)?;
        state.tail.truncate(from);
        if state.last.is_some_and(|before| before.index >= from) {
            state.last = last.max(state.purged);
        }
        Ok(())
    }

    /// Forgets entries at once, and erases them once the rows on disk cover them.
    async fn purge(&mut self, upto: LogId) -> io::Result<()> {
        let mut state = self.0.state.write();
        state.purged = state.purged.max(Some(upto));
        state.first = state.first.max(upto.index + 1);
        state.last = state.last.max(state.purged);
        state.tail.purge(upto.index + 1);
        drop(state);
        self.erase_covered()
    }
}
