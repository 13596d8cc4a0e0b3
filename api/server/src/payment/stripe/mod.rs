//! Stripe as a provider of payments (<https://docs.stripe.com/api/payment_intents>), by
//! async-stripe's requests and objects.
//!
//! Money moves only on an intent whose id is in the log: an intent is made unconfirmed, with the
//! order's id in its metadata, and confirmed by a call of its own. Each call has one key. What is
//! refused for good is what Stripe refuses with a 4xx that no retry mends; a wrong or missing key
//! of ours, a 5xx and what cannot be read are unknown, and are asked about later.

mod client;
mod event;
mod lists;
mod map;
mod signature;

use std::path::PathBuf;
use std::str::FromStr as _;
use std::sync::Arc;

use clap::Args;
use engine_core::payment::{Intent, IntentId, PaymentMethod};
use engine_core::{Money, OrderId};
use futures::FutureExt as _;
use reqwest::Url;
use serde_json::Value;
use stripe_client_core::{IdempotencyKey, RequestStrategy, StripeRequest};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CapturePaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent,
    ListPaymentIntent, RetrievePaymentIntent,
};
use stripe_core::refund::{CreateRefund, ListRefund};
use stripe_shared::{
    PaymentIntentAllowedPaymentMethodTypes, PaymentIntentCaptureMethod, PaymentIntentStatus,
};
use stripe_types::{Currency, RangeQueryTs};

use super::{CallError, Called, Heard, NextStep, PaymentProvider, Refunded};
use crate::errors::Error;
use client::{Calls, Failed};

pub use signature::{BadSecrets, BadSignature, HookSecrets};

/// Under which name an intent carries its order.
const ORDER: &str = "stoa_order";
/// Under which name an intent carries its cluster: several may have one account.
const CLUSTER: &str = "stoa_cluster";
/// Under which name a refund carries its effect.
const EFFECT: &str = "stoa_effect";
/// What is to be told with an intent: until when it can be captured stands in its charge.
const EXPANDED: &str = "latest_charge";
/// How many refunds of an intent are looked at.
const REFUNDS_MAX: i64 = 100;
/// How many intents a page has that one is looked for in.
const PAGE: i64 = 100;
/// How much earlier than ours Stripe's clock may be, in seconds.
const SKEW_S: i64 = 300;

/// The flags about Stripe.
#[derive(Debug, Clone, Default, Args)]
pub struct StripeFlags {
    /// A file with the secret or restricted key of a Stripe account. Without it this node takes no
    /// cards, only orders on account
    #[arg(long, env = "STOA_STRIPE_KEY", value_name = "FILE")]
    pub stripe_key: Option<PathBuf>,
    /// Where Stripe is: another address is a stand-in's
    #[arg(long, env = "STOA_STRIPE_URL", value_name = "URL", requires = "stripe_key")]
    pub stripe_url: Option<Url>,
    /// Where a customer's bank sends them back to after 3-D Secure: a page of the shop's
    #[arg(long, env = "STOA_STRIPE_RETURN_URL", value_name = "URL", requires = "stripe_key")]
    pub stripe_return_url: Option<Url>,
    /// A file with the secrets that Stripe signs its webhooks with, whsec_…, a line each: two while
    /// one is being changed. A file that is replaced is used without a restart. Without it this
    /// node takes no webhooks of Stripe's
    #[arg(long, env = "STOA_STRIPE_WEBHOOK_SECRETS", value_name = "FILE", requires = "stripe_key")]
    pub stripe_webhook_secrets: Option<PathBuf>,
}

/// Why there is no Stripe.
#[derive(Debug, thiserror::Error)]
pub enum BadStripe {
    /// The key's file.
    #[error("cannot read --stripe-key {path}: {error}")]
    Read {
        /// Which file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It has something else in it.
    #[error("--stripe-key {0} has no key in it: sk_… or rk_…, alone")]
    NoKey(String),
    /// The HTTP client.
    #[error("cannot make a client for Stripe: {0}")]
    Client(#[from] reqwest::Error),
}

/// Stripe.
#[derive(Clone)]
pub struct Stripe {
    calls: Arc<Calls>,
    return_url: Option<String>,
    cluster: String,
}

impl Stripe {
    /// As the flags say, if they do, for a cluster of this name.
    pub fn new(flags: &StripeFlags, cluster: &str) -> Result<Option<Self>, BadStripe> {
        let Some(file) = &flags.stripe_key else { return Ok(None) };
        let path = file.display().to_string();
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|error| BadStripe::Read { path: path.clone(), error })?;
        let key = text.trim();
        let is_key = ["sk_", "rk_"].iter().any(|prefix| key.starts_with(prefix));
        if !is_key || key.chars().any(|it| !it.is_ascii_alphanumeric() && it != '_') {
            return Err(BadStripe::NoKey(path));
        }
        let url = flags.stripe_url.clone().unwrap_or_else(map::stripes_own);
        let calls = Arc::new(Calls::new(url, key.to_owned())?);
        let return_url = flags.stripe_return_url.as_ref().map(ToString::to_string);
        Ok(Some(Self { calls, return_url, cluster: cluster.to_owned() }))
    }

    /// What an event says that matters here.
    pub fn read(&self, event: &Value) -> Result<Option<Heard>, Error> {
        event::read(event, &self.cluster)
    }

    /// What the customer has to do next for an intent.
    pub async fn next_step(&self, intent: &IntentId) -> Result<NextStep, CallError> {
        let request = RetrievePaymentIntent::new(intent.0.as_str());
        let found = request.customize().send(&*self.calls).await.map_err(map::error)?;
        let action = found.next_action.and_then(|action| action.redirect_to_url);
        let redirect_url = action.and_then(|redirect| redirect.url);
        Ok(NextStep { redirect_url, client_secret: found.client_secret })
    }

    /// A call that changes something, under its key.
    async fn keyed<R>(&self, key: &str, request: R) -> Result<R::Output, CallError>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let key =
            IdempotencyKey::new(key).map_err(|error| CallError::Unknown(error.to_string()))?;
        let request = request.customize().request_strategy(RequestStrategy::Idempotent(key));
        request.send(&*self.calls).await.map_err(map::error)
    }
}

/// The call that creates an order's intent: unconfirmed, so that it moves no money.
fn creation(
    amount: Money,
    order: OrderId,
    cluster: &str,
) -> Result<CreatePaymentIntent, CallError> {
    let currency = amount.currency.to_string().to_ascii_lowercase();
    let currency = Currency::from_str(&currency)
        .map_err(|_| CallError::Refused("currency_not_supported".to_owned()))?;
    let metadata =
        [(ORDER.to_owned(), order.to_string()), (CLUSTER.to_owned(), cluster.to_owned())];
    Ok(CreatePaymentIntent::new(amount.amount, currency)
        .capture_method(PaymentIntentCaptureMethod::Manual)
        .allowed_payment_method_types([PaymentIntentAllowedPaymentMethodTypes::Card])
        .metadata(metadata))
}

impl PaymentProvider for Stripe {
    fn find(&self, order: OrderId, since: u64) -> Called<'_, Option<Intent>> {
        async move {
            let since = i64::try_from(since / 1_000).unwrap_or(i64::MAX).saturating_sub(SKEW_S);
            let mut request =
                ListPaymentIntent::new().created(RangeQueryTs::gte(since)).limit(PAGE);
            loop {
                let page = request.customize().send(&*self.calls).await.map_err(map::error)?;
                // A canceled one is an earlier payment's (T16a), or of no use to anybody.
                let found = page.data.iter().find(|it| {
                    self.ours(&it.metadata) == Some(order)
                        && it.status != PaymentIntentStatus::Canceled
                });
                if let Some(found) = found {
                    return map::intent(found).map(Some);
                }
                match page.data.last() {
                    Some(last) if page.has_more => {
                        request = request.starting_after(last.id.as_str());
                    }
                    _ => return Ok(None),
                }
            }
        }
        .boxed()
    }

    fn create<'a>(&'a self, key: &'a str, amount: Money, order: OrderId) -> Called<'a, Intent> {
        async move {
            let request = creation(amount, order, &self.cluster)?;
            map::intent(&self.keyed(key, request).await?)
        }
        .boxed()
    }

    fn confirm<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
        method: &'a PaymentMethod,
    ) -> Called<'a, Intent> {
        async move {
            let mut request = ConfirmPaymentIntent::new(intent.0.as_str())
                .payment_method(method.0.as_str())
                .expand([EXPANDED.to_owned()]);
            if let Some(url) = &self.return_url {
                request = request.return_url(url.as_str());
            }
            let Ok(key) = IdempotencyKey::new(key) else {
                return Err(CallError::Unknown("no key".to_owned()));
            };
            let request = request.customize().request_strategy(RequestStrategy::Idempotent(key));
            match request.send(&*self.calls).await {
                Ok(confirmed) => map::intent(&confirmed),
                // The card said no: that is an outcome, with the intent as it is now.
                Err(Failed::Refused(_, error)) if map::is_decline(&error) => map::declined(&error),
                Err(failed) => Err(map::error(failed)),
            }
        }
        .boxed()
    }

    fn cancel<'a>(&'a self, key: &'a str, intent: &'a IntentId) -> Called<'a, Intent> {
        async move {
            let request = CancelPaymentIntent::new(intent.0.as_str());
            map::intent(&self.keyed(key, request).await?)
        }
        .boxed()
    }

    fn capture<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
        amount: i64,
    ) -> Called<'a, Intent> {
        async move {
            let request = CapturePaymentIntent::new(intent.0.as_str()).amount_to_capture(amount);
            map::intent(&self.keyed(key, request).await?)
        }
        .boxed()
    }

    fn get<'a>(&'a self, intent: &'a IntentId) -> Called<'a, Intent> {
        async move {
            let request =
                RetrievePaymentIntent::new(intent.0.as_str()).expand([EXPANDED.to_owned()]);
            let found = request.customize().send(&*self.calls).await;
            map::intent(&found.map_err(map::error)?)
        }
        .boxed()
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
        amount: Option<i64>,
    ) -> Called<'a, Refunded> {
        async move {
            let mut request = CreateRefund::new()
                .payment_intent(intent.0.as_str())
                .metadata([(EFFECT.to_owned(), key.to_owned())]);
            if let Some(amount) = amount {
                request = request.amount(amount);
            }
            Ok(map::refund(&self.keyed(key, request).await?))
        }
        .boxed()
    }

    fn find_refund<'a>(
        &'a self,
        key: &'a str,
        intent: &'a IntentId,
    ) -> Called<'a, Option<Refunded>> {
        async move {
            let request = ListRefund::new().payment_intent(intent.0.as_str()).limit(REFUNDS_MAX);
            let found = request.customize().send(&*self.calls).await.map_err(map::error)?;
            let named = |it: &stripe_shared::Refund| {
                it.metadata.as_ref().and_then(|all| all.get(EFFECT)).is_some_and(|it| it == key)
            };
            Ok(found.data.iter().find(|it| named(it)).map(map::refund))
        }
        .boxed()
    }
}
