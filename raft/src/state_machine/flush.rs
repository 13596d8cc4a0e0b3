//! Makes rows durable now and then, which bounds what a restart applies again.
//!
//! Invariant: a shard's mark in [`Durable`] moves to an index only after a flush that began when
//! its rows were committed. One flush covers all shards: they share one column family.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use engine_store::Store;
use parking_lot::{Condvar, Mutex};

use super::Replica;
use crate::durable::Durable;
use crate::log_store::LogStore;

/// How long rows may stay unflushed.
pub const FLUSH_EVERY: Duration = Duration::from_secs(10);

/// Flushes the rows of all shards. [`Flusher::start`] runs it on a thread of its own.
pub struct Flusher {
    store: Store,
    durable: Arc<Durable>,
    shards: Mutex<Shards>,
    /// One flush at a time. Holds the applied indexes that the last one covered.
    flushed: Mutex<Vec<u64>>,
    closed: Mutex<bool>,
    wake: Condvar,
}

#[derive(Default)]
struct Shards {
    replicas: Vec<Arc<Replica>>,
    logs: Vec<LogStore>,
}

impl Flusher {
    /// Flushes a store and marks in `durable` how far each shard's rows are.
    pub fn new(store: Store, durable: Arc<Durable>) -> Self {
        Self {
            store,
            durable,
            shards: Mutex::default(),
            flushed: Mutex::default(),
            closed: Mutex::new(false),
            wake: Condvar::new(),
        }
    }

    /// How far the rows are on disk.
    pub(super) fn durable(&self) -> &Durable {
        &self.durable
    }

    /// Marks how far this replica's rows are at each flush.
    pub(super) fn watch(&self, replica: Arc<Replica>) {
        self.shards.lock().replicas.push(replica);
    }

    /// Lets this log erase what it purged after each flush.
    pub fn erases(&self, log: LogStore) {
        self.shards.lock().logs.push(log);
    }

    /// Makes everything that is committed now durable, unless it is already. Blocks.
    pub fn flush(&self) -> io::Result<()> {
        let mut flushed = self.flushed.lock();
        let replicas = self.shards.lock().replicas.clone();
        let applied: Vec<u64> = replicas.iter().map(|replica| replica.applied()).collect();
        if applied != *flushed {
            self.store.flush()?;
            // 0 may also mean that nothing is applied yet.
            for (replica, index) in replicas.iter().zip(&applied).filter(|(_, index)| **index > 0) {
                self.durable.advance(replica.shard(), *index);
            }
            *flushed = applied;
        }
        drop(flushed);
        let logs = self.shards.lock().logs.clone();
        logs.iter().try_for_each(LogStore::erase_covered)
    }

    /// Starts the thread that flushes every [`FLUSH_EVERY`].
    pub fn start(self: &Arc<Self>) -> io::Result<FlushThread> {
        let flusher = Arc::clone(self);
        let thread = std::thread::Builder::new().name("state-flush".to_owned());
        let thread = thread.spawn({
            let flusher = Arc::clone(self);
            move || flusher.serve()
        })?;
        Ok(FlushThread { flusher, thread: Some(thread) })
    }

    fn serve(&self) {
        loop {
            let mut closed = self.closed.lock();
            if !*closed {
                self.wake.wait_for(&mut closed, FLUSH_EVERY);
            }
            let last = *closed;
            drop(closed);
            if let Err(error) = self.flush() {
                // Nothing is lost: the log keeps what is not covered. A disk that took no more has
                // ended the process already.
                tracing::error!(%error, "the rows could not be flushed");
            }
            if last {
                return;
            }
        }
    }
}

/// Ends the flushing thread when dropped, after one last flush.
pub struct FlushThread {
    flusher: Arc<Flusher>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for FlushThread {
    fn drop(&mut self) {
        *self.flusher.closed.lock() = true;
        self.flusher.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked; and if it had, there would be nothing left to do.
            drop(thread.join());
        }
    }
}
