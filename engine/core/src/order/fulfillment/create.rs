//! T14: units of an order are set aside, to be sent together.

use serde::{Deserialize, Serialize};

use super::{Fulfillment, LineUnits, find};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{FulfillmentId, OrderId};
use crate::order::{Change, Order};
use crate::rejection::Rejection;

/// Begins a fulfillment of a confirmed order.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `AlreadyExists` (a fulfillment of
/// this id), `OrderBlocked`, `TooManyFulfillments`, `OutOfRange` (lines: none, or one named twice),
/// `LineNotFound`, `OutOfRange` (quantity), `TooManyOfLine`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// The new fulfillment.
    pub id: FulfillmentId,
    /// What is in it; none for all that is in no fulfillment yet.
    pub lines: Option<Vec<LineUnits>>,
}

impl CreateFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        if order.progress.fulfillments.iter().any(|it| it.id == self.id) {
            return Err(Rejection::AlreadyExists.into());
        }
        order.check_unblocked()?;
        order.check_room()?;
        let wanted = self.lines.clone().unwrap_or_else(|| all_that_is_left(&order));
        let lines = order.check_lines(&wanted, |line| order.left_of_line(line))?;
        let mut change = Change::of(ctx, order);
        let now = change.ctx.now();
        change.order.progress.fulfillments.push(Fulfillment::new(self.id, lines, now));
        change.retime();
        change.step_told("T14", "");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

fn all_that_is_left(order: &Order) -> Vec<LineUnits> {
    let lines = (0..order.lines.len() as u32)
        .map(|line| LineUnits { line, quantity: order.left_of_line(line) });
    lines.filter(|units| units.quantity > 0).collect()
}
