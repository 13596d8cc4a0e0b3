//! The limits of every field, by its name: from the engine's own constants, so that the document
//! promises what is enforced.
//!
//! A field means the same wherever it stands; where it does not, the line of its type comes first.
//! A test looks for fields without limits. Lengths of texts are enforced in bytes of UTF-8, while
//! `maxLength` counts characters: it is the most that can ever pass.

use engine_core::access::{KEY_NAME_BYTES_MAX, NETWORKS_PER_KEY_MAX, Role, Scope};
use engine_core::audit::CHANGES_BYTES_MAX;
use engine_core::cart::{LINES_PER_CART_MAX, UNITS_PER_CART_LINE_MAX};
use engine_core::catalog::{
    ATTRIBUTE_NAME_BYTES_MAX, ATTRIBUTE_VALUE_BYTES_MAX, ATTRIBUTES_MAX,
    COLLECTIONS_PER_PRODUCT_MAX, DESCRIPTION_BYTES_MAX, LABEL_BYTES_MAX, NAME_BYTES_MAX,
};
use engine_core::inventory::{HOLD_MS_MAX, REASON_BYTES_MAX, UNITS_MAX};
use engine_core::notice::{EMAIL_BYTES_MAX, EMAIL_BYTES_MIN};
use engine_core::order::{
    Condition, DISPUTE_ID_BYTES_MAX, DisputeState, FULFILLMENTS_PER_ORDER_MAX, FulfillmentState,
    LINES_PER_ORDER_MAX, RefundState, ReturnState, SHIPPING_TEXT_BYTES_MAX, Status,
};
use engine_core::payment::{
    ATTEMPTS_MAX, CODE_BYTES_MAX, INTENT_ID_BYTES_MAX, PAYMENT_METHOD_BYTES_MAX, PaymentState,
};
use engine_core::{Money, Owner, Topology};
use serde_json::{Value, json};

use super::{events, locations, notices, pricing, reconcile, search, webhooks};
use crate::errors::Code;
use crate::rest::{HOLD_MS_MIN, OVERLAP_S_MAX, VALID_S_MAX};
use crate::trail::CURSOR_CHARS_MAX as TRAIL_CURSOR_CHARS_MAX;

pub use engine_search::CURSOR_CHARS_MAX;

/// What a request's id looks like.
pub const REQUEST_ID: &str = "^req_[0-9a-f]{16}$";
/// Texts have no ASCII control characters but tab, line feed and carriage return.
const PLAIN: &str = "^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$";
/// The largest number that an answer tells: JSON readers lose larger ones anyway.
const NUMBER_MAX: i64 = i64::MAX;

/// Adds the limits of a type's field to its schema.
pub fn add(kind: &str, field: &str, property: &mut Value) {
    let found = of_type(kind, field).or_else(|| reconcile::limits(kind, field));
    let found = found.or_else(|| audit(kind, field));
    let found = found.or_else(|| webhooks::limits(kind, field)).or_else(|| work(kind, field));
    let found = found.or_else(|| notices::limits(kind, field));
    let found = found.or_else(|| events::limits(kind, field));
    let found = found.or_else(|| pricing::limits(kind, field));
    let found = found.or_else(|| locations::limits(kind, field));
    let found = found.or_else(|| search::limits(kind, field));
    let found = found.or_else(|| of_field(field));
    let Some(limits) = found else { return };
    let nullable = property["type"].as_array().is_some_and(|types| types.contains(&json!("null")));
    for (key, value) in limits.as_object().cloned().into_iter().flatten() {
        // What it is has been said by its type, which may allow null.
        if key != "type" {
            merge(&mut property[&key], value);
        }
    }
    let choices = property.get_mut("enum").and_then(Value::as_array_mut);
    if let Some(choices) = choices.filter(|_| nullable) {
        choices.push(Value::Null);
    }
}

/// What the fields of a type have to do with one another.
pub fn between(kind: &str) -> Option<Value> {
    let known = |price: &str, currency: &str| {
        let fields = json!({"price": {"type": price}, "currency": {"type": currency}});
        json!({"properties": fields})
    };
    match kind {
        "PatchProduct" => {
            let mut both = known("integer", "string");
            both["required"] = json!(["price", "currency"]);
            Some(json!({"anyOf": [both, known("null", "null")]}))
        }
        "NewOrder" | "NewQuote" => {
            let one = |field: &str| {
                let there = json!({field: {"not": {"type": "null"}}});
                json!({"required": [field], "properties": there})
            };
            Some(json!({"anyOf": [one("lines"), one("cart")]}))
        }
        "NewKey" => {
            let role = json!({"required": ["role"], "properties": {"role": {"type": "string"}}});
            let scopes = json!({"required": ["scopes"], "properties": {"scopes": {"minItems": 1}}});
            Some(json!({"anyOf": [role, scopes]}))
        }
        _ => pricing::between(kind),
    }
}

/// Adds to a schema what is said of it; both may speak of items and the like.
fn merge(schema: &mut Value, limits: Value) {
    match (schema, limits) {
        (Value::Object(schema), Value::Object(limits)) => {
            for (key, value) in limits {
                merge(schema.entry(key).or_insert(Value::Null), value);
            }
        }
        (schema, limits) => *schema = limits,
    }
}

fn of_type(kind: &str, field: &str) -> Option<Value> {
    Some(match (kind, field) {
        ("Product" | "SeedProduct", "id") => id("prod_", 32),
        ("Collection" | "SeedCollection", "id") => id("col_", 32),
        ("Order", "id") => id("ord_", 35),
        ("Hold", "id") => id("hold_", 32),
        ("Cart", "id") | ("NewOrder" | "NewQuote", "cart") => id("cart_", 35),
        ("Cart", "version") => number(0, NUMBER_MAX, 3),
        ("Cart", "lines") => json!({"maxItems": LINES_PER_CART_MAX}),
        ("CartLine" | "PutCartLine", "quantity") => {
            number(1, i64::from(UNITS_PER_CART_LINE_MAX), 2)
        }
        ("MergeCart", "guest_token") | ("Guest", "token") => id("gst_", 32),
        ("ApiKey", "id") => id("key_", 16),
        ("ClusterNode" | "NodeSelf", "id") => number(0, NUMBER_MAX, 1),
        ("ClusterShard", "id") => shard(),
        // A hold that has ended keeps none.
        ("Hold", "lines") => json!({"maxItems": LINES_PER_ORDER_MAX}),
        ("OrderToRecover", "status") => order_status("payment_unknown"),
        ("OrderToRecover", "why") => json!({"pattern": "^[a-z_]{1,64}$"}),
        ("ApiKey", "status") => json!({"enum": ["active", "expired", "revoked"]}),
        ("ApiKey" | "NewKey", "name") => text(1, KEY_NAME_BYTES_MAX, "shop"),
        ("Hold", "status") => json!({"enum": ["held", "committed", "released"]}),
        ("Order", "status") => order_status("confirmed"),
        ("Payment", "status") => payment_status(),
        ("Payment", "client_secret") => text(1, 512, "pi_1_secret_8GxT"),
        ("NewPayment", "payment_method") => json!({
            "maxLength": PAYMENT_METHOD_BYTES_MAX, "pattern": "^pm_[A-Za-z0-9_]*$",
            "examples": ["pm_card_visa"],
        }),
        ("NextAction", "type") => json!({"enum": ["redirect"]}),
        ("NextAction", "redirect_url") => json!({"format": "uri"}),
        ("StripeEvent", "id" | "type") => text(1, 255, "evt_1"),
        ("Problem", "status") => number(400, 599, 409),
        ("NodeSelf", "version") => text(1, 64, env!("CARGO_PKG_VERSION")),
        ("ProductBody" | "SeedProduct", "price") => seeds_price(),
        ("Problem" | "ShortLine", "requested") => {
            number(1, i64::from(UNITS_MAX) * LINES_PER_ORDER_MAX as i64, 3)
        }
        ("Problem", "expected" | "actual") => number(i64::MIN, NUMBER_MAX, 2_999),
        ("Problem", "lines") => json!({"maxItems": LINES_PER_ORDER_MAX}),
        ("Checked", "shards") => number(1, i64::from(Topology::SHARDS_MAX) + 1, 3),
        ("TransferLeader", "to") => number(0, NUMBER_MAX, 2),
        ("AdjustStock", "delta") => {
            let units = i64::from(UNITS_MAX);
            json!({"minimum": -units, "maximum": units, "not": {"const": 0}, "examples": [-1]})
        }
        // On backorder more can be sold than there is.
        ("Stock", "held" | "committed") => number(0, 2 * i64::from(UNITS_MAX), 2),
        _ => return None,
    })
}

fn of_field(field: &str) -> Option<Value> {
    let found = catalog(field).or_else(|| amounts(field)).or_else(|| orders(field));
    found.or_else(|| cluster(field)).or_else(|| access(field))
}

fn catalog(field: &str) -> Option<Value> {
    Some(match field {
        "product_id" => id("prod_", 32),
        "collectionId" => id("col_", 32),
        "collection_ids" => {
            json!({"maxItems": COLLECTIONS_PER_PRODUCT_MAX, "items": id("col_", 32)})
        }
        "name" => text(1, NAME_BYTES_MAX, "Green tea, 100 g"),
        "description" => text(0, DESCRIPTION_BYTES_MAX, "First flush, from the hills."),
        "brand" => text(0, LABEL_BYTES_MAX, "Stoa"),
        "sku" => text(0, LABEL_BYTES_MAX, "TEA-G-100"),
        "attributes" => json!({
            "maxProperties": ATTRIBUTES_MAX,
            "propertyNames": text(1, ATTRIBUTE_NAME_BYTES_MAX, "origin"),
            "additionalProperties": text(0, ATTRIBUTE_VALUE_BYTES_MAX, "Shizuoka"),
            "examples": [{"origin": "Shizuoka"}],
        }),
        "created_at" | "updated_at" | "archived_at" | "createdAt" | "updatedAt" | "deletedAt"
        | "placed_at" | "expires_at" | "capture_before" | "at" | "revoked_at"
        | "previous_until" | "last_used_at" => time(),
        "next_cursor" => json!({"minLength": 1, "maxLength": CURSOR_CHARS_MAX}),
        _ => return None,
    })
}

fn amounts(field: &str) -> Option<Value> {
    let units = i64::from(UNITS_MAX);
    Some(match field {
        "price" | "unit_price" | "min_price" | "max_price" | "price_seen" => {
            number(0, Money::AMOUNT_MAX, 2_999)
        }
        "subtotal" => number(0, NUMBER_MAX, 5_998),
        "total" | "expected_total" => number(0, Money::AMOUNT_MAX, 5_998),
        "currency" => json!({"pattern": "^[A-Za-z]{3}$", "examples": ["USD"]}),
        "quantity" => number(1, units, 2),
        "stock" | "inventory" | "available" | "on_hand" | "held" | "committed" | "expected" => {
            number(0, units, 12)
        }
        "safety" | "backorder_limit" | "sent_ahead" => number(0, units, 5),
        "low_stock_threshold" => number(0, units, 20),
        "balance" => number(-units, units, 112),
        "delta" => number(-units, units, -1),
        "reason" => text(1, REASON_BYTES_MAX, "counted"),
        "kind" => json!({"enum": [
            "received", "adjusted", "set", "set_available", "shipped", "written_off",
            "returned", "transferred",
        ]}),
        "number" | "version" | "product_version" => number(1, NUMBER_MAX, 1),
        "count" => number(0, NUMBER_MAX, 12),
        "hold_ms" => number(HOLD_MS_MIN as i64, HOLD_MS_MAX as i64, 900_000),
        _ => return None,
    })
}

fn orders(field: &str) -> Option<Value> {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    Some(match field {
        "customer_id" => customer(),
        "order_id" => id("ord_", 35),
        "recovery" => json!({"enum": ["ask", "repeat", "wait", "nothing"]}),
        "lines" => json!({"minItems": 1, "maxItems": LINES_PER_ORDER_MAX}),
        "payment_method" => json!({
            "maxLength": PAYMENT_METHOD_BYTES_MAX, "pattern": "^(on_account|pm_[A-Za-z0-9_]*)$",
            "examples": ["on_account"],
        }),
        "email" => email(),
        "intent_id" => text(1, INTENT_ID_BYTES_MAX, "pi_1"),
        "method" => text(1, PAYMENT_METHOD_BYTES_MAX, "pm_card_visa"),
        "attempts" => number(0, i64::from(ATTEMPTS_MAX), 0),
        "decline_code" => text(1, CODE_BYTES_MAX, "card_declined"),
        "needs_review" => json!({"enum": [
            "amount_mismatch", "payment_unknown", "orphan_money", "authorization_expiring",
            "fulfillment_overdue", "provider_refused", "refund_overdue",
            "disputed",
        ]}),
        "transition" => json!({"pattern": "^(T[0-9]{1,2}[a-z]?|alarm)$", "examples": ["T1"]}),
        "from" => order_status("payment_pending"),
        "to" => order_status("confirmed"),
        "note" | "what" | "title" | "detail" => json!({"minLength": 1, "maxLength": 65_536}),
        "type" => json!({"pattern": "^urn:stoa:error:[a-z_]+$"}),
        "code" => json!({"enum": codes}),
        "param" => json!({"minLength": 1, "maxLength": 65_536, "examples": ["lines[2].quantity"]}),
        "request_id" => json!({"pattern": REQUEST_ID, "examples": ["req_9c1de0f4a2b35678"]}),
        _ => return None,
    })
}

fn access(field: &str) -> Option<Value> {
    Some(match field {
        "role" => json!({"enum": Role::ALL.map(Role::as_str)}),
        "scopes" => json!({"maxItems": 64, "items": {"enum": Scope::ALL.map(Scope::as_str)}}),
        "networks" => json!({
            "maxItems": NETWORKS_PER_KEY_MAX,
            "items": {"minLength": 2, "maxLength": 49, "examples": ["10.0.0.0/8"]},
        }),
        "valid_s" => number(1, VALID_S_MAX as i64, 7_776_000),
        "overlap_s" => number(0, OVERLAP_S_MAX as i64, 86_400),
        "secret" => json!({
            "pattern": "^stoa_sk_[0-9a-f]{16}_[0-9a-f]{32}_[0-9a-f]{8}$",
            "examples": ["stoa_sk_0123456789abcdef_0123456789abcdef0123456789abcdef_01234567"],
        }),
        _ => return None,
    })
}

fn audit(kind: &str, field: &str) -> Option<Value> {
    Some(match (kind, field) {
        ("TrailRow", "id") => json!({"pattern": "^[0-9]{1,5}-[0-9]{1,20}$", "examples": ["1-42"]}),
        ("TrailRow", "command") => {
            json!({"pattern": "^[a-z_]{1,64}$", "examples": ["update_product"]})
        }
        ("TrailRow", "outcome") => json!({"enum": ["accepted", "refused"]}),
        ("TrailRow", "left_out_bytes") => {
            number(CHANGES_BYTES_MAX as i64 + 1, NUMBER_MAX, 2 * CHANGES_BYTES_MAX as i64)
        }
        ("TrailActor", "kind") => json!({"enum": ["key", "local", "anonymous"]}),
        ("TrailActor", "name") => trail_actor(),
        ("TrailActor", "address") => {
            json!({"minLength": 2, "maxLength": 45, "examples": ["192.0.2.7"]})
        }
        ("TrailThing" | "TrailChange", "kind") => json!({"enum": [
            "product", "stock", "movement", "collection", "hold", "order", "key", "shard",
            "webhook", "cart", "promotion", "shipping_method", "tax_rate",
            "location", "consumer",
        ]}),
        ("TrailThing" | "TrailChange", "id") => trail_id(),
        ("TrailChange", "before" | "after") => json!({"maxProperties": 16}),
        ("TrailRowList", "next_cursor") => trail_cursor(),
        _ => return None,
    })
}

/// What becomes of orders that were confirmed.
fn work(kind: &str, field: &str) -> Option<Value> {
    let units = i64::from(UNITS_MAX);
    Some(match (kind, field) {
        ("Fulfillment", "id" | "reship_of") => id("ful_", 32),
        ("Fulfillment", "made_up") => json!({"enum": ["refunded", "reshipped"]}),
        ("Fulfillment", "status") => {
            json!({"enum": FulfillmentState::ALL.map(FulfillmentState::as_str)})
        }
        ("Refund", "id") => id("ref_", 32),
        ("Refund", "status") => json!({"enum": RefundState::ALL.map(RefundState::as_str)}),
        ("Refund" | "NewRefund", "amount") => number(1, Money::AMOUNT_MAX, 500),
        (_, "fulfillments") => json!({"maxItems": FULFILLMENTS_PER_ORDER_MAX}),
        (_, "carrier") => text(1, SHIPPING_TEXT_BYTES_MAX, "UPS"),
        (_, "tracking") => text(0, SHIPPING_TEXT_BYTES_MAX, "1Z999AA10123456784"),
        (_, "failure_code") => text(1, CODE_BYTES_MAX, "expired_or_canceled_card"),
        ("Return", "id") => id("ret_", 32),
        ("Return", "status") => json!({"enum": ReturnState::ALL.map(ReturnState::as_str)}),
        (_, "rejection") => text(1, REASON_BYTES_MAX, "worn out"),
        (_, "received") => json!({"maxItems": 2 * LINES_PER_ORDER_MAX}),
        (_, "condition") => json!({"enum": Condition::ALL.map(Condition::as_str)}),
        ("ReceiveReturn", "refund") => number(0, Money::AMOUNT_MAX, 500),
        ("LoseFulfillment", "how") => json!({"enum": ["lost", "returned_to_sender"]}),
        ("Dispute", "id") => text(1, DISPUTE_ID_BYTES_MAX, "dp_1"),
        ("Dispute", "status") => json!({"enum": DisputeState::ALL.map(DisputeState::as_str)}),
        ("Dispute", "amount") => number(0, Money::AMOUNT_MAX, 2_598),
        ("ReceivedUnits", "line") => number(0, LINES_PER_ORDER_MAX as i64 - 1, 0),
        (_, "opened_at" | "closed_at") => time(),
        ("LineUnits", "line") => number(0, LINES_PER_ORDER_MAX as i64 - 1, 0),
        ("OrderLine", "canceled" | "shipped" | "delivered" | "lost" | "returned") => {
            number(0, units, 1)
        }
        ("Payment", "captured" | "refunded") => number(0, Money::AMOUNT_MAX, 2_598),
        (_, "shipped_at" | "delivered_at") => time(),
        _ => return None,
    })
}

/// Who can be named in the audit trail.
pub fn trail_actor() -> Value {
    json!({
        "type": "string", "pattern": "^(anonymous|local|key_[0-9a-f]{16})$",
        "examples": ["key_0123456789abcdef"],
    })
}

/// What can be named in the audit trail.
pub fn trail_id() -> Value {
    json!({
        "type": "string", "pattern": "^[a-z]{1,8}_[0-9a-f]{1,35}$",
        "examples": ["prod_0123456789abcdef0123456789abcdef"],
    })
}

/// Whether a text is as [`trail_id`] says.
pub fn is_trail_id(text: &str) -> bool {
    let Some((prefix, digits)) = text.split_once('_') else { return false };
    let lower = |byte: u8| byte.is_ascii_lowercase();
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    (1..=8).contains(&prefix.len())
        && prefix.bytes().all(lower)
        && (1..=35).contains(&digits.len())
        && digits.bytes().all(hex)
}

/// How far each shard's audit trail was read.
pub fn trail_cursor() -> Value {
    let part = "[0-9]{1,5}:[0-9]{1,19}";
    let more = Topology::SHARDS_MAX;
    json!({
        "type": "string", "maxLength": TRAIL_CURSOR_CHARS_MAX,
        "pattern": format!("^[no]{part}(,{part}){{0,{more}}}$"), "examples": ["n0:12,1:42"],
    })
}

fn cluster(field: &str) -> Option<Value> {
    Some(match field {
        "shard" => shard(),
        "leads" => json!({"items": shard()}),
        "voters" => json!({"items": number(0, NUMBER_MAX, 1)}),
        "cluster_id" => json!({"minLength": 1, "maxLength": 64, "examples": ["demo"]}),
        "url" | "ops_url" => json!({"format": "uri", "examples": ["http://127.0.0.1:7001"]}),
        "invariant" => json!({"pattern": "^I[0-9]{1,2}$", "examples": ["I3"]}),
        "token" => token(),
        "answered_by" | "leader" => number(0, NUMBER_MAX, 1),
        "pid" => number(0, i64::from(u32::MAX), 4_711),
        "term" | "last_log_index" | "applied_index" | "took_ms" => number(0, NUMBER_MAX, 42),
        "as_of_ms" | "now_ms" => number(0, NUMBER_MAX, 1_795_374_423_250),
        "clock_offset_ms" => number(i64::MIN, NUMBER_MAX, -3),
        _ => return None,
    })
}

/// An id: a prefix and lowercase hexadecimal digits.
pub fn id(prefix: &str, digits: usize) -> Value {
    let example: String = "0123456789abcdef".chars().cycle().take(digits).collect();
    json!({
        "type": "string",
        "pattern": format!("^{prefix}[0-9a-f]{{{digits}}}$"),
        "examples": [format!("{prefix}{example}")],
    })
}

/// Who an order belongs to.
pub fn customer() -> Value {
    json!({
        "type": "string", "minLength": 1, "maxLength": Owner::BYTES_MAX,
        "pattern": "^[A-Za-z0-9_.:@-]+$", "examples": ["cus_7"],
    })
}

/// An address, as `engine_core::notice::Email` checks it.
fn email() -> Value {
    let (word, label) = ("[!#-'*+/-9=?A-Z^-~-]+", "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?");
    json!({
        "type": "string", "minLength": EMAIL_BYTES_MIN, "maxLength": EMAIL_BYTES_MAX,
        "pattern": format!("^(?=[^@]{{1,64}}@){word}(\\.{word})*@{label}(\\.{label})*$"),
        "examples": ["ann@example.com"],
    })
}

/// Positions in the logs.
pub fn token() -> Value {
    json!({
        "type": "string",
        "pattern": "^[0-9]{1,5}:[0-9]{1,20}(,[0-9]{1,5}:[0-9]{1,20}){0,511}$",
        "examples": ["1:42,2:7"],
    })
}

/// A text of so many bytes.
pub fn text(least: usize, most: usize, example: &str) -> Value {
    json!({
        "type": "string", "minLength": least, "maxLength": most, "pattern": PLAIN,
        "x-max-bytes": most, "examples": [example],
    })
}

/// A number between two.
pub fn number(least: i64, most: i64, example: i64) -> Value {
    json!({"minimum": least, "maximum": most, "examples": [example]})
}

fn shard() -> Value {
    number(0, i64::from(Topology::SHARDS_MAX), 1)
}

/// A time.
pub fn time() -> Value {
    json!({"format": "date-time", "examples": ["2026-11-22T19:07:03.250Z"]})
}

fn order_status(example: &str) -> Value {
    json!({"enum": Status::ALL.map(Status::as_str), "examples": [example]})
}

fn payment_status() -> Value {
    json!({"enum": PaymentState::ALL.map(PaymentState::as_str), "examples": ["authorized"]})
}

/// A decimal in the cluster's currency, read exactly and never through a float. The most is that of
/// a currency with two decimals.
fn seeds_price() -> Value {
    json!({"minimum": 0, "maximum": Money::AMOUNT_MAX / 100, "examples": [29.99]})
}
