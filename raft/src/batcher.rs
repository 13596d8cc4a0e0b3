//! From many proposals to few log entries, at the leader of a shard.
//!
//! ```text
//! callers ─► bounded queue ─► one entry: all that queued while the last was under way ─► openraft
//!    ▲                                                                                     │
//!    └───────────────── each caller's own result, after it was applied ◄───────────────────┘
//! ```
//!
//! One entry is under way at a time: more would make them smaller, and a small entry costs as much
//! as a large one. An idle shard proposes at once, a busy one on the next beat of the clock, in
//! ever larger batches (docs/adr/0007-the-beat.md). The stamp is written here, by the leader,
//! because its clock is the shard's. A caller that has given up while it waited is dropped
//! unproposed: overload sheds work instead of doing it in vain.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use engine_core::audit::Actor;
use engine_core::dedup::Idempotency;
use engine_core::{Applied, Batch, Command, Digest, ShardId, Stamp, Stamped};
use openraft::errors::{ClientWriteError, RaftError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};
use tracing::Span;

use crate::config::{BATCH_BYTES_MAX, BATCH_COMMANDS_MAX, WAITING_PROPOSALS_MAX, WallClock};
use crate::group::Raft;
use crate::state_machine::Replica;
use crate::transport::wire::{ProposeAnswer, ProposeRequest};
use crate::types::{SharedBatch, TypeConfig};

/// When busy shards propose, all over the cluster: whenever the clock is a multiple of this.
const BEAT_MS: u64 = 4;
/// A shard is busy when its last entry had so many commands.
const BUSY_COMMANDS: usize = 3;
/// How often the leader's digest travels with a batch.
const DIGEST_EVERY: Duration = Duration::from_secs(1);

/// The queue before a shard's leader.
#[derive(Clone)]
pub(crate) struct Batcher {
    shard: ShardId,
    queue: mpsc::Sender<Queued>,
}

/// A command that waits.
struct Queued {
    request: u128,
    idempotency: Option<Idempotency>,
    actor: Option<Actor>,
    command: Command,
    caller: Caller,
}

/// Who waits for what becomes of a command.
struct Caller {
    answer: oneshot::Sender<ProposeAnswer>,
    /// From here to the answer, if it belongs to a trace.
    span: Span,
}

/// What the batcher works with.
pub(crate) struct Work {
    shard: ShardId,
    raft: Raft,
    replica: Arc<Replica>,
    clock: WallClock,
    waiting: mpsc::Receiver<Queued>,
}

impl Batcher {
    /// A queue, and what empties it: spawn [`Work::run`].
    pub fn new(
        shard: ShardId,
        raft: Raft,
        replica: Arc<Replica>,
        clock: WallClock,
    ) -> (Self, Work) {
        let (queue, waiting) = mpsc::channel(WAITING_PROPOSALS_MAX);
        (Self { shard, queue }, Work { shard, raft, replica, clock, waiting })
    }

    /// How many commands wait.
    pub fn waiting(&self) -> u64 {
        self.queue.max_capacity().saturating_sub(self.queue.capacity()) as u64
    }

    /// Queues a command, or says why it cannot be.
    pub fn submit(
        &self,
        request: ProposeRequest,
    ) -> Result<oneshot::Receiver<ProposeAnswer>, ProposeAnswer> {
        let ProposeRequest { request, idempotency, actor, trace, command } = request;
        let span = trace.map_or_else(Span::none, |trace| {
            let (shard, index) = (tracing::field::display(self.shard), tracing::field::Empty);
            trace.adopts(tracing::info_span!("write", trace_id = trace.id(), shard, index))
        });
        let (answers, answer) = oneshot::channel();
        let caller = Caller { answer: answers, span };
        match self.queue.try_send(Queued { request, idempotency, actor, command, caller }) {
            Ok(()) => Ok(answer),
            Err(mpsc::error::TrySendError::Full(_)) => {
                metrics::counter!("stoa_raft_overloaded_total").increment(1);
                Err(ProposeAnswer::Overloaded)
            }
            Err(mpsc::error::TrySendError::Closed(_)) => {
                Err(ProposeAnswer::Stopped("this node is stopping".to_owned()))
            }
        }
    }
}

impl Work {
    /// Proposes what is queued until every [`Batcher`] is dropped.
    pub async fn run(mut self) {
        let mut queued = VecDeque::new();
        let mut received = Vec::with_capacity(BATCH_COMMANDS_MAX);
        let mut digest_sent = Instant::now();
        let mut busy = false;
        loop {
            if queued.is_empty() {
                if self.waiting.recv_many(&mut received, BATCH_COMMANDS_MAX).await == 0 {
                    return;
                }
                queued.extend(received.drain(..));
            }
            if busy {
                self.beat().await;
            }
            let room = BATCH_COMMANDS_MAX.saturating_sub(queued.len());
            queued.extend(std::iter::from_fn(|| self.waiting.try_recv().ok()).take(room));
            let digest = (digest_sent.elapsed() >= DIGEST_EVERY).then(|| {
                digest_sent = Instant::now();
                self.replica.digest()
            });
            let (batch, callers) = cut(&mut queued, (self.clock)(), digest);
            busy = callers.len() >= BUSY_COMMANDS;
            if !callers.is_empty() {
                propose(&self.raft, self.shard, batch, callers).await;
            }
        }
    }

    /// Waits for the next beat of the clock.
    async fn beat(&self) {
        let left = BEAT_MS - (self.clock)() % BEAT_MS;
        sleep(Duration::from_millis(left)).await;
    }
}

/// Takes a batch from the front of the queue.
fn cut(queued: &mut VecDeque<Queued>, now: u64, digest: Option<Digest>) -> (Batch, Vec<Caller>) {
    let mut commands = Vec::with_capacity(queued.len());
    let mut callers = Vec::with_capacity(queued.len());
    let mut bytes = 0;
    while let Some(next) = queued.pop_front() {
        if next.caller.answer.is_closed() {
            continue;
        }
        bytes += next.command.estimated_bytes();
        let Queued { request, idempotency, actor, .. } = next;
        let stamp = Stamp { now, request, idempotency, actor };
        commands.push(Stamped { stamp, command: next.command });
        callers.push(next.caller);
        if commands.len() >= BATCH_COMMANDS_MAX || bytes >= BATCH_BYTES_MAX {
            break;
        }
    }
    (Batch { commands, digest }, callers)
}

/// Proposes a batch, and deals its results out.
async fn propose(raft: &Raft, shard: ShardId, batch: Batch, callers: Vec<Caller>) {
    metrics::histogram!("stoa_raft_batch_commands", "shard" => shard.to_string())
        .record(callers.len() as f64);
    let began = Instant::now();
    let written = raft.client_write(SharedBatch::new(batch)).await;
    metrics::histogram!("stoa_raft_entry_seconds", "shard" => shard.to_string())
        .record(began.elapsed());
    let answer = match written {
        Ok(written) => return deal(callers, written.log_id.index, written.data),
        Err(error) => refusal(&error),
    };
    for caller in callers {
        let _nobody_waits = caller.answer.send(answer.clone());
    }
}

fn deal(callers: Vec<Caller>, index: u64, results: Vec<Applied>) {
    debug_assert_eq!(callers.len(), results.len(), "one result for each command");
    for (Caller { answer, span }, applied) in callers.into_iter().zip(results) {
        span.record("index", index);
        let _nobody_waits =
            answer.send(ProposeAnswer::Applied { applied: Box::new(applied), index });
    }
}

fn refusal(error: &RaftError<TypeConfig, ClientWriteError<TypeConfig>>) -> ProposeAnswer {
    match error {
        RaftError::APIError(ClientWriteError::ForwardToLeader(forward)) => {
            ProposeAnswer::NotLeader(forward.leader_id)
        }
        RaftError::APIError(ClientWriteError::LogEntryDiscarded(_)) => ProposeAnswer::Unknown,
        RaftError::APIError(error) => ProposeAnswer::Stopped(error.to_string()),
        // The replica stopped while the entry was under way, or before.
        RaftError::Fatal(_) => ProposeAnswer::Unknown,
    }
}
