//! What of an order somebody should look at: the operators' list, and what recovering would do.
//!
//! Both are functions of the order's row, the shard's clock and nothing else: the list is read, and
//! `RecoverOrder` decides, by the same rules.

use super::{Order, OrderTimer, Review};
use crate::outbox::Call;
use crate::payment::{OpenCall, PaymentState};

/// After which time an unknown payment is on the operators' list, in milliseconds: 10 minutes.
pub const UNKNOWN_ALARM_MS: u64 = 10 * 60_000;
/// How long a call to the provider may be ordered without an answer before it is on the operators'
/// list, in milliseconds: 10 minutes.
pub const CALL_ALARM_MS: u64 = 10 * 60_000;
/// How late a timer may fire before its order is on the operators' list, in milliseconds: a minute.
pub const TIMER_ALARM_MS: u64 = 60_000;

/// Why an order is on the operators' list. The first that holds is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attention {
    /// A person must look, and why.
    Review(Review),
    /// The payment's outcome has been unknown for longer than [`UNKNOWN_ALARM_MS`].
    PaymentUnknown,
    /// A call to the provider has had no answer for longer than [`CALL_ALARM_MS`].
    CallOverdue,
    /// A timer should have fired more than [`TIMER_ALARM_MS`] ago.
    TimerOverdue,
    /// It has not ended, and nothing that it waits for will come. Never seen (I7).
    NothingPending,
}

impl Attention {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Review(reason) => reason.as_str(),
            Self::PaymentUnknown => "unknown_for_long",
            Self::CallOverdue => "call_overdue",
            Self::TimerOverdue => "timer_overdue",
            Self::NothingPending => "nothing_pending",
        }
    }
}

/// What recovering an order does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovery {
    /// A call is under way: its answer decides.
    Wait,
    /// The call that nobody knows the outcome of is made again under its own key.
    Repeat,
    /// The provider is asked what became of the intent.
    Ask,
    /// There is nothing to ask the provider about.
    Nothing,
}

impl Recovery {
    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Wait => "wait",
            Self::Repeat => "repeat",
            Self::Ask => "ask",
            Self::Nothing => "nothing",
        }
    }
}

impl Order {
    /// Why somebody should look at it, at the shard's time `now`; none if it goes on by itself.
    pub fn attention(&self, now: u64) -> Option<Attention> {
        let longer = |since: u64, than: u64| now.saturating_sub(since) >= than;
        let due = self.next_timer();
        if let Some(reason) = self.flags.needs_review {
            Some(Attention::Review(reason))
        } else if self.payment.unknown_since.is_some_and(|since| longer(since, UNKNOWN_ALARM_MS)) {
            Some(Attention::PaymentUnknown)
        } else if self.calls_pending > 0 && longer(self.updated_at, CALL_ALARM_MS) {
            Some(Attention::CallOverdue)
        } else if due.is_some_and(|at| longer(at, TIMER_ALARM_MS)) {
            Some(Attention::TimerOverdue)
        } else if !self.is_pending() && self.is_unfinished() {
            Some(Attention::NothingPending)
        } else {
            None
        }
    }

    /// Something will happen to it by itself: a timer is armed, or a call is under way.
    pub(crate) fn is_pending(&self) -> bool {
        self.next_timer().is_some() || self.calls_pending > 0
    }

    /// Something must still happen to it (I7): it has not ended, or its money is on the way back.
    pub(crate) fn is_unfinished(&self) -> bool {
        self.payment.state == PaymentState::RefundRequested || !self.status().is_terminal()
    }

    fn next_timer(&self) -> Option<u64> {
        OrderTimer::ALL.into_iter().filter_map(|timer| timer.of(&self.timers)).min()
    }

    /// What recovering it does now.
    pub fn recovery(&self) -> Recovery {
        let repeats =
            |open: &OpenCall| matches!(open.call, Call::CreateIntent { .. } | Call::Refund { .. });
        if self.calls_pending > 0 {
            Recovery::Wait
        } else if self.payment.open.as_ref().is_some_and(repeats) {
            Recovery::Repeat
        } else if self.payment.intent.is_some() {
            Recovery::Ask
        } else {
            Recovery::Nothing
        }
    }
}
