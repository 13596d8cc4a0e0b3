//! What this node does for its peers: one answer for each kind of request.

use std::sync::Arc;

use engine_core::ShardId;
use engine_core::codec::{self, Record};
use futures::future::BoxFuture;
use openraft::raft::{
    AppendEntriesRequest, AppendEntriesResponse, TransferLeaderError, TransferLeaderRequest,
    VoteRequest,
};

use crate::group::Group;
use crate::network::receive::Receiver;
use crate::node::Inner;
use crate::transport::frame::Frame;
use crate::transport::kind::Kind;
use crate::transport::server::Service;
use crate::transport::wire::{
    self, AppendAnswer, AsOf, ClockAnswer, GoneAnswer, ProposeAnswer, ReadIndexAnswer,
    SnapshotAnswer, TransferAnswer, VoteAnswer,
};
use crate::types::{Entry, LogId, NodeId, TypeConfig};

/// Serves the requests of one peer's connection.
pub(crate) struct Served {
    inner: Arc<Inner>,
    snapshots: Receiver,
}

impl Served {
    /// The service for a connection.
    pub fn new(inner: Arc<Inner>) -> Self {
        Self { inner, snapshots: Receiver::default() }
    }
}

impl Service for Served {
    fn serve(self: Arc<Self>, from: NodeId, frame: Frame) -> BoxFuture<'static, Option<Vec<u8>>> {
        Box::pin(async move {
            let kind = frame.head.kind;
            match self.answer(&frame).await {
                Ok(answer) => answer,
                Err(why) => {
                    tracing::warn!(from, ?kind, why, "a peer's request cannot be carried out");
                    None
                }
            }
        })
    }
}

impl Served {
    /// The answer as bytes, if this kind of request has one.
    async fn answer(&self, frame: &Frame) -> Result<Option<Vec<u8>>, String> {
        let (shard, body) = (frame.head.group, &frame.body[..]);
        match frame.head.kind {
            Kind::Append => some(append(self.group(shard)?, wire::read(body)?).await?),
            Kind::Vote => some(vote(self.group(shard)?, wire::read(body)?, false).await),
            Kind::PreVote => some(vote(self.group(shard)?, wire::read(body)?, true).await),
            Kind::Transfer => some(transfer(self.group(shard)?, wire::read(body)?).await),
            Kind::Snapshot => some(self.snapshot(shard, wire::read(body)?).await?),
            Kind::Propose => some(propose(self.group(shard)?, wire::read(body)?).await),
            Kind::ReadIndex => {
                let answer = self.group(shard)?.confirm.get().await;
                some(answer.unwrap_or(ReadIndexAnswer::NoQuorum))
            }
            Kind::Gone => {
                let group = self.group(shard)?;
                let gone = self.inner.is_gone_too(group, &wire::read(body)?).await;
                some(GoneAnswer(gone))
            }
            Kind::AsOf => {
                let AsOf(tellings) = wire::read(body)?;
                for (shard, index, time) in tellings {
                    self.group(shard)?.freshness.told(index, time);
                }
                Ok(None)
            }
            Kind::Clock => some(ClockAnswer((self.inner.config.clock)())),
        }
    }

    fn group(&self, shard: ShardId) -> Result<&Arc<Group>, String> {
        self.inner.groups.get(&shard).ok_or_else(|| format!("there is no shard {shard}"))
    }

    async fn snapshot(
        &self,
        shard: ShardId,
        part: wire::SnapshotPart,
    ) -> Result<SnapshotAnswer, String> {
        Ok(self.snapshots.take(self.group(shard)?, part).await)
    }
}

fn some(answer: impl Record) -> Result<Option<Vec<u8>>, String> {
    Ok(Some(codec::encode(&answer)))
}

async fn append(group: &Group, request: wire::AppendRequest) -> Result<AppendAnswer, String> {
    let entries: Result<Vec<Entry>, _> = request.entries.into_iter().map(Entry::try_from).collect();
    let request = AppendEntriesRequest::<TypeConfig> {
        vote: request.vote.into(),
        prev_log_id: request.previous.map(LogId::from),
        entries: entries.map_err(|fault| fault.to_string())?,
        leader_commit: request.committed.map(LogId::from),
    };
    Ok(match group.raft.append_entries(request).await {
        Ok(AppendEntriesResponse::Success) => AppendAnswer::Appended,
        Ok(AppendEntriesResponse::Conflict) => AppendAnswer::Conflict,
        Ok(AppendEntriesResponse::HigherVote(vote)) => AppendAnswer::HigherVote(vote.into()),
        Ok(AppendEntriesResponse::PartialSuccess(_)) => {
            return Err("only a part of the entries was appended".to_owned());
        }
        Err(error) => AppendAnswer::Stopped(error.to_string()),
    })
}

async fn vote(group: &Group, request: wire::VoteRequest, pre_vote: bool) -> VoteAnswer {
    let last = request.last.map(LogId::from);
    let mut rpc = VoteRequest::<TypeConfig>::new(request.vote.into(), last);
    rpc.leadership_transfer = request.transfer;
    let answered = match pre_vote {
        true => group.raft.pre_vote(rpc).await,
        false => group.raft.vote(rpc).await,
    };
    match answered {
        Ok(answer) => VoteAnswer::Vote {
            vote: answer.vote.into(),
            granted: answer.vote_granted,
            last: answer.last_log_id.map(Into::into),
        },
        Err(error) => VoteAnswer::Stopped(error.to_string()),
    }
}

async fn transfer(group: &Group, request: wire::TransferRequest) -> TransferAnswer {
    let last = request.last.map(LogId::from);
    let rpc = TransferLeaderRequest::<TypeConfig>::new(request.from.into(), request.to, last);
    match group.raft.handle_transfer_leader(rpc).await {
        Ok(Ok(())) => TransferAnswer::Accepted,
        Ok(Err(TransferLeaderError::VoteChanged { expected, actual })) => {
            TransferAnswer::VoteChanged { expected: expected.into(), actual: actual.into() }
        }
        Ok(Err(TransferLeaderError::LogNotFlushed { expected, actual })) => {
            let (expected, actual) = (expected.map(Into::into), actual.map(Into::into));
            TransferAnswer::LogNotFlushed { expected, actual }
        }
        Err(fatal) => TransferAnswer::Stopped(fatal.to_string()),
    }
}

async fn propose(group: &Group, request: wire::ProposeRequest) -> ProposeAnswer {
    match group.submit(request) {
        Ok(answer) => answer.await.unwrap_or(ProposeAnswer::Unknown),
        Err(refused) => refused,
    }
}
