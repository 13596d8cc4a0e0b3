//! The samples of what becomes of orders that were confirmed.

use api_client::{
    CancelLines, Dispute, Fulfillment, LineUnits, LoseFulfillment, NewFulfillment, NewRefund,
    NewReturn, ReceiveReturn, ReceivedUnits, Refund, RejectReturn, Return, ShipFulfillment,
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
        reship_of: Some("ful_0123456789abcdef0123456789abcdee".to_owned()),
        made_up: Some("reshipped".to_owned()),
    }
}

/// A dispute that the shop has won.
pub fn dispute() -> Dispute {
    Dispute {
        id: "dp_1".to_owned(),
        status: "won".to_owned(),
        amount: 2_598,
        opened_at: BEFORE.to_owned(),
        closed_at: Some(AFTER.to_owned()),
    }
}

/// What comes back.
fn back() -> Vec<(&'static str, Value)> {
    let lines = vec![LineUnits { line: 0, quantity: 1 }];
    let damaged = ReceivedUnits { line: 0, quantity: 1, condition: "damaged".to_owned() };
    let it = Return {
        id: "ret_0123456789abcdef0123456789abcdef".to_owned(),
        status: "received".to_owned(),
        lines: lines.clone(),
        reason: "too small".to_owned(),
        rejection: Some("worn out".to_owned()),
        received: vec![damaged.clone()],
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
        expires_at: AFTER.to_owned(),
    };
    let receive = ReceiveReturn { received: Some(vec![damaged.clone()]), refund: Some(500) };
    let lose = LoseFulfillment { how: "lost".to_owned(), refund: Some(true) };
    vec![
        sample("NewReturn", NewReturn { lines, reason: "too small".to_owned() }),
        sample("RejectReturn", RejectReturn { reason: "worn out".to_owned() }),
        sample("ReceiveReturn", receive),
        sample("ReceivedUnits", damaged),
        sample("LoseFulfillment", lose),
        sample("Return", it.clone()),
        sample("ReturnList", page(it)),
        sample("Dispute", dispute()),
    ]
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
    let mut all = back();
    all.extend(vec![
        sample("LineUnits", LineUnits { line: 0, quantity: 1 }),
        sample("NewFulfillment", NewFulfillment { lines: Some(lines) }),
        sample("ShipFulfillment", ShipFulfillment { carrier, tracking }),
        sample("CancelLines", cancel),
        sample("NewRefund", NewRefund { amount: Some(500), reason }),
        sample("Fulfillment", fulfillment()),
        sample("Refund", refund.clone()),
        sample("RefundList", page(refund)),
    ]);
    all
}
