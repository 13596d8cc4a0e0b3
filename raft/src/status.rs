//! What an operator wants to know of a node, in words of ours.

use std::collections::BTreeMap;

use engine_core::ShardId;
use serde::Serialize;

use crate::group::Group;
use crate::node::Inner;
use crate::transport::kind::Lane;
use crate::transport::link::LinkState;
use crate::types::NodeId;

/// A node, its shards and its peers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NodeStatus {
    /// Its id.
    pub node_id: NodeId,
    /// Its cluster.
    pub cluster_id: String,
    /// Every shard, meta first.
    pub shards: Vec<ShardStatus>,
    /// Every other node.
    pub peers: Vec<PeerStatus>,
    /// By how much its clock is ahead of the median of all, in milliseconds.
    pub clock_offset_ms: i64,
    /// Its clock is too far off to lead.
    pub clock_alarm: bool,
    /// It is stopping.
    pub stopping: bool,
}

/// One shard, as one node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShardStatus {
    /// Which shard.
    pub id: ShardId,
    /// Who leads it.
    pub leader: Option<NodeId>,
    /// Who should, all being well.
    pub preferred_leader: NodeId,
    /// The term.
    pub term: u64,
    /// The last entry of this node's log.
    pub last_log_index: u64,
    /// The last entry this node knows to be committed.
    pub committed_index: u64,
    /// The last entry this node has applied.
    pub applied_index: u64,
    /// The last entry that its last snapshot covers.
    pub snapshot_index: u64,
    /// How fresh this node's rows are, in Unix milliseconds.
    pub as_of_ms: u64,
    /// Who votes.
    pub voters: Vec<NodeId>,
    /// Who only follows.
    pub learners: Vec<NodeId>,
    /// At the leader: how many entries each follower lacks.
    pub lag: BTreeMap<NodeId, u64>,
    /// How many commands wait here to be proposed.
    pub waiting: u64,
    /// Why this replica has stopped, if it has.
    pub fault: Option<String>,
}

/// Another node, as this one sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeerStatus {
    /// Its id.
    pub id: NodeId,
    /// Its public URL.
    pub url: String,
    /// It is connected.
    pub connected: bool,
    /// Why not, in words.
    pub problem: Option<String>,
    /// By how much its clock is ahead of this node's, in milliseconds.
    pub clock_offset_ms: Option<i64>,
}

/// Why a node cannot serve yet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotReady {
    /// It is stopping.
    #[error("the node is stopping")]
    Stopping,
    /// A shard has not applied yet what the cluster had committed.
    #[error("shard {0} is still catching up")]
    Recovering(ShardId),
    /// A shard has no leader.
    #[error("shard {0} has no leader")]
    NoLeader(ShardId),
    /// A replica has stopped.
    #[error(
        "shard {0} has stopped on this node, and other nodes serve it: {1}. Read this node's log, \
         then start it again; if the shard stops again, replace the node's disk and folder"
    )]
    Faulted(ShardId, String),
}

impl Inner {
    /// What an operator wants to know.
    pub(crate) fn status(&self) -> NodeStatus {
        let peers = self.config.others().map(|(id, peer)| {
            let state = self.peers.get(id).map(|peer| peer.link(Lane::Control).state());
            PeerStatus {
                id,
                url: peer.url.clone(),
                connected: self.peers.get(id).is_some_and(|peer| peer.is_up()),
                problem: state.and_then(problem),
                clock_offset_ms: self.clocks.offset(id),
            }
        });
        NodeStatus {
            node_id: self.config.node_id,
            cluster_id: self.config.cluster_id.clone(),
            shards: self.groups.values().map(|group| self.shard_status(group)).collect(),
            peers: peers.collect(),
            clock_offset_ms: self.clocks.own_offset(),
            clock_alarm: self.clocks.is_off(),
            stopping: self.is_stopping(),
        }
    }

    fn shard_status(&self, group: &Group) -> ShardStatus {
        let metrics = group.metrics();
        let applied_index = group.replica.applied();
        let membership = metrics.membership_config.membership();
        let last_log_index = metrics.last_log_index.unwrap_or_default();
        let lag = metrics.replication.iter().flatten();
        let lag = lag.filter(|(id, _)| **id != self.config.node_id).map(|(id, matched)| {
            let matched = matched.as_ref().map_or(0, |matched| matched.index);
            (*id, last_log_index.saturating_sub(matched))
        });
        ShardStatus {
            id: group.id,
            leader: metrics.current_leader,
            preferred_leader: self.config.preferred_leader(group.id),
            term: metrics.current_term,
            last_log_index,
            committed_index: metrics.cluster_committed.as_ref().map_or(0, |id| id.index),
            applied_index,
            snapshot_index: metrics.snapshot.as_ref().map_or(0, |id| id.index),
            as_of_ms: group.freshness.as_of(applied_index),
            voters: membership.voter_ids().collect(),
            learners: membership.learner_ids().collect(),
            lag: lag.collect(),
            waiting: group.batcher.waiting(),
            fault: group.stopped(),
        }
    }

    /// Whether this node can serve, or why not yet.
    pub(crate) fn ready(&self) -> Result<(), NotReady> {
        if self.is_stopping() {
            return Err(NotReady::Stopping);
        }
        // A shard that has stopped is told first: waiting mends the others, not this one.
        let stopped = |group: &Group| group.stopped().map(|why| NotReady::Faulted(group.id, why));
        if let Some(faulted) = self.groups.values().find_map(|group| stopped(group)) {
            return Err(faulted);
        }
        for group in self.groups.values() {
            if group.leader().is_none() {
                return Err(NotReady::NoLeader(group.id));
            }
            if !group.recovered.load(std::sync::atomic::Ordering::Acquire) {
                return Err(NotReady::Recovering(group.id));
            }
        }
        Ok(())
    }
}

fn problem(state: LinkState) -> Option<String> {
    match state {
        LinkState::Up => None,
        LinkState::Connecting => Some("connecting".to_owned()),
        LinkState::Refused => Some("nobody listens at its address".to_owned()),
        LinkState::Down(why) => Some(why),
    }
}
