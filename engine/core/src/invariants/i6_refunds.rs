//! I6: no more is given back than was received, and what is asked for is what is written down.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::prefixed;
use crate::order::Order;
use crate::outbox::{Call, ProviderCall};
use crate::payment::PaymentState;
use crate::read::{self, Whose};
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"od"), |_, value| {
        let Order { id, total, payment, .. } = decode(value)?;
        let bounded = 0 <= payment.refunded && payment.refunded <= payment.captured;
        let fits = match payment.state {
            PaymentState::Captured => payment.captured == total,
            PaymentState::RefundRequested | PaymentState::Refunded => true,
            _ => payment.captured == 0,
        };
        if !bounded || !fits {
            let (state, captured, refunded) = (payment.state, payment.captured, payment.refunded);
            let what = format!("{id} of {total} is {state:?}: {captured} in, {refunded} back");
            violation(found, "I6", what);
        }
        Ok(())
    })?;
    each(view, prefixed(b"pc"), |key, value| {
        let ProviderCall { call: Call::Refund { amount, .. }, .. } = decode(value)? else {
            return Ok(());
        };
        let id = crate::outbox::effect_of(key)?;
        let fits = read::order(view, id.order, &Whose::Anybody)?.is_some_and(|order| {
            amount.amount == order.payment.refunded && amount.currency == order.currency
        });
        if !fits {
            violation(found, "I6", format!("{id} refunds {amount:?}, which its order does not"));
        }
        Ok(())
    })
}
