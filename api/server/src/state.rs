//! What every handler shares: the node's parts, and the one way to write.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine_core::{Command, Currency, Fault, Reply, ShardId, Topology};
use raft::{Node, NodeId, Proposal, ProposeError, ShardView};

use crate::access::{By, Door};
use crate::config::Urls;
use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::feed::Readers;
use crate::indexer::Indexed;
use crate::metrics::Metrics;
use crate::notice::Notices;
use crate::payment::Desk;
use crate::peers::Clients;
use crate::refusals;
use crate::search_pool::SearchPool;
use crate::shedding::Room;
use crate::traces::Ratio;
use crate::webhooks::Webhooks;

/// How long a write may take in all, in milliseconds.
pub const WRITE_DEADLINE_MS: u64 = 5_000;
/// How long an answer waits for the local replica to have its write, in milliseconds.
const SETTLE_MS: u64 = 250;

/// What every handler shares.
pub type App = Arc<AppState>;

/// The node's parts.
pub struct AppState {
    /// The replicas.
    pub node: Node,
    /// This node's id.
    pub node_id: NodeId,
    /// The cluster's name.
    pub cluster_id: String,
    /// How slots are spread over shards.
    pub topology: Topology,
    /// The currency of the seeds' prices.
    pub currency: Currency,
    /// What tells who calls.
    pub door: Door,
    /// Every node's HTTP address, this one's included.
    pub urls: BTreeMap<NodeId, Urls>,
    /// Whether clients speak https with it.
    pub is_https: bool,
    /// Clients of the other nodes, where operators ask.
    pub peers: Clients,
    /// Clients of the other nodes, where everybody asks.
    pub fellows: Clients,
    /// How much may be under way.
    pub room: Room,
    /// Runs searches.
    pub search: SearchPool,
    /// How far the index is.
    pub indexed: Indexed,
    /// Who waits for events.
    pub readers: Readers,
    /// What webhooks are signed with, and where they may go.
    pub webhooks: Webhooks,
    /// Payments by card.
    pub payments: Desk,
    /// How mail leaves.
    pub notices: Notices,
    /// Which part of the requests that belong to no trace get one.
    pub trace_ratio: Ratio,
    /// Counts.
    pub metrics: Metrics,
    /// The node is stopping: it is no longer ready.
    pub stopping: AtomicBool,
}

/// A command that was accepted.
pub struct Written {
    /// What it answered.
    pub reply: Reply,
    /// It is an earlier one's answer.
    pub replayed: bool,
    /// Where it stands.
    pub seen: Seen,
}

impl AppState {
    /// The local replica's committed rows.
    pub fn view(&self, shard: ShardId) -> ShardView {
        self.node.view(shard)
    }

    /// The node has been told to stop.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Has a shard apply a command, wherever it is led; a refusal becomes an error.
    pub async fn write(&self, by: By, shard: ShardId, command: Command) -> Result<Written, Error> {
        let idempotency = by.key.map(|key| key.0);
        let proposal = Proposal { command, idempotency, actor: by.actor };
        let deadline = Duration::from_millis(WRITE_DEADLINE_MS);
        let proposed = self.node.propose(shard, proposal, deadline).await.map_err(not_written)?;
        let replayed = proposed.applied.replayed;
        match proposed.applied.outcome {
            Ok(reply) => {
                let seen = Seen::write(proposed.shard, proposed.index);
                Ok(Written { reply, replayed, seen })
            }
            Err(rejection) => Err(Error { replayed, ..refusals::error(&rejection) }),
        }
    }

    /// The same, and waits a little for the local replica to have it too, so that who writes and
    /// reads at one node sees the write without sending a token.
    pub async fn write_here(
        &self,
        by: By,
        shard: ShardId,
        command: Command,
    ) -> Result<Written, Error> {
        let written = self.write(by, shard, command).await?;
        if let Some(index) = written.seen.index(shard) {
            let wait = Duration::from_millis(SETTLE_MS);
            // A replica that lags is no reason to fail: the token tells where the write is.
            let _ = self.node.wait_applied(shard, index, wait).await;
        }
        Ok(written)
    }

    /// Reads here; what is not here is looked for once more by a strong read, so that a lagging
    /// replica denies nothing that exists. Without a quorum the local answer stands.
    pub async fn find<T>(
        &self,
        shard: ShardId,
        wish: &Freshness,
        read: impl Fn(&ShardView) -> Result<Option<T>, Fault>,
    ) -> Result<(Option<T>, Seen), Error> {
        let seen = self.fresh(&[shard], wish).await?;
        if let Some(found) = read(&self.view(shard)).map_err(Error::fault)? {
            return Ok((Some(found), seen));
        }
        let strong = Freshness { strong: true, ..Freshness::default() };
        match self.fresh(&[shard], &strong).await {
            Ok(seen) => Ok((read(&self.view(shard)).map_err(Error::fault)?, seen)),
            Err(_) => Ok((None, seen)),
        }
    }
}

/// The error for a command that no shard has answered.
pub fn not_written(error: ProposeError) -> Error {
    match error {
        ProposeError::Overloaded => {
            Error::new(Code::Overloaded, "try again after the time in Retry-After")
        }
        ProposeError::NoLeader => {
            let detail = "no majority of the shard's replicas can be reached; nothing was written";
            Error::new(Code::NoQuorum, detail)
        }
        ProposeError::Unknown => {
            let detail = "no answer came in time; repeat the request with its Idempotency-Key";
            Error::new(Code::OutcomeUnknown, detail)
        }
        ProposeError::Stopping => {
            Error::new(Code::Stopping, "the node is stopping; ask another one")
        }
        ProposeError::Faulted(what) => Error::fault(what),
    }
}

/// The error for a reply of another kind than the command has, which no command gives.
pub fn unexpected(reply: &Reply) -> Error {
    Error::fault(format!("a command answered with {reply:?}"))
}
