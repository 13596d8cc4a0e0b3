//! The payment provider: what we need of one, the driver that calls it, and Stripe.
//!
//! Nothing here knows of the stand-in that tests and demos have instead (docs/stripe-sim.md): it is
//! at another URL, that is all.

mod desk;
mod driver;
mod epoch;
mod heard;
mod listed;
mod nobody;
mod reconcile;
mod repeat;
mod stripe;

use engine_core::payment::{Intent, IntentId, PaymentMethod};
use engine_core::{Money, OrderId};
use futures::future::BoxFuture;

pub use desk::{BadDesk, Desk, NextStep};
pub use driver::Driver;
pub use epoch::keep_epoch;
pub use heard::Heard;
pub use listed::{ListedDispute, ListedIntent, ListedRefund, Page, Span};
pub use nobody::Nobody;
pub use reconcile::Wish;
pub use repeat::keep_reconciling;
pub use stripe::{Stripe, StripeFlags};

/// Why a call gave no intent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Refused for good (a 4xx), with the provider's code.
    #[error("refused: {0}")]
    Refused(String),
    /// The intent is in a state that does not allow the call: ask what state that is.
    #[error("the intent is in another state")]
    State,
    /// A 5xx again, as it is remembered with this key: it says nothing of what was done, and every
    /// repeat will be answered so.
    #[error("unknown: {0}")]
    Replayed(String),
    /// Nobody knows: a timeout, a 5xx, a broken connection, an unreadable answer.
    #[error("unknown: {0}")]
    Unknown(String),
}

/// Where a refund stands that the provider has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// The money is back where it came from, as far as the provider knows.
    Succeeded,
    /// It is on its way.
    Pending,
    /// It will not arrive, and why.
    Failed(String),
}

/// What a call gives.
pub type Called<'a, T> = BoxFuture<'a, Result<T, CallError>>;

/// A provider of payments by card. `key` names a call over its repeats: the same key with the same
/// call answers the same, with another call it is refused.
pub trait PaymentProvider: Send + Sync {
    /// The intent that was created for an order since a time, in Unix milliseconds, if there is
    /// one that is not canceled: for a key that is not honored any more.
    fn find(&self, order: OrderId, since: u64) -> Called<'_, Option<Intent>>;
    /// Creates an intent with manual capture, unconfirmed.
    fn create<'a>(&'a self, key: &'a str, amount: Money, order: OrderId) -> Called<'a, Intent>;
    /// Confirms it: the card is asked.
    fn confirm<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
        method: &'a PaymentMethod,
    ) -> Called<'a, Intent>;
    /// Cancels it; what was authorized is void.
    fn cancel<'a>(&'a self, key: &'a str, intent: &'a IntentId) -> Called<'a, Intent>;
    /// Takes (a part of) what was authorized.
    fn capture<'a>(&'a self, key: &'a str, intent: &'a IntentId, amount: i64)
    -> Called<'a, Intent>;
    /// What became of it.
    fn get<'a>(&'a self, intent: &'a IntentId) -> Called<'a, Intent>;
    /// Gives (a part of) what was taken back; without an amount, all that is left.
    fn refund<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
        amount: Option<i64>,
    ) -> Called<'a, Refunded>;
    /// What became of the refund that was made under this key, if one was.
    fn find_refund<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
    ) -> Called<'a, Option<Refunded>>;
}
