//! T21–T25, T23o, T24a: the customer, or a person for them, cancels an order.

use serde::{Deserialize, Serialize};

use super::{Change, Ending, Order, OrderTimer, Review, Units, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner};
use crate::payment::PaymentState;
use crate::rejection::Rejection;

/// Cancels an order, as far as its payment allows now. Canceling twice is a no-op; an order that is
/// ending for another reason ends for this one, so that a late success is not honored.
///
/// Refused, in this order: `OrderNotFound` (also for somebody else's), `OrderNotCancelable` (it has
/// expired, or its payment has failed: there is nothing left to cancel; or some of it was sent:
/// that can be returned, and the rest be canceled line by line).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrder {
    /// Which order.
    pub order: OrderId,
    /// Who must own it; none for an operator.
    pub owner: Option<Owner>,
}

impl CancelOrder {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = rows::order(ctx.txn, self.order)?;
        let theirs = |order: &Order| self.owner.as_ref().is_none_or(|owner| *owner == order.owner);
        let order = order.filter(theirs).ok_or(Rejection::OrderNotFound)?;
        if order.flags.cancel_requested || order.ending == Some(Ending::Customer) {
            return Ok(Reply::Order(Box::new(order)));
        }
        let mut change = Change::of(ctx, order);
        match change.order.units {
            Units::Held if change.is_unknown() => change.request_cancel(),
            Units::Held | Units::Expiring => change.end(Ending::Customer, "T21", "")?,
            Units::Committed => change.cancel_committed()?,
            Units::Released => {
                let status = change.order.status();
                return Err(Rejection::OrderNotCancelable { status }.into());
            }
        }
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl Change<'_, '_, '_> {
    /// T22: nobody knows whether money moved, so the wish waits until somebody does.
    fn request_cancel(&mut self) {
        self.order.flags.cancel_requested = true;
        self.step("T22", "");
    }

    /// T23–T25: a confirmed order is canceled as long as nothing of it was sent.
    fn cancel_committed(&mut self) -> Result<(), Stop> {
        if self.order.has_shipped() {
            let status = self.order.status();
            return Err(Rejection::OrderNotCancelable { status }.into());
        }
        self.cancel_confirmed()?;
        Ok(())
    }

    /// T23, T23o, T24: the units are free in this entry, and the money follows. T24a: while money
    /// is being captured nobody knows which money that is, so the wish waits.
    pub(crate) fn cancel_confirmed(&mut self) -> Result<(), Fault> {
        let (payment, on_hold) = (self.order.payment.state, self.order.flags.on_hold);
        if payment == PaymentState::Capturing {
            self.order.flags.cancel_requested = true;
            self.step_told("T24a", "");
            return Ok(());
        }
        self.give_up(Ending::Customer)?;
        match payment {
            PaymentState::Authorized => self.step("T23", ""),
            _ if on_hold => self.step("T23", ""),
            payment if payment.has_come() => {
                self.request_refund(self.order.refundable(), "the order was canceled");
                self.step("T24", "");
            }
            _ => self.step("T23o", ""),
        }
        Ok(())
    }

    /// Ends a confirmed order of which nothing was sent: its units are free, its fulfillments given
    /// up, and what was authorized for it is void.
    pub(crate) fn give_up(&mut self, ending: Ending) -> Result<(), Fault> {
        self.order.ending = Some(ending);
        for timer in OrderTimer::ALL {
            if !matches!(timer, OrderTimer::RefundPending | OrderTimer::Reconcile) {
                self.disarm(timer);
            }
        }
        self.order.flags.cancel_requested = false;
        let on_hold = std::mem::take(&mut self.order.flags.on_hold);
        // Nobody needs to hurry any longer.
        self.order.flags.needs_review.take_if(|reason| {
            matches!(reason, Review::FulfillmentOverdue | Review::AuthorizationExpiring)
        });
        self.cancel_fulfillments();
        self.release_units()?;
        if self.order.payment.state == PaymentState::Authorized || on_hold {
            self.void_what_there_is();
        }
        Ok(())
    }
}
