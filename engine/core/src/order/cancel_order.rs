//! T21–T24, T23o: the customer, or a person for them, cancels an order.

use serde::{Deserialize, Serialize};

use super::{Change, Ending, Order, Review, Units, rows};
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
/// expired, or its payment has failed: there is nothing left to cancel).
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
            Units::Committed => change.cancel_confirmed()?,
            Units::Released => {
                let status = change.order.status();
                return Err(Rejection::OrderNotCancelable { status }.into());
            }
        }
        Ok(Reply::Order(Box::new(change.save())))
    }
}

impl Change<'_, '_, '_> {
    /// T22: nobody knows whether money moved, so the wish waits until somebody does.
    fn request_cancel(&mut self) {
        self.order.flags.cancel_requested = true;
        self.step("T22", "");
    }

    /// T23, T23o, T24: the units are free in this entry, and the money follows.
    fn cancel_confirmed(&mut self) -> Result<(), Fault> {
        self.order.ending = Some(Ending::Customer);
        self.disarm_all();
        // Nobody needs to hurry any longer.
        self.order.flags.needs_review.take_if(|reason| {
            matches!(reason, Review::FulfillmentOverdue | Review::AuthorizationExpiring)
        });
        self.release_units()?;
        match self.order.payment.state {
            PaymentState::Authorized => {
                self.void();
                self.step("T23", "");
            }
            PaymentState::Captured => {
                self.refund(self.order.payment.captured);
                self.step("T24", "");
            }
            _ => self.step("T23o", ""),
        }
        Ok(())
    }
}
