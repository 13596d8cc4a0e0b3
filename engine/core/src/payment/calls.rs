//! Orders calls to the provider: one in flight for each order, never two.

use super::{OpenCall, PROVIDER_KEY_MS, Pay, Payment, PaymentState};
use crate::keys::Key;
use crate::money::Money;
use crate::order::{Change, OrderTimer, RefundState, Review, Units};
use crate::outbox::{Call, EffectId, ProviderCall};

impl Payment {
    /// The payment of an order that is being placed.
    pub(crate) fn new(pay: &Pay) -> Self {
        let (state, method) = match pay {
            Pay::Card(method) => (PaymentState::IntentCreating, method.clone()),
            Pay::OnAccount => (PaymentState::OnAccount, None),
        };
        Self {
            state,
            intent: None,
            method,
            attempts: 0,
            decline_code: None,
            capture_before: None,
            unknown_since: None,
            reconcile_step: 0,
            open: None,
            captured: 0,
            refunded: 0,
            capturing: 0,
        }
    }
}

impl Change<'_, '_, '_> {
    /// No call is in flight.
    pub(crate) fn is_idle(&self) -> bool {
        self.order.calls_pending == 0
    }

    /// No call is in flight, and none is being found out.
    pub(crate) fn is_free_to_call(&self) -> bool {
        let asked = self.order.payment.open.is_some() || self.order.timers.reconcile.is_some();
        self.is_idle() && !asked
    }

    /// The number of the next call: of this epoch.
    fn next_number(&self) -> u32 {
        self.order.calls.max(*self.ctx.calls_from)
    }

    /// Orders a call, under a new number. Only while none is in flight.
    pub(crate) fn call(&mut self, call: Call) {
        let number = self.next_number();
        self.order.calls = number.saturating_add(1);
        let at = self.ctx.now();
        self.put_call(number, &ProviderCall { at, call, repeated: false });
    }

    /// Orders a call again whose outcome is unknown: same number, same idempotency key.
    pub(crate) fn call_again(&mut self, open: OpenCall) {
        let OpenCall { number, at, call } = open;
        self.put_call(number, &ProviderCall { at, call, repeated: true });
    }

    /// Confirms the intent, which has an id now, with the customer's method; without one, the
    /// customer is waited for.
    pub(crate) fn confirm_intent(&mut self) {
        let payment = &mut self.order.payment;
        match (payment.intent.clone(), payment.method.clone()) {
            (Some(intent), Some(method)) => {
                payment.state = PaymentState::Confirming;
                self.call(Call::ConfirmIntent { intent, method });
            }
            _ => payment.state = PaymentState::IntentReady,
        }
    }

    /// Voids the intent; with a call in flight, its settlement does. An order that ended before its
    /// intent was known stays as it is.
    pub(crate) fn void(&mut self) {
        self.disarm(OrderTimer::Reconcile);
        let payment = &mut self.order.payment;
        let ended = self.order.units == Units::Released && payment.state == PaymentState::Voided;
        if !ended {
            payment.state = PaymentState::Voiding;
        }
        if self.is_idle() {
            self.cancel_intent();
        }
    }

    /// Cancels the intent, under the key of a try whose outcome is unknown, if there was one.
    pub(super) fn cancel_intent(&mut self) {
        let payment = &mut self.order.payment;
        let honored_since = self.ctx.now().saturating_sub(PROVIDER_KEY_MS);
        let open = payment.open.take().filter(|open| {
            matches!(open.call, Call::CancelIntent { .. }) && open.at > honored_since
        });
        match (open, payment.intent.clone()) {
            (Some(open), _) => self.call_again(open),
            // Voiding twice is voiding once, so a new key does no harm.
            (None, Some(intent)) => self.call(Call::CancelIntent { intent }),
            (None, None) => {}
        }
    }

    /// Makes the next call that waits for its turn: the capture, then refunds in their order.
    pub(crate) fn next_call(&mut self) {
        let in_doubt = self.order.flags.needs_review == Some(Review::AmountMismatch);
        if !self.is_free_to_call() {
            return;
        }
        let payment = &self.order.payment;
        let Some(intent) = payment.intent.clone() else { return };
        let currency = self.order.currency;
        match payment.state {
            PaymentState::Capturing if !in_doubt => {
                let amount = Money { amount: payment.capturing, currency };
                self.call(Call::CaptureIntent { intent, amount });
            }
            PaymentState::Voiding if !in_doubt && !self.order.is_open() => {
                self.void();
            }
            state if state.is_captured() => {
                let number = self.next_number();
                let mut refunds = self.order.progress.refunds.iter_mut();
                let Some(next) = refunds.find(|it| it.state == RefundState::Requested) else {
                    return;
                };
                next.state = RefundState::Submitting;
                next.call = Some(number);
                let (refund, amount) = (next.id, Money { amount: next.amount, currency });
                self.call(Call::Refund { intent, amount, refund });
            }
            _ => {}
        }
    }

    fn put_call(&mut self, number: u32, call: &ProviderCall) {
        let id = EffectId { order: self.order.id, number };
        self.ctx.txn.put(&Key::ProviderCall(id), call);
        self.order.calls_pending = 1;
    }
}
