//! Everything a node keeps on disk for its shards, opened and wired together.
//!
//! Two RocksDB databases: `raft/` holds the logs of all shards and is synced by the one `wal-sync`
//! thread; `state/` holds the rows of all shards and is only flushed: the log is its log. Received
//! snapshots lie in `snapshots/`. Why two: docs/adr/0002-two-rocksdbs.md.

use std::io;
use std::path::Path;
use std::sync::Arc;

use engine_core::{Shard, ShardId, Topology};
use engine_store::{Cache, Options, Pressure, Store, StoreError};
use tokio::sync::watch;

use crate::disk;
use crate::durable::Durable;
use crate::log_store::{LogStore, WalSync};
use crate::order_watch::OrderWatches;
use crate::state_machine::{Common, FlushThread, Flusher, SnapshotFolder, StateMachine};

/// Blocks of both databases that are kept in memory, in bytes.
const CACHE_BYTES: usize = 96 << 20;
/// Log entries gather in buffers of so many bytes. Large ones see entries purged before they are
/// ever written to a file.
const LOG_BUFFER_BYTES: usize = 32 << 20;
/// Rows gather in buffers of so many bytes: what stays in the processor's cache is written in half
/// the time.
const STATE_BUFFER_BYTES: usize = 8 << 20;
/// Buffers of each database, the ones being written to files included.
const BUFFERS: i32 = 3;

/// After so many entries openraft makes a snapshot, which here is a flush, and may purge.
pub const SNAPSHOT_EVERY_ENTRIES: u64 = 5_000;
/// How many entries stay in the log behind a snapshot, for followers that lag.
pub const LOG_KEPT_ENTRIES: u64 = 5_000;

/// A node's storage. Dropping it flushes the rows and ends its threads.
pub struct Storage {
    topology: Topology,
    log: Store,
    common: Common,
    durable: Arc<Durable>,
    sync: Arc<WalSync>,
    _flushing: FlushThread,
}

impl Storage {
    /// Opens a node's folder, creating it if it is not there.
    pub fn open(dir: &Path, topology: Topology) -> io::Result<Self> {
        std::fs::create_dir_all(dir)?;
        let cache = Cache::new(CACHE_BYTES);
        let options = |logged, write_buffer_bytes| Options {
            logged,
            cache: cache.clone(),
            write_buffer_bytes,
            write_buffers: BUFFERS,
            on_disk_error: disk::abort,
        };
        let log = Store::open(&dir.join("raft"), &options(true, LOG_BUFFER_BYTES))?;
        let state = Store::open(&dir.join("state"), &options(false, STATE_BUFFER_BYTES))?;
        Self::on(log, state, &dir.join("snapshots"), topology)
    }

    /// The same with logs and rows in memory, for tests; snapshots still need a folder.
    pub fn in_memory(snapshots: &Path, topology: Topology) -> io::Result<Self> {
        Self::on(Store::in_memory(), Store::in_memory(), snapshots, topology)
    }

    fn on(log: Store, state: Store, snapshots: &Path, topology: Topology) -> io::Result<Self> {
        let folder = SnapshotFolder::open(snapshots)?;
        let durable = Arc::new(Durable::default());
        let flusher = Arc::new(Flusher::new(state.clone(), Arc::clone(&durable)));
        let flushing = flusher.start()?;
        let synced = log.clone();
        let logs = snapshots.with_file_name("raft");
        let fatal = move |error: &StoreError| disk::abort(&logs, error);
        let sync = Arc::new(WalSync::start(move || synced.sync_log(), fatal)?);
        let orders = OrderWatches::default();
        let common = Common { store: state, flusher, folder, feed: watch::Sender::new(0), orders };
        Ok(Self { topology, log, common, durable, sync, _flushing: flushing })
    }

    /// Opens one shard: its log and its rows. Once for each shard.
    pub fn shard(&self, id: ShardId) -> io::Result<(LogStore, StateMachine)> {
        let shard = Shard { id, topology: self.topology };
        let machine = StateMachine::open(shard, self.common.clone())?;
        let (sync, durable) = (Arc::clone(&self.sync), Arc::clone(&self.durable));
        let log = LogStore::open(id, self.log.clone(), sync, durable)?;
        self.common.flusher.erases(log.clone());
        Ok((log, machine))
    }

    /// Where snapshots are received.
    pub fn snapshots(&self) -> &SnapshotFolder {
        &self.common.folder
    }

    /// A hint that some shard applied an entry that may have events. May be lost, may be vain.
    pub fn feed_changed(&self) -> watch::Receiver<u64> {
        self.common.feed.subscribe()
    }

    /// Who waits for which order.
    pub(crate) fn orders(&self) -> OrderWatches {
        self.common.orders.clone()
    }

    /// Makes all rows durable. Blocks.
    pub fn flush(&self) -> io::Result<()> {
        self.common.flusher.flush()
    }

    /// Whether logs and rows keep up with their writes.
    pub fn pressure(&self) -> (Pressure, Pressure) {
        (self.log.pressure(), self.common.store.pressure())
    }
}
