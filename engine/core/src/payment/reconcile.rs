//! T4, T10a: nobody knows what became of a call, so the provider is asked until somebody does.
//!
//! A call that creates or refunds is made again under its own key: there is no id to ask for. Every
//! other outcome is resolved by asking for the intent.

use super::{OpenCall, PaymentState, RECONCILE_STEPS_MS, UNKNOWN_MAX_MS};
use crate::order::{Change, OrderTimer, Recovery, RefundState, Review, Units};
use crate::outbox::Call;

impl Change<'_, '_, '_> {
    /// The payment's outcome is unknown and is being found out.
    pub(crate) fn is_unknown(&self) -> bool {
        let payment = &self.order.payment;
        payment.state == PaymentState::Unknown && payment.unknown_since.is_some()
    }

    /// T4: a call's outcome is unknown. Create and Confirm show in the payment's state, and before
    /// the order is confirmed in the headline; others in a flag.
    pub(super) fn unknown(&mut self, open: OpenCall) {
        let pays =
            matches!(self.order.units, Units::Held | Units::Expiring) || self.order.flags.on_hold;
        let news = match &open.call {
            Call::GetIntent { .. } => return self.ask_later(),
            Call::CreateIntent { .. } | Call::ConfirmIntent { .. } if pays => {
                let known = self.order.payment.state != PaymentState::Unknown;
                self.order.payment.state = PaymentState::Unknown;
                known
            }
            _ => self.flag_reconciling(),
        };
        self.order.payment.open = Some(open);
        self.ask_later();
        if news {
            self.step("T4", "");
        }
    }

    /// The call was answered, and the answer decides nothing: ask for the intent later.
    pub(super) fn unresolved(&mut self) {
        let news = self.order.payment.state != PaymentState::Unknown && self.flag_reconciling();
        self.ask_later();
        if news {
            self.step("T4", "");
        }
    }

    /// Arms the next question; from the first unknown outcome on, the time is counted.
    fn ask_later(&mut self) {
        let now = self.ctx.now();
        let payment = &mut self.order.payment;
        if payment.state == PaymentState::Unknown || self.order.flags.reconciling {
            payment.unknown_since.get_or_insert(now);
        }
        let step = usize::from(payment.reconcile_step);
        payment.reconcile_step = payment.reconcile_step.saturating_add(1);
        let delay = match payment.unknown_since {
            Some(since) if now.saturating_sub(since) >= UNKNOWN_MAX_MS => UNKNOWN_MAX_MS,
            _ => RECONCILE_STEPS_MS[step.min(RECONCILE_STEPS_MS.len() - 1)],
        };
        self.arm(OrderTimer::Reconcile, now.saturating_add(delay));
    }

    /// The customer has an action to take; the provider's word of it may get lost, so it is asked.
    pub(super) fn poll(&mut self) {
        self.ask_later();
    }

    /// The reconcile timer has fired.
    pub(crate) fn ask_again(&mut self) {
        if self.is_idle() {
            self.review_overdue();
            self.ask_now();
        }
    }

    /// Finds out what became of the payment, as far as there is something to ask about.
    pub(crate) fn ask_now(&mut self) {
        let payment = &self.order.payment;
        match (self.order.recovery(), payment.open.clone(), payment.intent.clone()) {
            (Recovery::Repeat, Some(open), _) => self.call_again(open),
            (Recovery::Ask, _, Some(intent)) => self.call(Call::GetIntent { intent }),
            _ => {}
        }
    }

    /// The outcome of the payment is known: what was open is closed.
    pub(crate) fn resolved(&mut self) {
        self.disarm(OrderTimer::Reconcile);
        // A refund that was refused stays refused, whatever the intent says.
        let mut refunds = self.order.progress.refunds.iter();
        let refund_refused = self.order.refundable() > 0
            && refunds.any(|refund| refund.state == RefundState::Failed);
        let (payment, flags) = (&mut self.order.payment, &mut self.order.flags);
        payment.open = None;
        payment.unknown_since = None;
        payment.reconcile_step = 0;
        flags.reconciling = false;
        flags.needs_review.take_if(|reason| match reason {
            Review::PaymentUnknown => true,
            Review::ProviderRefused => !refund_refused,
            _ => false,
        });
    }

    /// T10a: unknown for too long. The questions go on, and the units stay.
    fn review_overdue(&mut self) {
        let since = self.order.payment.unknown_since;
        let now = self.ctx.now();
        let overdue = since.is_some_and(|since| now.saturating_sub(since) >= UNKNOWN_MAX_MS);
        if !overdue || self.order.flags.needs_review.is_some() {
            return;
        }
        let reason = match self.order.payment.state {
            PaymentState::Unknown => Review::PaymentUnknown,
            _ => Review::ProviderRefused,
        };
        self.review(reason);
        self.step("T10a", reason.as_str());
    }

    /// Says whether the flag is news.
    fn flag_reconciling(&mut self) -> bool {
        !std::mem::replace(&mut self.order.flags.reconciling, true)
    }
}
