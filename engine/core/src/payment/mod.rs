//! Payments: what an order knows of its intent, and what the provider may answer.
//!
//! Money never moves on an object whose id is not in the log: the intent is created unconfirmed,
//! its id is committed, then it is confirmed. After that every unknown outcome is resolved by
//! asking for that id. Webhooks ([`NotePaymentEvent`]) and lost answers all end in [`Settle`].

mod begin_epoch;
mod calls;
mod capture;
mod note_payment_event;
pub mod orphan;
mod outcome;
mod reconcile;
mod released;
mod repay;
mod retry_payment;
mod settle;

use serde::{Deserialize, Serialize};

use crate::outbox::Call;

pub(crate) use begin_epoch::calls_from;
pub use begin_epoch::{BeginEpoch, CALLS_PER_EPOCH, epoch};
pub(crate) use note_payment_event::forget as forget_event;
pub use note_payment_event::{EVENT_RETENTION_MS, NotePaymentEvent, PaymentEvent};
pub(crate) use orphan::due as orphan_due;
pub use orphan::{Orphan, OrphanState, ReconcileIntent};
pub use retry_payment::RetryPayment;
pub use settle::Settle;
pub(crate) use settle::kept;

/// The provider's name of an intent, e.g. `pi_…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IntentId(pub String);

/// A payment-method token of the provider, e.g. `pm_card_visa`. Card numbers never reach us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentMethod(pub String);

/// The longest payment-method token, in bytes.
pub const PAYMENT_METHOD_BYTES_MAX: usize = 255;
/// How many declines end an order (T9).
pub const ATTEMPTS_MAX: u32 = 4;
/// When an unknown payment is asked about again, in milliseconds after the last time.
pub const RECONCILE_STEPS_MS: [u64; 7] =
    [2_000, 5_000, 15_000, 60_000, 300_000, 1_800_000, 7_200_000];
/// How long an outcome may be unknown before a person must look, in milliseconds: 24 hours.
pub const UNKNOWN_MAX_MS: u64 = 24 * 3_600_000;
/// How long the provider honors an idempotency key for sure, in milliseconds: 23 hours.
pub const PROVIDER_KEY_MS: u64 = 23 * 3_600_000;
/// The longest id of an intent that is taken for one, in bytes.
pub const INTENT_ID_BYTES_MAX: usize = 255;
/// What the driver answers about a refund whose key is not honored any more and under which nothing
/// was done.
pub const NEVER_REFUNDED: &str = "never_refunded";
/// How much of a decline's or refusal's code is kept, in bytes.
pub const CODE_BYTES_MAX: usize = 64;
/// How long before an authorization lapses its timer fires, in milliseconds: 12 hours.
pub const AUTH_EXPIRY_MARGIN_MS: u64 = 12 * 3_600_000;

/// How the customer wants to pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pay {
    /// By card; without a method the order waits for one.
    Card(Option<PaymentMethod>),
    /// By invoice (T1o).
    OnAccount,
}

/// What an order knows of its payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Where it stands.
    pub state: PaymentState,
    /// The provider's intent, once its id is in the log.
    pub intent: Option<IntentId>,
    /// The method to confirm with, or last confirmed with.
    pub method: Option<PaymentMethod>,
    /// How many confirmations were declined.
    pub attempts: u32,
    /// The last decline's code.
    pub decline_code: Option<String>,
    /// Until when the authorization can be captured, in Unix milliseconds.
    pub capture_before: Option<u64>,
    /// Since when its outcome is unknown, in Unix milliseconds.
    pub unknown_since: Option<u64>,
    /// Which of `RECONCILE_STEPS_MS` comes next.
    pub reconcile_step: u8,
    /// The call whose outcome is being found out, if it may have to be made again.
    pub open: Option<OpenCall>,
    /// What the provider has received for the order, in minor units.
    pub captured: i64,
    /// What of it was given back or is on its way back, in minor units.
    pub refunded: i64,
    /// What is being captured, in minor units; 0 while nothing is.
    pub capturing: i64,
}

/// A call that nobody knows the outcome of. It is made again under its number, hence under the same
/// idempotency key: the provider cannot do it twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenCall {
    /// Its number among the order's calls.
    pub number: u32,
    /// When it was first ordered, in Unix milliseconds.
    pub at: u64,
    /// What it asks for.
    pub call: Call,
}

/// Where a payment stands: ORDERS.md §2. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the contract of ORDERS.md §2")]
pub enum PaymentState {
    OnAccount,
    IntentCreating,
    IntentReady,
    Confirming,
    RequiresAction,
    Unknown,
    Declined,
    Authorized,
    Captured,
    Voiding,
    Voided,
    RefundRequested,
    Refunded,
    Capturing,
    AuthExpired,
    PartiallyRefunded,
    Disputed,
    ChargedBack,
    NothingDue,
    Replacing,
    Refused,
}

impl PaymentState {
    /// Every state, in their order.
    pub const ALL: [Self; 21] = [
        Self::OnAccount,
        Self::IntentCreating,
        Self::IntentReady,
        Self::Confirming,
        Self::RequiresAction,
        Self::Unknown,
        Self::Declined,
        Self::Authorized,
        Self::Captured,
        Self::Voiding,
        Self::Voided,
        Self::RefundRequested,
        Self::Refunded,
        Self::Capturing,
        Self::AuthExpired,
        Self::PartiallyRefunded,
        Self::Disputed,
        Self::ChargedBack,
        Self::NothingDue,
        Self::Replacing,
        Self::Refused,
    ];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnAccount => "on_account",
            Self::IntentCreating => "intent_creating",
            Self::IntentReady => "intent_ready",
            Self::Confirming => "confirming",
            Self::RequiresAction => "requires_action",
            Self::Unknown => "unknown",
            Self::Declined => "declined",
            Self::Authorized => "authorized",
            Self::Captured => "captured",
            Self::Voiding => "voiding",
            Self::Voided => "voided",
            Self::RefundRequested => "refund_requested",
            Self::Refunded => "refunded",
            Self::Capturing => "capturing",
            Self::AuthExpired => "auth_expired",
            Self::PartiallyRefunded => "partially_refunded",
            Self::Disputed => "disputed",
            Self::ChargedBack => "charged_back",
            Self::NothingDue => "nothing_due",
            Self::Replacing => "replacing",
            Self::Refused => "refused",
        }
    }

    /// The money has come, whatever became of it since.
    pub fn has_come(self) -> bool {
        self.is_captured() || matches!(self, Self::Disputed | Self::ChargedBack)
    }

    /// The money has come and nobody disputes it; some or all of it may have gone back, or be on
    /// its way back.
    pub fn is_captured(self) -> bool {
        matches!(
            self,
            Self::Captured | Self::RefundRequested | Self::PartiallyRefunded | Self::Refunded
        )
    }
}

/// What the provider answered to a call, as the driver proposes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallResult {
    /// The intent, as it is now.
    Intent(Intent),
    /// A refund has succeeded.
    Refunded,
    /// The provider refused the call for good (a 4xx), and its code.
    Refused {
        /// The provider's code, e.g. `amount_too_small`.
        code: String,
    },
    /// Nobody knows: a timeout, a 5xx, a broken connection, an unreadable answer.
    Unknown,
    /// A refund was accepted and is on its way: the bank may still fail it.
    RefundPending,
}

/// The provider's intent, as far as orders care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// Where it stands.
    pub status: IntentStatus,
    /// What it is over, in minor units.
    pub amount: i64,
    /// What can be captured, in minor units.
    pub capturable: i64,
    /// What was received, in minor units.
    pub received: i64,
    /// The last decline, if the last confirmation was declined.
    pub decline: Option<Decline>,
    /// Until when it can be captured, in Unix milliseconds.
    pub capture_before: Option<u64>,
}

/// A declined confirmation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// The provider's code, e.g. `insufficient_funds`.
    pub code: String,
    /// No other attempt may follow: lost, stolen or fraud.
    pub is_final: bool,
}

/// The statuses of an intent, in the order in which they follow one another (T36).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the provider's")]
pub enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
}

impl IntentStatus {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::Processing,
        Self::RequiresCapture,
        Self::Succeeded,
        Self::Canceled,
    ];
}
