//! T15: a fulfillment is packed. The first one takes the money.

use serde::{Deserialize, Serialize};

use super::{FulfillmentState, find};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{FulfillmentId, OrderId};
use crate::order::Change;
use crate::payment::PaymentState;
use crate::rejection::Rejection;

/// Says that a fulfillment is packed. With the first, the money of all that was not canceled is
/// captured, once.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `FulfillmentNotFound`,
/// `OrderBlocked`, `WrongFulfillmentState` (it is not being picked).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which fulfillment.
    pub id: FulfillmentId,
}

impl PackFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.place_of(self.id)?;
        order.check_unblocked()?;
        let actual = order.progress.fulfillments[place].state;
        if actual != FulfillmentState::Picking {
            return Err(Rejection::WrongFulfillmentState { actual }.into());
        }
        let mut change = Change::of(ctx, order);
        change.set_state(place, FulfillmentState::Packed);
        match change.order.payment.state {
            PaymentState::Authorized => change.capture(),
            _ => change.order.progress.begun |= change.order.lets_ship(),
        }
        change.retime();
        change.step_told("T15", "");
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
