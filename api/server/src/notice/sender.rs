//! Sends the notices of one shard, at the shard's leader.
//!
//! It names itself to the shard first, once there is something to send: from then on nobody else
//! begins anything, and what another one had begun waits again. Then, batch by batch: begin, send,
//! settle. What was sent and not settled when a leader dies is sent again.

use std::time::Duration;

use engine_core::notice::{NOTICE_AGE_MS_MAX, NOTICES_AT_ONCE, Notice, NoticeId, NoticeOutcome};
use engine_core::order::Order;
use engine_core::read::{self, Whose};
use engine_core::{
    Command, OpenNotices, OrderId, Rejection, Reply, SettleNotices, ShardId, Slot, StartNotices,
};
use futures::future::BoxFuture;
use futures::stream::{self, StreamExt as _};
use raft::{Proposal, ProposeError};
use tokio::time::{Instant, sleep, sleep_until};

use crate::state::App;
use crate::time::now_ms;

/// How many mails of one shard are under way at once.
const AT_ONCE: usize = 8;
/// Hints may be lost, and time passes: so often the rows are looked at anyway.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// After a hint, so long is waited for more to send at once.
const GATHER: Duration = Duration::from_millis(25);
/// How long a command may take.
const DEADLINE: Duration = Duration::from_secs(5);
/// How long is waited before a settlement that failed is proposed again.
const AGAIN: Duration = Duration::from_millis(200);
/// After every notice that is due at a time.
const LAST: NoticeId =
    NoticeId { order: OrderId { slot: Slot(u16::MAX), hash: u128::MAX }, number: u32::MAX };

/// Why a sender has ended.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// Another node leads.
    #[error("another sender has taken over")]
    Replaced,
    /// The shard does not answer.
    #[error("the shard does not answer: {0}")]
    NotWritten(#[from] ProposeError),
    /// The rows cannot be read.
    #[error("the rows cannot be read: {0}")]
    Unreadable(String),
}

impl From<engine_core::Fault> for Ended {
    fn from(fault: engine_core::Fault) -> Self {
        Self::Unreadable(fault.to_string())
    }
}

/// A notice that is due, and its order.
type Due = (NoticeId, Notice, Option<Order>);

/// Sends a shard's notices until that ends.
pub struct Sender {
    app: App,
    shard: ShardId,
    /// How it names itself.
    token: u64,
    /// It has named itself.
    is_open: bool,
    /// Nothing that waits is due before this time: rows that were deleted there are not waded
    /// through again.
    from: u64,
}

impl Sender {
    /// A sender that has not looked yet.
    pub fn new(app: App, shard: ShardId) -> Self {
        Self { app, shard, token: rand::random::<u64>().max(1), is_open: false, from: 0 }
    }

    /// Sends until it is told to stop, or cannot go on.
    pub async fn send(mut self) -> Result<(), Ended> {
        let mut hints = self.app.node.feed_changed();
        loop {
            hints.mark_unchanged();
            let looked = Instant::now();
            let full = self.round().await?;
            if full {
                continue;
            }
            tokio::select! {
                changed = hints.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    sleep(GATHER).await;
                }
                () = sleep_until(looked + LOOK_EVERY) => {}
            }
        }
    }

    /// Sends what is due, a batch of it. Says whether there may be more at once.
    async fn round(&mut self) -> Result<bool, Ended> {
        if !self.is_open {
            let begun = read::notices_sending(&self.app.view(self.shard), None, 1)?;
            if begun.is_empty() && self.due()?.is_empty() {
                return Ok(false);
            }
            self.open().await?;
        }
        let due = self.due()?;
        if due.is_empty() {
            return Ok(false);
        }
        let full = due.len() == NOTICES_AT_ONCE;
        let started = self.start(due).await?;
        let sends: Vec<_> = started.into_iter().map(|due| self.attempt(due)).collect();
        let outcomes: Vec<_> = stream::iter(sends).buffer_unordered(AT_ONCE).collect().await;
        self.settle(outcomes).await?;
        Ok(full)
    }

    /// The first notices that are due; without a transport, those that have waited for too long.
    fn due(&mut self) -> Result<Vec<(u64, NoticeId)>, Ended> {
        let view = self.app.view(self.shard);
        // What is queued later is due later than this.
        let clock = read::clock(&view)?.now;
        let after = self.from.checked_sub(1).map(|before| (before, LAST));
        let rows = read::notices_waiting(&view, after, NOTICES_AT_ONCE)?;
        self.from = rows.first().map_or(clock, |(_, first)| first.due.min(clock));
        let (now, is_on) = (now_ms(), self.app.notices.is_on());
        let sendable = |row: &Notice| {
            let too_old = row.at.saturating_add(NOTICE_AGE_MS_MAX) <= now;
            row.due <= now && (is_on || too_old)
        };
        let due = rows.into_iter().filter(|(_, row)| sendable(row));
        Ok(due.map(|(id, row)| (row.due, id)).collect())
    }

    /// Takes over.
    async fn open(&mut self) -> Result<(), Ended> {
        let mut more = true;
        while more {
            let command = Command::OpenNotices(OpenNotices { sender: self.token });
            more = matches!(self.propose(command).await?, Reply::Moved { more: true, .. });
        }
        self.is_open = true;
        self.from = 0;
        Ok(())
    }

    /// Notes that notices are being sent; those that are, with their orders.
    async fn start(&self, notices: Vec<(u64, NoticeId)>) -> Result<Vec<Due>, Ended> {
        let ids: Vec<_> = notices.iter().map(|(_, id)| *id).collect();
        let start = StartNotices { sender: self.token, notices };
        self.propose(Command::StartNotices(start)).await?;
        let view = self.app.view(self.shard);
        let mut started = Vec::with_capacity(ids.len());
        for id in ids {
            let row = read::notice_sending(&view, id)?;
            if let Some(row) = row.filter(|row| row.sender == self.token) {
                let order = read::order(&view, id.order, &Whose::Anybody)?;
                started.push((id, row, order));
            }
        }
        Ok(started)
    }

    /// One attempt.
    fn attempt(&self, due: Due) -> BoxFuture<'static, (NoticeId, NoticeOutcome)> {
        Box::pin(attempt(self.app.clone(), self.shard, due))
    }

    /// Says what came of it, until the shard knows.
    async fn settle(&self, outcomes: Vec<(NoticeId, NoticeOutcome)>) -> Result<(), Ended> {
        let settle = SettleNotices { sender: self.token, outcomes };
        loop {
            match self.propose(Command::SettleNotices(settle.clone())).await {
                Err(Ended::NotWritten(error)) => {
                    tracing::debug!(shard = %self.shard, %error, "mail is not settled yet");
                    sleep(AGAIN).await;
                }
                settled => return settled.map(|_| ()),
            }
        }
    }

    /// Has the shard apply a command, and waits until it is applied here.
    async fn propose(&self, command: Command) -> Result<Reply, Ended> {
        let node = &self.app.node;
        let proposed = node.propose(self.shard, Proposal::from(command), DEADLINE).await?;
        let applied = node.wait_applied(self.shard, proposed.index, DEADLINE).await;
        applied.map_err(|error| Ended::Unreadable(error.to_string()))?;
        match proposed.applied.outcome {
            Ok(reply) => Ok(reply),
            Err(Rejection::SenderReplaced) => Err(Ended::Replaced),
            Err(other) => Err(Ended::Unreadable(format!("{other:?}"))),
        }
    }
}

/// Makes a mail of a notice and sends it.
async fn attempt(app: App, shard: ShardId, (id, notice, order): Due) -> (NoticeId, NoticeOutcome) {
    let began = Instant::now();
    let letter = order.and_then(|order| app.notices.letter(id, &notice, &order).ok());
    let outcome = match letter {
        Some(letter) => app.notices.send(letter).await,
        None => NoticeOutcome::Refused { code: None },
    };
    let (name, code) = match outcome {
        NoticeOutcome::Sent => ("sent", None),
        NoticeOutcome::Failed { code } => ("failed", code),
        NoticeOutcome::Refused { code } => ("refused", code),
    };
    metrics::counter!("stoa_notice_attempts_total", "outcome" => name).increment(1);
    metrics::histogram!("stoa_notice_attempt_seconds").record(began.elapsed());
    if outcome != NoticeOutcome::Sent {
        let kind = notice.kind.as_str();
        tracing::warn!(%shard, notice = %id, kind, outcome = name, ?code, "a mail was not sent");
    }
    (id, outcome)
}
