//! openraft's calls to another replica, over the links to its node.
//!
//! Log entries are pipelined: the next request is sent while earlier ones are being flushed, and
//! answers are taken in the order of the requests. Votes, transfers and heartbeats never queue
//! behind entries. Every wait has a deadline of its own; openraft enforces none on a stream.

mod append;
pub(crate) mod receive;
mod snapshot;

use std::sync::Arc;
use std::time::Duration;

use engine_core::ShardId;
use engine_core::codec::{self, Record};
use futures::{Stream, StreamExt};
use openraft::base::{BoxFuture, BoxStream};
use openraft::errors::{NetworkError, RPCError, ReplicationClosed, StreamingError, Unreachable};
use openraft::network::{Backoff, RPCOption, RaftNetworkFactory, RaftNetworkV2};
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, SnapshotResponse, StreamAppendError,
    StreamAppendResult, TransferLeaderError, TransferLeaderRequest, TransferLeaderResponse,
    VoteRequest, VoteResponse,
};
use openraft::type_config::alias::SnapshotOf;

use crate::state_machine::SnapshotData;
use crate::transport::kind::{Kind, Lane};
use crate::transport::link::CallError;
use crate::transport::peers::{Peer, Peers};
use crate::transport::wire::{self, TransferAnswer, VoteAnswer};
use crate::types::{LogId, NodeId, TypeConfig, Vote};

/// How long an unreachable follower is left alone before the next attempt: a connection that is
/// down costs nothing to ask about, and a returning node should be caught up at once.
const UNREACHABLE_BACKOFF: Duration = Duration::from_millis(50);
/// How long a vote, pre-vote or transfer may take: a voter syncs its vote before it answers.
const VOTE_DEADLINE: Duration = Duration::from_millis(450);

/// Makes the calls of one group.
pub(crate) struct Network {
    peers: Peers,
    group: ShardId,
}

impl Network {
    /// Calls of a group.
    pub fn new(peers: Peers, group: ShardId) -> Self {
        Self { peers, group }
    }

    fn client(&self, target: NodeId, lane: Lane) -> Client {
        Client { peer: self.peers.get(target).cloned(), group: self.group, lane }
    }
}

impl RaftNetworkFactory<TypeConfig> for Network {
    type Network = Client;

    async fn new_client(&mut self, target: NodeId, _: &openraft::BasicNode) -> Client {
        self.client(target, Lane::Data)
    }

    async fn new_heartbeat_client(&mut self, target: NodeId, _: &openraft::BasicNode) -> Client {
        self.client(target, Lane::Control)
    }

    async fn new_snapshot_client(&mut self, target: NodeId, _: &openraft::BasicNode) -> Client {
        self.client(target, Lane::Snapshot)
    }
}

/// Calls one replica of one group.
pub(crate) struct Client {
    peer: Option<Arc<Peer>>,
    group: ShardId,
    lane: Lane,
}

type Rpc<T> = Result<T, RPCError<TypeConfig>>;

impl Client {
    fn peer(&self) -> Rpc<&Arc<Peer>> {
        let unknown = || Unreachable::from_string("a node that is not among this node's peers");
        self.peer.as_ref().ok_or_else(|| unknown().into())
    }

    async fn ask<A: Record>(&self, kind: Kind, request: &impl Record) -> Rpc<A> {
        let link = self.peer()?.link(Lane::Control);
        let answer = link.call(self.group, kind, &codec::encode(request), VOTE_DEADLINE).await;
        wire::read(&answer.map_err(rpc_error)?).map_err(unreadable)
    }

    async fn vote_or_pre_vote(
        &self,
        kind: Kind,
        rpc: VoteRequest<TypeConfig>,
    ) -> Rpc<VoteResponse<TypeConfig>> {
        let request = wire::VoteRequest {
            vote: rpc.vote.into(),
            last: rpc.last_log_id.map(Into::into),
            transfer: rpc.leadership_transfer,
        };
        match self.ask(kind, &request).await? {
            VoteAnswer::Vote { vote, granted, last } => {
                Ok(VoteResponse::new(Vote::from(vote), last.map(LogId::from), granted))
            }
            VoteAnswer::Stopped(why) => Err(Unreachable::from_string(why).into()),
        }
    }
}

impl RaftNetworkV2<TypeConfig> for Client {
    type SnapshotData = SnapshotData;

    async fn append_entries(
        &mut self,
        rpc: AppendEntriesRequest<TypeConfig>,
        option: RPCOption,
    ) -> Rpc<AppendEntriesResponse<TypeConfig>> {
        let input = futures::stream::iter([rpc]);
        let mut answers = self.stream_append(input, option).await?;
        match answers.next().await {
            Some(Ok(Ok(matching))) => Ok(AppendEntriesResponse::PartialSuccess(matching)),
            Some(Ok(Err(StreamAppendError::Conflict(_)))) => Ok(AppendEntriesResponse::Conflict),
            Some(Ok(Err(StreamAppendError::HigherVote(vote)))) => {
                Ok(AppendEntriesResponse::HigherVote(vote))
            }
            Some(Err(error)) => Err(error),
            None => Err(NetworkError::from_string("no answer").into()),
        }
    }

    fn stream_append<'s, S>(
        &'s mut self,
        input: S,
        _: RPCOption,
    ) -> BoxFuture<'s, Rpc<BoxStream<'s, Rpc<StreamAppendResult<TypeConfig>>>>>
    where
        S: Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin + 'static,
    {
        Box::pin(async move {
            let peer = self.peer()?.clone();
            let answers = append::pipeline(peer, self.lane, self.group, input);
            Ok(Box::pin(answers) as BoxStream<'s, _>)
        })
    }

    async fn vote(
        &mut self,
        rpc: VoteRequest<TypeConfig>,
        _: RPCOption,
    ) -> Rpc<VoteResponse<TypeConfig>> {
        self.vote_or_pre_vote(Kind::Vote, rpc).await
    }

    async fn pre_vote(
        &mut self,
        rpc: VoteRequest<TypeConfig>,
        _: RPCOption,
    ) -> Rpc<VoteResponse<TypeConfig>> {
        self.vote_or_pre_vote(Kind::PreVote, rpc).await
    }

    async fn transfer_leader(
        &mut self,
        rpc: TransferLeaderRequest<TypeConfig>,
        _: RPCOption,
    ) -> Rpc<TransferLeaderResponse<TypeConfig>> {
        let request = wire::TransferRequest {
            from: (*rpc.from_leader()).into(),
            to: *rpc.to_node_id(),
            last: rpc.last_log_id().copied().map(Into::into),
        };
        let refused = match self.ask(Kind::Transfer, &request).await? {
            TransferAnswer::Accepted => return Ok(Ok(())),
            TransferAnswer::VoteChanged { expected, actual } => TransferLeaderError::VoteChanged {
                expected: expected.into(),
                actual: actual.into(),
            },
            TransferAnswer::LogNotFlushed { expected, actual } => {
                let (expected, actual) = (expected.map(LogId::from), actual.map(LogId::from));
                TransferLeaderError::LogNotFlushed { expected, actual }
            }
            TransferAnswer::Stopped(why) => return Err(Unreachable::from_string(why).into()),
        };
        Ok(Err(refused))
    }

    async fn full_snapshot(
        &mut self,
        vote: Vote,
        snapshot: SnapshotOf<TypeConfig, SnapshotData>,
        cancel: impl Future<Output = ReplicationClosed> + Send + 'static,
        _: RPCOption,
    ) -> Result<SnapshotResponse<TypeConfig>, StreamingError<TypeConfig>> {
        let peer = self.peer()?.clone();
        tokio::select! {
            sent = snapshot::send(&peer, self.group, vote, snapshot) => sent,
            closed = cancel => Err(closed.into()),
        }
    }

    fn backoff(&self) -> Option<Backoff> {
        Some(Backoff::new(std::iter::repeat(UNREACHABLE_BACKOFF)))
    }
}

/// A request that was not sent means: leave the peer alone for a moment. A lost one: try again.
fn rpc_error(error: CallError) -> RPCError<TypeConfig> {
    match error {
        CallError::NotSent(_) => Unreachable::new(&error).into(),
        CallError::Lost | CallError::Timeout | CallError::Unreadable(_) => {
            NetworkError::new(&error).into()
        }
    }
}

fn unreadable(why: String) -> RPCError<TypeConfig> {
    rpc_error(CallError::Unreadable(why))
}
