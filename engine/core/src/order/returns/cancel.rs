//! T28: a customer keeps what they wanted to send back.

use serde::{Deserialize, Serialize};

use super::ReturnState;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, Owner, ReturnId};
use crate::notice::NoticeKind;
use crate::order::Change;
use crate::order::fulfillment::find;
use crate::rejection::Rejection;

/// Cancels a return of which nothing has come. Canceling twice is a no-op.
///
/// Refused, in this order: `OrderNotFound` (also for somebody else's), `ReturnNotFound`,
/// `WrongReturnState` (it is neither requested nor approved).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelReturn {
    /// Which order.
    pub order: OrderId,
    /// Who must own it; none for somebody of the shop.
    pub owner: Option<Owner>,
    /// Which return.
    pub id: ReturnId,
}

impl CancelReturn {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        use ReturnState::{Approved, Canceled, Requested};
        let order = find(ctx, self.order, None)?;
        if self.owner.as_ref().is_some_and(|owner| *owner != order.owner) {
            return Err(Rejection::OrderNotFound.into());
        }
        let place = order.return_in(self.id, &[Requested, Approved, Canceled])?;
        if order.progress.returns[place].state == Canceled {
            return Ok(Reply::Order(Box::new(order)));
        }
        let mut change = Change::of(ctx, order);
        change.set_return(place, Canceled);
        change.retime();
        change.notify(NoticeKind::ReturnCanceled);
        change.step_told("T28", "canceled");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
