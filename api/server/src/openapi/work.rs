//! The samples of what becomes of orders that were confirmed.

use api_client::{
    CancelLines, Fulfillment, LineUnits, NewFulfillment, NewRefund, Refund, ShipFulfillment,
};
use serde_json::Value;

use super::samples::{AFTER, BEFORE, page, sample};

/// A fulfillment that has arrived.
pub fn fulfillment() -> Fulfillment {
    Fulfillment {
        id: "ful_0123456789abcdef0123456789abcdef".to_owned(),
        status: "shipped".to_owned(),
        lines: vec![LineUnits { line: 0, quantity: 1 }],
        carrier: Some("UPS".to_owned()),
        tracking: Some("1Z999AA10123456784".to_owned()),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
        shipped_at: Some(AFTER.to_owned()),
        delivered_at: Some(AFTER.to_owned()),
    }
}

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let lines = vec![LineUnits { line: 0, quantity: 1 }];
    let (carrier, tracking) = ("UPS".to_owned(), Some("1Z999AA10123456784".to_owned()));
    let refund = Refund {
        id: "ref_0123456789abcdef0123456789abcdef".to_owned(),
        status: "failed".to_owned(),
        amount: 500,
        currency: "USD".to_owned(),
        reason: "a dented tin".to_owned(),
        failure_code: Some("expired_or_canceled_card".to_owned()),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
    };
    let reason = "a dented tin".to_owned();
    let cancel = CancelLines { lines: lines.clone(), reason: reason.clone(), write_off: true };
    vec![
        sample("LineUnits", LineUnits { line: 0, quantity: 1 }),
        sample("NewFulfillment", NewFulfillment { lines: Some(lines) }),
        sample("ShipFulfillment", ShipFulfillment { carrier, tracking }),
        sample("CancelLines", cancel),
        sample("NewRefund", NewRefund { amount: Some(500), reason }),
        sample("Fulfillment", fulfillment()),
        sample("Refund", refund.clone()),
        sample("RefundList", page(refund)),
    ]
}
