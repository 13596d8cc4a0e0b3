//! The one thread that makes appends durable: group commit over all shards, without timers.
//!
//! Invariant: callbacks complete in the order in which they were queued, each after a sync that
//! began after its write. While one sync runs, the next portion gathers. After a sync that failed
//! nobody knows what is on disk: every callback fails, and the process ends.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use engine_store::StoreError;
use openraft::storage::IOFlushed;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::types::TypeConfig;

/// The handle to the thread. The last one to go ends it.
pub struct WalSync {
    queue: Arc<Queue>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    closed: bool,
    failed: Option<StoreError>,
}

enum Waiting {
    Append(IOFlushed<TypeConfig>),
    Vote(oneshot::Sender<io::Result<()>>),
}

impl Waiting {
    fn complete(self, result: Result<(), StoreError>) {
        let result = result.map_err(io::Error::from);
        match self {
            Self::Append(callback) => callback.io_completed(result),
            // Nobody waits any more when its shard is shutting down.
            Self::Vote(sender) => drop(sender.send(result)),
        }
    }
}

impl WalSync {
    /// Starts the thread. `sync` makes everything written before it durable; `fatal` is told of
    /// the error when that fails, once, after every callback has been told.
    pub fn start(
        sync: impl Fn() -> Result<(), StoreError> + Send + 'static,
        fatal: impl Fn(&StoreError) + Send + 'static,
    ) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let served = Arc::clone(&queue);
        let thread = std::thread::Builder::new().name("wal-sync".to_owned());
        let thread = thread.spawn(move || served.serve(&sync, &fatal))?;
        Ok(Self { queue, thread: Some(thread) })
    }

    /// Completes the callback once everything written so far is durable.
    pub fn completed_when_synced(&self, callback: IOFlushed<TypeConfig>) {
        self.queue.push(Waiting::Append(callback));
    }

    /// Waits until everything written so far is durable.
    pub async fn synced(&self) -> io::Result<()> {
        let (sender, receiver) = oneshot::channel();
        self.queue.push(Waiting::Vote(sender));
        receiver.await.map_err(|_| io::Error::other("the wal-sync thread has ended"))?
    }
}

impl Drop for WalSync {
    fn drop(&mut self) {
        self.queue.state.lock().closed = true;
        self.queue.wake.notify_one();
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked; and if it had, there would be nothing left to do.
            drop(thread.join());
        }
    }
}

impl Queue {
    fn push(&self, waiting: Waiting) {
        let mut state = self.state.lock();
        if let Some(error) = state.failed.clone() {
            drop(state);
            return waiting.complete(Err(error));
        }
        state.waiting.push(waiting);
        self.wake.notify_one();
    }

    /// Takes everything queued; nothing means that the handle is gone.
    fn take(&self) -> Vec<Waiting> {
        let mut state = self.state.lock();
        while state.waiting.is_empty() && !state.closed {
            self.wake.wait(&mut state);
        }
        std::mem::take(&mut state.waiting)
    }

    fn serve(&self, sync: &dyn Fn() -> Result<(), StoreError>, fatal: &dyn Fn(&StoreError)) {
        loop {
            let portion = self.take();
            if portion.is_empty() {
                return;
            }
            let started = Instant::now();
            let result = sync();
            metrics::histogram!("stoa_raft_wal_sync_seconds").record(started.elapsed());
            metrics::histogram!("stoa_raft_wal_sync_callbacks").record(portion.len() as f64);
            if let Err(error) = &result {
                self.state.lock().failed = Some(error.clone());
            }
            for waiting in portion {
                waiting.complete(result.clone());
            }
            if let Err(error) = result {
                let late = std::mem::take(&mut self.state.lock().waiting);
                late.into_iter().for_each(|waiting| waiting.complete(Err(error.clone())));
                return fatal(&error);
            }
        }
    }
}
