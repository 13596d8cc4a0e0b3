//! Pipelined log entries: many requests on their way, answers in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine_core::ShardId;
use engine_core::codec;
use futures::{Stream, StreamExt};
use openraft::raft::{AppendEntriesRequest, StreamAppendError, StreamAppendResult};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::{Rpc, rpc_error, unreadable};
use crate::transport::kind::{Kind, Lane};
use crate::transport::link::Answer;
use crate::transport::peers::Peer;
use crate::transport::wire::{self, AppendAnswer, AppendRequest};
use crate::types::{LogId, TypeConfig, Vote};

/// The most requests of one group that wait for a follower's answer.
const IN_FLIGHT_MAX: usize = 32;
/// How long a follower may take for one request: a slow disk is slow, a stuck one is not there.
const APPEND_DEADLINE: Duration = Duration::from_secs(4);
/// A commit index that no entries follow is sent on its own after this: a follower's readers wait
/// so much longer at most.
const COMMIT_ALONE_AFTER: Duration = Duration::from_millis(5);

/// Requests on their way to a follower.
struct Pipeline<S> {
    peer: Arc<Peer>,
    lane: Lane,
    group: ShardId,
    input: S,
    /// The input may have more.
    open: bool,
    in_flight: VecDeque<InFlight>,
    /// Says only that more is committed: goes with the next entries, or when its time is up.
    parked: Option<(AppendEntriesRequest<TypeConfig>, Instant)>,
}

/// A request that is not answered yet.
struct InFlight {
    answer: Answer,
    previous: Option<LogId>,
    last: Option<LogId>,
    deadline: Instant,
}

/// Sends what the input yields, and yields the answers in the same order. Ends with the input, or
/// with the first answer that is not "appended": what was sent behind it means nothing.
pub(super) fn pipeline<S>(
    peer: Arc<Peer>,
    lane: Lane,
    group: ShardId,
    input: S,
) -> impl Stream<Item = Rpc<StreamAppendResult<TypeConfig>>> + Send
where
    S: Stream<Item = AppendEntriesRequest<TypeConfig>> + Send + Unpin,
{
    let pipeline =
        Pipeline { peer, lane, group, input, open: true, in_flight: VecDeque::new(), parked: None };
    futures::stream::unfold(Some(pipeline), |state| async move {
        let mut pipeline: Pipeline<S> = state?;
        let result = pipeline.next().await?;
        let goes_on = matches!(result, Ok(Ok(_)));
        Some((result, goes_on.then_some(pipeline)))
    })
}

impl<S> Pipeline<S>
where
    S: Stream<Item = AppendEntriesRequest<TypeConfig>> + Unpin,
{
    async fn next(&mut self) -> Option<Rpc<StreamAppendResult<TypeConfig>>> {
        loop {
            let may_send = self.open && self.in_flight.len() < IN_FLIGHT_MAX;
            let due = self.parked.as_ref().map(|(_, due)| *due);
            let (front, input) = (self.in_flight.front_mut(), &mut self.input);
            tokio::select! {
                request = input.next(), if may_send => {
                    let next = self.park(request);
                    if let Some(Err(error)) = next.map(|request| self.send(request)) {
                        return Some(Err(error));
                    }
                }
                () = until(due), if due.is_some() => {
                    let next = self.parked.take().map(|(request, _)| request);
                    if let Some(Err(error)) = next.map(|request| self.send(request)) {
                        return Some(Err(error));
                    }
                }
                Some(result) = answer(front) => {
                    self.in_flight.pop_front();
                    return Some(result);
                }
                else => return None,
            }
        }
    }

    /// What to send now. Nothing but a new commit index can wait a moment for entries to go with:
    /// those carry it too, and what a follower answers to them answers both. The end of the input
    /// sends what waits.
    fn park(
        &mut self,
        request: Option<AppendEntriesRequest<TypeConfig>>,
    ) -> Option<AppendEntriesRequest<TypeConfig>> {
        let Some(request) = request else {
            self.open = false;
            return self.parked.take().map(|(request, _)| request);
        };
        if request.entries.is_empty() {
            let due = self.parked.as_ref().map(|(_, due)| *due);
            let due = due.unwrap_or_else(|| Instant::now() + COMMIT_ALONE_AFTER);
            self.parked = Some((request, due));
            return None;
        }
        self.parked = None;
        Some(request)
    }

    fn send(&mut self, request: AppendEntriesRequest<TypeConfig>) -> Rpc<()> {
        let previous = request.prev_log_id;
        let last = request.entries.last().map(|entry| entry.log_id).or(previous);
        let body = codec::encode(&AppendRequest {
            vote: request.vote.into(),
            previous: previous.map(Into::into),
            entries: request.entries.iter().map(Into::into).collect(),
            committed: request.leader_commit.map(Into::into),
        });
        let link = self.peer.link(self.lane);
        let answer = link.send(self.group, Kind::Append, &body).map_err(rpc_error)?;
        let deadline = Instant::now() + APPEND_DEADLINE;
        self.in_flight.push_back(InFlight { answer, previous, last, deadline });
        Ok(())
    }
}

/// Waits until then; forever when there is nothing to wait for.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// The answer to the oldest request; nothing when there is none.
async fn answer(front: Option<&mut InFlight>) -> Option<Rpc<StreamAppendResult<TypeConfig>>> {
    let front = front?;
    let answered = timeout_at(front.deadline, front.answer.recv()).await;
    let bytes = match answered {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => return Some(Err(rpc_error(error))),
        Err(_) => return Some(Err(rpc_error(crate::transport::link::CallError::Timeout))),
    };
    Some(match wire::read(&bytes).map_err(unreadable) {
        Ok(AppendAnswer::Appended) => Ok(Ok(front.last)),
        Ok(AppendAnswer::Conflict) => match front.previous {
            Some(previous) => Ok(Err(StreamAppendError::Conflict(previous))),
            None => Err(unreadable("a conflict before the first entry".to_owned())),
        },
        Ok(AppendAnswer::HigherVote(vote)) => {
            Ok(Err(StreamAppendError::HigherVote(Vote::from(vote))))
        }
        Ok(AppendAnswer::Stopped(why)) => {
            Err(openraft::errors::Unreachable::from_string(why).into())
        }
        Err(error) => Err(error),
    })
}
