//! Strong reads: on any node, as fresh as if all were one.
//!
//! The leader asks its quorum (one question for all reads that wait), names the index it had
//! committed, and the asking node waits until it has applied that far itself. A lease is never
//! trusted: a failover drops it.

use std::time::Duration;

use engine_core::ShardId;
use tokio::time::{Instant, timeout_at};

use crate::group::Group;
use crate::node::Inner;
use crate::router::Search;
use crate::transport::kind::{Kind, Lane};
use crate::transport::wire::{self, ReadIndexAnswer};
use crate::types::NodeId;

/// Why a read cannot be answered as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No quorum confirms the read.
    #[error("the shard has no leader that a quorum confirms")]
    NoLeader,
    /// This replica has not applied the index in time.
    #[error("this replica is behind and did not catch up in time")]
    Behind,
    /// This node is stopping.
    #[error("this node is stopping")]
    Stopping,
    /// This node's replica has stopped.
    #[error("the replica has stopped: {0}")]
    Faulted(String),
}

impl Inner {
    /// The index that a strong read must see, once it is applied here.
    pub async fn read_index(&self, shard: ShardId, deadline: Duration) -> Result<u64, ReadError> {
        let group = self.group(shard)?;
        let mut search = Search::new(deadline, self.config.timing.leaderless_max);
        loop {
            if self.is_stopping() {
                return Err(ReadError::Stopping);
            }
            if let Some(why) = group.stopped() {
                return Err(ReadError::Faulted(why));
            }
            let target = search.target(group);
            let asked = timeout_at(search.end(), self.ask_index(group, target)).await;
            let hint = match asked.unwrap_or(ReadIndexAnswer::NoQuorum) {
                ReadIndexAnswer::Index(index) => {
                    self.applied(group, index, search.end()).await?;
                    return Ok(index);
                }
                ReadIndexAnswer::NotLeader(hint) => hint,
                ReadIndexAnswer::NoQuorum | ReadIndexAnswer::Stopped(_) => None,
            };
            if !search.again(target, hint).await {
                return Err(ReadError::NoLeader);
            }
        }
    }

    /// Waits until this replica has applied an index.
    pub async fn wait_applied(
        &self,
        shard: ShardId,
        index: u64,
        deadline: Duration,
    ) -> Result<(), ReadError> {
        self.applied(self.group(shard)?, index, Instant::now() + deadline).await
    }

    fn group(&self, shard: ShardId) -> Result<&Group, ReadError> {
        let unknown = || ReadError::Faulted(format!("there is no shard {shard}"));
        self.groups.get(&shard).map(AsRef::as_ref).ok_or_else(unknown)
    }

    async fn applied(&self, group: &Group, index: u64, end: Instant) -> Result<(), ReadError> {
        let mut applied = group.replica.watch_applied();
        let reached = timeout_at(end, applied.wait_for(|applied| *applied >= index)).await;
        match reached {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(ReadError::Stopping),
            Err(_) => Err(ReadError::Behind),
        }
    }

    async fn ask_index(&self, group: &Group, target: Option<NodeId>) -> ReadIndexAnswer {
        match target {
            None => ReadIndexAnswer::NotLeader(None),
            Some(node) if node == self.config.node_id => {
                group.confirm.get().await.unwrap_or(ReadIndexAnswer::NoQuorum)
            }
            Some(node) => {
                let Some(peer) = self.peers.get(node) else {
                    return ReadIndexAnswer::NotLeader(None);
                };
                let link = peer.link(Lane::Data);
                let asked = link.call(group.id, Kind::ReadIndex, &[], CALL_DEADLINE).await;
                match asked.map(|bytes| wire::read(&bytes)) {
                    Ok(Ok(answer)) => answer,
                    Ok(Err(_)) | Err(_) => ReadIndexAnswer::NotLeader(None),
                }
            }
        }
    }
}

/// How long a node waits for another's answer before it asks again, perhaps somebody else.
const CALL_DEADLINE: Duration = Duration::from_millis(1_000);
