//! T2–T9, T11–T17, T31, T32, T37: what the provider answered becomes the order's state.
//!
//! Here an answer is matched with its call. What an intent's status means for the order is in
//! `outcome` (its units are held), `capture` (committed; `repay` where a new payment is waited for)
//! and `released` (free).

use serde::{Deserialize, Serialize};

use super::{
    CODE_BYTES_MAX, CallResult, INTENT_ID_BYTES_MAX, Intent, OpenCall, PaymentState, orphan,
};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
use crate::keys::Key;
use crate::notice::NoticeKind;
use crate::order::{Change, Ending, RefundState, Review, Units};
use crate::outbox::{Call, EffectId, ProviderCall};

/// Settles a call to the provider. A repeat, or one for a call settled before, is a no-op (T36). An
/// answer that does not fit its call, or is about another intent, counts as unknown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// Which call.
    pub effect: EffectId,
    /// What the provider answered.
    pub result: CallResult,
}

impl Settle {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let EffectId { order, number } = self.effect;
        let key = Key::ProviderCall(self.effect);
        let Some(made) = ctx.txn.read::<ProviderCall>(&key)? else {
            return Ok(Reply::Nothing);
        };
        let Some(order) = crate::order::rows::order(ctx.txn, order)? else {
            return match orphan::settle(ctx, self.effect, &made, &self.result)? {
                true => Ok(Reply::Nothing),
                false => Err(Fault::contradiction("a call without its order").into()),
            };
        };
        let ProviderCall { at, call, .. } = made;
        ctx.txn.delete(&key);
        let mut change = Change::of(ctx, order);
        change.order.calls_pending = 0;
        change.settle(OpenCall { number, at, call }, &self.result)?;
        change.ask_if_heard()?;
        change.next_call();
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl Change<'_, '_, '_> {
    fn settle(&mut self, made: OpenCall, result: &CallResult) -> Result<(), Fault> {
        match (&made.call, result) {
            (Call::Refund { amount, .. }, result) => {
                let amount = amount.amount;
                self.refund_answered(made, amount, result);
            }
            (Call::CreateIntent { .. }, CallResult::Intent(intent)) if is_an_id(intent) => {
                self.order.payment.intent = Some(intent.id.clone());
                self.resolved();
                if self.order.payment.state == PaymentState::IntentCreating {
                    self.order.payment.state = PaymentState::IntentReady;
                }
                self.seen(&made.call, intent)?;
            }
            (Call::CreateIntent { .. }, CallResult::Refused { code }) => {
                self.create_refused(code)?;
            }
            (Call::ConfirmIntent { .. }, CallResult::Refused { code }) => {
                self.confirm_refused(code)?;
            }
            (Call::CaptureIntent { .. }, CallResult::Refused { code }) => {
                self.capture_refused(code)?;
            }
            (Call::CancelIntent { .. } | Call::GetIntent { .. }, CallResult::Refused { .. }) => {
                self.unresolved();
            }
            (_, CallResult::Intent(intent)) if self.is_ours(intent) => {
                self.seen(&made.call, intent)?;
            }
            _ => self.unknown(made),
        }
        Ok(())
    }

    /// What an intent's status means depends on where the units are.
    fn seen(&mut self, asked: &Call, intent: &Intent) -> Result<(), Fault> {
        match self.order.units {
            Units::Held => self.seen_held(asked, intent),
            Units::Expiring => self.seen_expiring(asked, intent),
            Units::Committed => self.seen_committed(asked, intent),
            Units::Released => self.seen_released(asked, intent),
        }
    }

    /// T3: no intent, no payment.
    fn create_refused(&mut self, code: &str) -> Result<(), Fault> {
        if matches!(self.order.units, Units::Released | Units::Committed) {
            self.resolved();
            if self.order.flags.on_hold {
                self.not_created(code);
            }
            return Ok(());
        }
        let asked_for = self.order.flags.cancel_requested;
        let ending = if asked_for { Ending::Customer } else { Ending::PaymentFailed };
        self.order.ending = Some(ending);
        self.order.payment.decline_code = Some(kept(code));
        self.release(PaymentState::Voided, "T3", &kept(code))
    }

    /// The provider did not even try. If it did after all, voiding finds out.
    fn confirm_refused(&mut self, code: &str) -> Result<(), Fault> {
        match self.order.units {
            Units::Held => self.declined(code, false),
            Units::Committed if self.order.flags.on_hold => self.declined(code, false),
            Units::Expiring | Units::Released => {
                self.void();
                Ok(())
            }
            Units::Committed => Ok(()),
        }
    }

    /// T16: the provider will not capture. If it did after all, that shows in the intent.
    fn capture_refused(&mut self, code: &str) -> Result<(), Fault> {
        if self.order.payment.state == PaymentState::Capturing {
            return self.authorization_lost(code);
        }
        self.nothing_new();
        Ok(())
    }

    /// T31, T32: the money is back where it came from, on its way, or stays here until a person has
    /// looked.
    fn refund_answered(&mut self, made: OpenCall, amount: i64, result: &CallResult) {
        let number = made.number;
        match result {
            CallResult::Refunded => {
                self.resolved();
                self.refund_is(number, RefundState::Succeeded, "");
                self.notify(NoticeKind::Refunded { amount });
                self.step_told("T31", "");
            }
            CallResult::RefundPending => {
                self.resolved();
                self.refund_is(number, RefundState::Pending, "");
                self.step("T30", "pending");
            }
            CallResult::Refused { code } => {
                self.resolved();
                self.refund_is(number, RefundState::Failed, &kept(code));
                self.review(Review::ProviderRefused);
                self.notify(NoticeKind::RefundFailed { amount });
                self.step_told("T32", &kept(code));
            }
            CallResult::Intent(_) | CallResult::Unknown => {
                self.refund_is(number, RefundState::Unknown, "");
                self.unknown(made);
            }
        }
    }

    fn is_ours(&self, intent: &Intent) -> bool {
        self.order.payment.intent.as_ref() == Some(&intent.id)
    }
}

fn is_an_id(intent: &Intent) -> bool {
    (1..=INTENT_ID_BYTES_MAX).contains(&intent.id.0.len())
}

/// As much of a provider's code as is worth keeping.
pub(crate) fn kept(code: &str) -> String {
    let fits = |(at, character): (usize, char)| at + character.len_utf8() <= CODE_BYTES_MAX;
    code.char_indices().take_while(|next| fits(*next)).map(|(_, character)| character).collect()
}
