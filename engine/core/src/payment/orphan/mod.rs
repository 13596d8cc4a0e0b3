//! T37: money at the provider that no order of ours knows of.
//!
//! An intent carries the order it was made for. Where that order is not there, or has another
//! intent, as after a restore from an old backup, the intent is an orphan: a row of its own, with
//! calls of its own. After a quarter of an hour in which no order has learned of it, the provider
//! is asked; what was not captured is canceled, and what was is given back whole. It is asked
//! before anything is done, and every call has one key over all its repeats.

mod life;
mod reconcile_intent;

use serde::{Deserialize, Serialize};

use super::{INTENT_ID_BYTES_MAX, IntentId, IntentStatus, OpenCall};
use crate::apply::Ctx;
use crate::codec::decode;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::{OrderId, h128};
use crate::keys::{Key, prefixed};
use crate::order::Order;
use crate::txn::View;

pub(crate) use life::{due, settle};
pub use reconcile_intent::ReconcileIntent;

/// How long an orphan waits for an order that knows it, in milliseconds: 15 minutes.
pub const ORPHAN_WAIT_MS: u64 = 15 * 60_000;
/// When a person must look, or a bank takes its time, it is asked again after so long, in
/// milliseconds: 24 hours.
pub const ORPHAN_AGAIN_MS: u64 = 24 * 3_600_000;
/// How long it is told what became of an orphan, in milliseconds: 40 days.
pub const ORPHAN_RETENTION_MS: u64 = 40 * 24 * 3_600_000;

/// An intent of ours that no order knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// Which order it was made for, as its metadata has it.
    pub order: OrderId,
    /// The intent.
    pub intent: IntentId,
    /// Where it stands.
    pub state: OrphanState,
    /// When it was heard of, in Unix milliseconds.
    pub seen_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// What its timer is armed for, in Unix milliseconds; none while a call is in flight.
    pub due: Option<u64>,
    /// How many calls were ordered for it.
    pub calls: u32,
    /// The call that nobody knows the outcome of.
    pub open: Option<OpenCall>,
    /// Which of `RECONCILE_STEPS_MS` comes next.
    pub step: u8,
    /// What the provider has received, in minor units, as far as it was asked.
    pub received: i64,
    /// Why a person must look, in the provider's word; or empty.
    pub code: String,
}

/// Where an orphan stands. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OrphanState {
    /// An order may learn of it yet.
    Waiting,
    /// The provider is asked.
    Asked,
    /// What was not captured is being canceled.
    Canceling,
    /// What was captured is being given back.
    Refunding,
    /// The provider has refused to give it back: a person must look. It is asked again each day.
    Refused,
    /// It is canceled, and no money has moved.
    Canceled,
    /// The money is back where it came from.
    Refunded,
}

impl OrphanState {
    /// Every state, in their order.
    pub const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Asked,
        Self::Canceling,
        Self::Refunding,
        Self::Refused,
        Self::Canceled,
        Self::Refunded,
    ];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Asked => "asked",
            Self::Canceling => "canceling",
            Self::Refunding => "refunding",
            Self::Refused => "refused",
            Self::Canceled => "canceled",
            Self::Refunded => "refunded",
        }
    }

    /// Nothing more becomes of it.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Canceled | Self::Refunded)
    }
}

/// Whether an order knows an intent that was made for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It is the order's own.
    Yes,
    /// The order does not know yet which intent it has.
    NotYet,
    /// There is no such order, or it has another intent, or none.
    No,
}

pub(super) fn known(order: Option<&Order>, intent: &IntentId) -> Known {
    let Some(order) = order else { return Known::No };
    let payment = &order.payment;
    match &payment.intent {
        Some(own) if own == intent => Known::Yes,
        None if order.calls_pending > 0 || payment.open.is_some() => Known::NotYet,
        _ => Known::No,
    }
}

/// Where what the provider says of an intent differs from what is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// No order knows it.
    MissingHere,
    /// The order believes that it stands elsewhere.
    Status,
    /// The order believes that another amount was received.
    Amount,
}

impl Difference {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::Status => "status",
            Self::Amount => "amount",
        }
    }
}

/// Where what the provider says of an intent differs from what its order knows, if it does. What
/// is being found out, and what was canceled and is nobody's, does not.
pub fn difference(
    order: Option<&Order>,
    intent: &IntentId,
    status: IntentStatus,
    received: i64,
) -> Option<Difference> {
    match (known(order, intent), order) {
        (Known::No, _) if status == IntentStatus::Canceled => None,
        (Known::No, _) | (_, None) => Some(Difference::MissingHere),
        (Known::NotYet, _) => None,
        (Known::Yes, Some(order)) if order.calls_pending > 0 => None,
        (Known::Yes, Some(order)) if order.payment.is_news(intent, status) => {
            Some(Difference::Status)
        }
        (Known::Yes, Some(order)) => {
            let differs = order.payment.state.has_come() && order.payment.captured != received;
            differs.then_some(Difference::Amount)
        }
    }
}

impl Orphan {
    /// What its row, its timer and its calls go by: an id in the slot of its order, of no order.
    pub fn id(&self) -> OrderId {
        id_of(self.order, &self.intent)
    }
}

/// What an orphan goes by.
pub fn id_of(order: OrderId, intent: &IntentId) -> OrderId {
    let slot = order.slot.0.to_be_bytes();
    let parts = [b"orphan".as_slice(), &slot, &order.hash.to_be_bytes(), intent.0.as_bytes()];
    OrderId { slot: order.slot, hash: h128(&parts) }
}

/// An orphan, if it is one.
pub fn orphan(view: &dyn View, id: OrderId) -> Result<Option<Orphan>, Fault> {
    view.read(&Key::Orphan(id))
}

/// The first orphans after one, in the order of their ids.
pub fn orphans(
    view: &dyn View,
    after: Option<OrderId>,
    limit: usize,
) -> Result<Vec<Orphan>, Fault> {
    let range = match after {
        Some(id) => [Key::Orphan(id).encode(), vec![0]].concat()..prefixed(b"or").end,
        None => prefixed(b"or"),
    };
    view.scan(range, limit)?.iter().map(|(_, value)| decode(value)).collect()
}

/// An intent was seen that no order knows. Seen again, it only waits no longer, if that is wished.
pub(super) fn found(
    ctx: &mut Ctx<'_, '_>,
    order: OrderId,
    intent: &IntentId,
    at_once: bool,
) -> Result<(), Fault> {
    if !(1..=INTENT_ID_BYTES_MAX).contains(&intent.0.len()) {
        return Ok(());
    }
    let now = ctx.now();
    let known = ctx.txn.read::<Orphan>(&Key::Orphan(id_of(order, intent)))?;
    let mut orphan = match known {
        Some(known) if !at_once || known.state.is_over() || known.due.is_none() => return Ok(()),
        Some(known) => known,
        None => Orphan {
            order,
            intent: intent.clone(),
            state: OrphanState::Waiting,
            seen_at: now,
            updated_at: now,
            due: None,
            calls: 0,
            open: None,
            step: 0,
            received: 0,
            code: String::new(),
        },
    };
    orphan.arm(ctx, if at_once { now } else { now.saturating_add(ORPHAN_WAIT_MS) });
    ctx.txn.put(&Key::Orphan(orphan.id()), &orphan);
    Ok(())
}

impl Orphan {
    /// Arms its timer, or moves it.
    fn arm(&mut self, ctx: &mut Ctx<'_, '_>, at: u64) {
        let kind = TimerKind::Orphan(self.id());
        if let Some(armed) = self.due.replace(at) {
            ctx.disarm(armed, kind);
        }
        ctx.arm(at, kind);
    }
}
