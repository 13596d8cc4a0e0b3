//! T38: a person has the provider asked about an order at once, and may say that they have looked.

use serde::{Deserialize, Serialize};

use super::{Change, FULFILL_SLA_MS, OrderTimer, Recovery, Review, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::OrderId;
use crate::inventory::REASON_BYTES_MAX;
use crate::rejection::{Field, Rejection};

/// Asks the provider what became of an order's payment now, rather than when its timer fires, and
/// with `reviewed` takes the order off the list of those that a person must look at. What comes of
/// it is what the provider's answer decides, here as anywhere: nothing is forced. An order that was
/// late to be fulfilled is late again after [`FULFILL_SLA_MS`].
///
/// Refused, in this order: `OrderNotFound`, `OutOfRange` or `Malformed` (reason),
/// `NothingToRecover` (no call can be made, and no review is settled), `ReviewStands` (without the
/// review nothing would ever happen to the order again).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoverOrder {
    /// Which order.
    pub order: OrderId,
    /// Why, in words: it stands in the order's history.
    pub reason: String,
    /// Whoever it was has looked: the order needs no review any more.
    pub reviewed: bool,
}

impl RecoverOrder {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = rows::order(ctx.txn, self.order)?.ok_or(Rejection::OrderNotFound)?;
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let settles = order.flags.needs_review.filter(|_| self.reviewed);
        if order.recovery() == Recovery::Nothing && settles.is_none() {
            return Err(Rejection::NothingToRecover.into());
        }
        let mut change = Change::of(ctx, order);
        match settles {
            // Whoever it was has seen to it: the alarm is set anew.
            Some(Review::FulfillmentOverdue) => {
                let at = change.ctx.now().saturating_add(FULFILL_SLA_MS);
                change.arm(OrderTimer::FulfillSla, at);
            }
            Some(_) if !change.order.is_pending() && change.order.is_unfinished() => {
                return Err(Rejection::ReviewStands.into());
            }
            _ => {}
        }
        change.order.flags.needs_review.take_if(|_| self.reviewed);
        change.ask_now();
        change.step("T38", &self.reason);
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
