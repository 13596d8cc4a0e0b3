//! I5: an order has at most one intent at a time, so at most one that can succeed, and is confirmed
//! once. A second is made only where the first is known to be canceled. Its history ends where it
//! stands.

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::keys::prefixed;
use crate::order::{Order, Status, Units};
use crate::outbox;
use crate::payment::{CALLS_PER_EPOCH, PaymentState, orphan};
use crate::read::{self, Whose};
use crate::txn::View;

/// How many calls are read at once.
const PAGE: usize = 1_000;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let (id, status, payment) = (order.id, order.status(), &order.payment);
        if may_have_intent(payment.state).is_some_and(|has| has != payment.intent.is_some()) {
            let what = format!("{id} is {:?} with the intent {:?}", payment.state, payment.intent);
            violation(found, "I5", what);
        }
        let history = read::order_history(view, &order)?;
        let confirmed =
            |from: Option<Status>, to| to == Status::Confirmed && from != Some(Status::Confirmed);
        if history.iter().filter(|step| confirmed(step.from, step.to)).count() > 1 {
            violation(found, "I5", format!("{id} was confirmed more than once"));
        }
        if history.last().map(|step| step.to) != Some(status) {
            violation(found, "I5", format!("{id} is {}, without a step", status.as_str()));
        }
        Ok(())
    })?;
    check_calls(view, found)
}

/// Every call is about the order's one intent, and creates it only where there is none: before the
/// first, or once that is canceled and the units are committed, or were (T16a).
fn check_calls(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let calls = outbox::provider_calls(view, after, PAGE)?;
        for (id, made) in &calls {
            if orphan::orphan(view, id.order)?.is_some() {
                // I19 looks at those.
                continue;
            }
            let order = read::order(view, id.order, &Whose::Anybody)?;
            let confirmed = order
                .as_ref()
                .is_some_and(|order| !matches!(order.units, Units::Held | Units::Expiring));
            let known = order.and_then(|order| order.payment.intent);
            let fits = match made.call.intent() {
                Some(intent) => known.as_ref() == Some(intent),
                None => known.is_none() && (id.number % CALLS_PER_EPOCH == 0 || confirmed),
            };
            if !fits {
                violation(found, "I5", format!("{id} asks for {:?} beside {known:?}", made.call));
            }
        }
        after = calls.last().map(|(id, _)| *id);
        if calls.len() < PAGE {
            return Ok(());
        }
    }
}

/// Whether a payment in this state has an intent; nothing where it depends.
fn may_have_intent(state: PaymentState) -> Option<bool> {
    match state {
        PaymentState::OnAccount | PaymentState::IntentCreating | PaymentState::NothingDue => {
            Some(false)
        }
        PaymentState::Unknown
        | PaymentState::Voided
        | PaymentState::AuthExpired
        | PaymentState::Refused => None,
        PaymentState::IntentReady
        | PaymentState::Confirming
        | PaymentState::RequiresAction
        | PaymentState::Declined
        | PaymentState::Authorized
        | PaymentState::Captured
        | PaymentState::Voiding
        | PaymentState::RefundRequested
        | PaymentState::Refunded
        | PaymentState::Capturing
        | PaymentState::Replacing
        | PaymentState::PartiallyRefunded
        | PaymentState::Disputed
        | PaymentState::ChargedBack => Some(true),
    }
}
