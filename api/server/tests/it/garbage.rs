//! Garbage at every route: always a problem document, never a fault. A failure prints its seed.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::harness::{Node, Raw, Tested, with_node};

const PATHS: &[&str] = &[
    "/v1/products",
    "/v1/products/ID",
    "/v1/collections",
    "/v1/collections/ID",
    "/v1/stock/ID",
    "/v1/stock/ID/movements",
    "/v1/stock/ID/policy",
    "/v1/stock/receipts",
    "/v1/stock/adjustments",
    "/v1/stock/levels",
    "/v1/holds",
    "/v1/holds/ID",
    "/v1/holds/ID/commit",
    "/v1/search",
    "/v1/search/complete",
    "/v1/search/settings",
    "/v1/orders",
    "/v1/orders/ID",
    "/v1/orders/ID/cancel",
    "/v1/orders/ID/history",
    "/v1/orders/ID/payments",
    "/v1/payments/stripe/webhooks",
    "/v1/payments/orphans",
    "/v1/payments/reconcile",
    "/v1/cluster/leaders/transfer",
    "/v1/webhook-endpoints",
    "/v1/webhook-endpoints/ID",
    "/v1/webhook-endpoints/ID/rotate-secret",
    "/v1/webhook-endpoints/ID/dead-letters",
    "/v1/webhook-endpoints/ID/replay",
    "/v1/events",
    "/v1/events/consumers",
    "/v1/events/consumers/ID",
    "/v1/notices",
    "/v1/notices/replay",
    "/product",
    "/product/ID",
    "/collection",
    "/collection/ID",
    "/heartbeat",
    "/nowhere",
    "/",
];
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"];
const IDS: &[&str] = &[
    "prod_00000000000000000000000000000001",
    "ord_00000000000000000000000000000000001",
    "hold_00000000000000000000000000000001",
    "col_00000000000000000000000000000001",
    "we_00000000000000000000000000000001",
    "x",
    "%00",
    "%ff%fe",
    "..%2f..",
    "prod_",
    "prod_GGGG0000000000000000000000000000",
    "%F0%9F%92%A9",
    "ord_fff00000000000000000000000000000000",
];
const FIELDS: &[&str] = &[
    "name",
    "price",
    "currency",
    "stock",
    "product_id",
    "quantity",
    "delta",
    "reason",
    "lines",
    "customer_id",
    "payment_method",
    "email",
    "expected_total",
    "inventory",
    "collectionId",
    "description",
    "attributes",
    "collection_ids",
    "on_hand",
    "expected",
    "hold_ms",
    "shard",
    "to",
    "zzz",
];
const VALUES: &[&str] = &[
    "0",
    "-1",
    "1",
    "1e999",
    "-1e999",
    "18446744073709551616",
    "9223372036854775807",
    "0.1",
    "null",
    "true",
    "\"\"",
    "\"USD\"",
    "\"x\"",
    "[]",
    "{}",
    "[[[[]]]]",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"prod_00000000000000000000000000000001\"",
    "[{\"product_id\": \"prod_00000000000000000000000000000001\", \"quantity\": 4294967295}]",
    "{\"a\": \"b\"}",
    "\"on_account\"",
    "\"pm_x\"",
    "\"cus_1\"",
    "4294967295",
    "4294967296",
];
const HEADERS: &[(&str, &[&str])] = &[
    (
        "content-type",
        &["application/json", "text/plain", "", "application/json; charset=utf-16", "x"],
    ),
    ("idempotency-key", &["k", "", "a b", "\u{e9}"]),
    ("if-match", &["\"1\"", "*", "1", "\"99999999999999999999\"", "W/\"1\""]),
    ("if-none-match", &["*", "\"1\"", "x"]),
    ("stoa-min-token", &["1:1", "0:0", "9:9", "x", "1:18446744073709551615"]),
    ("stoa-max-staleness", &["0", "-1", "99999999999999999999"]),
    ("prefer", &["wait=0", "wait=x", "wait=-1", "respond-async, wait=0"]),
];

fn pick<'a, T: ?Sized>(rng: &mut ChaCha8Rng, from: &'a [&'a T]) -> &'a T {
    from[rng.random_range(0..from.len())]
}

fn body(rng: &mut ChaCha8Rng) -> Vec<u8> {
    match rng.random_range(0..8) {
        0 => (0..rng.random_range(0..200)).map(|_| rng.random()).collect(),
        1 => b"{".repeat(rng.random_range(0..2_000)),
        2 => Vec::new(),
        _ => {
            let field =
                |rng: &mut ChaCha8Rng| format!("\"{}\": {}", pick(rng, FIELDS), pick(rng, VALUES));
            let count = rng.random_range(0..7);
            let fields: Vec<String> = (0..count).map(|_| field(rng)).collect();
            format!("{{{}}}", fields.join(", ")).into_bytes()
        }
    }
}

fn is_documented(raw: &Raw) -> bool {
    if raw.status < 400 {
        return true;
    }
    let json = raw.json();
    let kind = raw.header("content-type");
    let shaped = kind.as_deref() == Some("application/problem+json")
        && json["status"] == raw.status
        && json["request_id"].is_string()
        && json["title"].is_string();
    shaped && (raw.status < 500 || raw.status == 503)
}

async fn throw(node: &Node, seed: u64) -> Tested {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut path = pick(&mut rng, PATHS).replace("ID", pick(&mut rng, IDS));
    if rng.random_bool(0.3) {
        let name = ["limit", "cursor", "consistency", "q", "customer_id", "%ff"];
        let value = ["-1", "0", "strong", "%00", "99999999999", "", "%F0%28%8C%28"];
        path = format!("{path}?{}={}", pick(&mut rng, &name), pick(&mut rng, &value));
    }
    let method = pick(&mut rng, METHODS);
    let mut headers = Vec::new();
    for (name, values) in HEADERS {
        if rng.random_bool(0.4) {
            headers.push((*name, pick(&mut rng, values)));
        }
    }
    let sent = body(&mut rng);
    let raw = node.call(method, &path, &headers, sent).await?;
    assert!(is_documented(&raw), "seed {seed}: {method} {path} {headers:?}: {raw:?}");
    Ok(())
}

#[test]
fn garbage_is_answered_with_problems() -> Tested {
    with_node(async |node| {
        let first: u64 = match std::env::var("STOA_SEED") {
            Ok(seed) => return throw(node, seed.parse()?).await,
            Err(_) => rand::random_range(0..u64::MAX / 2),
        };
        for seed in first..first + 2_000 {
            throw(node, seed).await?;
        }
        Ok(())
    })
}

#[test]
fn large_bodies_are_answered_and_not_taken() -> Tested {
    with_node(async |node| {
        let json = ("content-type", "application/json");
        for path in ["/v1/products", "/product", "/v1/orders", "/nowhere"] {
            let answer = node.call("POST", path, &[json], vec![b'a'; 10 << 20]).await?;
            assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"), "{path}");
        }
        let name = format!(
            "{{\"name\": \"{}\", \"price\": 1, \"currency\": \"USD\"}}",
            "n".repeat(1 << 19)
        );
        let answer = node.call("POST", "/v1/products", &[json], name).await?;
        assert_eq!((answer.status, answer.code().as_str()), (400, "out_of_range"));
        Ok(())
    })
}

#[test]
fn wrong_paths_methods_and_media_types_are_told_apart() -> Tested {
    with_node(async |node| {
        let lost = node.get("/v1/product").await?;
        assert_eq!((lost.status, lost.code().as_str()), (404, "not_found"));
        let method = node.call("DELETE", "/v1/orders", &[], "").await?;
        assert_eq!((method.status, method.code().as_str()), (405, "method_not_allowed"));
        assert!(method.header("allow").is_some_and(|allow| allow.contains("POST")), "{method:?}");
        let text =
            node.call("POST", "/v1/products", &[("content-type", "text/plain")], "{}").await?;
        assert_eq!((text.status, text.code().as_str()), (415, "unsupported_media_type"));
        let cut = node.call("POST", "/v1/products", &[], "{\"name\": ").await?;
        assert_eq!((cut.status, cut.code().as_str()), (400, "invalid_json"));
        let id = node.get("/v1/products/nonsense").await?;
        assert_eq!((id.status, id.code().as_str()), (400, "invalid_id"));
        assert!(id.header("stoa-request-id").is_some_and(|id| id.starts_with("req_")));
        Ok(())
    })
}
