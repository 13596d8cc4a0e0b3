//! The only way to change a shard.
//!
//! [`apply`] takes what one log entry carries. For each command: look up the retry memory, run the
//! handler, and on a refusal roll its writes back and then record the refusal; then write into the
//! audit trail who sent it, if the stamp names somebody. Events of the whole entry become one feed
//! row at the end, its messages one row for each shard they go to.

use serde::{Deserialize, Serialize};

use crate::audit;
use crate::clock::Clock;
use crate::command::{Batch, Command, Reply, Stamp, Stamped};
use crate::dedup::{self, KEY_RETENTION_MS, REQUEST_RETENTION_MS, Remembered};
use crate::due::{Timer, TimerKind};
use crate::fault::Fault;
use crate::feed::{self, Event};
use crate::ids::{ShardId, Topology};
use crate::keys::Key;
use crate::outbox::{self, Message};
use crate::payment;
use crate::rejection::Rejection;
use crate::txn::Txn;

/// What the caller of a command is told.
pub type Outcome = Result<Reply, Rejection>;

/// What became of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// What the caller is told.
    pub outcome: Outcome,
    /// The outcome is an earlier one's: nothing was done now.
    pub replayed: bool,
}

/// Which shard applies, and how the others are laid out.
#[derive(Debug, Clone, Copy)]
pub struct Shard {
    /// Its id.
    pub id: ShardId,
    /// The cluster's topology.
    pub topology: Topology,
}

/// Applies one log entry: one result per command, in order.
///
/// A rejected command leaves no rows but the record of its refusal. A fault leaves `txn` unusable:
/// the caller must drop it whole and stop the replica.
pub fn apply(
    txn: &mut Txn<'_>,
    shard: Shard,
    index: u64,
    batch: &Batch,
) -> Result<Vec<Applied>, Fault> {
    let (mut events, mut messages) = (Vec::new(), Vec::new());
    let mut results = Vec::with_capacity(batch.commands.len());
    let before = Clock::read(txn)?;
    let mut clock = before;
    let mut calls_from = payment::calls_from(txn)?;
    for Stamped { stamp, command } in &batch.commands {
        clock.advance(stamp.now);
        let (events, messages, clock) = (&mut events, &mut messages, &mut clock);
        let calls_from = &mut calls_from;
        let mut ctx = Ctx { txn, shard, clock, calls_from, events, messages, replayed: false };
        let outcome = once(&mut ctx, stamp, command)?;
        results.push(Applied { outcome, replayed: ctx.replayed });
    }
    if clock != before {
        txn.put(&Key::Clock, &clock);
    }
    outbox::append(txn, messages)?;
    feed::append(txn, index, clock.now, events)?;
    Ok(results)
}

/// Runs the command unless its outcome is remembered, and remembers its outcome.
fn once(ctx: &mut Ctx<'_, '_>, stamp: &Stamp, command: &Command) -> Result<Outcome, Fault> {
    if let Some(outcome) = remembered(ctx, stamp)? {
        return Ok(outcome);
    }
    let outcome = run(ctx, command)?;
    if let Some(actor) = stamp.actor {
        audit::record(ctx, actor, command, &outcome)?;
    }
    let bad_request = outcome.as_ref().is_err_and(Rejection::is_bad_request);
    if let Some(idempotency) = stamp.idempotency.filter(|_| !bad_request) {
        let row = Remembered { body: idempotency.body, outcome: outcome.clone() };
        ctx.txn.put(&Key::Idempotency(idempotency.key), &row);
        let forget = TimerKind::ForgetIdempotency(idempotency.key);
        ctx.arm(ctx.now().saturating_add(KEY_RETENTION_MS), forget);
    }
    if stamp.request != 0 {
        let row = Remembered { body: 0, outcome: outcome.clone() };
        ctx.txn.put(&Key::Request(stamp.request), &row);
    }
    Ok(outcome)
}

fn remembered(ctx: &mut Ctx<'_, '_>, stamp: &Stamp) -> Result<Option<Outcome>, Fault> {
    if stamp.request != 0 {
        if let Some(row) = ctx.txn.read::<Remembered>(&Key::Request(stamp.request))? {
            return Ok(Some(row.outcome));
        }
        let expires = dedup::request_time(stamp.request).saturating_add(REQUEST_RETENTION_MS);
        if expires < ctx.now() {
            return Ok(Some(Err(Rejection::RequestTooOld)));
        }
    }
    let Some(idempotency) = stamp.idempotency else { return Ok(None) };
    let row = ctx.txn.read::<Remembered>(&Key::Idempotency(idempotency.key))?;
    Ok(row.map(|row| {
        if row.body != idempotency.body {
            return Err(Rejection::IdempotencyMismatch);
        }
        ctx.replayed = true;
        row.outcome
    }))
}

fn run(ctx: &mut Ctx<'_, '_>, command: &Command) -> Result<Outcome, Fault> {
    ctx.txn.savepoint();
    let (events, messages) = (ctx.events.len(), ctx.messages.len());
    match dispatch(ctx, command) {
        Ok(reply) => Ok(Ok(reply)),
        Err(Stop::Faulted(fault)) => Err(fault),
        Err(Stop::Rejected(rejection)) => {
            ctx.txn.rollback();
            ctx.events.truncate(events);
            ctx.messages.truncate(messages);
            match command {
                Command::PlaceOrder(command) => command.record_refusal(ctx, &rejection)?,
                Command::RefuseOrder(command) => command.record_refusal(ctx, &rejection)?,
                _ => {}
            }
            Ok(Err(rejection))
        }
    }
}

/// Hands a command to its handler.
macro_rules! handlers {
    ($($kind:ident)*) => {
        fn dispatch(ctx: &mut Ctx<'_, '_>, command: &Command) -> Result<Reply, Stop> {
            match command {
                Command::RecordOperation(command) => Ok(command.apply()),
                $(Command::$kind(command) => command.apply(ctx),)*
            }
        }
    };
}

handlers! {
    CreateProduct
    UpdateProduct
    ArchiveProduct
    CreateCollection
    UpdateCollection
    ArchiveCollection
    ReceiveStock
    AdjustStock
    SetStock
    HoldStock
    CommitHold
    ReleaseHold
    PlaceOrder
    RefuseOrder
    ResolveHold
    CancelOrder
    Settle
    Deliver
    Acknowledge
    Pulse
    CreateKey
    RotateKey
    RevokeKey
    NoteKeyUses
    CreateWebhook
    UpdateWebhook
    RotateWebhookSecret
    DisableWebhook
    DeleteWebhook
    OpenDeliveries
    NoteDeliveries
    CloseDeliveries
    ReplayDeadLetters
    SetStockPolicy
    RecoverOrder
    NotePaymentEvent
    RetryPayment
    CreateFulfillment
    PackFulfillment
    ShipFulfillment
    DeliverFulfillment
    CancelFulfillment
    CancelLines
    RefundOrder
    SetCartLine
    ClearCart
    MergeCart
    LoseFulfillment
    RequestReturn
    ApproveReturn
    RejectReturn
    CancelReturn
    ReceiveReturn
    NoteDispute
    ImportRefund
    OpenNotices
    StartNotices
    SettleNotices
    ReplayDeadNotices
    ReconcileIntent
    BeginEpoch
    CreatePromotion
    UpdatePromotion
    ArchivePromotion
    PutShippingMethod
    DeleteShippingMethod
    PutTaxRate
    DeleteTaxRate
    PutLocation
    TransferStock
    ReshipFulfillment
    PutSearchSettings
    PutConsumer
    DeleteConsumer
    SetFeedRetention
}

/// What a handler works with: the rows, the time, and where to leave events and effects.
pub(crate) struct Ctx<'a, 'v> {
    pub txn: &'a mut Txn<'v>,
    pub shard: Shard,
    pub clock: &'a mut Clock,
    /// New calls to the provider have no lower number: that of the cluster's epoch.
    pub calls_from: &'a mut u32,
    pub replayed: bool,
    events: &'a mut Vec<Event>,
    messages: &'a mut Vec<(ShardId, Message)>,
}

impl Ctx<'_, '_> {
    /// Effective now, in Unix milliseconds.
    pub fn now(&self) -> u64 {
        self.clock.now
    }

    /// Says that something has happened.
    pub fn emit(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Leaves a message for another shard.
    pub fn send(&mut self, to: ShardId, message: Message) {
        self.messages.push((to, message));
    }

    /// Arms a timer. The caller keeps `at`, to disarm it.
    pub fn arm(&mut self, at: u64, kind: TimerKind) {
        self.clock.timers_from = self.clock.timers_from.min(at);
        let timer = Timer { kind, armed_outage_ms: self.clock.outage_ms };
        self.txn.put(&Key::Due { at, timer: timer.clone() }, &timer);
    }

    /// Disarms a timer that was armed for `at`.
    pub fn disarm(&mut self, at: u64, kind: TimerKind) {
        self.txn.delete(&Key::Due { at, timer: Timer { kind, armed_outage_ms: 0 } });
    }
}

/// Why a handler stopped early. `?` lifts either kind.
pub(crate) enum Stop {
    Rejected(Rejection),
    Faulted(Fault),
}

impl From<Rejection> for Stop {
    fn from(rejection: Rejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Faulted(fault)
    }
}
