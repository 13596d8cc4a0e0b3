//! The cluster: nodes, shards and who leads.

use serde::{Deserialize, Serialize};

/// `GET /v1/cluster/status`, as the asked node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClusterStatus {
    /// The cluster's name.
    pub cluster_id: String,
    /// ISO 4217: the currency of the seeds' prices.
    pub currency: String,
    /// The node that answers.
    pub answered_by: u64,
    /// Every shard has a leader with a quorum, and every node is alive.
    pub healthy: bool,
    /// Every node.
    pub nodes: Vec<ClusterNode>,
    /// Every Raft group, the meta group (0) first.
    pub shards: Vec<ClusterShard>,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClusterNode {
    /// Its id.
    pub id: u64,
    /// Its process id; none when it does not answer.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub pid: Option<u32>,
    /// Where it takes HTTP.
    pub url: String,
    /// Where it takes operators' HTTP, if they have a listener of their own.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub ops_url: Option<String>,
    /// It answers.
    pub alive: bool,
    /// The shards it leads.
    pub leads: Vec<u16>,
    /// How far its clock is ahead of the asked node's, in milliseconds, where it is known.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub clock_offset_ms: Option<i64>,
}

/// A Raft group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClusterShard {
    /// Its id; 0 is the meta group.
    pub id: u16,
    /// The node that leads it, if one is known.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub leader: Option<u64>,
    /// The term.
    pub term: u64,
    /// The last log index of the asked node.
    pub last_log_index: u64,
    /// The applied index of the asked node.
    pub applied_index: u64,
    /// The voters.
    pub voters: Vec<u64>,
    /// As of when the asked node's replica is known to be true, in Unix milliseconds; 0: never yet.
    pub as_of_ms: u64,
}

/// `GET /v1/cluster/self`: what a node says of itself, without asking others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeSelf {
    /// Its id.
    pub id: u64,
    /// The cluster's name.
    pub cluster_id: String,
    /// Its process id.
    pub pid: u32,
    /// The version of `stoad`.
    pub version: String,
    /// The shards it leads.
    pub leads: Vec<u16>,
    /// Its own clock, in Unix milliseconds.
    pub now_ms: u64,
}

/// The body of `POST /v1/cluster/leaders/transfer`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransferLeader {
    /// Which shard; 0 is the meta group.
    pub shard: u16,
    /// The node that is to lead it.
    pub to: u64,
}
