//! T2, T5–T12: what an intent's status means for an order whose units are still held.

use super::settle::kept;
use super::{ATTEMPTS_MAX, Decline, Intent, IntentStatus, PROVIDER_KEY_MS, PaymentState};
use crate::fault::Fault;
use crate::order::{ACTION_MS, Change, Ending, ORDER_HOLD_MAX_MS, OrderTimer, Review, Units};
use crate::outbox::Call;

impl Change<'_, '_, '_> {
    /// The customer still wants the order, or wanted it until it was known what T22 waits for.
    pub(super) fn seen_held(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        let undecided = matches!(
            intent.status,
            IntentStatus::RequiresPaymentMethod
                | IntentStatus::RequiresConfirmation
                | IntentStatus::RequiresAction
        );
        if intent.status == IntentStatus::Processing {
            self.still_unknown();
            return Ok(());
        }
        if self.order.flags.cancel_requested {
            self.order.flags.cancel_requested = false;
            self.order.ending = Some(Ending::Customer);
            self.order.units = Units::Expiring;
            self.disarm(OrderTimer::Hold);
            self.step("T21", "");
            return self.seen_expiring(asked, intent);
        }
        match intent.status {
            _ if undecided && self.order.timers.hold.is_none() => {
                self.resolved();
                self.end(Ending::Expired, "T10", "")
            }
            IntentStatus::RequiresAction => self.requires_action(),
            IntentStatus::RequiresCapture => self.paid(intent, "T6"),
            IntentStatus::Succeeded => self.paid(intent, "T7"),
            IntentStatus::Canceled => {
                self.order.ending = Some(Ending::PaymentFailed);
                self.release(PaymentState::Voided, "T11", "canceled by the provider")
            }
            _ if self.still_waits(asked, intent) => {
                self.resolved();
                Ok(())
            }
            _ => match declined(asked, intent) {
                // It may be an earlier confirmation's: the same key tells what came of this one.
                Some(_) if self.confirms_again(asked) => self.not_confirmed(asked, intent),
                Some(decline) => self.declined(&decline.code, decline.is_final),
                None => self.not_confirmed(asked, intent),
            },
        }
    }

    /// The intent was asked for while the customer chooses a method, and nothing has become of it:
    /// a decline that it remembers was counted.
    pub(super) fn still_waits(&self, asked: &Call, intent: &Intent) -> bool {
        let waits = match self.order.payment.state {
            PaymentState::Declined => true,
            PaymentState::IntentReady => intent.decline.is_none(),
            _ => false,
        };
        waits && matches!(asked, Call::GetIntent { .. })
    }

    /// A confirmation of unknown outcome is made again, under its key, as long as that is honored.
    pub(super) fn confirms_again(&self, asked: &Call) -> bool {
        let honored_since = self.ctx.now().saturating_sub(PROVIDER_KEY_MS);
        let open = self.order.payment.open.as_ref().filter(|open| open.at > honored_since);
        let confirms = open.is_some_and(|open| matches!(open.call, Call::ConfirmIntent { .. }));
        confirms && !matches!(asked, Call::ConfirmIntent { .. })
    }

    /// The order is ending: the money must not come, unless it was there before that was asked for.
    pub(super) fn seen_expiring(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        let by_customer = self.order.ending == Some(Ending::Customer);
        let voiding = self.order.payment.state == PaymentState::Voiding;
        match intent.status {
            IntentStatus::Canceled => self.release(PaymentState::Voided, "T11", ""),
            IntentStatus::Processing => {
                self.unresolved();
                Ok(())
            }
            IntentStatus::Succeeded if by_customer => self.give_back(intent),
            IntentStatus::RequiresCapture if by_customer => {
                self.void_again(asked);
                self.step("T12a", "");
                Ok(())
            }
            IntentStatus::Succeeded if voiding => self.paid(intent, "T12"),
            IntentStatus::RequiresCapture if voiding => self.paid(intent, "T12"),
            IntentStatus::Succeeded => self.paid(intent, "T7"),
            IntentStatus::RequiresCapture => self.paid(intent, "T6"),
            IntentStatus::RequiresPaymentMethod
            | IntentStatus::RequiresConfirmation
            | IntentStatus::RequiresAction => {
                self.void_again(asked);
                Ok(())
            }
        }
    }

    /// T8, T9: a confirmation was declined. The customer may try another method, up to a limit.
    pub(super) fn declined(&mut self, code: &str, is_final: bool) -> Result<(), Fault> {
        self.resolved();
        let payment = &mut self.order.payment;
        payment.attempts = payment.attempts.saturating_add(1);
        payment.decline_code = Some(kept(code));
        payment.state = PaymentState::Declined;
        let last = is_final || payment.attempts >= ATTEMPTS_MAX;
        if self.order.units == Units::Committed {
            self.declined_on_hold(last);
            return Ok(());
        }
        if last {
            return self.end(Ending::PaymentFailed, "T9", &kept(code));
        }
        if self.order.timers.hold.is_none() {
            return self.end(Ending::Expired, "T10", &kept(code));
        }
        self.step("T8", &kept(code));
        Ok(())
    }

    /// T12b: the customer canceled and the money came all the same. The units are free, and the
    /// money follows.
    pub(super) fn give_back(&mut self, intent: &Intent) -> Result<(), Fault> {
        if intent.received <= 0 {
            self.mismatch();
            return Ok(());
        }
        self.resolved();
        self.disarm_all();
        if self.order.units != Units::Released {
            self.release_units()?;
        }
        self.came(intent.received);
        self.request_refund(intent.received, "the order was canceled");
        self.step("T12b", "");
        Ok(())
    }

    /// Money has come for an order that does not want it.
    pub(super) fn came(&mut self, received: i64) {
        self.order.payment.captured = received;
        self.order.payment.state = PaymentState::Captured;
    }

    /// Voids at once; but if voiding is what the provider has just answered to, later.
    pub(super) fn void_again(&mut self, asked: &Call) {
        if matches!(asked, Call::CancelIntent { .. }) {
            self.order.payment.open = None;
            self.unresolved();
        } else {
            self.void();
        }
    }

    /// T7a: the provider has another amount than the order's. A person must look; it never ships.
    pub(super) fn mismatch(&mut self) {
        self.resolved();
        self.review(Review::AmountMismatch);
        self.step("T7a", Review::AmountMismatch.as_str());
    }

    /// T6, T7, T12: the money is there, if it is the right amount.
    fn paid(&mut self, intent: &Intent, name: &str) -> Result<(), Fault> {
        let total = self.order.total;
        let received = intent.status == IntentStatus::Succeeded;
        let amount = if received { intent.received } else { intent.capturable };
        if amount != total || intent.amount != total {
            self.mismatch();
            return Ok(());
        }
        let payment = &mut self.order.payment;
        if received {
            payment.captured = total;
            return self.confirm(PaymentState::Captured, name);
        }
        payment.capture_before = intent.capture_before;
        self.confirm(PaymentState::Authorized, name)
    }

    /// T5: the customer's bank wants to see them. Whatever they do there, we ask what came of it.
    pub(super) fn requires_action(&mut self) -> Result<(), Fault> {
        if self.order.payment.state == PaymentState::RequiresAction {
            self.poll();
            return Ok(());
        }
        self.resolved();
        self.order.payment.state = PaymentState::RequiresAction;
        if self.order.units == Units::Held {
            let longest = self.order.placed_at.saturating_add(ORDER_HOLD_MAX_MS);
            let at = self.ctx.now().saturating_add(ACTION_MS).min(longest);
            self.arm(OrderTimer::Hold, at.max(self.order.timers.hold.unwrap_or(at)));
        }
        self.poll();
        self.step("T5", "");
        Ok(())
    }

    /// T2, or the way back from T4: the intent is there and was not confirmed.
    pub(super) fn not_confirmed(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        if matches!(asked, Call::ConfirmIntent { .. }) {
            self.still_unknown();
            return Ok(());
        }
        if self.order.flags.on_hold && !self.order.pays(intent.amount) {
            self.mismatch();
            self.declined_on_hold(true);
            return Ok(());
        }
        if !self.order.flags.on_hold && intent.amount != self.order.total {
            self.mismatch();
            return self.end(Ending::PaymentFailed, "T9", "another amount");
        }
        let again = self.confirms_again(asked);
        match self.order.payment.open.clone().filter(|_| again) {
            Some(open) => {
                self.resolved();
                self.order.payment.state = PaymentState::Confirming;
                self.call_again(open);
                self.step("T4", "not confirmed: confirming again");
            }
            _ => {
                self.resolved();
                self.confirm_intent();
                self.step("T2", "");
            }
        }
        Ok(())
    }

    /// T4, from an answer: the provider itself does not know yet.
    pub(super) fn still_unknown(&mut self) {
        let known = self.order.payment.state != PaymentState::Unknown;
        self.order.payment.state = PaymentState::Unknown;
        self.unresolved();
        if known {
            self.step("T4", "");
        }
    }
}

/// The decline that this answer tells. An intent that waits for a confirmation may remember an
/// older one, and one that was just created has none.
pub(super) fn declined<'a>(asked: &Call, intent: &'a Intent) -> Option<&'a Decline> {
    let created = matches!(asked, Call::CreateIntent { .. });
    let tells = intent.status == IntentStatus::RequiresPaymentMethod && !created;
    intent.decline.as_ref().filter(|_| tells)
}
