//! T35: what was sent never arrives.

use serde::{Deserialize, Serialize};

use super::{FulfillmentState, MadeUp, find};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{FulfillmentId, OrderId};
use crate::notice::NoticeKind;
use crate::order::Change;
use crate::rejection::Rejection;

/// Says that a fulfillment is lost, or came back because nobody took it. What its units cost goes
/// back, if it is asked for; what came back whole is on hand again.
///
/// Refused, in this order: `OrderNotFound`, `VersionMismatch`, `FulfillmentNotFound`,
/// `WrongFulfillmentState` (it is not on its way).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoseFulfillment {
    /// Which order.
    pub order: OrderId,
    /// The version of the order that the caller saw.
    pub expected_version: Option<u64>,
    /// Which fulfillment.
    pub id: FulfillmentId,
    /// What became of it.
    pub how: Lost,
    /// What its units cost goes back; else the seller makes up for it in another way: sends as many
    /// once more (`ReshipFulfillment`), or refunds what was agreed upon.
    pub refund: bool,
}

/// What became of a fulfillment that never arrives. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lost {
    /// Nobody knows where it is, or it is broken.
    Gone,
    /// It came back, and its units can be sold again.
    CameBack,
}

impl LoseFulfillment {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, self.expected_version)?;
        let place = order.place_of(self.id)?;
        let actual = order.progress.fulfillments[place].state;
        if actual != FulfillmentState::Shipped {
            return Err(Rejection::WrongFulfillmentState { actual }.into());
        }
        let mut change = Change::of(ctx, order);
        let state = match self.how {
            Lost::Gone => FulfillmentState::Lost,
            Lost::CameBack => FulfillmentState::ReturnedToSender,
        };
        change.set_state(place, state);
        change.order.progress.fulfillments[place].deliver_at = None;
        let mut worth = 0_i64;
        for units in change.order.progress.fulfillments[place].lines.clone() {
            let Some(line) = change.order.lines.get_mut(units.line as usize) else { continue };
            worth = worth.saturating_add(line.worth(units.quantity));
            line.progress.lost += units.quantity;
            let product = line.product;
            if self.how == Lost::CameBack {
                change.restock(product, units.quantity)?;
            }
        }
        if self.refund && change.order.payment.state.has_come() {
            let amount = worth.min(change.order.refundable());
            if amount > 0 {
                change.order.progress.fulfillments[place].made_up = MadeUp::Refunded;
            }
            change.request_refund(amount, state.as_str());
        }
        change.retime();
        change.notify(NoticeKind::NeverArrived);
        change.step_told("T35", state.as_str());
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}
