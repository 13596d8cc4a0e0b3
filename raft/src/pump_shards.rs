//! Carries the messages of one shard to another, at the leader of the sender.
//!
//! Rows are delivered in order, many in one command, and are deleted once the receiver has them:
//! lazily, because a repeat is a no-op. Nothing is remembered that a new leader would miss: it
//! begins at the first row that is left, and where the receiver has more, it skips or says so.

use std::sync::Arc;
use std::time::Duration;

use engine_core::outbox::{self, Message};
use engine_core::{Acknowledge, Command, Deliver, Rejection, Reply, ShardId};
use tokio::time::{Instant, sleep, timeout};

use crate::group::Group;
use crate::node::Inner;
use crate::proposal::Proposal;

/// So many messages go in one command, and the rest of the row that the last of them is in.
const MESSAGES_PER_DELIVERY: usize = 512;
/// After a hint, so long is waited for more to go with the first: nobody waits for a delivery.
const GATHER: Duration = Duration::from_millis(50);
/// Hints may be lost: so often the rows are looked at anyway.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Delivered rows are deleted when there are so many of them …
const ACKNOWLEDGE_ROWS: u64 = 1_000;
/// … or when the first has been delivered for so long.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_secs(1);
/// How long one delivery may take.
const DELIVERY_DEADLINE: Duration = Duration::from_secs(5);
/// How long to wait after a delivery that failed.
const RETRY_AFTER: Duration = Duration::from_millis(50);

/// Carries messages until it is canceled.
pub(crate) async fn run(inner: Arc<Inner>, group: Arc<Group>, to: ShardId) {
    let mut pump = Pump { inner, group, to, delivered: 0, acknowledged: 0, since: None };
    let mut applied = pump.group.replica.watch_applied();
    loop {
        // Whatever is applied from here on is a hint; what was applied before is read now.
        applied.mark_unchanged();
        while pump.deliver().await {}
        let _hint_or_not = timeout(pump.patience(), applied.changed()).await;
        pump.acknowledge_if_due().await;
        sleep(GATHER).await;
    }
}

/// Where a pump stands.
struct Pump {
    inner: Arc<Inner>,
    group: Arc<Group>,
    to: ShardId,
    /// The number of the last message the receiver has.
    delivered: u64,
    /// The number of the last message that is deleted here.
    acknowledged: u64,
    /// When the first of those between was delivered.
    since: Option<Instant>,
}

impl Pump {
    /// Delivers what comes next; says whether there may be more.
    async fn deliver(&mut self) -> bool {
        let view = &self.group.view;
        let rows = outbox::messages(view, self.to, self.delivered, MESSAGES_PER_DELIVERY);
        let rows = match rows {
            Ok(rows) => rows,
            Err(fault) => {
                tracing::error!(shard = %self.group.id, %fault, "cannot read the outbox");
                sleep(LOOK_EVERY).await;
                return false;
            }
        };
        let Some((first, _)) = rows.first() else { return false };
        let (first, full) = (*first, rows.len() >= MESSAGES_PER_DELIVERY);
        let messages: Vec<Message> = rows.into_iter().map(|(_, message)| message).collect();
        let count = messages.len() as u64;
        let command = Command::Deliver(Deliver { from: self.group.id, first, messages });
        let proposal = Proposal::from(command);
        match self
            .inner
            .propose(self.to, proposal, DELIVERY_DEADLINE)
            .await
            .map(|it| it.applied.outcome)
        {
            Ok(Ok(Reply::Delivered { through })) => {
                self.advance(through);
                metrics::counter!("stoa_raft_messages_delivered_total",
                    "shard" => self.group.id.to_string())
                .increment(count);
                full
            }
            Ok(Err(Rejection::DeliveryGap { expected })) => {
                tracing::info!(from = %self.group.id, to = %self.to, first, expected, "a gap");
                self.delivered = expected.saturating_sub(1);
                sleep(RETRY_AFTER).await;
                true
            }
            Ok(other) => {
                tracing::error!(from = %self.group.id, to = %self.to, ?other, "not delivered");
                sleep(LOOK_EVERY).await;
                false
            }
            Err(error) => {
                tracing::debug!(from = %self.group.id, to = %self.to, %error, "not delivered");
                sleep(RETRY_AFTER).await;
                true
            }
        }
    }

    fn advance(&mut self, through: u64) {
        self.delivered = self.delivered.max(through);
        if self.delivered > self.acknowledged {
            self.since.get_or_insert_with(Instant::now);
        }
    }

    /// How long the pump may sleep.
    fn patience(&self) -> Duration {
        self.since.map_or(LOOK_EVERY, |since| {
            ACKNOWLEDGE_AFTER.saturating_sub(since.elapsed()).min(LOOK_EVERY)
        })
    }

    async fn acknowledge_if_due(&mut self) {
        let due = self.since.is_some_and(|since| since.elapsed() >= ACKNOWLEDGE_AFTER);
        if !due && self.delivered.saturating_sub(self.acknowledged) < ACKNOWLEDGE_ROWS {
            return;
        }
        let command = Command::Acknowledge(Acknowledge { to: self.to, through: self.delivered });
        let proposal = Proposal::from(command);
        match self.inner.propose(self.group.id, proposal, DELIVERY_DEADLINE).await {
            Ok(proposed) => {
                // So many may have to go that it takes another command.
                self.acknowledged = match proposed.applied.outcome {
                    Ok(Reply::Delivered { through }) => through,
                    _ => self.delivered,
                };
                self.since = (self.acknowledged < self.delivered).then(Instant::now);
            }
            Err(error) => {
                tracing::debug!(shard = %self.group.id, %error, "not acknowledged");
                sleep(RETRY_AFTER).await;
            }
        }
    }
}
