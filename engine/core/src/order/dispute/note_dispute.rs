//! T33, T34: the provider says that a dispute was opened or closed.

use serde::{Deserialize, Serialize};

use super::{DISPUTE_ID_BYTES_MAX, Dispute, DisputeState};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::OrderId;
use crate::money::Money;
use crate::order::fulfillment::find;
use crate::order::{Change, Review};
use crate::rejection::{Field, Rejection};

/// Notes where a dispute stands at the provider. What is known already, and an older state of what
/// is closed, is a no-op; of several disputes the last that was opened is kept.
///
/// Refused, in this order: `OrderNotFound`, `OutOfRange`, `Malformed` (id), `OutOfRange` (amount),
/// `NotCaptured`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDispute {
    /// Which order.
    pub order: OrderId,
    /// The provider's name of the dispute: 1 to `DISPUTE_ID_BYTES_MAX` bytes.
    pub id: String,
    /// Where it stands.
    pub state: DisputeState,
    /// How much is disputed, in minor units.
    pub amount: i64,
}

impl NoteDispute {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, None)?;
        text(Field::Dispute, &self.id, 1, DISPUTE_ID_BYTES_MAX)?;
        let max = Money::AMOUNT_MAX;
        if !(0..=max).contains(&self.amount) {
            return Err(Rejection::OutOfRange { field: Field::Amount, min: 0, max }.into());
        }
        let payment = order.payment.state;
        if !payment.has_come() {
            return Err(Rejection::NotCaptured { payment }.into());
        }
        let stale = |known: &Dispute| match known.state {
            DisputeState::Open => known.id == self.id && self.state == DisputeState::Open,
            DisputeState::Won => known.id == self.id,
            DisputeState::Lost => true,
        };
        if order.progress.dispute.as_ref().is_some_and(stale) {
            return Ok(Reply::Nothing);
        }
        let mut change = Change::of(ctx, order);
        change.note(self);
        let name = if self.state == DisputeState::Open { "T33" } else { "T34" };
        change.retime();
        change.step_told(name, self.state.as_str());
        change.next_call();
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl Change<'_, '_, '_> {
    fn note(&mut self, seen: &NoteDispute) {
        let now = self.ctx.now();
        let known = self.order.progress.dispute.take().filter(|known| known.id == seen.id);
        let opened_at = known.map_or(now, |known| known.opened_at);
        let open = seen.state == DisputeState::Open;
        let closed_at = (!open).then_some(now);
        let (id, state, amount) = (seen.id.clone(), seen.state, seen.amount);
        self.order.progress.dispute = Some(Dispute { id, state, amount, opened_at, closed_at });
        self.order.flags.disputed = open;
        if state == DisputeState::Lost {
            self.fail_waiting("charged_back");
        } else {
            self.refunds_changed();
        }
        if open {
            self.review(Review::Disputed);
        } else {
            self.order.flags.needs_review.take_if(|reason| *reason == Review::Disputed);
        }
    }
}
