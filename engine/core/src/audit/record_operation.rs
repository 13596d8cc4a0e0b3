//! The meta group: puts into the trail what somebody does to the cluster itself.

use serde::{Deserialize, Serialize};

use crate::command::Reply;
use crate::ids::ShardId;

/// Changes nothing: that somebody sent it is all there is to it. Who does to the cluster what no
/// row tells (moves a leadership) sends this first, and does it when it was applied: what is done
/// is in the trail, and what is in the trail was at least tried.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordOperation {
    /// What is going to be done.
    pub operation: Operation,
}

/// What can be done to a cluster. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Operation {
    /// A shard's leadership is handed to a node.
    TransferLeader {
        /// Which shard.
        shard: ShardId,
        /// To which node.
        to: u64,
    },
    /// All orders are compared with the payment provider's own lists, and what differs is mended.
    ReconcilePayments {
        /// From which time on, in Unix milliseconds.
        since: u64,
    },
    /// A node's search index is made anew from its rows.
    RebuildSearch {
        /// Which node.
        node: u64,
        /// Which shard's part of it; none for all.
        shard: Option<ShardId>,
    },
}

impl Operation {
    /// Its name in the trail.
    pub fn name(&self) -> &'static str {
        match self {
            Self::TransferLeader { .. } => "transfer_leader",
            Self::ReconcilePayments { .. } => "reconcile_payments",
            Self::RebuildSearch { .. } => "rebuild_search",
        }
    }
}

impl RecordOperation {
    pub(crate) fn apply(&self) -> Reply {
        Reply::Nothing
    }
}
