//! T8, T16a: the customer pays with another method, or with the first, or once more.

use serde::{Deserialize, Serialize};

use super::{PAYMENT_METHOD_BYTES_MAX, PaymentMethod, PaymentState};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, Owner};
use crate::order::{Change, Order, Units, rows};
use crate::rejection::{Field, Rejection};

/// Confirms an order's intent with a method: one that was placed without, or whose last one was
/// declined. It counts against the same attempts and the same deadline. For an order whose money
/// could not be taken (T16) it begins a new payment, with attempts of its own.
///
/// Refused, in this order: `OrderNotFound` (also for somebody else's), `OutOfRange` (the method),
/// `PaymentNotOpen` (nothing waits for a method: the payment is under way, decided, or over).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryPayment {
    /// Which order.
    pub order: OrderId,
    /// Who must own it; none for an operator.
    pub owner: Option<Owner>,
    /// The method's token.
    pub method: PaymentMethod,
}

impl RetryPayment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = rows::order(ctx.txn, self.order)?;
        let theirs = |order: &Order| self.owner.as_ref().is_none_or(|owner| *owner == order.owner);
        let order = order.filter(theirs).ok_or(Rejection::OrderNotFound)?;
        if !(1..=PAYMENT_METHOD_BYTES_MAX).contains(&self.method.0.len()) {
            let (field, max) = (Field::PaymentMethod, PAYMENT_METHOD_BYTES_MAX as i64);
            return Err(Rejection::OutOfRange { field, min: 1, max }.into());
        }
        let mut change = Change::of(ctx, order);
        if change.order.units == Units::Committed && change.order.flags.on_hold {
            change.pay_again(&self.method)?;
            return Ok(Reply::Order(Box::new(change.save()?)));
        }
        if !change.waits_for_method() {
            let state = change.order.payment.state;
            return Err(Rejection::PaymentNotOpen { state }.into());
        }
        change.order.payment.method = Some(self.method.clone());
        change.confirm_intent();
        change.step("T8", "another method");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl Change<'_, '_, '_> {
    /// The intent is there, its units are held, and nothing is under way.
    fn waits_for_method(&self) -> bool {
        let order = &self.order;
        let asks =
            matches!(order.payment.state, PaymentState::IntentReady | PaymentState::Declined);
        let holds = order.units == Units::Held && order.timers.hold.is_some();
        asks && holds && order.payment.intent.is_some() && self.is_idle()
    }
}
