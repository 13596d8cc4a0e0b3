//! One value of each wire type about webhooks, and the limits of their fields.

use api_client::*;
use engine_core::webhook::{ABOUT_BYTES_MAX, EventType, URL_BYTES_MAX};
use serde_json::{Value, json};

use super::limits::{id, number, text, time};
use super::samples::{AFTER, BEFORE, ORDER, page, sample};
use crate::rest::SECRET_OVERLAP_S_MAX;

/// One value of each wire type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let url = "https://shop.example/webhooks".to_owned();
    let description = "Ships orders".to_owned();
    let events = vec!["order.changed".to_owned()];
    let new = NewWebhookEndpoint {
        url: url.clone(),
        description: Some(description.clone()),
        events: events.clone(),
    };
    let patch = PatchWebhookEndpoint {
        url: Some(url.clone()),
        description: Some(description.clone()),
        events: Some(events.clone()),
        enabled: Some(true),
    };
    let endpoint = WebhookEndpoint {
        id: "we_0123456789abcdef0123456789abcdef".to_owned(),
        version: 3,
        url,
        description,
        events,
        status: "disabled".to_owned(),
        disabled_by: Some("gone".to_owned()),
        disabled_at: Some(AFTER.to_owned()),
        secret_generation: 2,
        previous_until: Some(AFTER.to_owned()),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
    };
    let secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".to_owned();
    let letter = DeadLetter {
        id: "msg_1-42-0_0123456789abcdef0123456789abcdef".to_owned(),
        kind: "order.changed".to_owned(),
        timestamp: BEFORE.to_owned(),
        data: [("order_id", ORDER), ("status", "confirmed")]
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .into(),
        attempts: 10,
        last_status: Some(503),
        given_up_at: AFTER.to_owned(),
    };
    vec![
        sample("NewWebhookEndpoint", new),
        sample("PatchWebhookEndpoint", patch),
        sample("RotateWebhookSecret", RotateWebhookSecret { overlap_s: 86_400 }),
        sample("WebhookEndpoint", endpoint.clone()),
        sample("WebhookEndpointList", page(endpoint.clone())),
        sample("ShownWebhookEndpoint", ShownWebhookEndpoint { endpoint, secret }),
        sample("DeadLetter", letter.clone()),
        sample("DeadLetterList", page(letter)),
        sample("ReplayedWebhooks", ReplayedWebhooks { replayed: 3 }),
    ]
}

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    let names = EventType::ALL.map(EventType::as_str);
    let is_endpoint = kind.ends_with("WebhookEndpoint");
    Some(match (kind, field) {
        ("WebhookEndpoint", "id") => id("we_", 32),
        ("WebhookEndpoint", "status") => json!({"enum": ["enabled", "disabled"]}),
        (_, "url") if is_endpoint => json!({
            "minLength": 8, "maxLength": URL_BYTES_MAX, "pattern": "^https?://[!-~]+$",
            "examples": ["https://shop.example/webhooks"],
        }),
        (_, "description") if is_endpoint => text(0, ABOUT_BYTES_MAX, "Ships orders"),
        (_, "events") => json!({"minItems": 1, "maxItems": 64, "items": {"enum": names}}),
        (_, "disabled_by") => json!({"enum": ["person", "gone", "failing"]}),
        (_, "secret_generation") => number(1, i64::from(u32::MAX), 1),
        ("RotateWebhookSecret", "overlap_s") => number(0, SECRET_OVERLAP_S_MAX as i64, 86_400),
        ("ShownWebhookEndpoint", "secret") => json!({
            "pattern": "^whsec_[A-Za-z0-9+/]{43}=$",
            "examples": ["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="],
        }),
        ("DeadLetter", "id") => json!({
            "pattern": "^msg_[0-9]{1,5}-[0-9]{1,20}-[0-9]{1,10}_[0-9a-f]{32}$",
            "examples": ["msg_1-42-0_0123456789abcdef0123456789abcdef"],
        }),
        ("DeadLetter", "type") => json!({"enum": names}),
        ("DeadLetter", "attempts") => number(0, i64::from(u32::MAX), 10),
        ("DeadLetter", "last_status") => number(100, 999, 503),
        ("DeadLetter", "data") => json!({"maxProperties": 8}),
        (_, "timestamp" | "given_up_at" | "disabled_at") => time(),
        (_, "replayed") => number(0, i64::MAX, 3),
        _ => return None,
    })
}
