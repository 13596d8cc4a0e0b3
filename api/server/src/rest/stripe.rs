//! `/v1/payments/stripe/webhooks`: what Stripe tells by itself.
//!
//! An event is a hint. It is taken when it is Stripe's and what it hints at is in the log, not
//! before: until then Stripe sends it again. What becomes of an order is never read from it.

use api_client::{EventTaken, StripeEvent};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use crate::answer;
use crate::errors::{Code, Error};
use crate::extract;
use crate::openapi::{Op, Routes};
use crate::state::App;

/// The header with the signature.
const SIGNATURE: &str = "Stripe-Signature";
/// The largest event, in bytes.
const EVENT_BYTES_MAX: usize = 256 << 10;

/// The route.
pub fn routes() -> Routes {
    Routes::of("orders").on(
        Op::post("/v1/payments/stripe/webhooks", "takeStripeEvent", "Takes an event of Stripe's")
            .about(
                "For Stripe alone, whose signature over the body's bytes is the credential. 200 \
                 once what it hints at is committed, or if it is of no kind that matters; of \
                 refunds and disputes Stripe is asked first.",
            )
            .public()
            .own_parameter(json!({
                "name": SIGNATURE, "in": "header", "required": true,
                "description": "`t=…,v1=…`, as Stripe signs: five minutes either way.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 4_096,
                    "examples": ["t=1763938800,v1=5257a869e7ecebeda32affa62cdca3fa"]},
            }))
            .any_body::<StripeEvent>()
            .refuses(&[Code::InvalidHeader, Code::InvalidSignature, Code::CardsOff])
            .refuses(&[Code::NoQuorum, Code::OutcomeUnknown, Code::Stopping])
            .refuses(&[Code::ProviderUnreachable, Code::NotCaptured])
            .answers::<EventTaken>(200, "It is taken."),
        take,
    )
}

/// `POST /v1/payments/stripe/webhooks`
pub async fn take(
    State(app): State<App>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Error> {
    if body.len() > EVENT_BYTES_MAX {
        let detail = format!("an event has at most {EVENT_BYTES_MAX} bytes");
        return Err(Error::new(Code::BodyTooLarge, detail));
    }
    let signature = extract::header(&headers, SIGNATURE)?.unwrap_or_default();
    app.payments.check_event(signature, &body)?;
    let event: Value = extract::parse(&body)?;
    let is_used = match app.payments.stripe()?.read(&event)? {
        Some(heard) => app.hear(heard).await?,
        None => false,
    };
    answer::json(StatusCode::OK, &EventTaken { used: is_used })
}
