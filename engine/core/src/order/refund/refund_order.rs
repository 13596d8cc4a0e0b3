//! T30: a seller gives money back.

use serde::{Deserialize, Serialize};

use super::REFUNDS_PER_ORDER_MAX;
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{OrderId, RefundId};
use crate::inventory::REASON_BYTES_MAX;
use crate::money::Money;
use crate::order::Change;
use crate::order::fulfillment::find;
use crate::rejection::{Blocked, Field, Rejection};

/// Gives back money of an order that is paid. Nothing becomes of its units.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `AlreadyExists` (a refund of this
/// id), `OutOfRange` (amount), `OutOfRange`, `Malformed` (reason), `OrderBlocked` (the money is
/// disputed), `NotCaptured`, `TooManyRefunds`, `RefundTooLarge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundOrder {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// The new refund.
    pub id: RefundId,
    /// How much, in minor units: at least 1; none for all that is left.
    pub amount: Option<i64>,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
}

impl RefundOrder {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        if order.progress.refunds.iter().any(|refund| refund.id == self.id) {
            return Err(Rejection::AlreadyExists.into());
        }
        let max = Money::AMOUNT_MAX;
        if self.amount.is_some_and(|amount| !(1..=max).contains(&amount)) {
            return Err(Rejection::OutOfRange { field: Field::Amount, min: 1, max }.into());
        }
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let payment = order.payment.state;
        if order.flags.disputed {
            let (status, why) = (order.status(), Blocked::Disputed);
            return Err(Rejection::OrderBlocked { status, why }.into());
        }
        if !payment.is_captured() {
            return Err(Rejection::NotCaptured { payment }.into());
        }
        if order.progress.refunds.len() >= REFUNDS_PER_ORDER_MAX {
            let limit = REFUNDS_PER_ORDER_MAX as u32;
            return Err(Rejection::TooManyRefunds { limit }.into());
        }
        let left = order.refundable();
        let requested = self.amount.unwrap_or(left);
        if requested > left || requested == 0 {
            return Err(Rejection::RefundTooLarge { requested: requested.max(1), left }.into());
        }
        let mut change = Change::of(ctx, order);
        change.add_refund(self.id, requested, &self.reason);
        change.step_told("T30", &self.reason);
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
