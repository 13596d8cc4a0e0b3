//! T15–T17: the money of a confirmed order is taken, once, or it turns out that it cannot be.
//!
//! Capturing an intent twice is capturing it once: the provider refuses the second, and then the
//! intent is asked for. So a capture whose outcome is unknown is resolved by asking, and made again
//! only when the intent says that it was not.

use super::settle::kept;
use super::{Intent, IntentStatus, OpenCall, PROVIDER_KEY_MS, PaymentState};
use crate::fault::Fault;
use crate::money::Money;
use crate::notice::NoticeKind;
use crate::order::{Change, Ending, OrderTimer, REPAY_MS, Refund, Review};
use crate::outbox::Call;

impl Change<'_, '_, '_> {
    /// Takes the money of what was not canceled, as soon as no other call is in flight.
    pub(crate) fn capture(&mut self) {
        self.order.payment.state = PaymentState::Capturing;
        self.order.payment.capturing = self.order.due();
        self.disarm(OrderTimer::AuthExpiry);
        self.next_call();
    }

    /// T26: what is left of the order costs nothing, so nothing is captured: the authorization is
    /// void, and the order goes on without money.
    pub(crate) fn owe_nothing(&mut self) {
        if self.order.payment.state != PaymentState::Authorized && !self.order.flags.on_hold {
            return;
        }
        self.disarm(OrderTimer::Repay);
        self.order.flags.on_hold = false;
        self.order.progress.begun |= self.order.is_packed();
        self.void_what_there_is();
    }

    /// Voids the intent. Where there is none yet the answer to its creation goes on from here.
    pub(crate) fn void_what_there_is(&mut self) {
        if self.order.payment.intent.is_none() {
            self.order.payment.state = PaymentState::Voided;
            return;
        }
        self.order.payment.state = PaymentState::Voiding;
        if self.is_idle() {
            self.void();
        }
    }

    /// T17: the authorization is about to lapse. Where somebody has begun to fulfill the order its
    /// money is taken; else the order ends, so that nobody ships what nobody pays.
    pub(crate) fn authorization_ends(&mut self) -> Result<(), Fault> {
        if self.order.payment.state != PaymentState::Authorized {
            return Ok(());
        }
        if self.order.progress.fulfillments.iter().any(|it| it.state.is_open()) {
            self.capture();
            self.step_told("T17", "captured");
            return Ok(());
        }
        self.give_up(Ending::Expired)?;
        self.review(Review::AuthorizationExpiring);
        self.step("T17", Review::AuthorizationExpiring.as_str());
        Ok(())
    }

    /// T16: no new payment has come in time.
    pub(crate) fn repay_over(&mut self) -> Result<(), Fault> {
        if self.order.flags.on_hold {
            self.give_up(Ending::PaymentFailed)?;
            self.step("T16", "no new payment came");
        }
        Ok(())
    }

    /// What an intent's status means for an order whose units are committed.
    pub(super) fn seen_committed(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        use IntentStatus::{Processing, RequiresCapture, Succeeded};
        let capturing = self.order.payment.state == PaymentState::Capturing;
        match (self.order.payment.state, intent.status) {
            _ if self.order.flags.on_hold => self.seen_on_hold(asked, intent),
            (PaymentState::Authorized | PaymentState::Capturing, Succeeded) => {
                self.captured(intent)
            }
            (PaymentState::Authorized | PaymentState::Capturing, Processing) => {
                self.unresolved();
                Ok(())
            }
            (PaymentState::Authorized, RequiresCapture) => {
                self.resolved();
                Ok(())
            }
            (PaymentState::Capturing, RequiresCapture) => {
                self.not_captured(asked);
                Ok(())
            }
            (PaymentState::Voiding | PaymentState::Voided, _) => self.seen_unwanted(asked, intent),
            (PaymentState::Authorized, _) => self.authorization_lost("canceled by the bank"),
            _ if capturing => self.authorization_lost("the authorization has lapsed"),
            _ => {
                self.nothing_new();
                Ok(())
            }
        }
    }

    /// Nothing is owed, so the intent is void, or will be. Money that came all the same goes back.
    fn seen_unwanted(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        match intent.status {
            IntentStatus::Canceled => {
                self.resolved();
                if self.order.payment.state == PaymentState::Voiding {
                    self.order.payment.state = PaymentState::Voided;
                    self.step("T11", "");
                }
            }
            IntentStatus::Processing => self.unresolved(),
            IntentStatus::Succeeded if intent.received <= 0 => self.mismatch(),
            IntentStatus::Succeeded => {
                self.resolved();
                self.came(intent.received);
                self.request_refund(intent.received, "nothing is owed");
                self.step_told("T12b", "");
            }
            _ => self.void_again(asked),
        }
        Ok(())
    }

    /// T16: the money cannot be taken. The order waits for a new payment, unless it was to be
    /// canceled anyway (T24a, T23).
    pub(super) fn authorization_lost(&mut self, why: &str) -> Result<(), Fault> {
        self.resolved();
        self.order.payment.state = PaymentState::AuthExpired;
        self.order.payment.capturing = 0;
        self.order.payment.attempts = 0;
        self.order.payment.decline_code = None;
        self.disarm(OrderTimer::AuthExpiry);
        self.disarm(OrderTimer::FulfillSla);
        self.order.flags.on_hold = true;
        self.arm(OrderTimer::Repay, self.ctx.now().saturating_add(REPAY_MS));
        if !self.order.flags.cancel_requested {
            self.notify(NoticeKind::PaymentNeeded);
        }
        self.step_told("T16", &kept(why));
        if self.order.flags.cancel_requested {
            self.cancel_confirmed()?;
        } else if self.order.due() == 0 {
            self.owe_nothing();
            self.retime();
            self.step("T26", "nothing is owed");
        }
        Ok(())
    }

    /// An answer that says nothing about a refund that is being found out.
    pub(super) fn nothing_new(&mut self) {
        let refund = |open: &OpenCall| matches!(open.call, Call::Refund { .. });
        if !self.order.payment.open.as_ref().is_some_and(refund) {
            self.resolved();
        }
    }

    /// T31, T32: whether the provider has the refund is found out under the key of its call.
    pub(crate) fn refund_again(&mut self, refund: &Refund, number: u32) {
        let Some(intent) = self.order.payment.intent.clone() else { return };
        let amount = Money { amount: refund.amount, currency: self.order.currency };
        let call = Call::Refund { intent, amount, refund: refund.id };
        self.call_again(OpenCall { number, at: refund.created_at, call });
    }

    /// T15a: the money is here.
    pub(super) fn captured(&mut self, intent: &Intent) -> Result<(), Fault> {
        let payment = &self.order.payment;
        let capturing = payment.state == PaymentState::Capturing;
        let fits = match payment.state {
            PaymentState::Capturing => intent.received == payment.capturing,
            _ if self.order.flags.on_hold => self.order.pays(intent.received),
            _ => intent.received == self.order.due(),
        };
        let sound = (0..=Money::AMOUNT_MAX).contains(&intent.received);
        if !sound {
            self.mismatch();
            return Ok(());
        }
        self.resolved();
        self.order.payment.captured = intent.received;
        self.order.payment.capturing = 0;
        self.order.payment.state = PaymentState::Captured;
        self.order.flags.on_hold = false;
        self.disarm(OrderTimer::Repay);
        if !fits {
            self.review(Review::AmountMismatch);
            self.retime();
            self.step_told("T7a", Review::AmountMismatch.as_str());
            return Ok(());
        }
        self.order.progress.begun |= capturing || self.order.is_packed();
        self.retime();
        self.step_told("T15a", "");
        if self.order.flags.cancel_requested {
            return self.cancel_confirmed();
        }
        // Lines were canceled while the money was on its way.
        let excess = self.order.payment.captured.saturating_sub(self.order.due());
        if excess > 0 {
            self.request_refund(excess, "lines canceled");
        }
        Ok(())
    }

    /// The intent says that the capture was not made: it is made again, or asked about later.
    fn not_captured(&mut self, asked: &Call) {
        if matches!(asked, Call::CaptureIntent { .. }) {
            self.order.payment.open = None;
            self.unresolved();
            return;
        }
        let honored_since = self.ctx.now().saturating_sub(PROVIDER_KEY_MS);
        let open = self.order.payment.open.clone();
        let again = open.filter(|open| {
            matches!(open.call, Call::CaptureIntent { .. }) && open.at > honored_since
        });
        self.resolved();
        if let Some(open) = again {
            self.call_again(open);
        }
    }
}
