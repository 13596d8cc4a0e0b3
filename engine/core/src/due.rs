//! Timers: rows in a due index, fired by the leader's pulse, each as part of a command.
//!
//! A timer's owner (a hold, an order) keeps the time it is armed for, so that it can disarm it. An
//! overdue timer fires at the next leader; none fires twice, because firing deletes its row.

use serde::{Deserialize, Serialize};

use crate::cart::CartId;
use crate::clock::Clock;
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{HoldId, LocationId, OrderId, ProductId};
use crate::inventory::HoldRef;
use crate::keys::prefixed;
use crate::txn::View;

/// What is to happen when a deadline passes. The row under `du` repeats it beside its arming.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// What fires.
    pub kind: TimerKind,
    /// [`Clock::outage_ms`] when it was armed. Not part of its name.
    pub armed_outage_ms: u64,
}

/// The kinds of timer. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum TimerKind {
    /// Ask the customer's shard what became of the order that these units are held for.
    AskOrder(OrderId),
    /// A hold without an order lapses.
    ExpireHold(HoldId),
    /// The order's hold (or its customer's action) has taken too long: T10, T10a.
    OrderHold(OrderId),
    /// Ask the provider what became of a payment: T4.
    Reconcile(OrderId),
    /// The authorization is about to lapse: T17.
    AuthExpiry(OrderId),
    /// Nobody has begun to fulfill the order.
    FulfillSla(OrderId),
    /// The marker of an ended hold is no longer needed.
    ForgetHold(HoldRef),
    /// The decision on an order that was not placed is no longer needed.
    ForgetDecision(OrderId),
    /// An owner's order key has served its 72 hours.
    ForgetOrderKey {
        /// Hash of the owner.
        owner: u128,
        /// Hash of the key.
        key: u128,
    },
    /// An idempotency key has served its 72 hours.
    ForgetIdempotency(u128),
    /// An event of the provider's need not be remembered any longer.
    ForgetPaymentEvent(u128),
    /// No new payment has come for an order whose money could not be captured: T16.
    Repay(OrderId),
    /// A fulfillment of the order counts as delivered: T19.
    Deliver(OrderId),
    /// The order can no longer be returned: T20.
    ReturnWindow(OrderId),
    /// A refund of the order has been on its way for long.
    RefundPending(OrderId),
    /// A cart expires, or is forgotten.
    Cart(CartId),
    /// A return of the order has taken too long: T28.
    ReturnShip(OrderId),
    /// It is time to look after an intent that no order knows, or to forget it: T37.
    Orphan(OrderId),
    /// Products that are at a location are to be sold as it is now; see [`crate::inventory`].
    Relevel {
        /// Which location.
        location: LocationId,
        /// The first product that has not been seen to.
        from: ProductId,
    },
}

impl Timer {
    /// What tells the timer from others of the same deadline, in its key.
    pub(crate) fn name(&self) -> Vec<u8> {
        let (kind, subject): (u8, Vec<u8>) = match self.kind {
            TimerKind::AskOrder(order) => (0, order_name(order)),
            TimerKind::ExpireHold(hold) => (1, hold.0.to_be_bytes().to_vec()),
            TimerKind::OrderHold(order) => (2, order_name(order)),
            TimerKind::Reconcile(order) => (3, order_name(order)),
            TimerKind::AuthExpiry(order) => (4, order_name(order)),
            TimerKind::FulfillSla(order) => (5, order_name(order)),
            TimerKind::ForgetHold(HoldRef::Order(order)) => (6, order_name(order)),
            TimerKind::ForgetHold(HoldRef::Free(hold)) => (7, hold.0.to_be_bytes().to_vec()),
            TimerKind::ForgetDecision(order) => (8, order_name(order)),
            TimerKind::ForgetOrderKey { owner, key } => {
                (9, [owner.to_be_bytes(), key.to_be_bytes()].concat())
            }
            TimerKind::ForgetIdempotency(hash) => (10, hash.to_be_bytes().to_vec()),
            TimerKind::ForgetPaymentEvent(hash) => (29, hash.to_be_bytes().to_vec()),
            TimerKind::Repay(order) => (32, numbered(0, order)),
            TimerKind::Deliver(order) => (32, numbered(1, order)),
            TimerKind::ReturnWindow(order) => (32, numbered(2, order)),
            TimerKind::RefundPending(order) => (32, numbered(3, order)),
            TimerKind::Cart(CartId { slot, hash }) => (39, order_name(OrderId { slot, hash })),
            TimerKind::ReturnShip(order) => (32, numbered(4, order)),
            TimerKind::Orphan(orphan) => (46, order_name(orphan)),
            TimerKind::Relevel { location, from } => {
                (41, [location.0.to_be_bytes(), from.0.to_be_bytes()].concat())
            }
        };
        [vec![kind], subject].concat()
    }

    /// By how much outages since it was armed put it off. Only holds wait.
    pub(crate) fn extension_ms(&self, clock: &Clock) -> u64 {
        match self.kind {
            TimerKind::ExpireHold(_) | TimerKind::OrderHold(_) => {
                clock.outage_ms.saturating_sub(self.armed_outage_ms)
            }
            _ => 0,
        }
    }
}

/// Whether a timer is overdue at a time, in Unix milliseconds.
pub fn is_due(view: &dyn View, now: u64) -> Result<bool, Fault> {
    let range = from(Clock::read(view)?.timers_from)..from(now.saturating_add(1));
    Ok(range.start < range.end && !view.scan(range, 1)?.is_empty())
}

/// The earliest deadline of a shard, in Unix milliseconds.
///
/// Most timers are disarmed before they fire, and on disk a deleted row costs a scan something
/// until it is compacted away: ask every few seconds, not after every entry.
pub fn next_deadline(view: &dyn View) -> Result<Option<u64>, Fault> {
    let first = from(Clock::read(view)?.timers_from)..prefixed(b"du").end;
    let rows = view.scan(first, 1)?;
    rows.first().map(|(key, _)| deadline_of(key)).transpose()
}

/// The first timers that are overdue, with their deadlines.
pub(crate) fn overdue(
    view: &dyn View,
    clock: &Clock,
    limit: usize,
) -> Result<Vec<(u64, Timer)>, Fault> {
    let range = from(clock.timers_from)..from(clock.now.saturating_add(1));
    let rows = view.scan(range, limit)?;
    rows.iter().map(|(key, value)| Ok((deadline_of(key)?, decode(value)?))).collect()
}

fn from(at: u64) -> Vec<u8> {
    [b"du".as_slice(), &at.to_be_bytes()].concat()
}

pub(crate) fn deadline_of(key: &[u8]) -> Result<u64, Fault> {
    let at = key.get(2..10).and_then(|at| at.first_chunk::<8>());
    at.map(|at| u64::from_be_bytes(*at)).ok_or_else(|| Fault::contradiction("a short due key"))
}

/// A timer of what comes after an order was confirmed: those share a kind.
fn numbered(number: u8, order: OrderId) -> Vec<u8> {
    [vec![number], order_name(order)].concat()
}

fn order_name(order: OrderId) -> Vec<u8> {
    [order.slot.0.to_be_bytes().as_slice(), &order.hash.to_be_bytes()].concat()
}
