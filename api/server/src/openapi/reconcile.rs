//! The limits and examples of what differs between orders and the payment provider.

use api_client::{OrphanPayment, PaymentDifference, PaymentReconciliation, ReconcilePayments};
use engine_core::Money;
use engine_core::payment::OrphanState;
use serde_json::{Value, json};

use super::limits::id;
use super::samples::{AFTER, BEFORE, ORDER, page, sample};

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    let count = || json!({"minimum": 0, "maximum": i64::MAX, "examples": [12]});
    let amount = || json!({"minimum": 0, "maximum": Money::AMOUNT_MAX, "examples": [2_598]});
    let word = || json!({"pattern": "^[a-z_]{1,64}$", "examples": ["succeeded"]});
    Some(match (kind, field) {
        ("ReconcilePayments" | "PaymentReconciliation", "since" | "until" | "reached") => {
            json!({"format": "date-time", "examples": ["2026-11-22T19:07:03.250Z"]})
        }
        ("PaymentReconciliation", "intents" | "refunds" | "disputes" | "orders") => count(),
        ("PaymentReconciliation", "differences") => json!({"maxItems": 1_000}),
        ("PaymentDifference", "what") => json!({"enum": [
            "missing_here", "missing_there", "status", "amount", "refund", "dispute",
        ]}),
        ("PaymentDifference", "here" | "there") => word(),
        ("PaymentDifference", "amount") | ("OrphanPayment", "received") => amount(),
        ("PaymentDifference", "then") => {
            json!({"enum": ["orphan", "ask", "review", "import", "nothing"]})
        }
        ("OrphanPayment", "id") => id("ord_", 35),
        ("OrphanPayment", "status") => json!({"enum": OrphanState::ALL.map(OrphanState::as_str)}),
        _ => return None,
    })
}

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let wish = ReconcilePayments {
        since: Some(BEFORE.to_owned()),
        until: Some(AFTER.to_owned()),
        dry_run: Some(true),
        now: Some(false),
    };
    let difference = PaymentDifference {
        what: "status".to_owned(),
        order_id: ORDER.to_owned(),
        intent_id: "pi_1".to_owned(),
        here: Some("requires_action".to_owned()),
        there: Some("succeeded".to_owned()),
        amount: 2_598,
        then: "ask".to_owned(),
    };
    let found = PaymentReconciliation {
        dry_run: true,
        since: BEFORE.to_owned(),
        complete: false,
        reached: Some(AFTER.to_owned()),
        intents: 12,
        refunds: 1,
        disputes: 0,
        orders: 12,
        differences: vec![difference.clone()],
    };
    let orphan = OrphanPayment {
        id: ORDER.to_owned(),
        order_id: ORDER.to_owned(),
        intent_id: "pi_1".to_owned(),
        status: "refused".to_owned(),
        received: 2_598,
        failure_code: Some("charge_disputed".to_owned()),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
    };
    vec![
        sample("ReconcilePayments", wish),
        sample("PaymentDifference", difference),
        sample("PaymentReconciliation", found),
        sample("OrphanPayment", orphan.clone()),
        sample("OrphanPaymentList", page(orphan)),
    ]
}
