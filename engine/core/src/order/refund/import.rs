//! T31, T32, T32a: what became of a refund at the provider, ours or made there past us.

use serde::{Deserialize, Serialize};

use super::{Refund, RefundState};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::{OrderId, RefundId};
use crate::keys::Key;
use crate::money::Money;
use crate::order::fulfillment::find;
use crate::order::{Change, Order, Review};
use crate::outbox::EffectId;
use crate::payment::kept;
use crate::rejection::{Field, Rejection};

/// Writes down what a refund is at the provider. One that is none of ours is written down when it
/// is first seen; seen again, it changes its state, as ours does: one that has succeeded or failed
/// stays as it is, unless the bank fails it later. While the call of ours is in flight, or nobody
/// knows its outcome, its answer decides and nothing changes here.
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
    /// The number of the order's call that made it, if one of ours did.
    pub call: Option<u32>,
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
        if self.is_under_way(ctx, &order)? {
            return Ok(Reply::Nothing);
        }
        let ours = |refund: &Refund| refund.call.is_some() && refund.call == self.call;
        let known = |refund: &Refund| refund.id == self.id || ours(refund);
        let known = order.progress.refunds.iter().position(known);
        let is_ours = known.is_some_and(|place| ours(&order.progress.refunds[place]));
        let fits = self.amount <= order.refundable();
        let mut change = Change::of(ctx, order);
        match known {
            Some(place) if !change.update(place, state, &self.code) => return Ok(Reply::Nothing),
            Some(_) if state == RefundState::Failed => change.review(Review::ProviderRefused),
            Some(_) => {}
            None if fits || state == RefundState::Failed => change.import(self, state),
            // More went back than came, or than is left beside what is on its way.
            None => {
                let told = change.order.flags.needs_review;
                change.review(Review::AmountMismatch);
                if change.order.flags.needs_review == told {
                    return Ok(Reply::Nothing);
                }
            }
        }
        change.refunds_changed();
        let name = match state {
            _ if !is_ours => "T32a",
            RefundState::Failed => "T32",
            _ => "T31",
        };
        change.step_told(name, state.as_str());
        change.next_call();
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl ImportRefund {
    /// Our own call for it is not answered yet, as far as is known here.
    fn is_under_way(&self, ctx: &Ctx<'_, '_>, order: &Order) -> Result<bool, Fault> {
        let Some(number) = self.call else { return Ok(false) };
        let mut refunds = order.progress.refunds.iter();
        let undecided = refunds.any(|refund| {
            refund.call == self.call
                && matches!(refund.state, RefundState::Submitting | RefundState::Unknown)
        });
        let call = Key::ProviderCall(EffectId { order: order.id, number });
        Ok(undecided || ctx.txn.has(&call)?)
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
