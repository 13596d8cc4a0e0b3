//! Objects as the API shows them: every field that Stripe's own libraries require, and those that
//! mean something here (<https://docs.stripe.com/api/payment_intents/object> and beside it).

use serde_json::{Value, json};

use crate::model::{Charge, Dispute, DisputeStatus, Event, Intent, Refund, RefundStatus, Status};

/// The version of the API that is spoken.
pub const API_VERSION: &str = "2025-11-17.clover";

/// An intent. `base` is where the simulator is reached, for the page of 3-D Secure.
pub fn intent(intent: &Intent, base: &str) -> Value {
    let last = intent.charges.last();
    let capturable = match (intent.status, last) {
        (Status::RequiresCapture, Some(charge)) => charge.amount,
        _ => 0,
    };
    let received = last.and_then(|charge| charge.captured).unwrap_or(0);
    let error = intent.declined.as_ref().map(|(code, decline_code)| {
        json!({"type": "card_error", "code": code, "decline_code": decline_code,
            "message": "Your card was declined."})
    });
    let action = (intent.status == Status::RequiresAction).then(|| {
        json!({"type": "redirect_to_url", "redirect_to_url": {
            "url": format!("{base}/authenticate/{}", intent.id), "return_url": intent.return_url}})
    });
    let capture_method = if intent.captures_by_hand { "manual" } else { "automatic" };
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": capturable,
        "amount_received": received,
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": capture_method,
        "client_secret": secret(intent),
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "description": intent.description,
        "last_payment_error": error,
        "latest_charge": last.map(|charge| &charge.id),
        "livemode": false,
        "metadata": intent.metadata,
        "next_action": action,
        "payment_method": intent.method,
        "payment_method_types": ["card"],
        "status": intent.status.as_str(),
    })
}

/// What the customer's page shows to prove that it may see the intent.
pub fn secret(intent: &Intent) -> String {
    format!("{}_secret_{}", intent.id, intent.id.chars().rev().take(12).collect::<String>())
}

/// A charge.
pub fn charge(intent: &Intent, charge: &Charge) -> Value {
    let (network, kind) = match charge.paid {
        true => ("approved_by_network", "authorized"),
        false => ("declined_by_network", "issuer_declined"),
    };
    let declined = intent.declined.as_ref().filter(|_| !charge.paid);
    let captured = charge.captured.is_some();
    let whole = charge.captured.unwrap_or(charge.amount);
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": charge.amount,
        "amount_captured": charge.captured.unwrap_or(0),
        "amount_refunded": charge.refunded,
        "billing_details": {"address": null, "email": null, "name": null, "phone": null,
            "tax_id": null},
        "captured": captured,
        "created": charge.created,
        "currency": intent.currency,
        "disputed": charge.disputed,
        "failure_code": declined.map(|(code, _)| code),
        "livemode": false,
        "metadata": intent.metadata,
        "outcome": {"network_status": network, "type": kind, "seller_message": null},
        "paid": charge.paid,
        "payment_intent": intent.id,
        "payment_method": intent.method,
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "country": "US",
            "exp_month": 12, "exp_year": 2099, "funding": "credit", "last4": "4242",
            "network": "visa", "capture_before": charge.capture_before}},
        "refunded": charge.refunded > 0 && charge.refunded == whole,
        "status": if charge.paid { "succeeded" } else { "failed" },
    })
}

/// A refund.
pub fn refund(refund: &Refund) -> Value {
    let status = match refund.status {
        RefundStatus::Pending => "pending",
        RefundStatus::Succeeded => "succeeded",
        RefundStatus::Failed => "failed",
    };
    let failure = (refund.status == RefundStatus::Failed).then_some("unknown");
    json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "failure_reason": failure,
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "status": status,
    })
}

/// A dispute.
pub fn dispute(dispute: &Dispute) -> Value {
    let status = match dispute.status {
        DisputeStatus::NeedsResponse => "needs_response",
        DisputeStatus::Won => "won",
        DisputeStatus::Lost => "lost",
    };
    json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": [],
        "charge": dispute.charge,
        "created": dispute.created,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {"due_by": null, "enhanced_eligibility": {}, "has_evidence": false,
            "past_due": false, "submission_count": 0},
        "is_charge_refundable": false,
        "livemode": false,
        "metadata": {},
        "payment_intent": dispute.intent,
        "reason": dispute.reason,
        "status": status,
    })
}

/// An event.
pub fn event(event: &Event) -> Value {
    json!({
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": event.created,
        "data": {"object": event.object},
        "livemode": false,
        "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": event.key},
        "type": event.kind,
    })
}

/// A page of a list.
pub fn list(url: &str, data: Vec<Value>, has_more: bool) -> Value {
    json!({"object": "list", "url": url, "has_more": has_more, "data": data})
}
