//! T28: the shop waits for what a customer wants to send back.

use serde::{Deserialize, Serialize};

use super::{RETURN_SHIP_MS, ReturnState};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, ReturnId};
use crate::notice::NoticeKind;
use crate::order::Change;
use crate::order::fulfillment::find;

/// Approves a return; the customer has 30 days to send it.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `ReturnNotFound`, `WrongReturnState`
/// (it is not requested).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveReturn {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which return.
    pub id: ReturnId,
}

impl ApproveReturn {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.return_in(self.id, &[ReturnState::Requested])?;
        let mut change = Change::of(ctx, order);
        change.set_return(place, ReturnState::Approved);
        let expires_at = change.ctx.now().saturating_add(RETURN_SHIP_MS);
        change.order.progress.returns[place].expires_at = expires_at;
        change.retime();
        change.notify(NoticeKind::ReturnApproved);
        change.step_told("T28", "approved");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
