//! From Stripe's objects and errors to ours.

use engine_core::payment::{Decline, Intent, IntentId, IntentStatus};
use hyper::StatusCode;
use reqwest::Url;
use stripe_shared::{ApiErrors, ApiErrorsType, PaymentIntent, PaymentIntentStatus, Refund};
use stripe_types::Expandable;

use super::super::{CallError, Refunded};
use super::client::Failed;

/// What Stripe calls a request that the intent's state does not allow.
const STATE: &str = "payment_intent_unexpected_state";
/// Declines after which no other attempt makes sense
/// (<https://docs.stripe.com/declines/codes>).
const FINAL: [&str; 7] = [
    "fraudulent",
    "lost_card",
    "merchant_blacklist",
    "pickup_card",
    "restricted_card",
    "stolen_card",
    "security_violation",
];

/// Where Stripe is.
pub fn stripes_own() -> Url {
    let url = "https://api.stripe.com/";
    // It is a URL.
    Url::parse(url).unwrap_or_else(|_| unreachable!("{url}"))
}

/// An intent as we know it.
pub fn intent(it: &PaymentIntent) -> Result<Intent, CallError> {
    let status = status(&it.status).ok_or_else(|| {
        CallError::Unknown(format!("an intent has the status {}", it.status.as_str()))
    })?;
    let decline = it.last_payment_error.as_deref().map(decline);
    let charge = it.latest_charge.as_ref().and_then(|charge| match charge {
        Expandable::Object(charge) => charge.payment_method_details.as_ref(),
        Expandable::Id(_) => None,
    });
    let card = charge.and_then(|details| details.card.as_ref());
    let until = card.and_then(|card| card.capture_before);
    Ok(Intent {
        id: IntentId(it.id.as_str().to_owned()),
        status,
        amount: it.amount,
        capturable: it.amount_capturable,
        received: it.amount_received,
        decline,
        capture_before: until.and_then(|s| u64::try_from(s).ok()?.checked_mul(1_000)),
    })
}

fn status(of: &PaymentIntentStatus) -> Option<IntentStatus> {
    Some(match of {
        PaymentIntentStatus::RequiresPaymentMethod => IntentStatus::RequiresPaymentMethod,
        PaymentIntentStatus::RequiresConfirmation => IntentStatus::RequiresConfirmation,
        PaymentIntentStatus::RequiresAction => IntentStatus::RequiresAction,
        PaymentIntentStatus::Processing => IntentStatus::Processing,
        PaymentIntentStatus::RequiresCapture => IntentStatus::RequiresCapture,
        PaymentIntentStatus::Succeeded => IntentStatus::Succeeded,
        PaymentIntentStatus::Canceled => IntentStatus::Canceled,
        _ => return None,
    })
}

/// Where a refund stands. What wants something of the customer is on its way.
pub fn refund(it: &Refund) -> Refunded {
    match it.status.as_deref() {
        Some("succeeded") => Refunded::Succeeded,
        Some(status @ ("failed" | "canceled")) => {
            Refunded::Failed(it.failure_reason.clone().unwrap_or_else(|| status.to_owned()))
        }
        _ => Refunded::Pending,
    }
}

/// Whether the card said no, rather than Stripe.
pub fn is_decline(error: &ApiErrors) -> bool {
    error.type_ == ApiErrorsType::CardError && error.payment_intent.is_some()
}

/// The intent of a decline, as it is now.
pub fn declined(error: &ApiErrors) -> Result<Intent, CallError> {
    let Some(now) = &error.payment_intent else {
        return Err(CallError::Unknown("a decline without its intent".to_owned()));
    };
    Ok(Intent { decline: Some(decline(error)), ..intent(now)? })
}

/// The bank's reason says more than Stripe's code, where there is one that means something.
fn decline(error: &ApiErrors) -> Decline {
    let code = error.code.as_ref().map(|code| code.as_str().to_owned());
    let reason = error.decline_code.as_deref().filter(|reason| *reason != "generic_decline");
    let code = reason.map(str::to_owned).or(code).unwrap_or_else(|| "card_declined".to_owned());
    let is_final = FINAL.contains(&code.as_str());
    Decline { code, is_final }
}

/// What a call that failed means for the order.
pub fn error(failed: Failed) -> CallError {
    let (status, error) = match failed {
        Failed::Refused(status, error) => (status, error),
        Failed::Replayed(status) => return CallError::Replayed(status.to_string()),
        Failed::Unknown(why) => return CallError::Unknown(why),
    };
    let code = error.code.as_ref().map(|code| code.as_str().to_owned());
    let code = code.unwrap_or_else(|| match error.type_ {
        ApiErrorsType::IdempotencyError => "idempotency_error".to_owned(),
        _ => "invalid_request".to_owned(),
    });
    // Ours to mend, or Stripe's: no reason to end an order.
    let ours = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::CONFLICT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    match code.as_str() {
        STATE => CallError::State,
        _ if status.is_server_error() || ours.contains(&status) => {
            CallError::Unknown(format!("{status}, {code}"))
        }
        _ => CallError::Refused(code),
    }
}
