//! T36, T37: the provider has told that something became of an intent.

use serde::{Deserialize, Serialize};

use super::orphan::{self, Known, known};
use super::{IntentId, IntentStatus, Payment, PaymentState};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::OrderId;
use crate::keys::Key;
use crate::order::Change;
use crate::txn::Txn;

/// How long an event's id is remembered, in milliseconds: 40 days. The provider keeps events for
/// 30.
pub const EVENT_RETENTION_MS: u64 = 40 * 24 * 3_600_000;

/// Notes an event of the provider's in the order's own shard. An event is a hint: it is remembered,
/// and where it says something new the intent is asked for; what becomes of the order is decided by
/// that answer, never by the event. With a call in flight the question waits for it.
///
/// Never refused. An event that was noted before and one that is not newer than what the order
/// knows change nothing. One about an intent that no order knows makes an orphan of it (T37),
/// unless it is canceled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotePaymentEvent {
    /// H128 of the event's id.
    pub event: u128,
    /// Which order it is about, as the intent's metadata has it.
    pub order: OrderId,
    /// Which intent it is about.
    pub intent: IntentId,
    /// Where the intent stood, by the kind of the event.
    pub status: IntentStatus,
}

/// An event that was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// When, in Unix milliseconds.
    pub at: u64,
    /// Of which order.
    pub order: OrderId,
}

impl NotePaymentEvent {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let key = Key::PaymentEvent(self.event);
        if ctx.txn.has(&key)? {
            ctx.replayed = true;
            return Ok(Reply::Nothing);
        }
        let at = ctx.now();
        ctx.txn.put(&key, &PaymentEvent { at, order: self.order });
        let forget_at = at.saturating_add(EVENT_RETENTION_MS);
        ctx.arm(forget_at, TimerKind::ForgetPaymentEvent(self.event));
        let order = crate::order::rows::order(ctx.txn, self.order)?;
        let is_orphan = known(order.as_ref(), &self.intent) == Known::No;
        if is_orphan && self.status != IntentStatus::Canceled {
            orphan::found(ctx, self.order, &self.intent, false)?;
        }
        let Some(order) = order else { return Ok(Reply::Nothing) };
        if !order.payment.is_news(&self.intent, self.status) {
            return Ok(Reply::Nothing);
        }
        let mut change = Change::of(ctx, order);
        change.ask_at_once();
        Ok(Reply::Order(Box::new(change.save()?)))
    }
}

impl Payment {
    /// Whether the order does not know yet, for sure, that an intent of its stands so.
    pub(super) fn is_news(&self, intent: &IntentId, status: IntentStatus) -> bool {
        use IntentStatus::{Canceled, RequiresAction, RequiresCapture, RequiresPaymentMethod};
        let payment = self;
        let about_it = match &payment.intent {
            Some(own) => own == intent,
            // It is being created, and nobody knows whether it was.
            None => payment.state == PaymentState::Unknown,
        };
        about_it
            && match payment.state {
                PaymentState::OnAccount
                | PaymentState::NothingDue
                | PaymentState::IntentCreating => false,
                // The customer may have gone on with it without us.
                PaymentState::IntentReady | PaymentState::Declined => {
                    status > RequiresPaymentMethod
                }
                PaymentState::RequiresAction => status != RequiresAction,
                PaymentState::Confirming | PaymentState::Unknown => true,
                PaymentState::Authorized => status > RequiresCapture,
                PaymentState::Voiding | PaymentState::Voided => {
                    status >= RequiresCapture
                        && (payment.state == PaymentState::Voiding || status != Canceled)
                }
                PaymentState::Capturing => status != RequiresCapture,
                PaymentState::AuthExpired => status == IntentStatus::Succeeded,
                PaymentState::Replacing | PaymentState::Refused => status >= RequiresCapture,
                PaymentState::Captured
                | PaymentState::RefundRequested
                | PaymentState::PartiallyRefunded
                | PaymentState::Refunded
                | PaymentState::Disputed
                | PaymentState::ChargedBack => false,
            }
    }
}

impl Change<'_, '_, '_> {
    /// Asks for the intent, at once or after the call that is in flight.
    pub(super) fn ask_at_once(&mut self) {
        if !self.is_idle() {
            self.ctx.txn.put_empty(&Key::PaymentHeard(self.order.id));
            return;
        }
        self.ask_again();
        if !self.is_idle() {
            self.disarm(crate::order::OrderTimer::Reconcile);
        }
    }

    /// A call is settled. If the provider was heard of meanwhile, the answer may be older than
    /// that.
    pub(super) fn ask_if_heard(&mut self) -> Result<(), Fault> {
        let key = Key::PaymentHeard(self.order.id);
        if !self.is_idle() || !self.ctx.txn.has(&key)? {
            return Ok(());
        }
        self.ctx.txn.delete(&key);
        let undecided = matches!(
            self.order.payment.state,
            PaymentState::IntentReady
                | PaymentState::RequiresAction
                | PaymentState::Declined
                | PaymentState::Unknown
                | PaymentState::Capturing
                | PaymentState::Replacing
                | PaymentState::Voiding
        );
        if undecided {
            self.ask_at_once();
        }
        Ok(())
    }
}

/// Forgets an event: its timer has fired.
pub(crate) fn forget(txn: &mut Txn<'_>, event: u128) {
    txn.delete(&Key::PaymentEvent(event));
}
