//! One value of each wire type about the feed, and the limits of their fields.

use api_client::*;
use engine_core::Topology;
use engine_core::feed::CONSUMER_NAME_BYTES_MAX;
use engine_core::webhook::EventType;
use serde_json::{Value, json};

use super::limits::{id, text, time};
use super::samples::{self, AFTER, BEFORE, ORDER, sample};
use crate::feed::CURSOR_CHARS_MAX;

/// How far two shards and the meta group were read.
pub const CURSOR: &str = "e0:12,1:42.3,2:9";

/// One value of each wire type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let event = CloudEvent {
        specversion: "1.0".to_owned(),
        id: "evt_1-42-3".to_owned(),
        source: "urn:stoa:cluster:demo".to_owned(),
        kind: "order.changed".to_owned(),
        subject: ORDER.to_owned(),
        time: BEFORE.to_owned(),
        datacontenttype: "application/json".to_owned(),
        shard: 1,
        sequence: "00000000000000000042-0000000003".to_owned(),
        data: [("order_id", ORDER), ("status", "confirmed")]
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .into(),
    };
    let next_cursor = Some(CURSOR.to_owned());
    let page = List { data: vec![event.clone()], has_more: true, next_cursor };
    let consumer = EventConsumer {
        id: "con_0123456789abcdef0123456789abcdef".to_owned(),
        name: "mailer".to_owned(),
        version: 3,
        cursor: CURSOR.to_owned(),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
    };
    let put = PutEventConsumer { cursor: CURSOR.to_owned(), reset: Some(false) };
    vec![
        sample("CloudEvent", event),
        sample("CloudEventList", page),
        sample("PutEventConsumer", put),
        sample("EventConsumer", consumer.clone()),
        sample("EventConsumerList", samples::page(consumer)),
    ]
}

/// The limits of a type's field.
pub fn limits(kind: &str, field: &str) -> Option<Value> {
    Some(match (kind, field) {
        ("CloudEventList", "next_cursor") | ("Problem", "oldest_cursor") => cursor(),
        ("CloudEvent", "specversion") => json!({"const": "1.0"}),
        ("CloudEvent", "id") => json!({
            "pattern": "^evt_[0-9]{1,5}-[0-9]{1,20}-[0-9]{1,10}$", "examples": ["evt_1-42-3"],
        }),
        ("CloudEvent", "source") => json!({"format": "uri", "pattern": "^urn:stoa:cluster:"}),
        ("CloudEvent", "type") => json!({"enum": EventType::ALL.map(EventType::as_str)}),
        ("CloudEvent", "subject") => text(1, 64, ORDER),
        ("CloudEvent", "time") => time(),
        ("CloudEvent", "datacontenttype") => json!({"const": "application/json"}),
        ("CloudEvent", "sequence") => json!({
            "pattern": "^[0-9]{20}-[0-9]{10}$", "examples": ["00000000000000000042-0000000003"],
        }),
        ("EventConsumer", "cursor") => cursor(),
        ("PutEventConsumer", "cursor") => {
            let more = cursor();
            let pattern = more["pattern"].as_str().unwrap_or_default().trim_start_matches('^');
            let pattern = pattern.trim_end_matches('$');
            json!({
                "maxLength": CURSOR_CHARS_MAX, "pattern": format!("^(now|{pattern})$"),
                "examples": [CURSOR],
            })
        }
        ("EventConsumer", "id") => id("con_", 32),
        ("EventConsumer", "name") => consumer_name(),
        ("CloudEvent", "data") => json!({"maxProperties": 8}),
        _ => return None,
    })
}

/// What a consumer is called.
pub fn consumer_name() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": CONSUMER_NAME_BYTES_MAX,
        "pattern": "^[A-Za-z0-9_.-]+$", "examples": ["mailer"],
    })
}

/// How far each shard's feed was read.
pub fn cursor() -> Value {
    let part = "[0-9]{1,5}:[0-9]{1,19}(\\.[0-9]{1,10})?";
    let more = Topology::SHARDS_MAX;
    json!({
        "type": "string", "maxLength": CURSOR_CHARS_MAX,
        "pattern": format!("^e{part}(,{part}){{0,{more}}}$"), "examples": [CURSOR],
    })
}
