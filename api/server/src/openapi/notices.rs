//! What the document says of notices: an example of each wire type, and the limits of its fields.

use api_client::{Notice, ReplayedNotices};
use serde_json::{Value, json};

use super::limits::{id, number};
use super::samples::{AFTER, BEFORE, ORDER, page, sample};

/// The kinds of notice.
const KINDS: [&str; 15] = [
    "confirmed",
    "payment_needed",
    "shipped",
    "delivered",
    "canceled",
    "expired",
    "payment_failed",
    "refunded",
    "partly_canceled",
    "return_approved",
    "return_rejected",
    "return_canceled",
    "return_expired",
    "refund_failed",
    "never_arrived",
];

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let notice = Notice {
        id: format!("{ORDER}-0"),
        order_id: ORDER.to_owned(),
        kind: "confirmed".to_owned(),
        state: "dead".to_owned(),
        timestamp: BEFORE.to_owned(),
        attempts: 12,
        last_code: Some(451),
        due_at: Some(AFTER.to_owned()),
        given_up_at: Some(AFTER.to_owned()),
    };
    vec![
        sample("Notice", notice.clone()),
        sample("NoticeList", page(notice)),
        sample("ReplayedNotices", ReplayedNotices { replayed: 3 }),
    ]
}

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    Some(match (kind, field) {
        ("Notice", "id") => json!({
            "pattern": "^ord_[0-9a-f]{35}-[0-9]{1,10}$", "examples": [format!("{ORDER}-0")],
        }),
        ("Notice", "order_id") => id("ord_", 35),
        ("Notice", "kind") => json!({"enum": KINDS}),
        ("Notice", "state") => json!({"enum": ["waiting", "dead"]}),
        ("Notice", "attempts") => number(0, i64::from(u32::MAX), 12),
        ("Notice", "last_code") => number(100, 999, 451),
        ("Notice", "due_at") => {
            json!({"format": "date-time", "examples": ["2026-11-22T19:07:03.250Z"]})
        }
        ("ReplayedNotices", "replayed") => number(0, i64::MAX, 3),
        _ => return None,
    })
}
