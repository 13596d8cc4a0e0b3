//! Parameters and headers that many operations share.

use serde_json::{Value, json};

use crate::answer::KNOWN_TAGS_BYTES_MAX;
use crate::extract::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::idempotency::KEY_BYTES_MAX;
use crate::order::WAIT_S_MAX;

use super::limits;

/// The problems beside `InvalidHeader` and the like are the operations' own.
pub fn parameters() -> Value {
    json!({
        "ProductId": path_id("product", &limits::id("prod_", 32)),
        "CollectionId": path_id("collection", &limits::id("col_", 32)),
        "HoldId": path_id("hold", &limits::id("hold_", 32)),
        "KeyId": path_id("key", &limits::id("key_", 16)),
        "WebhookEndpointId": path_id("webhook endpoint", &limits::id("we_", 32)),
        "PromotionId": path_id("promotion", &limits::id("promo_", 32)),
        "ShippingMethodId": path_id("shipping method", &limits::id("ship_", 32)),
        "TaxRateId": path_id("tax rate", &limits::id("tax_", 32)),
        "LocationId": path_id("location", &limits::id("loc_", 32)),
        "OrderId": path_id("order", &limits::id("ord_", 35)),
        "FulfillmentId": path_part("fulfillment", &limits::id("ful_", 32)),
        "ReturnId": path_part("return", &limits::id("ret_", 32)),
        "Limit": {
            "name": "limit", "in": "query",
            "description": "How many items the page has at most.",
            "schema": {
                "type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT,
            },
        },
        "Cursor": {
            "name": "cursor", "in": "query",
            "description": "The `next_cursor` of the page before, as it was given.",
            "schema": {"type": "string", "minLength": 1, "maxLength": limits::CURSOR_CHARS_MAX},
        },
        "Consistency": {
            "name": "consistency", "in": "query",
            "description": "`strong`: as of what the cluster has committed by now. Without it, as \
                            of what the asked node has.",
            "schema": {"type": "string", "enum": ["local", "strong"], "default": "local"},
        },
        "MinToken": {
            "name": "Stoa-Min-Token", "in": "header",
            "description": "The `Stoa-Token` of an earlier answer: this one is not older.",
            "schema": limits::token(),
        },
        "MaxStaleness": {
            "name": "Stoa-Max-Staleness", "in": "header",
            "description": "How old the answer may be, in milliseconds.",
            "schema": {"type": "integer", "minimum": 0, "maximum": i64::MAX, "examples": [500]},
        },
        "IdempotencyKey": idempotency_key(false),
        "RequiredIdempotencyKey": idempotency_key(true),
        "IfMatch": {
            "name": "If-Match", "in": "header", "required": true,
            "description": "The `ETag` of the version that was seen; `*` for any.",
            "schema": {"type": "string", "pattern": "^(\\*|\"[0-9]{1,19}\")$",
                       "examples": ["\"3\""]},
        },
        "IfMatchGiven": {
            "name": "If-Match", "in": "header",
            "description": "The `ETag` of the version that was seen: changes no other. Without it, \
                            or with `*`, whatever is there is changed.",
            "schema": {"type": "string", "pattern": "^(\\*|\"[0-9]{1,19}\")$",
                       "examples": ["\"3\""]},
        },
        "IfNoneMatch": {
            "name": "If-None-Match", "in": "header",
            "description": "`ETag`s that are known already: 304 when it is one of them.",
            "schema": {"type": "string", "maxLength": KNOWN_TAGS_BYTES_MAX, "examples": ["\"3\""]},
        },
        "PreferWait": {
            "name": "Prefer", "in": "header",
            "description": format!(
                "`wait=N` (RFC 7240): answer once the payment is decided, or after N seconds, at \
                 most {WAIT_S_MAX}. What is not understood is ignored."
            ),
            "schema": {"type": "string", "maxLength": 1024, "examples": ["wait=5"]},
        },
    })
}

fn path_id(what: &str, schema: &Value) -> Value {
    let description = format!("The id of the {what}.");
    json!({
        "name": "id", "in": "path", "required": true, "description": description,
        "schema": schema,
    })
}

/// The id of a part of what the path names before it.
fn path_part(what: &str, schema: &Value) -> Value {
    let mut part = path_id(what, schema);
    part["name"] = json!("part_id");
    part
}

fn idempotency_key(required: bool) -> Value {
    let pattern = format!("^[!-~]([ -~]{{0,{}}}[!-~])?$", KEY_BYTES_MAX - 2);
    json!({
        "name": "Idempotency-Key", "in": "header", "required": required,
        "description": "Names the request over all its retries, for 72 hours: new for each \
                        request, the same for its retries.",
        "schema": {"type": "string", "minLength": 1, "maxLength": KEY_BYTES_MAX,
                   "pattern": pattern, "examples": ["6f1c9a52-0c3e-4e0b-9a52-5d6d0c3e4e0b"]},
    })
}

/// The headers of answers.
pub fn headers() -> Value {
    let integer = |least: u64| json!({"type": "integer", "minimum": least, "maximum": i64::MAX});
    json!({
        "RequestId": {
            "description": "Names the request in the node's log.",
            "required": true,
            "schema": {"type": "string", "pattern": limits::REQUEST_ID},
        },
        "Token": {
            "description": "Where the answer stood in the logs: send it as `Stoa-Min-Token` to \
                            read no older state, at any node.",
            "required": true,
            "schema": limits::token(),
        },
        "AsOf": {
            "description": "As of when the answer was true, in Unix milliseconds.",
            "required": true,
            "schema": integer(0),
        },
        "ETag": {
            "description": "The version, for `If-Match` and `If-None-Match`.",
            "required": true,
            "schema": {"type": "string", "pattern": "^\"[0-9]{1,19}\"$"},
        },
        "Replayed": {
            "description": "Present when the answer is that of an earlier request with this key.",
            "schema": {"type": "string", "enum": ["true"]},
        },
        "RateLimit": {
            "description": "How many requests the caller may send at once; absent where any number \
                            is taken.",
            "schema": integer(1),
        },
        "RateRemaining": {
            "description": "How many of them are left now.",
            "schema": integer(0),
        },
        "RateReset": {
            "description": "In how many seconds all of them are there again.",
            "schema": integer(0),
        },
        "RetryAfter": {
            "description": "How long to wait before the same request, in seconds; present when \
                            `retryable` is true.",
            "schema": integer(0),
        },
    })
}
