//! T18: a fulfillment leaves the warehouse.

use serde::{Deserialize, Serialize};

use super::{DELIVER_ASSUMED_MS, FulfillmentState, SHIPPING_TEXT_BYTES_MAX, find};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{FulfillmentId, OrderId};
use crate::inventory::UnitsEnd;
use crate::notice::NoticeKind;
use crate::order::Change;
use crate::rejection::{Blocked, Field, Rejection};

/// Says that a fulfillment was handed to a carrier: its units are no longer on hand.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `FulfillmentNotFound`,
/// `OrderBlocked`, `WrongFulfillmentState` (it is not packed), `OrderBlocked` (the money is not
/// captured), `OutOfRange`, `Malformed` (carrier, then tracking).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which fulfillment.
    pub id: FulfillmentId,
    /// Who brings it: 1 to `SHIPPING_TEXT_BYTES_MAX` bytes.
    pub carrier: String,
    /// The carrier's number of it, or empty.
    pub tracking: String,
}

impl ShipFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.place_of(self.id)?;
        order.check_unblocked()?;
        let actual = order.progress.fulfillments[place].state;
        if actual != FulfillmentState::Packed {
            return Err(Rejection::WrongFulfillmentState { actual }.into());
        }
        if !order.lets_ship() {
            let (status, why) = (order.status(), Blocked::NotCaptured);
            return Err(Rejection::OrderBlocked { status, why }.into());
        }
        text(Field::Carrier, &self.carrier, 1, SHIPPING_TEXT_BYTES_MAX)?;
        text(Field::Tracking, &self.tracking, 0, SHIPPING_TEXT_BYTES_MAX)?;
        let mut change = Change::of(ctx, order);
        change.set_state(place, FulfillmentState::Shipped);
        let now = change.ctx.now();
        let fulfillment = &mut change.order.progress.fulfillments[place];
        fulfillment.carrier.clone_from(&self.carrier);
        fulfillment.tracking.clone_from(&self.tracking);
        fulfillment.shipped_at = Some(now);
        fulfillment.deliver_at = Some(now.saturating_add(DELIVER_ASSUMED_MS));
        for units in fulfillment.lines.clone() {
            change.end_units(units, UnitsEnd::Shipped)?;
        }
        change.order.progress.begun = true;
        change.retime();
        let (carrier, tracking) = (self.carrier.clone(), self.tracking.clone());
        change.notify(NoticeKind::Shipped { carrier, tracking });
        change.step_told("T18", &self.carrier);
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
