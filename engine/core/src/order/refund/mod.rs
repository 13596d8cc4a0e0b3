//! Refunds: money of an order on its way back. T30–T32.
//!
//! A refund is a row of its order, and its call has the order's next number as idempotency key. All
//! that have not failed add up to at most what came (I6). They are made one after another.

mod import;
mod refund_order;

use serde::{Deserialize, Serialize};

use super::{Change, DisputeState, OrderTimer, Review, Units};
use crate::ids::{OrderId, RefundId, h128};
use crate::payment::PaymentState;

pub use import::ImportRefund;
pub use refund_order::RefundOrder;

/// The most refunds of one order that a seller may ask for, failed ones included. What the order
/// itself gives back is bounded by its lines and returns.
pub const REFUNDS_PER_ORDER_MAX: usize = 300;
/// After which time a refund that is on its way is asked about, in milliseconds: 10 days.
pub const REFUND_PENDING_MS: u64 = 10 * 24 * 3_600_000;

/// Money on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// How much, in minor units.
    pub amount: i64,
    /// Where it stands.
    pub state: RefundState,
    /// Why, for people.
    pub reason: String,
    /// When it was asked for, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// The number of its call among the order's, once it was made.
    pub call: Option<u32>,
    /// Why it failed, in the provider's word, or empty.
    pub code: String,
}

/// Where a refund stands. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefundState {
    /// It waits for its turn.
    Requested,
    /// The provider is being asked.
    Submitting,
    /// Nobody knows whether the provider has it.
    Unknown,
    /// The provider has it, and the bank not yet.
    Pending,
    /// The money is back where it came from.
    Succeeded,
    /// The money stays here.
    Failed,
}

impl RefundState {
    /// Every state, in their order.
    pub const ALL: [Self; 6] = [
        Self::Requested,
        Self::Submitting,
        Self::Unknown,
        Self::Pending,
        Self::Succeeded,
        Self::Failed,
    ];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Submitting => "submitting",
            Self::Unknown => "unknown",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }

    /// It is not known yet what becomes of it.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Succeeded | Self::Failed)
    }
}

impl Change<'_, '_, '_> {
    /// Asks for money to go back, as soon as it is its turn. Nothing where there is nothing.
    pub(crate) fn request_refund(&mut self, amount: i64, reason: &str) {
        let number = self.order.progress.refunds.len() as u64;
        let id = derived(self.order.id, number);
        self.add_refund(id, amount, reason);
    }

    /// Asks for money to go back under an id. The caller has checked the amount.
    pub(super) fn add_refund(&mut self, id: RefundId, amount: i64, reason: &str) {
        if amount > 0 {
            let now = self.ctx.now();
            self.order.progress.refunds.push(Refund {
                id,
                amount,
                state: RefundState::Requested,
                reason: reason.to_owned(),
                created_at: now,
                updated_at: now,
                call: None,
                code: String::new(),
            });
        }
        self.refunds_changed();
        self.next_call();
    }

    /// A refund's call was answered, or is not known to be.
    pub(crate) fn refund_is(&mut self, call: u32, state: RefundState, code: &str) {
        let now = self.ctx.now();
        let mut refunds = self.order.progress.refunds.iter_mut();
        if let Some(refund) = refunds.find(|refund| refund.call == Some(call)) {
            refund.state = state;
            refund.updated_at = now;
            code.clone_into(&mut refund.code);
        }
        self.refunds_changed();
    }

    /// The refund timer has fired: the provider is asked again, under the same key.
    pub(super) fn refund_overdue(&mut self) {
        let pending = |it: &&Refund| it.state == RefundState::Pending;
        let Some(refund) = self.order.progress.refunds.iter().find(pending).cloned() else {
            return;
        };
        self.arm_refund_timer();
        if let Some(number) = refund.call.filter(|_| self.is_free_to_call()) {
            self.refund_again(&refund, number);
        }
        self.review(Review::RefundOverdue);
        self.step("alarm", Review::RefundOverdue.as_str());
    }

    /// The bank has taken all the money back: what waits for its turn never gets it.
    pub(super) fn fail_waiting(&mut self, code: &str) {
        let now = self.ctx.now();
        for refund in &mut self.order.progress.refunds {
            if refund.state == RefundState::Requested {
                refund.state = RefundState::Failed;
                refund.updated_at = now;
                code.clone_into(&mut refund.code);
            }
        }
        self.refunds_changed();
    }

    /// What follows from all refunds together: the payment's state, its sum and the timer.
    pub(super) fn refunds_changed(&mut self) {
        let refunds = &self.order.progress.refunds;
        let succeeded = refunds.iter().filter(|it| it.state == RefundState::Succeeded);
        let back = succeeded.fold(0_i64, |sum, it| sum.saturating_add(it.amount));
        let open = refunds.iter().any(|it| it.state.is_open());
        let pending = refunds.iter().any(|it| it.state == RefundState::Pending);
        let nothing_came = self.order.payment.captured == 0 && self.order.units == Units::Released;
        self.order.payment.refunded = self.order.given_back();
        let dispute = self.order.progress.dispute.as_ref().map(|dispute| dispute.state);
        if self.order.payment.state.has_come() {
            self.order.payment.state = match back {
                _ if dispute == Some(DisputeState::Open) => PaymentState::Disputed,
                _ if dispute == Some(DisputeState::Lost) => PaymentState::ChargedBack,
                _ if open => PaymentState::RefundRequested,
                _ if nothing_came => PaymentState::Refunded,
                0 => PaymentState::Captured,
                back if back >= self.order.payment.captured => PaymentState::Refunded,
                _ => PaymentState::PartiallyRefunded,
            };
        }
        match self.order.timers.refund_pending {
            None if pending => self.arm_refund_timer(),
            Some(_) if !pending => {
                self.disarm(OrderTimer::RefundPending);
                self.order.flags.needs_review.take_if(|it| *it == Review::RefundOverdue);
            }
            _ => {}
        }
    }

    fn arm_refund_timer(&mut self) {
        let at = self.ctx.now().saturating_add(REFUND_PENDING_MS);
        self.arm(OrderTimer::RefundPending, at);
    }
}

/// The id of a refund that the order itself asks for.
fn derived(order: OrderId, number: u64) -> RefundId {
    let slot = order.slot.0.to_be_bytes();
    let parts = [b"refund".as_slice(), &slot, &order.hash.to_be_bytes(), &number.to_be_bytes()];
    RefundId(h128(&parts))
}
