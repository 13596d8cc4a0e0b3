//! Notices: what a customer is told of an order by mail, as rows, until it is sent or given up.
//!
//! A transition that the customer should know of queues a notice, in its own entry, if the order
//! has an address ([`Contact`]). The leader's driver takes what is due: `StartNotices` notes who
//! sends it and when, *before* the mail server is asked, because that honors no key; then
//! `SettleNotices` says what came of it.
//!
//! ```text
//! waiting (queued, or to be tried again) ──start──► being sent ──sent──► gone
//!    ▲  ▲                                              │ │
//!    │  └── failed: later, by RETRY_STEPS_MS; or nobody ┘ └─ refused, or the last attempt ─► dead
//!    └──────────────────────────── replayed ──────────────────────────────────────────────────┘
//! ```
//!
//! Invariant: a notice is in one of these places, its order has an address, and dead ones are
//! counted (I16). A notice never changes its order. No row here has the address: it is read from
//! the order when the mail is made. What was sent is forgotten.

mod contact;
mod notify;
mod open_notices;
mod replay_dead_notices;
pub(crate) mod rows;
mod settle_notices;
mod start_notices;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::OrderId;

pub use contact::{Contact, EMAIL_BYTES_MAX, EMAIL_BYTES_MIN, Email};
pub use open_notices::OpenNotices;
pub use replay_dead_notices::ReplayDeadNotices;
pub use settle_notices::{NoticeOutcome, SettleNotices};
pub use start_notices::StartNotices;

/// How long after each failed attempt the next one comes, in milliseconds: 71.7 hours in all. After
/// the last one a notice is dead.
pub const RETRY_STEPS_MS: [u64; 11] = [
    30_000, 120_000, 600_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 57_600_000,
    72_000_000, 72_000_000,
];
/// How old a notice may be that nobody can send, in milliseconds: 72 hours.
pub const NOTICE_AGE_MS_MAX: u64 = 72 * 3_600_000;
/// The most notices of one shard that are being sent at once.
pub const NOTICES_AT_ONCE: usize = 64;
/// The most dead notices of one shard: the oldest go.
pub const DEAD_NOTICES_MAX: u32 = 1_000;
/// How long a dead notice is kept, in milliseconds: 30 days.
pub const DEAD_NOTICE_RETENTION_MS: u64 = 30 * 24 * 3_600_000;
/// How many rows a command moves at once, beside those it names.
pub const NOTICE_ROWS_AT_ONCE: usize = 256;

/// Names a notice. Its text is what tells a mail from another (its `Message-ID`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct NoticeId {
    /// Of which order it tells.
    pub order: OrderId,
    /// The how-manieth notice of that order, from 0.
    pub number: u32,
}

impl fmt::Display for NoticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.order, self.number)
    }
}

/// What a notice tells. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum NoticeKind {
    /// T6, T7, T12, T1o: the order is confirmed.
    Confirmed,
    /// T16: the authorization is lost, another payment is needed.
    PaymentNeeded,
    /// T18: something is on its way.
    Shipped {
        /// Who carries it.
        carrier: String,
        /// Under which number.
        tracking: String,
    },
    /// T19: it has arrived.
    Delivered,
    /// T11, T21, T23, T23o, T24, T26: the order is canceled, and no money of it is left here.
    Canceled,
    /// T10, T11, T17: it took too long.
    Expired,
    /// T3, T9, T11, T16: the payment has failed.
    PaymentFailed,
    /// T31: money is on its way back.
    Refunded {
        /// How much, in minor units of the order's currency.
        amount: i64,
    },
    /// T26: some of it will not be sent.
    PartlyCanceled,
    /// T28: it can be sent back.
    ReturnApproved,
    /// T28: it cannot be sent back.
    ReturnRejected {
        /// Why not, in the shop's words.
        reason: String,
    },
    /// T28: the customer keeps it.
    ReturnCanceled,
    /// T28: nothing came back in time.
    ReturnExpired,
    /// T32: the money could not be given back.
    RefundFailed {
        /// How much, in minor units of the order's currency.
        amount: i64,
    },
    /// T35: what was sent never arrives.
    NeverArrived,
}

impl NoticeKind {
    /// Its name.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::PaymentNeeded => "payment_needed",
            Self::Shipped { .. } => "shipped",
            Self::Delivered => "delivered",
            Self::Canceled => "canceled",
            Self::Expired => "expired",
            Self::PaymentFailed => "payment_failed",
            Self::Refunded { .. } => "refunded",
            Self::PartlyCanceled => "partly_canceled",
            Self::ReturnApproved => "return_approved",
            Self::ReturnRejected { .. } => "return_rejected",
            Self::ReturnCanceled => "return_canceled",
            Self::ReturnExpired => "return_expired",
            Self::RefundFailed { .. } => "refund_failed",
            Self::NeverArrived => "never_arrived",
        }
    }
}

/// A notice that is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it tells.
    pub kind: NoticeKind,
    /// When that happened, in Unix milliseconds.
    pub at: u64,
    /// How often it was begun to be sent.
    pub attempts: u32,
    /// When it is tried next; of one that is being sent: since when; of a dead one: when it was
    /// given up. In Unix milliseconds.
    pub due: u64,
    /// Who sends it, as they named themselves; 0 unless it is being sent.
    pub sender: u64,
    /// What the mail server answered last, e.g. 451; none if there was no answer.
    pub code: Option<u16>,
}

impl Notice {
    /// How long after its attempts so far the next one comes; none if there is none.
    pub(crate) fn wait_ms(&self) -> Option<u64> {
        let step = usize::try_from(self.attempts.saturating_sub(1)).unwrap_or(usize::MAX);
        RETRY_STEPS_MS.get(step).copied()
    }
}

/// Where a shard stands with its notices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeHead {
    /// Who sends: a number that the sender has made up. What an earlier one begins is refused.
    pub sender: u64,
    /// How many are dead.
    pub dead: u32,
    /// How many were sent.
    pub sent: u64,
    /// When the last one was, in Unix milliseconds; 0 if none ever was.
    pub sent_at: u64,
}

/// Where a notice lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoticeState {
    /// It waits for an attempt.
    Waiting,
    /// It is being sent.
    Sending,
    /// It was given up.
    Dead,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_end_within_72_hours_and_each_waits_no_shorter_than_the_one_before() {
        let whole: u64 = RETRY_STEPS_MS.iter().sum();
        assert!(whole <= NOTICE_AGE_MS_MAX && whole > NOTICE_AGE_MS_MAX - 3_600_000, "{whole}");
        assert!(RETRY_STEPS_MS.is_sorted());
        let notice = |attempts| Notice {
            kind: NoticeKind::Confirmed,
            at: 0,
            attempts,
            due: 0,
            sender: 0,
            code: None,
        };
        assert_eq!(notice(1).wait_ms(), Some(30_000));
        assert_eq!(notice(11).wait_ms(), Some(72_000_000));
        assert_eq!([notice(12).wait_ms(), notice(u32::MAX).wait_ms()], [None, None]);
    }
}
