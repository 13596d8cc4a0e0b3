//! I6: no more is given back than came, and what is asked of the provider is what is written down.
//! The parts of an order add up to its total, to the minor unit: its lines and its shipping.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::prefixed;
use crate::order::{Order, Refund, RefundState, Review};
use crate::outbox::{Call, ProviderCall};
use crate::payment::PaymentState;
use crate::read::{self, Whose};
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let payment = &order.payment;
        let bounded = 0 <= payment.refunded && payment.refunded <= payment.captured;
        let summed = payment.refunded == order.given_back();
        let looked_at =
            matches!(order.flags.needs_review, Some(Review::AmountMismatch | Review::OrphanMoney));
        let fits = match payment.state {
            PaymentState::Captured if order.ending.is_none() && !looked_at => {
                payment.captured <= order.total
            }
            state if state.has_come() => true,
            _ => payment.captured == 0 && order.progress.refunds.is_empty(),
        };
        let capturing = payment.state == PaymentState::Capturing || payment.capturing == 0;
        let positive = order.progress.refunds.iter().all(|refund| refund.amount > 0);
        if !(bounded && summed && fits && capturing && positive) {
            let (state, captured, refunded) = (payment.state, payment.captured, payment.refunded);
            let (id, total, refunds) = (order.id, order.total, &order.progress.refunds);
            let what = format!(
                "{id} of {total} is {state:?}: {captured} in, {refunded} back, {refunds:?}"
            );
            violation(found, "I6", what);
        }
        Ok(())
    })?;
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let lines = order.lines.iter().map(|line| line.paid_for(0, line.quantity));
        let parts = lines.fold(order.pricing.shipping_cost(), i64::saturating_add);
        if parts != order.total {
            let (id, total) = (order.id, order.total);
            violation(found, "I6", format!("the parts of {id} are {parts}, its total is {total}"));
        }
        Ok(())
    })?;
    each(view, prefixed(b"pc"), |key, value| {
        let made: ProviderCall = decode(value)?;
        let id = crate::outbox::effect_of(key)?;
        let Some(order) = read::order(view, id.order, &Whose::Anybody)? else { return Ok(()) };
        let asked = |refund: &Refund| (refund.call, refund.amount, refund.state.is_open());
        let fits = match &made.call {
            Call::Refund { amount, refund, .. } => {
                let row = order.progress.refunds.iter().find(|row| row.id == *refund);
                amount.currency == order.currency
                    && row.map(asked) == Some((Some(id.number), amount.amount, true))
                    && row.is_some_and(|row| row.state != RefundState::Requested)
            }
            Call::CaptureIntent { amount, .. } => {
                amount.currency == order.currency && amount.amount == order.payment.capturing
            }
            _ => true,
        };
        if !fits {
            violation(found, "I6", format!("{id} is {:?}, which its order is not", made.call));
        }
        Ok(())
    })
}
