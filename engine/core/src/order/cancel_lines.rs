//! T26: some of what was ordered will not be sent.

use serde::{Deserialize, Serialize};

use super::fulfillment::find;
use super::{Change, LineUnits, OrderLine};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::OrderId;
use crate::inventory::{REASON_BYTES_MAX, UnitsEnd};
use crate::notice::NoticeKind;
use crate::rejection::{Field, Rejection};

/// Cancels units that are in no fulfillment. Before the capture less is captured; after it the
/// difference goes back. Where what is left costs nothing, the authorization is void, and the order
/// goes on without money. An order of which nothing is left is canceled.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `OrderBlocked` (but not because a
/// new payment is needed), `OutOfRange` (lines), `LineNotFound`, `OutOfRange` (quantity),
/// `TooManyOfLine`, `OutOfRange`, `Malformed` (reason).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelLines {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// What will not be sent.
    pub lines: Vec<LineUnits>,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
    /// The units are missing or broken: they are not on hand any longer.
    pub write_off: bool,
}

impl CancelLines {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        match order.check_unblocked() {
            Ok(())
            | Err(Rejection::OrderBlocked { why: crate::rejection::Blocked::OnHold, .. }) => {}
            Err(blocked) => return Err(blocked.into()),
        }
        let lines = order.check_lines(&self.lines, |line| order.left_of_line(line))?;
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let how = if self.write_off { UnitsEnd::WrittenOff } else { UnitsEnd::Released };
        let mut change = Change::of(ctx, order);
        let mut worth = 0_i64;
        for units in lines {
            let line = change.order.lines.get(units.line as usize);
            let part = line.map_or(0, |line: &OrderLine| line.worth(units.quantity));
            worth = worth.saturating_add(part);
            change.end_units(units, how)?;
        }
        if !change.order.is_empty() {
            if change.order.payment.state.is_captured() {
                let amount = worth.min(change.order.refundable());
                change.request_refund(amount, &self.reason);
            } else if change.order.due() == 0 {
                change.owe_nothing();
            }
            change.retime();
            change.notify(NoticeKind::PartlyCanceled);
            change.step_told("T26", &self.reason);
        } else {
            change.step("T26", &self.reason);
            change.cancel_confirmed()?;
        }
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
