//! T10, T10a, T16, T17, T19, T20 and the alarms: what happens to an order when a deadline
//! of it passes.

use super::{Change, Ending, FULFILL_SLA_MS, OrderTimer, Review, Units, decision, rows};
use crate::apply::Ctx;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::OrderId;

/// Fires an order's timer. Its row is gone already. Timers of other owners are not for us.
pub(crate) fn timer_fired(ctx: &mut Ctx<'_, '_>, kind: TimerKind) -> Result<(), Fault> {
    let (id, timer) = match kind {
        TimerKind::OrderHold(order) => (order, OrderTimer::Hold),
        TimerKind::Reconcile(order) => (order, OrderTimer::Reconcile),
        TimerKind::AuthExpiry(order) => (order, OrderTimer::AuthExpiry),
        TimerKind::FulfillSla(order) => (order, OrderTimer::FulfillSla),
        TimerKind::Repay(order) => (order, OrderTimer::Repay),
        TimerKind::Deliver(order) => (order, OrderTimer::Deliver),
        TimerKind::ReturnWindow(order) => (order, OrderTimer::ReturnWindow),
        TimerKind::RefundPending(order) => (order, OrderTimer::RefundPending),
        TimerKind::ReturnShip(order) => (order, OrderTimer::ReturnShip),
        TimerKind::ForgetDecision(order) => {
            return decision::forget(ctx, order);
        }
        TimerKind::ForgetOrderKey { owner, key } => {
            rows::delete_key_result(ctx.txn, owner, key);
            return Ok(());
        }
        _ => return Ok(()),
    };
    let Some(order) = rows::order(ctx.txn, id)? else { return Ok(()) };
    let mut change = Change::of(ctx, order);
    change.fired(timer);
    match timer {
        OrderTimer::Hold => change.hold_over()?,
        OrderTimer::Reconcile => change.ask_again(),
        OrderTimer::AuthExpiry => change.authorization_ends()?,
        OrderTimer::FulfillSla => change.fulfillment_overdue(),
        OrderTimer::Repay => change.repay_over()?,
        OrderTimer::Deliver => change.assume_delivered(),
        OrderTimer::ReturnWindow => change.close(),
        OrderTimer::RefundPending => change.refund_overdue(),
        OrderTimer::ReturnShip => change.expire_returns(),
    }
    change.save()?;
    Ok(())
}

/// Notes that an order's hold timer is armed for another time, because an outage put it off. Says
/// whether the order still has one.
pub(crate) fn retime_hold(ctx: &mut Ctx<'_, '_>, order: OrderId, at: u64) -> Result<bool, Fault> {
    let Some(mut order) = rows::order(ctx.txn, order)? else { return Ok(false) };
    if order.timers.hold.is_none() {
        return Ok(false);
    }
    order.timers.hold = Some(at);
    rows::put_order(ctx.txn, &order);
    Ok(true)
}

impl Change<'_, '_, '_> {
    /// The payment, or the customer's action, has taken too long.
    fn hold_over(&mut self) -> Result<(), Fault> {
        match self.order.units {
            // T10a: money may be on its way, so the units stay, however long it takes.
            Units::Held if self.is_unknown() => {
                self.step("T10a", "");
                Ok(())
            }
            Units::Held => self.end(Ending::Expired, "T10", ""),
            Units::Expiring | Units::Committed | Units::Released => Ok(()),
        }
    }

    /// Nothing changes by itself: a person must look. The alarm stays armed, for another reason may
    /// take the place of this one, and be dealt with.
    fn fulfillment_overdue(&mut self) {
        if self.order.units != Units::Committed {
            return;
        }
        let told = self.order.flags.needs_review;
        self.review(Review::FulfillmentOverdue);
        self.arm(OrderTimer::FulfillSla, self.ctx.now().saturating_add(FULFILL_SLA_MS));
        if self.order.flags.needs_review != told {
            self.step("alarm", Review::FulfillmentOverdue.as_str());
        }
    }
}
