//! The examples of what is told of orders that do not go on by themselves.

use api_client::{Order, OrderRecovery, OrderToRecover, RecoverOrder};
use serde_json::Value;

use super::samples::{AFTER, ORDER, page, sample};

/// The samples, by the name of their type.
pub fn recovery(order: &Order) -> Vec<(&'static str, Value)> {
    let recover = RecoverOrder {
        reason: "the customer called".to_owned(),
        reviewed: Some(true),
        dry_run: Some(false),
    };
    let to_recover = OrderToRecover {
        order_id: ORDER.to_owned(),
        customer_id: "cus_7".to_owned(),
        status: "payment_unknown".to_owned(),
        why: "unknown_for_long".to_owned(),
        recovery: "ask".to_owned(),
        total: 2_598,
        currency: "USD".to_owned(),
        updated_at: AFTER.to_owned(),
    };
    let recovery =
        OrderRecovery { dry_run: false, recovery: "wait".to_owned(), order: order.clone() };
    vec![
        sample("RecoverOrder", recover),
        sample("OrderToRecover", to_recover.clone()),
        sample("OrderToRecoverList", page(to_recover)),
        sample("OrderRecovery", recovery),
    ]
}
