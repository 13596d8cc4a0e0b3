//! T28: the shop does not want back what a customer wants to send.

use serde::{Deserialize, Serialize};

use super::ReturnState;
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{OrderId, ReturnId};
use crate::inventory::REASON_BYTES_MAX;
use crate::notice::NoticeKind;
use crate::order::Change;
use crate::order::fulfillment::find;
use crate::rejection::Field;

/// Rejects a return.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `ReturnNotFound`, `WrongReturnState`
/// (it is not requested), `OutOfRange`, `Malformed` (reason).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectReturn {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which return.
    pub id: ReturnId,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
}

impl RejectReturn {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.return_in(self.id, &[ReturnState::Requested])?;
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let mut change = Change::of(ctx, order);
        change.set_return(place, ReturnState::Rejected);
        change.order.progress.returns[place].rejection.clone_from(&self.reason);
        change.retime();
        change.notify(NoticeKind::ReturnRejected { reason: self.reason.clone() });
        change.step_told("T28", "rejected");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
