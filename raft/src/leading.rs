//! What only a shard's leader does, for as long as it leads: pulse, deliveries, provider calls.
//!
//! Invariant: these tasks only ever propose. That a former leader goes on for a moment does no
//! harm: its proposals are refused, or are repeats, and a provider's call has a fixed key.

use std::sync::Arc;

use engine_core::ShardId;
use openraft::ServerState;
use openraft::async_runtime::WatchReceiver;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::group::Group;
use crate::node::Inner;
use crate::transport::wire::ReadIndexAnswer;
use crate::{pulse, pump_provider, pump_shards};

impl Inner {
    /// Starts the leader's tasks whenever this replica begins to lead, and ends them after.
    pub(crate) async fn follow_leadership(self: Arc<Self>, group: Arc<Group>) {
        let mut metrics = group.raft.server_metrics();
        let mut leading: Option<Leading> = None;
        loop {
            let term = {
                let metrics = metrics.borrow_watched();
                (metrics.state == ServerState::Leader).then_some(metrics.vote.leader_id.term)
            };
            if leading.as_ref().map(|leading| leading.term) != term {
                if let Some(ended) = leading.take() {
                    ended.end().await;
                }
                leading = term.map(|term| Leading::begin(&self, &group, term));
                metrics_of(group.id, term.is_some());
            }
            if metrics.changed().await.is_err() {
                break;
            }
        }
        if let Some(ended) = leading {
            ended.end().await;
        }
    }
}

/// The tasks of one leadership.
struct Leading {
    term: u64,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Leading {
    fn begin(inner: &Arc<Inner>, group: &Arc<Group>, term: u64) -> Self {
        tracing::info!(shard = %group.id, term, "this node leads");
        let stop = inner.stop.child_token();
        let tasks = TaskTracker::new();
        let (inner, group) = (inner.clone(), group.clone());
        let token = stop.clone();
        let subtasks = tasks.clone();
        tasks.spawn(token.clone().run_until_cancelled_owned(async move {
            // Its rows must be the shard's before it acts on them.
            while !matches!(group.confirm.get().await, Some(ReadIndexAnswer::Index(_))) {
                tokio::time::sleep(inner.config.timing.heartbeat / 10).await;
            }
            let until = |task| token.clone().run_until_cancelled_owned(task);
            let pulse: futures::future::BoxFuture<'static, ()> =
                Box::pin(pulse::run(inner.clone(), group.clone()));
            subtasks.spawn(until(pulse));
            for to in inner.config.topology.groups().filter(|to| *to != group.id) {
                subtasks.spawn(until(Box::pin(pump_shards::run(inner.clone(), group.clone(), to))));
            }
            subtasks.spawn(until(Box::pin(pump_provider::run(inner, group))));
        }));
        Self { term, stop, tasks }
    }

    async fn end(self) {
        tracing::info!(term = self.term, "this node does not lead any more");
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

fn metrics_of(shard: ShardId, leads: bool) {
    metrics::gauge!("stoa_raft_leads_count", "shard" => shard.to_string()).set(if leads {
        1.0
    } else {
        0.0
    });
}
