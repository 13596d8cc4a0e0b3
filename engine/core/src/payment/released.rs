//! T11, T12, T13: what an intent's status means for an order whose units are free already.

use super::{Intent, IntentStatus, PaymentState};
use crate::fault::Fault;
use crate::order::{Change, Review};
use crate::outbox::Call;

impl Change<'_, '_, '_> {
    /// Either the money of a confirmed order is on its way back (T23), or the order had ended
    /// before its intent was known, and the intent is only tidied away.
    pub(super) fn seen_released(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        let canceling = self.order.payment.state == PaymentState::Voiding;
        let ended = self.order.payment.state == PaymentState::Voided;
        if !canceling && !ended {
            self.nothing_new();
            return Ok(());
        }
        match intent.status {
            IntentStatus::Canceled => {
                self.resolved();
                if canceling {
                    self.order.payment.state = PaymentState::Voided;
                    self.step("T11", "");
                }
            }
            IntentStatus::Processing => self.unresolved(),
            IntentStatus::Succeeded if canceling => self.give_back(intent)?,
            IntentStatus::Succeeded => self.orphan_money(intent),
            IntentStatus::RequiresCapture if ended => {
                if self.order.flags.needs_review != Some(Review::OrphanMoney) {
                    self.review(Review::OrphanMoney);
                    self.step("T13", Review::OrphanMoney.as_str());
                }
                self.void_again(asked);
            }
            _ => self.void_again(asked),
        }
        Ok(())
    }

    /// T13: money for an order that has ended goes back whole, and a person looks.
    fn orphan_money(&mut self, intent: &Intent) {
        self.resolved();
        self.review(Review::OrphanMoney);
        if intent.received > 0 {
            self.came(intent.received);
            self.request_refund(intent.received, "the order had ended");
        }
        self.step("T13", Review::OrphanMoney.as_str());
    }
}
