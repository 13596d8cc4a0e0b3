//! A leader whose process is dead is replaced at once, not after its lease.
//!
//! openraft lets a silent leader keep its lease: the longest election timeout, and then a sample of
//! another. That is right for a leader that may only be slow. A dead process can be told apart: the
//! kernel closes its connections and refuses new ones. So:
//!
//! 1. The heartbeat connection to leader L has closed **and** a new one is refused at once (a
//!    timeout proves nothing).
//! 2. Ask the shard's other voters: is L gone for you too, under the same vote, and is your
//!    (last log id, node id) not above mine? Of two survivors exactly one hears yes.
//! 3. Yes from a majority, oneself included: take over as if L had handed the shard over. Voters
//!    grant that in spite of the lease. Once per shard and vote.
//! 4. Not elected after [`ELECTED_AFTER`]: the ordinary way, with a pre-vote.
//!
//! Invariant: safety never rests on this: it only begins an election, and Raft decides it. It does
//! break leases, so nothing in this crate may trust one.

use std::sync::Arc;
use std::time::Duration;

use engine_core::{ShardId, codec};
use futures::future::join_all;
use openraft::async_runtime::WatchReceiver;
use openraft::raft::TransferLeaderRequest;
use rand::Rng;
use tokio::time::{sleep, timeout};

use crate::group::{Group, Standing};
use crate::node::Inner;
use crate::transport::kind::{Kind, Lane};
use crate::transport::link::LinkState;
use crate::transport::peers::Peer;
use crate::transport::wire::{self, GoneAnswer, GoneRequest};
use crate::types::{LogId, NodeId, Vote};

/// How long the other voters may take to answer.
const QUESTION_DEADLINE: Duration = Duration::from_millis(50);
/// How long a voter waits for its own connection to the leader to be refused before it says no.
const PATIENCE: Duration = Duration::from_millis(35);
/// How often a survivor asks before it leaves the shard to the ordinary election.
const QUESTIONS_MAX: u32 = 6;
/// After so long without a leader the ordinary election is begun.
const ELECTED_AFTER: Duration = Duration::from_millis(100);
/// How far survivors spread their ordinary elections, in milliseconds.
const SPREAD_MS: u64 = 60;

impl Inner {
    /// Watches one peer, and takes over what it led when its process is gone.
    pub(crate) async fn watch_for_death(self: Arc<Self>, peer: Arc<Peer>) {
        let mut state = peer.link(Lane::Control).watch();
        loop {
            let refused = state.wait_for(|state| *state == LinkState::Refused).await.is_ok();
            if !refused {
                return;
            }
            let takeovers = self.groups.values().map(|group| self.take_over(group, &peer));
            join_all(takeovers).await;
            if state.wait_for(|state| *state == LinkState::Up).await.is_err() {
                return;
            }
        }
    }

    /// Is this leader gone for this node too, and may the candidate follow it?
    pub(crate) async fn is_gone_too(&self, group: &Group, request: &GoneRequest) -> bool {
        let leader = Vote::from(request.leader);
        let Some(peer) = self.peers.get(leader.leader_id.node_id) else { return false };
        let mut state = peer.link(Lane::Control).watch();
        let refused = state.wait_for(|state| *state == LinkState::Refused);
        if !matches!(timeout(PATIENCE, refused).await, Ok(Ok(_))) {
            return false;
        }
        let Some(Standing { vote, last }) = group.standing().await else { return false };
        let candidate = (request.last.map(LogId::from), request.candidate);
        vote == leader && vote.committed && (last, self.config.node_id) <= candidate
    }

    async fn take_over(&self, group: &Group, peer: &Peer) {
        let Some(Standing { vote, .. }) = group.standing().await else { return };
        if !vote.committed || vote.leader_id.node_id != peer.id {
            return;
        }
        for _ in 0..QUESTIONS_MAX {
            let standing = group.standing().await;
            let Some(now) = standing.filter(|now| now.vote == vote && peer.is_gone()) else {
                return;
            };
            if !self.majority_agrees(group, &now).await {
                continue;
            }
            if group.taken_over.lock().replace(vote) == Some(vote) {
                return;
            }
            tracing::info!(shard = %group.id, leader = peer.id, "its leader is gone: taking over");
            metrics::counter!("stoa_raft_takeovers_total", "shard" => group.id.to_string())
                .increment(1);
            let me = self.config.node_id;
            let request = TransferLeaderRequest::new(vote, me, now.last);
            if let Err(error) = group.raft.handle_transfer_leader(request).await {
                tracing::warn!(shard = %group.id, %error, "cannot take over");
            }
            break;
        }
        self.elect_if_leaderless(group, peer.id).await;
    }

    async fn majority_agrees(&self, group: &Group, standing: &Standing) -> bool {
        let me = self.config.node_id;
        let voters: Vec<NodeId> = group.raft.voter_ids().collect();
        let request = codec::encode(&GoneRequest {
            leader: standing.vote.into(),
            candidate: me,
            last: standing.last.map(Into::into),
        });
        let others = voters.iter().filter(|voter| **voter != standing.vote.leader_id.node_id);
        let answers = others.map(|voter| self.agrees(*voter, group.id, &request));
        let yes = join_all(answers).await.into_iter().filter(|yes| *yes).count();
        voters.contains(&me) && 2 * yes > voters.len()
    }

    async fn agrees(&self, voter: NodeId, shard: ShardId, request: &[u8]) -> bool {
        if voter == self.config.node_id {
            return true;
        }
        let Some(peer) = self.peers.get(voter) else { return false };
        let link = peer.link(Lane::Control);
        let answer = link.call(shard, Kind::Gone, request, QUESTION_DEADLINE).await;
        answer.is_ok_and(|bytes| wire::read(&bytes) == Ok(GoneAnswer(true)))
    }

    /// The ordinary election, begun early: its pre-vote disturbs nobody who has a leader.
    async fn elect_if_leaderless(&self, group: &Group, dead: NodeId) {
        let mut metrics = group.raft.server_metrics();
        let replaced = async {
            while metrics.borrow_watched().current_leader.is_none_or(|leader| leader == dead) {
                if metrics.changed().await.is_err() {
                    return;
                }
            }
        };
        if timeout(ELECTED_AFTER, replaced).await.is_ok() {
            return;
        }
        let spread = Duration::from_millis(rand::rng().random_range(0..SPREAD_MS));
        sleep(spread).await;
        if group.leader().is_none_or(|leader| leader == dead)
            && let Err(error) = group.raft.trigger().elect(true).await
        {
            tracing::warn!(shard = %group.id, %error, "cannot begin an election");
        }
    }
}
