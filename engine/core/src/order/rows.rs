//! Reads and writes order, history, key and decision rows. Nobody else does.

use super::{DECISION_RETENTION_MS, Decision, KeyResult, OpenOrders, Order, Transition, Units};
use crate::apply::Ctx;
use crate::dedup::KEY_RETENTION_MS;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner};
use crate::keys::{Key, prefixed};
use crate::pricing::{self, AppliedPromotion};
use crate::txn::{Txn, View as _};

/// An order.
pub(crate) fn order(txn: &Txn<'_>, id: OrderId) -> Result<Option<Order>, Fault> {
    txn.read(&Key::Order(id))
}

/// Replaces an order's row.
pub(super) fn put_order(txn: &mut Txn<'_>, order: &Order) {
    txn.put(&Key::Order(order.id), order);
}

/// Lists an order under its owner. Once, when it is placed.
pub(super) fn list_order(txn: &mut Txn<'_>, order: &Order) {
    let Order { id, owner, placed_at, .. } = order;
    let key = Key::OwnerOrder { owner: owner.hash(), placed_at: *placed_at, order: *id };
    txn.put_empty(&key);
}

/// How many orders of an owner hold units. A count, not a list: a list of what comes and goes all
/// the time is slow to read.
pub(super) fn open_orders(txn: &Txn<'_>, owner: &Owner) -> Result<u32, Fault> {
    let open = txn.read::<OpenOrders>(&Key::OwnerOpen { owner: owner.hash() })?;
    Ok(open.map_or(0, |open| open.0))
}

/// Lists an order among those of its owner that have its promotion, or takes it off.
pub(super) fn list_promotion(txn: &mut Txn<'_>, order: &Order) {
    if let Some(AppliedPromotion { promotion, .. }) = &order.pricing.promotion {
        let live = order.units != Units::Released;
        pricing::rows::list_owner_use(txn, (&order.owner, *promotion, order.id), live);
    }
}

/// Counts one order of an owner that holds units more, or one less.
pub(super) fn count_open(txn: &mut Txn<'_>, owner: &Owner, more: bool) -> Result<(), Fault> {
    let known = open_orders(txn, owner)?;
    let count = if more { known.checked_add(1) } else { known.checked_sub(1) };
    let key = Key::OwnerOpen { owner: owner.hash() };
    match count {
        Some(0) => txn.delete(&key),
        Some(count) => txn.put(&key, &OpenOrders(count)),
        None => return Err(Fault::contradiction("fewer open orders of an owner than none")),
    }
    Ok(())
}

/// Whether an owner has ever ordered anything.
pub(crate) fn has_ordered(txn: &Txn<'_>, owner: &Owner) -> Result<bool, Fault> {
    let range = prefixed(&[b"oo".as_slice(), &owner.hash().to_be_bytes()].concat());
    Ok(!txn.scan(range, 1)?.is_empty())
}

/// Appends a step to an order's history.
pub(super) fn put_step(txn: &mut Txn<'_>, order: OrderId, number: u32, step: &Transition) {
    txn.put(&Key::OrderHistory { order, number }, step);
}

/// What was decided of an order that was not placed.
pub(crate) fn decision(txn: &Txn<'_>, order: OrderId) -> Result<Option<Decision>, Fault> {
    txn.read(&Key::Decision(order))
}

/// Decides that an order is not placed, for as long as decisions are kept.
pub(super) fn put_decision(ctx: &mut Ctx<'_, '_>, order: OrderId, decision: &Decision) {
    ctx.txn.put(&Key::Decision(order), decision);
    let forget_at = ctx.now().saturating_add(DECISION_RETENTION_MS);
    ctx.arm(forget_at, TimerKind::ForgetDecision(order));
}

/// Forgets a decision: its timer has fired.
pub(super) fn delete_decision(txn: &mut Txn<'_>, order: OrderId) {
    txn.delete(&Key::Decision(order));
}

/// What an owner's order key led to.
pub(crate) fn key_result(
    txn: &Txn<'_>,
    owner: &Owner,
    key: u128,
) -> Result<Option<KeyResult>, Fault> {
    txn.read(&Key::OrderKey { owner: owner.hash(), key })
}

/// Writes what an owner's order key led to, for as long as keys are honored.
pub(super) fn put_key_result(ctx: &mut Ctx<'_, '_>, owner: &Owner, key: u128, result: &KeyResult) {
    let owner = owner.hash();
    ctx.txn.put(&Key::OrderKey { owner, key }, result);
    let forget_at = ctx.now().saturating_add(KEY_RETENTION_MS);
    ctx.arm(forget_at, TimerKind::ForgetOrderKey { owner, key });
}

/// Forgets an owner's order key: its timer has fired.
pub(super) fn delete_key_result(txn: &mut Txn<'_>, owner: u128, key: u128) {
    txn.delete(&Key::OrderKey { owner, key });
}
