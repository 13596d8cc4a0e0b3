//! T16a, T16b: a new payment for a confirmed order whose money could not be taken.
//!
//! The units stay committed and the order on hold until the money is authorized, or until the time
//! to pay is over (T16). Never are there two intents that could both be captured: the old one is
//! asked for, canceled, and forgotten only when the provider says that it is canceled; then another
//! is created under a key of its own. Money that turns out to have come by the old one is taken as
//! it is, and no new one is made.

use super::outcome::declined;
use super::settle::kept;
use super::{
    ATTEMPTS_MAX, AUTH_EXPIRY_MARGIN_MS, Intent, IntentStatus, PaymentMethod, PaymentState,
};
use crate::fault::Fault;
use crate::money::Money;
use crate::order::{Change, OrderTimer};
use crate::outbox::Call;
use crate::rejection::Rejection;

impl Change<'_, '_, '_> {
    /// Begins a new payment, or tries another card for the one that was begun. A customer who never
    /// went to their bank may use another card, too: that counts as an attempt.
    pub(super) fn pay_again(&mut self, method: &PaymentMethod) -> Result<(), Rejection> {
        let payment = &mut self.order.payment;
        let (state, idle) = (payment.state, self.order.calls_pending == 0);
        let attempts = payment.attempts.saturating_add(1);
        match state {
            PaymentState::Declined | PaymentState::IntentReady if idle => {
                payment.method = Some(method.clone());
                self.confirm_intent();
                self.step("T8", "another method");
                return Ok(());
            }
            PaymentState::RequiresAction if attempts < ATTEMPTS_MAX => payment.attempts = attempts,
            PaymentState::AuthExpired => {}
            _ => return Err(Rejection::PaymentNotOpen { state }),
        }
        payment.method = Some(method.clone());
        payment.state = PaymentState::Replacing;
        self.disarm(OrderTimer::Reconcile);
        match self.order.payment.intent.clone() {
            None => self.create_again(),
            Some(intent) if idle => self.call(Call::GetIntent { intent }),
            // The answer to what is in flight goes on from here.
            Some(_) => {}
        }
        self.step("T16a", "");
        Ok(())
    }

    /// What an intent's status means for an order that is on hold.
    pub(super) fn seen_on_hold(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        use IntentStatus::{Canceled, Processing, RequiresAction, RequiresCapture, Succeeded};
        match (self.order.payment.state, intent.status) {
            (_, Succeeded) => return self.captured(intent),
            (PaymentState::AuthExpired, _) => self.nothing_new(),
            (PaymentState::Replacing, Canceled) => {
                self.resolved();
                self.create_again();
                self.step("T11", "");
            }
            (PaymentState::Refused, Canceled) => self.resolved(),
            (PaymentState::Replacing | PaymentState::Refused, Processing) => self.unresolved(),
            (PaymentState::Replacing | PaymentState::Refused, _) => self.cancel_again(asked),
            (_, Processing) => self.still_unknown(),
            (_, Canceled) => {
                self.resolved();
                self.failed_on_hold("canceled by the provider");
                self.step("T11", "canceled by the provider");
            }
            (_, RequiresCapture) => self.authorized_again(intent),
            (_, RequiresAction) => return self.requires_action(),
            _ if self.still_waits(asked, intent) => self.resolved(),
            _ => {
                return match declined(asked, intent) {
                    Some(_) if self.confirms_again(asked) => self.not_confirmed(asked, intent),
                    Some(decline) => self.declined(&decline.code, decline.is_final),
                    None => self.not_confirmed(asked, intent),
                };
            }
        }
        Ok(())
    }

    /// T8, T9: a new payment was declined. After the last the intent is canceled, and the order
    /// waits until the time to pay is over.
    pub(super) fn declined_on_hold(&mut self, last: bool) {
        let code = self.order.payment.decline_code.clone().unwrap_or_default();
        if !last {
            self.step("T8", &code);
            return;
        }
        self.order.payment.state = PaymentState::Refused;
        self.cancel_intent();
        self.step("T9", &code);
    }

    /// T3: the provider makes no new intent.
    pub(super) fn not_created(&mut self, code: &str) {
        self.failed_on_hold(code);
        self.step("T3", &kept(code));
    }

    /// A new payment has failed without a decline, and has no intent that could succeed.
    fn failed_on_hold(&mut self, code: &str) {
        let payment = &mut self.order.payment;
        payment.attempts = payment.attempts.saturating_add(1);
        payment.decline_code = Some(kept(code));
        let last = payment.attempts >= ATTEMPTS_MAX;
        payment.state = if last { PaymentState::Refused } else { PaymentState::AuthExpired };
    }

    /// The old intent is canceled, so another is created, over what is owed now.
    fn create_again(&mut self) {
        let payment = &mut self.order.payment;
        payment.intent = None;
        payment.capture_before = None;
        payment.decline_code = None;
        payment.state = PaymentState::IntentCreating;
        let amount = Money { amount: self.order.due(), currency: self.order.currency };
        self.call(Call::CreateIntent { amount });
    }

    /// Cancels what must not succeed; but if that is what was just answered to, it is asked later.
    fn cancel_again(&mut self, asked: &Call) {
        if matches!(asked, Call::CancelIntent { .. }) {
            self.order.payment.open = None;
            self.unresolved();
        } else {
            self.cancel_intent();
        }
    }

    /// T16b: the money is authorized, so the order goes on. What is packed already is captured.
    fn authorized_again(&mut self, intent: &Intent) {
        if intent.capturable != intent.amount || !self.order.pays(intent.amount) {
            self.mismatch();
            return;
        }
        self.resolved();
        self.order.payment.state = PaymentState::Authorized;
        self.order.payment.capture_before = intent.capture_before;
        self.order.flags.on_hold = false;
        self.disarm(OrderTimer::Repay);
        if let Some(capture_before) = intent.capture_before {
            let at = capture_before.saturating_sub(AUTH_EXPIRY_MARGIN_MS);
            self.arm(OrderTimer::AuthExpiry, at);
        }
        if self.order.is_packed() {
            self.capture();
        }
        self.retime();
        self.step_told("T16b", "");
    }
}
