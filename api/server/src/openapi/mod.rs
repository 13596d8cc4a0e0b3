//! The OpenAPI document: made from the routes as they are declared, so that none can be forgotten.
//!
//! A route is declared once, with its handler and its [`Op`]; [`Routes`] makes the router and the
//! document of them. Shapes come from the wire types, limits from the engine's own constants
//! (`limits.rs`), problems from the table of codes. Nothing here is read by a handler.
//!
//! `docs/api/openapi.json` is this document, checked in; a test holds the two together.

mod events;
pub mod limits;
mod locations;
mod notices;
mod operation;
mod parameters;
mod pricing;
mod reconcile;
mod recovery_samples;
mod routes;
mod samples;
mod schemas;
mod search;
mod webhooks;
mod work;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::errors::Code;

pub use crate::rest::document as of_all_routes;
pub use events::{consumer_name, cursor as event_cursor};
pub use operation::Op;
pub use routes::Routes;
pub use samples::samples;

/// What it is, and how to read it.
const ABOUT: &str = "A commerce engine: catalog, stock, holds, orders and search, replicated.

Amounts are integer minor units of an ISO 4217 currency, times are RFC 3339 in UTC. Bodies of \
writes refuse fields they do not know; answers may grow new ones.

Every refusal is an `application/problem+json` document (RFC 9457) with a stable `code`: the codes \
of each operation stand at its statuses, and docs/errors.md explains each. A path that does not \
exist is 404 `not_found`, a method that a path does not take 405 `method_not_allowed`.

Reads are answered by the asked node's own replica; `Stoa-As-Of` and `Stoa-Token` say how fresh \
they are, and `Stoa-Min-Token`, `Stoa-Max-Staleness` or `consistency=strong` ask for more. A POST \
is repeated under the same `Idempotency-Key`, and then happens once.";

/// The tags, in the order in which they are told.
const TAGS: [(&str, &str); 20] = [
    ("products", "What is sold."),
    ("collections", "Products by theme."),
    ("search", "Finding products, from the asked node's own index."),
    ("stock", "Units on hand, and what changes them."),
    ("holds", "Units kept for a cart, without an order."),
    ("carts", "What customers and guests mean to order."),
    ("orders", "Orders and how they are paid."),
    ("fulfillments", "What of an order is packed, sent and delivered."),
    ("returns", "What comes back."),
    ("refunds", "What is given back."),
    ("recovery", "Orders that do not go on by themselves."),
    ("pricing", "Promotions, shipping, taxes, and what an order would cost."),
    ("events", "What has happened, in order, from a cursor on."),
    ("webhooks", "Who is told of events, and what they have not taken."),
    ("notices", "What customers are told of their orders by mail, and is not sent."),
    ("access", "API keys and guests: who may do what."),
    ("audit", "Who did what to what, when and from where."),
    ("cluster", "Nodes, shards, and whether every invariant holds."),
    ("health", "For load balancers, Prometheus and readers of this document."),
    ("seeds", "The interface of the platforms Stoa grew from, as it was."),
];

/// The document of these operations.
pub fn document(operations: &[Op]) -> Value {
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut schemas = schemas::Schemas::default();
    schemas.answer::<api_client::Problem>();
    for operation in operations {
        schemas.merge(operation.schemas());
        let path = paths.entry(operation.path()).or_default();
        path.insert(operation.method().to_owned(), operation.document());
    }
    let tags = TAGS.map(|(name, description)| json!({"name": name, "description": description}));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Stoa",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/", "description": "The node that serves this document."}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": schemas.document(),
            "parameters": parameters::parameters(),
            "headers": parameters::headers(),
            "responses": responses(),
            "securitySchemes": security_schemes(),
        },
    })
}

/// A response for each code, for statuses at which an operation has no other.
fn responses() -> Value {
    let all = Code::ALL.iter().map(|code| (code.name().to_owned(), operation::problem(&[*code])));
    Value::Object(all.collect())
}

fn security_schemes() -> Value {
    json!({
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "stoa_sk_…",
            "description": "An API key, `stoa_sk_<id>_<secret>_<crc>`: for shops, tools and staff. \
                            What it may do is in its scopes.",
        },
        "customer": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "gst_…",
            "description": "A guest's token, `gst_…`: opens the caller's own orders, and nothing \
                            else.",
        },
    })
}
