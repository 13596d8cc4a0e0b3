//! What the handlers know of payments by card: whether there are any, whether an event is Stripe's,
//! and what a customer has to do next.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use api_client::NextAction;
use engine_core::order::{Order, Units};
use engine_core::payment::PaymentState;
use moka::sync::Cache;
use raft::ProviderDriver;
use tokio::time::timeout;

use super::stripe::{BadSecrets, BadSignature, BadStripe, HookSecrets, Stripe, StripeFlags};
use super::{Driver, Nobody};
use crate::errors::{Code, Error};

/// How long an answer waits for what the customer has to do next.
const ASKED: Duration = Duration::from_secs(2);
/// How long that is remembered.
const REMEMBERED: Duration = Duration::from_secs(600);
/// Of how many payments.
const REMEMBERED_MAX: u64 = 10_000;

/// What a customer needs to go on with a payment: it opens that one payment, so it is in no row, no
/// log and no cache but this process's own.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NextStep {
    /// Where to send the customer.
    pub redirect_url: Option<String>,
    /// What the customer's own page confirms the intent with.
    pub client_secret: Option<String>,
}

impl fmt::Debug for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NextStep(…)")
    }
}

/// Payments, as handlers know them.
pub struct Desk {
    stripe: Option<Stripe>,
    hooks: Option<HookSecrets>,
    steps: Cache<(String, u64), NextStep>,
}

/// Why there is no desk.
#[derive(Debug, thiserror::Error)]
pub enum BadDesk {
    /// Stripe cannot be called.
    #[error(transparent)]
    Stripe(#[from] BadStripe),
    /// Its webhooks cannot be checked.
    #[error(transparent)]
    Secrets(#[from] BadSecrets),
}

impl Desk {
    /// As the flags say, for a cluster of this name; within a runtime, which follows the file of
    /// secrets.
    pub fn open(flags: &StripeFlags, cluster: &str) -> Result<Self, BadDesk> {
        let hooks = flags.stripe_webhook_secrets.as_deref().map(HookSecrets::follow).transpose()?;
        let steps = Cache::builder().max_capacity(REMEMBERED_MAX).time_to_live(REMEMBERED).build();
        Ok(Self { stripe: Stripe::new(flags, cluster)?, hooks, steps })
    }

    /// Who makes the calls that orders have ordered.
    pub fn driver(&self) -> Arc<dyn ProviderDriver> {
        match &self.stripe {
            Some(stripe) => Arc::new(Driver::new(stripe.clone())),
            None => Arc::new(Nobody),
        }
    }

    /// Refuses what is paid by card, if there is nobody who takes cards.
    pub fn takes_cards(&self) -> Result<(), Error> {
        if self.stripe.is_some() {
            return Ok(());
        }
        let detail = "this node was started without --stripe-key, so it takes no cards; ask \
                      another one, or order `on_account`";
        Err(Error::about(Code::CardsOff, "payment_method", detail))
    }

    /// Who takes cards, if somebody does.
    pub fn stripe(&self) -> Result<&Stripe, Error> {
        let detail = "this node was started without --stripe-key, so it cannot ask about payments; \
                      ask another one";
        self.stripe.as_ref().ok_or_else(|| Error::new(Code::CardsOff, detail))
    }

    /// Refuses an event that is not Stripe's.
    pub fn check_event(&self, header: &str, body: &[u8]) -> Result<(), Error> {
        let Some(hooks) = &self.hooks else {
            let detail = "this node was started without --stripe-webhook-secrets, so it can tell \
                          no event of Stripe's from a forged one";
            return Err(Error::new(Code::CardsOff, detail));
        };
        let checked = hooks.check(header, body);
        let outcome = match &checked {
            Ok(()) => "good",
            Err(BadSignature::Malformed) => "malformed",
            Err(BadSignature::Late) => "late",
            Err(BadSignature::Forged) => "forged",
        };
        metrics::counter!("stoa_stripe_webhooks_total", "signature" => outcome).increment(1);
        checked.map_err(|bad| {
            Error::about(Code::InvalidSignature, "Stripe-Signature", bad.to_string())
        })
    }

    /// What the customer has to do next for an order, if anything and if Stripe says it in time.
    pub async fn next_step(&self, order: &Order) -> NextStep {
        let state = order.payment.state;
        let waits = matches!(state, PaymentState::RequiresAction | PaymentState::IntentReady);
        let (Some(stripe), Some(intent)) = (&self.stripe, &order.payment.intent) else {
            return NextStep::default();
        };
        // The first payment, or a new one for a confirmed order.
        let open =
            order.units == Units::Held || order.units == Units::Committed && order.flags.on_hold;
        if !waits || !open {
            return NextStep::default();
        }
        let key = (intent.0.clone(), order.version);
        if let Some(known) = self.steps.get(&key) {
            return known;
        }
        let Ok(asked) = timeout(ASKED, stripe.next_step(intent)).await else {
            return NextStep::default();
        };
        let step = match (asked, state) {
            (Ok(step), PaymentState::RequiresAction) => NextStep { client_secret: None, ..step },
            (Ok(step), _) => NextStep { redirect_url: None, ..step },
            (Err(error), _) => {
                tracing::warn!(order = %order.id, %error, "Stripe does not say what comes next");
                return NextStep::default();
            }
        };
        self.steps.insert(key, step.clone());
        step
    }
}

impl NextStep {
    /// Tells it with an order's payment.
    pub fn tell(self, payment: &mut api_client::Payment) {
        payment.client_secret = self.client_secret;
        payment.next_action = self
            .redirect_url
            .map(|redirect_url| NextAction { kind: "redirect".to_owned(), redirect_url });
    }
}
