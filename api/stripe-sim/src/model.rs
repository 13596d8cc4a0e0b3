//! What the simulator keeps books of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a caller has attached to an object.
pub type Metadata = BTreeMap<String, String>;

/// The states of an intent (<https://docs.stripe.com/payments/paymentintents/lifecycle>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has no payment method, or the one it had was declined.
    RequiresPaymentMethod,
    /// It waits to be confirmed.
    RequiresConfirmation,
    /// The customer has to do something.
    RequiresAction,
    /// The money is reserved.
    RequiresCapture,
    /// The money is taken.
    Succeeded,
    /// It is over.
    Canceled,
}

impl Status {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    /// In Unix seconds.
    pub created: u64,
    /// In minor units.
    pub amount: i64,
    /// ISO 4217, in lower case.
    pub currency: String,
    /// What its maker has attached.
    pub metadata: Metadata,
    /// What its maker says of it.
    pub description: Option<String>,
    /// The money is only reserved at first.
    pub captures_by_hand: bool,
    /// Where it stands.
    pub status: Status,
    /// The token of the card, if it has one.
    pub method: Option<String>,
    /// Where the customer returns to after they have proved who they are.
    pub return_url: Option<String>,
    /// How the last card declined: code and decline code.
    pub declined: Option<(String, String)>,
    /// When it was canceled, in Unix seconds.
    pub canceled_at: Option<u64>,
    /// Why, in Stripe's words.
    pub cancellation_reason: Option<String>,
    /// What was asked of a bank for it; the last counts.
    pub charges: Vec<Charge>,
}

/// What was asked of a bank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// `ch_…`
    pub id: String,
    /// In Unix seconds.
    pub created: u64,
    /// What was reserved, in minor units.
    pub amount: i64,
    /// The bank said yes.
    pub paid: bool,
    /// What was taken; none while it is only reserved.
    pub captured: Option<i64>,
    /// What was given back, or is no longer reserved.
    pub refunded: i64,
    /// Until when it can be captured, in Unix seconds.
    pub capture_before: u64,
    /// Its owner disputes it.
    pub disputed: bool,
}

/// Money given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// In Unix seconds.
    pub created: u64,
    /// In minor units.
    pub amount: i64,
    /// Of which intent.
    pub intent: String,
    /// Of which charge.
    pub charge: String,
    /// The intent's.
    pub currency: String,
    /// What its maker has attached.
    pub metadata: Metadata,
    /// Why, in Stripe's words.
    pub reason: Option<String>,
    /// `pending`, `succeeded` or `failed`.
    pub status: RefundStatus,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// It takes a while.
    Pending,
    /// The money is given back.
    Succeeded,
    /// It came back.
    Failed,
}

/// A payment that its owner disputes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// `dp_…`
    pub id: String,
    /// In Unix seconds.
    pub created: u64,
    /// In minor units.
    pub amount: i64,
    /// Of which intent.
    pub intent: String,
    /// Of which charge.
    pub charge: String,
    /// The intent's.
    pub currency: String,
    /// Why, in Stripe's words.
    pub reason: String,
    /// `needs_response`, `won` or `lost`.
    pub status: DisputeStatus,
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// Evidence is wanted.
    NeedsResponse,
    /// The shop keeps the money.
    Won,
    /// The owner has it back.
    Lost,
}

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// In Unix seconds.
    pub created: u64,
    /// Its type, as `payment_intent.succeeded`.
    pub kind: String,
    /// The object as it was then, as the API shows it.
    pub object: serde_json::Value,
    /// The idempotency key of the call that did it, if there was one.
    pub key: Option<String>,
}
