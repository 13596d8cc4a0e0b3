//! From any node to the leader of a shard, and back, through leader changes.
//!
//! Invariant: a command is proposed again only under the same request id, or when it is idempotent
//! by itself; so it happens once, however often it is tried. What a caller is told:
//!
//! | the last try ended with                      | earlier tries reached a leader | answer     |
//! |----------------------------------------------|--------------------------------|------------|
//! | applied                                      | –                              | the result |
//! | refused before it was proposed, out of time  | no                             | `NoLeader` |
//! | refused before it was proposed, out of time  | yes                            | `Unknown`  |
//! | no answer, connection lost, entry discarded  | –                              | `Unknown`* |
//!
//! *: once trying again, under the same request id, is out of time.

use std::time::Duration;

use engine_core::{ShardId, codec};
use openraft::async_runtime::WatchReceiver;
use rand::Rng;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use crate::group::Group;
use crate::node::Inner;
use crate::proposal::{Proposal, ProposeError, Proposed};
use crate::trace::Trace;
use crate::transport::kind::{Kind, Lane};
use crate::transport::link::{CallError, NotSent};
use crate::transport::wire::{self, ProposeAnswer, ProposeRequest};
use crate::types::NodeId;

/// How long a request waits between tries, in milliseconds.
const RETRY_AFTER_MS: std::ops::Range<u64> = 5..20;
/// A leader that takes longer than this is watched: if another takes over, the request follows.
const SLOW_ANSWER: Duration = Duration::from_millis(200);

/// A request that looks for its leader.
pub(crate) struct Search {
    /// When the caller stops waiting.
    end: Instant,
    /// When a try failed for the first time, and how long to go on from there.
    failed: Option<Instant>,
    leaderless_max: Duration,
    /// Whom the last node that was asked named as leader.
    hint: Option<NodeId>,
    /// The last try followed a hint: two nodes that name each other are not asked in a circle.
    followed: bool,
}

impl Search {
    /// A search that ends with the caller's deadline.
    pub fn new(deadline: Duration, leaderless_max: Duration) -> Self {
        Self {
            end: Instant::now() + deadline,
            failed: None,
            leaderless_max,
            hint: None,
            followed: false,
        }
    }

    /// When the caller stops waiting.
    pub fn end(&self) -> Instant {
        self.end
    }

    /// Whom to try next.
    pub fn target(&mut self, group: &Group) -> Option<NodeId> {
        self.hint.take().or_else(|| group.leader())
    }

    /// Waits a little before the next try; says no when there is to be none.
    pub async fn again(&mut self, tried: Option<NodeId>, hint: Option<NodeId>) -> bool {
        let now = Instant::now();
        let failed = *self.failed.get_or_insert(now);
        let last = self.end.min(failed + self.leaderless_max);
        if now >= last {
            return false;
        }
        self.hint = hint.filter(|hint| Some(*hint) != tried && !self.followed);
        self.followed = self.hint.is_some();
        if self.hint.is_none() {
            let pause = Duration::from_millis(rand::rng().random_range(RETRY_AFTER_MS));
            sleep_until(last.min(now + pause)).await;
        }
        true
    }
}

impl Inner {
    /// Proposes a command to a shard, wherever its leader is.
    pub async fn propose(
        &self,
        shard: ShardId,
        proposal: Proposal,
        deadline: Duration,
    ) -> Result<Proposed, ProposeError> {
        let unknown_shard = || ProposeError::Faulted(format!("there is no shard {shard}"));
        let group = self.groups.get(&shard).ok_or_else(unknown_shard)?;
        let request = ProposeRequest {
            request: proposal.request_id((self.config.clock)()),
            idempotency: proposal.idempotency,
            actor: proposal.actor,
            trace: Trace::current(),
            command: proposal.command,
        };
        let mut search = Search::new(deadline, self.config.timing.leaderless_max);
        let mut reached = false;
        loop {
            if self.is_stopping() && !reached {
                return Err(ProposeError::Stopping);
            }
            let target = search.target(group);
            let tried = timeout_at(search.end, self.attempt(group, target, &request)).await;
            let mut hint = None;
            let refused = match tried.unwrap_or(ProposeAnswer::Unknown) {
                ProposeAnswer::Applied { applied, index } => {
                    return Ok(Proposed { applied: *applied, shard, index });
                }
                ProposeAnswer::Overloaded if reached => return Err(ProposeError::Unknown),
                ProposeAnswer::Overloaded => return Err(ProposeError::Overloaded),
                ProposeAnswer::Unknown => {
                    reached = true;
                    ProposeError::Unknown
                }
                ProposeAnswer::NotLeader(leader) => {
                    hint = leader;
                    ProposeError::NoLeader
                }
                ProposeAnswer::Stopped(why) => ProposeError::Faulted(why),
            };
            if !search.again(target, hint).await {
                return Err(if reached { ProposeError::Unknown } else { refused });
            }
        }
    }

    /// One try.
    async fn attempt(
        &self,
        group: &Group,
        target: Option<NodeId>,
        request: &ProposeRequest,
    ) -> ProposeAnswer {
        match target.or_else(|| self.anybody_if_stopped(group)) {
            None => ProposeAnswer::NotLeader(None),
            Some(node) if node == self.config.node_id => match group.submit(request.clone()) {
                Ok(answer) => answer.await.unwrap_or(ProposeAnswer::Unknown),
                Err(refused) => refused,
            },
            Some(node) => self.forward(group, node, request).await,
        }
    }

    /// A replica that has stopped hears of no leader any more: some peer knows.
    fn anybody_if_stopped(&self, group: &Group) -> Option<NodeId> {
        group.stopped()?;
        let up: Vec<_> = self.peers.all().filter(|peer| peer.is_up()).collect();
        let at = rand::rng().random_range(0..up.len().max(1));
        up.get(at).map(|peer| peer.id)
    }

    async fn forward(
        &self,
        group: &Group,
        node: NodeId,
        request: &ProposeRequest,
    ) -> ProposeAnswer {
        let Some(peer) = self.peers.get(node) else { return ProposeAnswer::NotLeader(None) };
        let body = codec::encode(request);
        let mut answer = match peer.link(Lane::Data).send(group.id, Kind::Propose, &body) {
            Ok(answer) => answer,
            Err(CallError::NotSent(NotSent::Full)) => {
                return ProposeAnswer::Overloaded;
            }
            Err(_) => return ProposeAnswer::NotLeader(None),
        };
        let answered = match timeout(SLOW_ANSWER, answer.recv()).await {
            Ok(answered) => answered,
            Err(_) => tokio::select! {
                answered = answer.recv() => answered,
                () = replaced(group, node) => Err(CallError::Timeout),
            },
        };
        match answered.map(|bytes| wire::read(&bytes)) {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => ProposeAnswer::Unknown,
        }
    }
}

/// Waits until somebody else leads.
async fn replaced(group: &Group, leader: NodeId) {
    let mut metrics = group.raft.server_metrics();
    loop {
        let now = metrics.borrow_watched().current_leader;
        if now.is_some_and(|now| now != leader) {
            return;
        }
        if metrics.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}
