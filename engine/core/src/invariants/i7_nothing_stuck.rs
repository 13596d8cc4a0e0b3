//! I7: an order that has not ended has a timer or a call pending, or a person looks at it; and its
//! timers and calls are the ones it thinks it has.

use std::collections::BTreeMap;

use super::{Violation, each, timers, violation};
use crate::codec::decode;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::OrderId;
use crate::keys::prefixed;
use crate::order::{Order, OrderTimer};
use crate::outbox;
use crate::payment::orphan;
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut timers = timers(view, |kind| {
        use TimerKind::{AuthExpiry, Deliver, FulfillSla, OrderHold, Reconcile, RefundPending};
        use TimerKind::{Repay, ReturnShip, ReturnWindow};
        matches!(kind, OrderHold(_) | Reconcile(_) | AuthExpiry(_) | FulfillSla(_))
            || matches!(kind, Repay(_) | Deliver(_) | ReturnWindow(_) | RefundPending(_))
            || matches!(kind, ReturnShip(_))
    })?;
    let mut calls = BTreeMap::<OrderId, u32>::new();
    each(view, prefixed(b"pc"), |key, _| {
        let order = outbox::effect_of(key)?.order;
        if orphan::orphan(view, order)?.is_none() {
            *calls.entry(order).or_default() += 1;
        }
        Ok(())
    })?;
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let mut moves = order.calls_pending > 0;
        for timer in OrderTimer::ALL {
            let armed = timers.remove(&timer.kind(order.id));
            moves |= armed.is_some();
            if armed != timer.of(&order.timers) {
                let what = format!("{}: {timer:?} is armed for {armed:?}, not as said", order.id);
                violation(found, "I7", what);
            }
        }
        let made = calls.remove(&order.id).unwrap_or(0);
        if made != order.calls_pending || made > 1 {
            let what = format!("{}: {made} calls are pending, not as said", order.id);
            violation(found, "I7", what);
        }
        if order.is_unfinished() && !moves && order.flags.needs_review.is_none() {
            violation(found, "I7", format!("{} is {} for ever", order.id, order.status().as_str()));
        }
        Ok(())
    })?;
    each(view, prefixed(b"ph"), |key, _| {
        let order = key.get(2..).map(|order| [b"od".as_slice(), order].concat());
        let order = order.and_then(|key| view.get(&key).transpose()).transpose()?;
        let order: Option<Order> = order.map(|row| decode(&row)).transpose()?;
        if order.is_none_or(|order| order.calls_pending == 0) {
            violation(found, "I7", "something was heard of, and no call is in flight".to_owned());
        }
        Ok(())
    })?;
    for (kind, at) in timers {
        violation(found, "I7", format!("{kind:?} is armed for {at} without its order"));
    }
    for (order, made) in calls {
        violation(found, "I7", format!("{made} calls are pending without their order {order}"));
    }
    Ok(())
}
