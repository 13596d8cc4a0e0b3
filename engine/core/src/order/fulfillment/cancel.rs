//! A fulfillment is given up before it was sent: its units wait for another.

use serde::{Deserialize, Serialize};

use super::{FulfillmentState, find};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{FulfillmentId, OrderId};
use crate::order::Change;
use crate::rejection::Rejection;

/// Gives up a fulfillment that was not sent. The order goes on, and money that was captured stays.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `FulfillmentNotFound`,
/// `WrongFulfillmentState` (it was sent, or is given up already).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which fulfillment.
    pub id: FulfillmentId,
}

impl CancelFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.place_of(self.id)?;
        let actual = order.progress.fulfillments[place].state;
        if !actual.is_open() {
            return Err(Rejection::WrongFulfillmentState { actual }.into());
        }
        let mut change = Change::of(ctx, order);
        change.set_state(place, FulfillmentState::Canceled);
        change.retime();
        change.step_told("T14", "given up");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
