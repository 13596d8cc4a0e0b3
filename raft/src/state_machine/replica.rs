//! What everybody may know of one replica: how far it has applied, its digest, whether it stopped.
//!
//! Invariant: the applied index is published after its rows are committed, never before; a fault,
//! once there, stays until the process ends.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use engine_core::outbox::EffectId;
use engine_core::{Digest, Fault, ShardId};
use parking_lot::Mutex;
use tokio::sync::watch;

/// How many log entries back a replica remembers its digest, to compare it with the leader's.
pub const DIGESTS_REMEMBERED: usize = 512;

/// How many calls that were ordered a replica remembers until somebody asks for them.
const CALLS_REMEMBERED: usize = 4_096;

/// The public face of one replica.
pub struct Replica {
    shard: ShardId,
    applied: watch::Sender<u64>,
    digests: Mutex<VecDeque<Digest>>,
    fault: Mutex<Option<String>>,
    installing: AtomicBool,
    calls: Mutex<Vec<EffectId>>,
}

impl Replica {
    pub(crate) fn new(shard: ShardId, applied: u64, digest: Digest) -> Self {
        Self {
            shard,
            applied: watch::Sender::new(applied),
            digests: Mutex::new(VecDeque::from([digest])),
            fault: Mutex::new(None),
            installing: AtomicBool::new(false),
            calls: Mutex::default(),
        }
    }

    /// Its shard.
    pub fn shard(&self) -> ShardId {
        self.shard
    }

    /// The index of the last entry whose rows can be read here; 0 before the first.
    pub fn applied(&self) -> u64 {
        *self.applied.borrow()
    }

    /// Watches [`Replica::applied`].
    pub fn watch_applied(&self) -> watch::Receiver<u64> {
        self.applied.subscribe()
    }

    /// The digest of the last applied entry, for the leader to put into a batch.
    pub fn digest(&self) -> Digest {
        self.digests.lock().back().copied().unwrap_or_default()
    }

    /// Why it stopped, if it did. Its rows can still be read.
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().clone()
    }

    /// Whether it is replacing its rows by a snapshot's.
    pub fn installing(&self) -> bool {
        self.installing.load(Ordering::Acquire)
    }

    /// Refuses reads while rows are being replaced: they would see neither the old nor the new.
    pub(super) fn check_readable(&self) -> Result<(), Fault> {
        if self.installing() {
            return Err(Fault(format!("shard {} is installing a snapshot", self.shard)));
        }
        Ok(())
    }

    /// Compares the leader's digest with what this replica had at the same index.
    pub(super) fn compare(&self, theirs: Digest) -> Result<(), Fault> {
        let ours = self.digests.lock();
        let ours = ours.iter().rev().find(|ours| ours.index == theirs.index);
        match ours {
            Some(ours) if ours.value != theirs.value => Err(Fault(format!(
                "the rows at log index {} differ from the leader's (digest {:016x}, not {:016x}): \
                 this replica stops; keep its folder for analysis and give the node a new disk",
                theirs.index, ours.value, theirs.value
            ))),
            _ => Ok(()),
        }
    }

    /// Publishes that an entry is applied and committed.
    pub(super) fn advance(&self, digest: Digest) {
        let mut digests = self.digests.lock();
        if digests.len() >= DIGESTS_REMEMBERED {
            digests.pop_front();
        }
        digests.push_back(digest);
        drop(digests);
        self.applied.send_replace(digest.index);
    }

    /// Remembers which calls to the provider were ordered: a hint, which the leader's pump takes,
    /// and which is lost where nobody does.
    pub(super) fn hint(&self, ordered: Vec<EffectId>) {
        if ordered.is_empty() {
            return;
        }
        let mut calls = self.calls.lock();
        if calls.len() + ordered.len() > CALLS_REMEMBERED {
            calls.clear();
        }
        calls.extend(ordered);
    }

    /// The calls that were ordered since this was asked for last.
    pub(crate) fn take_hints(&self) -> Vec<EffectId> {
        std::mem::take(&mut self.calls.lock())
    }

    /// Stops the replica. The first fault is the one to look at.
    pub(super) fn fail(&self, fault: &Fault) {
        tracing::error!(shard = %self.shard, %fault, "a fault stops this replica");
        metrics::counter!("stoa_raft_replica_faults_total", "shard" => self.shard.to_string())
            .increment(1);
        self.fault.lock().get_or_insert_with(|| fault.0.clone());
    }

    pub(super) fn begin_install(&self) {
        self.installing.store(true, Ordering::Release);
    }

    /// The rows are a snapshot's now.
    pub(super) fn end_install(&self, digest: Digest) {
        *self.digests.lock() = VecDeque::from([digest]);
        self.installing.store(false, Ordering::Release);
        self.applied.send_replace(digest.index);
    }
}
