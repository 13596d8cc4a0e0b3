//! A simulator for a test, a client of it, and what tests ask for.

use std::error::Error;

use serde_json::Value;
use stripe::{
    Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest as _,
};
use stripe_core::payment_intent::{
    CancelPaymentIntent, CapturePaymentIntent, ConfirmPaymentIntent, CreatePaymentIntent,
    RetrievePaymentIntent,
};
use stripe_core::refund::CreateRefund;
use stripe_shared::{ApiErrors, PaymentIntent, PaymentIntentCaptureMethod, Refund};
use stripe_sim::{Config, Running};

pub type Fault = Box<dyn Error + Send + Sync>;
pub type Tested = Result<(), Fault>;

/// The key of all tests.
pub const KEY: &str = "sk_test_stoa";

/// A simulator and a client of it.
pub struct Shop {
    pub sim: Running,
    pub client: Client,
    pub http: reqwest::Client,
}

impl Shop {
    pub async fn open() -> Result<Self, Fault> {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Result<Self, Fault> {
        let config = Config { key: KEY.to_owned(), ..config };
        let sim = stripe_sim::start("127.0.0.1:0".parse()?, config).await?;
        let client = ClientBuilder::new(KEY).url(format!("{}/", sim.url)).build()?;
        Ok(Self { sim, client, http: reqwest::Client::new() })
    }

    /// An intent over an amount, to be captured by hand.
    pub async fn intent(&self, amount: i64) -> Result<PaymentIntent, StripeError> {
        let create = CreatePaymentIntent::new(amount, stripe_types::Currency::USD);
        create.capture_method(PaymentIntentCaptureMethod::Manual).send(&self.client).await
    }

    pub async fn confirm(&self, id: &str, card: &str) -> Result<PaymentIntent, StripeError> {
        let confirm = ConfirmPaymentIntent::new(id).payment_method(card);
        confirm.return_url("https://shop.example/back").send(&self.client).await
    }

    /// An intent whose money is reserved.
    pub async fn reserved(&self, amount: i64, card: &str) -> Result<PaymentIntent, StripeError> {
        let intent = self.intent(amount).await?;
        self.confirm(intent.id.as_str(), card).await
    }

    /// An intent whose money was taken.
    pub async fn taken(&self, amount: i64, card: &str) -> Result<PaymentIntent, StripeError> {
        let intent = self.reserved(amount, card).await?;
        self.capture(intent.id.as_str(), None).await
    }

    pub async fn capture(
        &self,
        id: &str,
        amount: Option<i64>,
    ) -> Result<PaymentIntent, StripeError> {
        let capture = CapturePaymentIntent::new(id);
        let capture = match amount {
            Some(amount) => capture.amount_to_capture(amount),
            None => capture,
        };
        capture.send(&self.client).await
    }

    pub async fn cancel(&self, id: &str) -> Result<PaymentIntent, StripeError> {
        CancelPaymentIntent::new(id).send(&self.client).await
    }

    pub async fn get(&self, id: &str) -> Result<PaymentIntent, StripeError> {
        RetrievePaymentIntent::new(id).send(&self.client).await
    }

    pub async fn refund(&self, id: &str, amount: Option<i64>) -> Result<Refund, StripeError> {
        let refund = CreateRefund::new().payment_intent(id);
        let refund = match amount {
            Some(amount) => refund.amount(amount),
            None => refund,
        };
        refund.send(&self.client).await
    }

    /// A creation under a key.
    pub async fn keyed(&self, amount: i64, key: &str) -> Result<PaymentIntent, StripeError> {
        let create = CreatePaymentIntent::new(amount, stripe_types::Currency::USD);
        let key = IdempotencyKey::new(key).map_err(|_| StripeError::Timeout)?;
        let strategy = RequestStrategy::Idempotent(key);
        create.customize().request_strategy(strategy).send(&self.client).await
    }

    /// A call of the simulator's own.
    pub async fn steer(&self, method: &str, path: &str, body: &Value) -> Result<Value, Fault> {
        let url = format!("{}/_sim/{path}", self.sim.url);
        let request = self.http.request(method.parse()?, url).json(body);
        Ok(request.send().await?.json().await?)
    }

    /// A GET of the API, as JSON.
    pub async fn look(&self, path: &str) -> Result<Value, Fault> {
        let request = self.http.get(format!("{}/v1/{path}", self.sim.url)).bearer_auth(KEY);
        Ok(request.send().await?.json().await?)
    }

    /// The types of all events, the oldest first.
    pub async fn events(&self) -> Result<Vec<String>, Fault> {
        let list = self.look("events?limit=100").await?;
        let all = list["data"].as_array().cloned().unwrap_or_default();
        Ok(all.iter().rev().map(|it| it["type"].as_str().unwrap_or("?").to_owned()).collect())
    }
}

/// What the provider refused with, and its status.
pub fn refused<T>(result: Result<T, StripeError>) -> Result<(Box<ApiErrors>, u16), Fault> {
    match result {
        Err(StripeError::Stripe(error, status)) => Ok((error, status)),
        Err(other) => Err(other.into()),
        Ok(_) => Err("it was not refused".into()),
    }
}

/// The code that the provider refused with.
pub fn code<T>(result: Result<T, StripeError>) -> Result<String, Fault> {
    let (error, _) = refused(result)?;
    Ok(error.code.map(|code| code.to_string()).unwrap_or_default())
}
