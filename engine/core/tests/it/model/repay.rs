//! What is expected of a new payment for a confirmed order whose money could not be captured.

use engine_core::outbox::Call;
use engine_core::payment::{
    ATTEMPTS_MAX, Intent, IntentStatus, PROVIDER_KEY_MS, PaymentMethod, PaymentState,
};
use engine_core::{Command, RetryPayment};
use rand::seq::IndexedRandom;

use super::fulfillment::{After, Again, Pay};
use super::naive::{Order, Stage};
use super::payments::Fate;
use super::world::World;

impl World {
    /// A customer pays once more for an order whose money could not be taken.
    pub fn pay_lost(&mut self) {
        let lost = |order: &Order| order.stage == Stage::Confirmed && order.after.pay == Pay::Lost;
        let lost = self.model.orders.iter().filter(|(_, order)| lost(order));
        let lost: Vec<_> = lost.map(|(id, _)| *id).collect();
        let Some(order) = lost.choose(&mut self.rng).copied() else { return };
        let method = PaymentMethod("pm_card_mastercard".to_owned());
        let command = Command::RetryPayment(RetryPayment { order, owner: None, method });
        self.propose(self.model.home(order), command);
    }
}

impl Again {
    /// Whether the payment may stand so.
    pub fn fits(self, order: &Order, state: PaymentState) -> bool {
        match self {
            Self::Not => state == PaymentState::AuthExpired,
            Self::Replacing => state == PaymentState::Replacing,
            Self::New if order.unknown => state == PaymentState::Unknown,
            Self::New if order.action => state == PaymentState::RequiresAction,
            Self::New if order.intent.is_none() => state == PaymentState::IntentCreating,
            Self::New => state == PaymentState::Confirming,
            Self::Declined => state == PaymentState::Declined,
            Self::Over => state == PaymentState::Refused,
        }
    }
}

impl After {
    /// A new payment is under way.
    pub fn is_paying(&self) -> bool {
        self.pay == Pay::Lost && matches!(self.again, Again::New | Again::Declined)
    }
}

impl Order {
    /// A payment is under way, the first or a new one.
    pub fn pays_now(&self) -> bool {
        let again = self.stage == Stage::Confirmed && self.after.is_paying();
        self.stage == Stage::Pending || again
    }

    /// A customer pays once more. Says whether that is possible.
    pub fn pay_again(&mut self, under_way: bool) -> bool {
        match self.after.again {
            Again::Not => {}
            Again::Declined if !under_way => {
                self.after.again = Again::New;
                return true;
            }
            Again::New if self.action && self.declines + 1 < ATTEMPTS_MAX => self.declines += 1,
            _ => return false,
        }
        self.action = false;
        self.after.again = if self.intent.is_some() { Again::Replacing } else { Again::New };
        true
    }

    /// The new payment was declined.
    pub fn declined_again(&mut self, is_final: bool) {
        if !self.after.is_paying() {
            return;
        }
        (self.unknown, self.action, self.confirming_since) = (false, false, None);
        self.declines += 1;
        let last = is_final || self.declines >= ATTEMPTS_MAX;
        self.after.again = if last { Again::Over } else { Again::Declined };
    }

    /// There is no new payment after all.
    pub fn failed_again(&mut self) {
        (self.unknown, self.action, self.confirming_since) = (false, false, None);
        self.declines += 1;
        let last = self.declines >= ATTEMPTS_MAX;
        self.after.again = if last { Again::Over } else { Again::Not };
    }

    /// The intent of an order on hold is seen, and its money has not come.
    pub fn saw_lost(&mut self, now: u64, call: &Call, intent: &Intent) -> Fate {
        use IntentStatus::{Canceled, RequiresAction, RequiresCapture};
        match (self.after.again, intent.status) {
            (Again::Replacing, Canceled) => {
                self.intent = None;
                self.after.again = Again::New;
            }
            (Again::Not | Again::Replacing | Again::Over, _) => {}
            (_, Canceled) => self.failed_again(),
            (_, RequiresCapture) => {
                self.odd |= intent.capturable != intent.amount || !self.pays(intent.amount);
                if !self.odd {
                    (self.unknown, self.action, self.confirming_since) = (false, false, None);
                    self.after.again = Again::Not;
                    let packed = self.is_packed();
                    self.after.pay =
                        if packed { Pay::Capturing(self.due()) } else { Pay::Authorized };
                }
            }
            (_, RequiresAction) => {
                (self.unknown, self.action, self.confirming_since) = (false, true, None);
                self.after.again = Again::New;
            }
            _ => self.saw_unpaid(now, call, intent),
        }
        None
    }

    fn saw_unpaid(&mut self, now: u64, call: &Call, intent: &Intent) {
        let created = matches!(call, Call::CreateIntent { .. });
        let asked = matches!(call, Call::GetIntent { .. });
        if asked && self.after.again == Again::Declined {
            return;
        }
        let declined = intent.status == IntentStatus::RequiresPaymentMethod && !created;
        let again = self.confirming_since.take().is_some_and(|at| at + PROVIDER_KEY_MS > now);
        if let Some(decline) = intent.decline.as_ref().filter(|_| declined && !(asked && again)) {
            return self.declined_again(decline.is_final);
        }
        (self.unknown, self.action) = (matches!(call, Call::ConfirmIntent { .. }), false);
        self.after.again = Again::New;
        self.odd |= !self.unknown && !self.pays(intent.amount);
    }
}
