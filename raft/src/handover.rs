//! Leaderships change hands in good order: on request, to spread evenly, and before a stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use engine_core::ShardId;
use openraft::async_runtime::WatchReceiver;
use tokio::time::{Instant, sleep, timeout};

use crate::group::Group;
use crate::node::Inner;
use crate::types::NodeId;

/// How long a transfer may take.
const TRANSFER_DEADLINE: Duration = Duration::from_secs(1);
/// A follower that lacks more entries than this is not handed a shard.
const LAG_MAX: u64 = 256;
/// How often the spread of leaders is looked at; at most one is moved at a time.
const SPREAD_EVERY: Duration = Duration::from_millis(500);

/// Why a shard was not handed over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransferError {
    /// There is no such shard, or no such node.
    #[error("there is no such shard or node")]
    Unknown,
    /// This node does not lead the shard; who does, if known.
    #[error("this node does not lead the shard (leader: {0:?})")]
    NotLeader(Option<NodeId>),
    /// The node is not connected, or its replica is behind.
    #[error("node {0} is not connected, or behind")]
    NotReady(NodeId),
    /// It did not take over in time.
    #[error("the other node did not take over in time")]
    Timeout,
    /// The replica has stopped.
    #[error("the replica has stopped: {0}")]
    Faulted(String),
}

impl Inner {
    /// Hands a shard that this node leads to another, and waits until that one leads.
    pub(crate) async fn transfer_leader(
        &self,
        shard: ShardId,
        to: NodeId,
    ) -> Result<(), TransferError> {
        let group = self.groups.get(&shard).ok_or(TransferError::Unknown)?;
        if !self.config.peers.contains_key(&to) {
            return Err(TransferError::Unknown);
        }
        if !group.leads() {
            return Err(TransferError::NotLeader(group.leader()));
        }
        if to == self.config.node_id {
            return Ok(());
        }
        if !self.can_lead(group, to) {
            return Err(TransferError::NotReady(to));
        }
        self.transfer(group, to).await
    }

    async fn transfer(&self, group: &Group, to: NodeId) -> Result<(), TransferError> {
        tracing::info!(shard = %group.id, to, "handing the shard over");
        let mut metrics = group.raft.server_metrics();
        let triggered = group.raft.trigger().transfer_leader(to).await;
        triggered.map_err(|fatal| TransferError::Faulted(fatal.to_string()))?;
        let me = self.config.node_id;
        let taken = async {
            while metrics.borrow_watched().current_leader.is_none_or(|leader| leader == me) {
                if metrics.changed().await.is_err() {
                    break;
                }
            }
        };
        timeout(TRANSFER_DEADLINE, taken).await.map_err(|_| TransferError::Timeout)
    }

    /// A follower that is connected, has the right time, and lacks little.
    fn can_lead(&self, group: &Group, node: NodeId) -> bool {
        let max = self.config.timing.clock_offset_max.as_millis() as u64;
        let right_time = self.clocks.offset(node).is_none_or(|offset| offset.unsigned_abs() <= max);
        let up = self.peers.get(node).is_some_and(|peer| peer.is_up());
        up && (right_time || self.clocks.is_off())
            && self.lag(group, node) <= Some(LAG_MAX)
            && self.lag(group, node).is_some()
    }

    /// How many entries a follower lacks, as its leader knows it.
    pub(crate) fn lag(&self, group: &Group, node: NodeId) -> Option<u64> {
        let metrics = group.metrics();
        let matched = metrics.replication?.get(&node)?.as_ref().map_or(0, |id| id.index);
        Some(metrics.last_log_index?.saturating_sub(matched))
    }

    /// The follower that is best handed a shard: the preferred leader, or the one that lacks least.
    fn successor(&self, group: &Group) -> Option<NodeId> {
        let preferred = self.config.preferred_leader(group.id);
        let ready = self.peers.all().map(|peer| peer.id).filter(|id| self.can_lead(group, *id));
        ready.min_by_key(|id| (*id != preferred, self.lag(group, *id), *id))
    }

    /// Hands everything over that this node leads, as far as somebody takes it.
    pub(crate) async fn hand_over_all(&self) {
        let handovers = self.groups.values().filter(|group| group.leads()).map(|group| async {
            let end = Instant::now() + self.config.timing.handover_max;
            while group.leads() && self.config.peers.len() > 1 && Instant::now() < end {
                if let Some(to) = self.successor(group)
                    && let Err(error) = self.transfer(group, to).await
                {
                    tracing::warn!(shard = %group.id, to, %error, "not handed over");
                }
                sleep(Duration::from_millis(10)).await;
            }
        });
        futures::future::join_all(handovers).await;
    }

    /// Moves leaderships to where they should be, one at a time, until the node stops.
    ///
    /// Where a shard should be led follows from its number alone, so nodes agree without talking.
    /// Nothing is moved soon after a start, an election or a reconnection: what flaps stays put.
    pub(crate) async fn spread_leaders(self: Arc<Self>) {
        let settle = self.config.timing.settle;
        let mut led_since: BTreeMap<ShardId, Instant> = BTreeMap::new();
        let mut up_since: BTreeMap<NodeId, Instant> = BTreeMap::new();
        loop {
            sleep(SPREAD_EVERY).await;
            let now = Instant::now();
            for peer in self.peers.all() {
                keep(&mut up_since, peer.id, peer.is_up(), now);
            }
            for group in self.groups.values() {
                keep(&mut led_since, group.id, group.leads(), now);
            }
            if self.is_stopping() {
                continue;
            }
            let settled = |since: Option<&Instant>| since.is_some_and(|at| now - *at >= settle);
            let misplaced = self.groups.values().find_map(|group| {
                let to = if self.clocks.is_off() {
                    group.leads().then(|| self.successor(group)).flatten()?
                } else {
                    let to = self.config.preferred_leader(group.id);
                    let calm = settled(led_since.get(&group.id)) && settled(up_since.get(&to));
                    (to != self.config.node_id && calm && self.can_lead(group, to)).then_some(to)?
                };
                Some((group, to))
            });
            if let Some((group, to)) = misplaced
                && let Err(error) = self.transfer(group, to).await
            {
                tracing::info!(shard = %group.id, to, %error, "not moved");
                led_since.remove(&group.id);
            }
        }
    }
}

/// Remembers since when something holds.
fn keep<K: Ord>(since: &mut BTreeMap<K, Instant>, key: K, holds: bool, now: Instant) {
    if holds {
        since.entry(key).or_insert(now);
    } else {
        since.remove(&key);
    }
}
