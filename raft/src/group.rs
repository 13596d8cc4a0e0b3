//! One shard on this node: its replica, and what stands before it.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use engine_core::ShardId;
use openraft::async_runtime::WatchReceiver;
use openraft::errors::{LinearizableReadError, RaftError};
use openraft::raft::linearizable_read::LinearizerOption;
use openraft::{RaftMetrics, ReadPolicy, ServerState};
use parking_lot::Mutex;
use tokio::sync::oneshot;

use crate::batcher::Batcher;
use crate::coalesce::Coalescer;
use crate::freshness::Freshness;
use crate::state_machine::{Replica, ShardView, SnapshotFolder, StateMachine};
use crate::trace::OrderTraces;
use crate::transport::wire::{ProposeAnswer, ProposeRequest, ReadIndexAnswer};
use crate::types::{LogId, NodeId, TypeConfig, Vote};

/// openraft's handle of one replica.
pub(crate) type Raft = openraft::Raft<TypeConfig, StateMachine>;

/// How long a leader waits for a quorum to confirm a read.
const CONFIRM_DEADLINE: Duration = Duration::from_millis(500);

/// One shard on this node.
pub(crate) struct Group {
    /// Which shard.
    pub id: ShardId,
    /// The replica.
    pub raft: Raft,
    /// How far it has applied.
    pub replica: Arc<Replica>,
    /// Its committed rows.
    pub view: ShardView,
    /// Where its snapshots are received.
    pub folder: SnapshotFolder,
    /// How fresh they are.
    pub freshness: Freshness,
    /// Before the leader, when it is here.
    pub batcher: Batcher,
    /// Confirms reads, when the leader is here.
    pub confirm: Arc<Coalescer<ReadIndexAnswer>>,
    /// The vote of the last dead leader that this replica took over from.
    pub taken_over: Mutex<Option<Vote>>,
    /// To which traces orders belong.
    pub traces: OrderTraces,
    /// It has applied what the cluster had committed when this node started.
    pub recovered: AtomicBool,
}

/// What a replica knows of its log and its leader, at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// The vote it follows.
    pub vote: Vote,
    /// Its last entry.
    pub last: Option<LogId>,
}

impl Group {
    /// Who leads, as far as this replica knows.
    pub fn leader(&self) -> Option<NodeId> {
        self.raft.server_metrics().borrow_watched().current_leader
    }

    /// This replica leads.
    pub fn leads(&self) -> bool {
        self.raft.server_metrics().borrow_watched().state == ServerState::Leader
    }

    /// All that openraft tells.
    pub fn metrics(&self) -> RaftMetrics<TypeConfig> {
        self.raft.metrics().borrow_watched().clone()
    }

    /// Why the replica has stopped, if it has.
    pub fn stopped(&self) -> Option<String> {
        if let Some(fault) = self.replica.fault() {
            return Some(fault);
        }
        let metrics = self.raft.metrics();
        let metrics = metrics.borrow_watched();
        metrics.running_state.as_ref().err().map(ToString::to_string)
    }

    /// The replica's vote and last entry, from its own core: no metrics lag behind it.
    pub async fn standing(&self) -> Option<Standing> {
        let standing = self.raft.with_raft_state(|state| Standing {
            vote: *state.vote_ref(),
            last: state.log_ids.last().copied(),
        });
        standing.await.ok()
    }

    /// Queues a command here, where the leader should be.
    pub fn submit(
        &self,
        request: ProposeRequest,
    ) -> Result<oneshot::Receiver<ProposeAnswer>, ProposeAnswer> {
        if !self.leads() {
            return Err(match self.stopped() {
                Some(why) => ProposeAnswer::Stopped(why),
                None => ProposeAnswer::NotLeader(self.leader()),
            });
        }
        if let Some(trace) = request.trace {
            self.traces.remember(&request.command, trace);
        }
        self.batcher.submit(request)
    }
}

/// Asks the quorum whether this replica leads, and for the index that a read must wait for.
pub(crate) async fn confirm(raft: &Raft) -> ReadIndexAnswer {
    // Never a lease: a failover drops it, see `failover`.
    let option = LinearizerOption::from(ReadPolicy::ReadIndex).with_wait_timeout(CONFIRM_DEADLINE);
    match raft.get_read_linearizer(option).await {
        Ok(linearizer) => ReadIndexAnswer::Index(linearizer.read_log_id().index()),
        Err(RaftError::APIError(LinearizableReadError::ForwardToLeader(forward))) => {
            ReadIndexAnswer::NotLeader(forward.leader_id)
        }
        Err(RaftError::APIError(LinearizableReadError::QuorumNotEnough(_))) => {
            ReadIndexAnswer::NoQuorum
        }
        Err(RaftError::Fatal(fatal)) => ReadIndexAnswer::Stopped(fatal.to_string()),
    }
}
