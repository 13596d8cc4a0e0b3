//! T19: a fulfillment has arrived, or counts as if it had.

use serde::{Deserialize, Serialize};

use super::{FulfillmentState, find};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{FulfillmentId, OrderId};
use crate::notice::NoticeKind;
use crate::order::Change;
use crate::rejection::Rejection;

/// Says that a fulfillment has arrived.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `FulfillmentNotFound`,
/// `WrongFulfillmentState` (it is not on its way).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliverFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which fulfillment.
    pub id: FulfillmentId,
}

impl DeliverFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.place_of(self.id)?;
        let actual = order.progress.fulfillments[place].state;
        if actual != FulfillmentState::Shipped {
            return Err(Rejection::WrongFulfillmentState { actual }.into());
        }
        let mut change = Change::of(ctx, order);
        change.delivered(place);
        change.retime();
        change.step_told("T19", "");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl Change<'_, '_, '_> {
    /// The deliver timer has fired: what was sent long enough ago counts as delivered.
    pub(in crate::order) fn assume_delivered(&mut self) {
        let now = self.ctx.now();
        for place in 0..self.order.progress.fulfillments.len() {
            let fulfillment = &self.order.progress.fulfillments[place];
            let underway = fulfillment.state == FulfillmentState::Shipped;
            if underway && fulfillment.deliver_at.is_some_and(|at| at <= now) {
                self.delivered(place);
                self.step_told("T19", "assumed");
            }
        }
        self.retime();
    }

    fn delivered(&mut self, place: usize) {
        let now = self.ctx.now();
        self.notify(NoticeKind::Delivered);
        self.set_state(place, FulfillmentState::Delivered);
        let fulfillment = &mut self.order.progress.fulfillments[place];
        fulfillment.delivered_at = Some(now);
        fulfillment.deliver_at = None;
        for units in fulfillment.lines.clone() {
            if let Some(line) = self.order.lines.get_mut(units.line as usize) {
                line.progress.delivered += units.quantity;
            }
        }
    }
}
