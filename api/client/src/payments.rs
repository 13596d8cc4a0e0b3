//! Payments by card.

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};

use crate::client::{WAIT_MARGIN_MS, answer, keyed};
use crate::{Answer, Client, Error, Order};

/// The body of `POST /v1/orders/{id}/payments`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPayment {
    /// A card's token, `pm_…`.
    pub payment_method: String,
}

/// What a customer has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextAction {
    /// `redirect`: to be sent to a page of their bank's.
    #[serde(rename = "type")]
    pub kind: String,
    /// To which.
    pub redirect_url: String,
}

/// An event of the payment provider's, as far as it says what it is; it has more fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StripeEvent {
    /// `evt_…`
    pub id: String,
    /// Its kind, as `payment_intent.succeeded`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// The answer to an event of the payment provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EventTaken {
    /// It is about an order, and of a kind that matters.
    pub used: bool,
}

impl Client {
    /// Pays an order with another method; with `wait`, the answer comes when the payment is
    /// decided, or after so many seconds.
    pub async fn pay_order(
        &self,
        key: Option<&str>,
        id: &str,
        payment: &NewPayment,
        wait: Option<u32>,
    ) -> Result<Answer<Order>, Error> {
        let mut request = self.request(Method::POST, &format!("/v1/orders/{id}/payments"));
        if let Some(seconds) = wait {
            let deadline = u64::from(seconds) * 1_000 + WAIT_MARGIN_MS;
            request = request.header("prefer", format!("wait={seconds}"));
            request = request.timeout(self.timeout.max(Duration::from_millis(deadline)));
        }
        answer(keyed(request, key).json(payment)).await
    }
}
