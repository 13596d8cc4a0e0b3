//! T27: a customer wants to send something back.

use serde::{Deserialize, Serialize};

use super::{RETURN_SHIP_MS, RETURNS_PER_ORDER_MAX, Return, ReturnState};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{OrderId, Owner, ReturnId};
use crate::inventory::REASON_BYTES_MAX;
use crate::order::fulfillment::find;
use crate::order::{Change, LineUnits, Units};
use crate::rejection::{Field, Rejection};

/// Asks for a return of units that have arrived.
///
/// Refused, in this order: `OrderNotFound` (also for somebody else's), `AlreadyExists` (a return of
/// this id), `NotReturnable`, `TooManyReturns`, `OutOfRange` (lines), `LineNotFound`, `OutOfRange`
/// (quantity), `TooManyOfLine`, `OutOfRange`, `Malformed` (reason).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestReturn {
    /// Which order.
    pub order: OrderId,
    /// Who must own it; none for somebody of the shop.
    pub owner: Option<Owner>,
    /// The new return.
    pub id: ReturnId,
    /// What is to come back.
    pub lines: Vec<LineUnits>,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
}

impl RequestReturn {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, None)?;
        if self.owner.as_ref().is_some_and(|owner| *owner != order.owner) {
            return Err(Rejection::OrderNotFound.into());
        }
        if order.progress.returns.iter().any(|it| it.id == self.id) {
            return Err(Rejection::AlreadyExists.into());
        }
        let open = order.units == Units::Committed && order.progress.closed_at.is_none();
        let arrived = order.lines.iter().any(|line| line.progress.delivered > 0);
        if !open || !arrived {
            return Err(Rejection::NotReturnable { status: order.status() }.into());
        }
        if order.progress.returns.len() >= RETURNS_PER_ORDER_MAX {
            let limit = RETURNS_PER_ORDER_MAX as u32;
            return Err(Rejection::TooManyReturns { limit }.into());
        }
        let lines = order.check_lines(&self.lines, |line| order.returnable_of_line(line))?;
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let mut change = Change::of(ctx, order);
        let now = change.ctx.now();
        change.order.progress.returns.push(Return {
            id: self.id,
            state: ReturnState::Requested,
            lines,
            reason: self.reason.clone(),
            rejection: String::new(),
            received: Vec::new(),
            created_at: now,
            updated_at: now,
            expires_at: now.saturating_add(RETURN_SHIP_MS),
        });
        change.retime();
        change.step_told("T27", &self.reason);
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
