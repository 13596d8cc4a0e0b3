//! T32a: somebody gave money back at the provider, past us.

use serde::{Deserialize, Serialize};

use super::{Refund, RefundState};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, RefundId};
use crate::money::Money;
use crate::order::fulfillment::find;
use crate::order::{Change, Review};
use crate::payment::kept;
use crate::rejection::{Field, Rejection};

/// Writes down a refund that was seen at the provider and is none of ours. Seen again, it changes
/// its state; one that has succeeded or failed stays as it is, unless the bank fails it later.
///
/// Refused, in this order: `OrderNotFound`, `OutOfRange` (amount), `NotCaptured`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportRefund {
    /// Which order.
    pub order: OrderId,
    /// H128 of the provider's id of it.
    pub id: RefundId,
    /// How much, in minor units: at least 1.
    pub amount: i64,
    /// Where it stands at the provider: pending, succeeded or failed; what is not known yet counts
    /// as pending.
    pub state: RefundState,
    /// Why it failed, in the provider's word, or empty.
    pub code: String,
}

impl ImportRefund {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = find(ctx, self.order, None)?;
        let max = Money::AMOUNT_MAX;
        if !(1..=max).contains(&self.amount) {
            return Err(Rejection::OutOfRange { field: Field::Amount, min: 1, max }.into());
        }
        let payment = order.payment.state;
        if !payment.has_come() {
            return Err(Rejection::NotCaptured { payment }.into());
        }
        let state = match self.state {
            RefundState::Succeeded | RefundState::Failed => self.state,
            _ => RefundState::Pending,
        };
        let known = order.progress.refunds.iter().position(|refund| refund.id == self.id);
        let fits = self.amount <= order.refundable();
        let mut change = Change::of(ctx, order);
        match known {
            Some(place) if !change.update(place, state, &self.code) => return Ok(Reply::Nothing),
            Some(_) => {}
            None if fits || state == RefundState::Failed => change.import(self, state),
            // More went back than came, or than is left beside what is on its way.
            None => change.review(Review::AmountMismatch),
        }
        change.refunds_changed();
        change.step_told("T32a", state.as_str());
        change.next_call();
        Ok(Reply::Order(Box::new(change.save())))
    }
}

impl Change<'_, '_, '_> {
    fn import(&mut self, seen: &ImportRefund, state: RefundState) {
        let now = self.ctx.now();
        self.order.progress.refunds.push(Refund {
            id: seen.id,
            amount: seen.amount,
            state,
            reason: "made at the provider".to_owned(),
            created_at: now,
            updated_at: now,
            call: None,
            code: kept(&seen.code),
        });
    }

    /// Says whether a refund that is known has gone on: back from failed it never comes.
    fn update(&mut self, place: usize, state: RefundState, code: &str) -> bool {
        let now = self.ctx.now();
        let refund = &mut self.order.progress.refunds[place];
        let on = match refund.state {
            RefundState::Failed => false,
            RefundState::Succeeded => state == RefundState::Failed,
            before => before != state,
        };
        if on {
            refund.state = state;
            refund.updated_at = now;
            refund.code = kept(code);
        }
        on
    }
}
