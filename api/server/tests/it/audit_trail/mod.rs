//! The audit trail: every write of whoever works for the shop is in it, and nothing that opens
//! anything.

mod priced;
mod work;

use std::collections::BTreeSet;

use api_client::{Client, NewKey, TrailQuery, TrailRow};
use api_server::{Args, Server};
use serde_json::{Value, json};

use crate::contract::operations;
use crate::harness::{
    Fault, Raw, Strict, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready,
    with_strict_node,
};

/// Writes that leave no row, and why.
const WITHOUT_ROW: [(&str, &str); 6] = [
    // Nobody of the shop sends it: Stripe does.
    ("/v1/payments/stripe/webhooks", "post"),
    // A guest is nobody's row: the token is made and told, and nothing is written.
    ("/v1/guests", "post"),
    // A quote is told, and nothing is written.
    ("/v1/quotes", "post"),
    // There is one first key, and the node has it: the test below looks for its row.
    ("/v1/cluster/init", "post"),
    // There is no dead letter to be replayed, so no shard is asked.
    ("/v1/webhook-endpoints/{id}/replay", "post"),
    // Nor a dead notice.
    ("/v1/notices/replay", "post"),
];

/// Who works for the shop, and what of the shop is there to write to.
struct Shop<'a> {
    strict: &'a Strict,
    secret: String,
    key: String,
    customer: String,
    product: String,
    collection: String,
    hold: String,
    order: String,
    /// An order that waits for a card.
    unpaid: String,
    webhook: String,
    /// The token of somebody with a cart.
    guest: String,
    /// A promotion, a shipping method, a tax rate and a location, by the paths that they are under.
    priced: Vec<(&'static str, String)>,
}

impl<'a> Shop<'a> {
    async fn open(strict: &'a Strict) -> Result<Self, Fault> {
        let scopes = ["catalog:write", "stock:write", "holds:write", "orders:write", "keys:write"];
        let more = ["cluster:write", "stock:read", "orders:read", "audit:read", "webhooks:write"];
        let work = ["fulfillment:write", "refunds:write", "feed:read"];
        let scopes =
            scopes.iter().chain(&more).chain(&work).map(|scope| (*scope).to_owned()).collect();
        let new = NewKey { name: "trail".to_owned(), scopes, ..NewKey::default() };
        let shown = strict.first()?.create_key(None, &new).await?;
        let mut shop = Self {
            strict,
            secret: shown.secret,
            customer: format!("cus_{}", shown.key.id),
            key: shown.key.id,
            product: String::new(),
            collection: String::new(),
            hold: String::new(),
            order: String::new(),
            unpaid: String::new(),
            webhook: String::new(),
            guest: strict.node.client()?.create_guest().await?.token,
            priced: Vec::new(),
        };
        shop.priced = shop.definitions().await?;
        let product = json!({"name": "Traced", "price": 500, "currency": "USD", "stock": 50});
        shop.product = shop.made("/v1/products", "trail-p", &product).await?;
        shop.collection = shop.made("/v1/collections", "trail-c", &json!({"name": "T"})).await?;
        let line = json!([{"product_id": shop.product, "quantity": 1}]);
        shop.hold = shop.made("/v1/holds", "trail-h", &json!({"lines": line})).await?;
        let placed = json!({"customer_id": shop.customer, "lines": line, "currency": "USD",
                            "payment_method": "on_account"});
        shop.order = shop.made("/v1/orders", "trail-o", &placed).await?;
        let unpaid = json!({"customer_id": shop.customer, "lines": line, "currency": "USD"});
        shop.unpaid = shop.made("/v1/orders", "trail-u", &unpaid).await?;
        let client = shop.client()?;
        eventually(async || {
            let order = client.order(&shop.unpaid).await.ok()?.body;
            (order.payment.status == "intent_ready").then_some(())
        })
        .await?;
        let hook = json!({"url": "https://shop.example/hook", "events": ["collection.changed"]});
        shop.webhook = shop.made("/v1/webhook-endpoints", "trail-w", &hook).await?;
        let bearer = format!("Bearer {}", shop.guest);
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let path = format!("/v1/cart/lines/{}", shop.product);
        let put = strict.node.call("PUT", &path, &headers, "{\"quantity\": 1}").await?;
        assert_eq!(put.status, 200, "{}", put.text);
        Ok(shop)
    }

    fn client(&self) -> Result<Client, Fault> {
        Ok(self.strict.node.client()?.with_credentials(&self.secret)?)
    }

    /// A request with the key.
    async fn call(&self, method: &str, path: &str, key: &str, body: &str) -> Result<Raw, Fault> {
        let bearer = format!("Bearer {}", self.secret);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key),
            ("if-match", "*"),
        ];
        self.strict.node.call(method, path, &headers, body.to_owned()).await
    }

    async fn made(&self, path: &str, key: &str, body: &Value) -> Result<String, Fault> {
        let made = self.call("POST", path, key, &body.to_string()).await?;
        assert_eq!(made.status, 201, "{path}: {}", made.text);
        let made = made.json();
        let id = made["id"].as_str().or(made["endpoint"]["id"].as_str());
        Ok(id.ok_or("no id")?.to_owned())
    }

    /// What to send to a route, so that it is accepted.
    fn body(&self, path: &str) -> Option<Value> {
        let id = &self.product;
        let line = json!([{"product_id": id, "quantity": 1}]);
        Some(match path {
            "/v1/products" => json!({"name": "New", "price": 5, "currency": "USD", "stock": 1}),
            "/v1/products/{id}" | "/v1/collections/{id}" => json!({"name": "Renamed"}),
            "/v1/collections" | "/collection" => json!({"name": "Theme"}),
            "/product" => json!({"name": "New", "price": 5.5, "inventory": 2}),
            "/product/{id}" => json!({"inventory": 40}),
            "/collection/{id}" => json!({"name": "Renamed again"}),
            "/v1/stock/receipts" => json!({"product_id": id, "quantity": 3}),
            "/v1/stock/adjustments" => json!({"product_id": id, "delta": 2, "reason": "found"}),
            "/v1/stock/levels" => json!({"product_id": id, "expected": 0, "on_hand": 9,
                                         "reason": "counted"}),
            "/v1/stock/{id}/policy" => json!({"safety": 1, "backorder_limit": 2}),
            "/v1/holds" => json!({"lines": line}),
            "/v1/orders" => json!({"customer_id": self.customer, "lines": line, "currency": "USD",
                                   "payment_method": "on_account"}),
            "/v1/orders/{id}/recover" => json!({"reason": "asked"}),
            "/v1/payments/reconcile" => json!({"since": "2026-11-22T19:07:03Z"}),
            "/v1/orders/{id}/payments" => json!({"payment_method": "pm_card_visa"}),
            "/v1/keys" => json!({"name": "made", "scopes": ["stock:read"]}),
            "/v1/keys/{id}/rotate" => json!({"overlap_s": 60}),
            "/v1/webhook-endpoints" => {
                json!({"url": "https://other.example/", "events": ["collection.changed"]})
            }
            "/v1/webhook-endpoints/{id}" => json!({"description": "Renamed"}),
            "/v1/webhook-endpoints/{id}/rotate-secret" => json!({"overlap_s": 60}),
            "/v1/cluster/leaders/transfer" => json!({"shard": 1, "to": 1}),
            "/v1/cart/lines/{id}" => json!({"quantity": 2}),
            "/v1/cart/merge" => json!({"guest_token": self.guest}),
            _ => return self.work_body(path).or_else(|| self.priced_body(path)),
        })
    }

    /// The path of a route about something that is there. A cart is emptied that a guest's has gone
    /// into, and a line taken out of another.
    fn real(&self, path: &str, victim: &str) -> String {
        let real = path.replace("{id}", &self.id(path, victim)).replace("{name}", "mailer");
        match path {
            "/v1/cart" | "/v1/cart/merge" => format!("{real}?customer_id={}", self.customer),
            "/v1/cart/lines/{id}" => format!("{real}?customer_id={}_lines", self.customer),
            _ => real,
        }
    }

    /// The thing that a route with an id is about.
    fn id(&self, path: &str, victim: &str) -> String {
        let kinds = [
            ("product", &self.product),
            ("stock", &self.product),
            ("cart", &self.product),
            ("collection", &self.collection),
            ("hold", &self.hold),
            ("/payments", &self.unpaid),
            ("/recover", &self.unpaid),
            ("order", &self.order),
            ("webhook", &self.webhook),
        ];
        if let Some((_, id)) = self.priced.iter().find(|(under, _)| path.starts_with(under)) {
            return id.clone();
        }
        let named = kinds.iter().find(|(kind, _)| path.contains(kind));
        named.map_or_else(|| victim.to_owned(), |(_, id)| (*id).clone())
    }

    /// The rows of one request.
    async fn rows_of(&self, request: &str) -> Result<Vec<TrailRow>, Fault> {
        let rows = everything(&self.client()?, TrailQuery::default()).await?;
        Ok(rows.into_iter().filter(|row| row.actor.request_id == request).collect())
    }
}

/// Every row that a query finds, page by page.
async fn everything(client: &Client, mut query: TrailQuery) -> Result<Vec<TrailRow>, Fault> {
    query.limit = query.limit.or(Some(100));
    let mut rows = Vec::new();
    loop {
        let page = client.audit_trail(&query).await?.body;
        rows.extend(page.data);
        query.cursor = page.next_cursor;
        if !page.has_more {
            return Ok(rows);
        }
    }
}

#[test]
fn every_write_of_a_key_leaves_one_row() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        // A key to be rotated and revoked: it may do nothing that its maker may not.
        let new = NewKey {
            name: "victim".into(),
            scopes: vec!["stock:read".into()],
            ..NewKey::default()
        };
        let victim = strict.first()?.create_key(None, &new).await?.key.id;
        let mut asked = 0;
        for (number, (path, method, _)) in writes().into_iter().enumerate() {
            if WITHOUT_ROW.contains(&(path.as_str(), method.as_str())) {
                continue;
            }
            let body = match shop.body(&path) {
                Some(mut body) if path == "/v1/stock/levels" => {
                    let level = shop.client()?.stock(&shop.product).await?.body;
                    body["expected"] = json!(level.on_hand);
                    body
                }
                Some(body) if method != "delete" => body,
                _ => json!({}),
            };
            let real = if path == "/v1/orders/{id}/lines/cancel"
                || path.contains("{part_id}")
                || ["/fulfillments", "/refunds", "/returns"].iter().any(|end| path.ends_with(end))
            {
                let (order, part) = shop.worked_on(&path).await?;
                path.replace("{id}", &order).replace("{part_id}", &part)
            } else {
                shop.real(&path, &victim)
            };
            let text = if method == "delete" { String::new() } else { body.to_string() };
            let key = format!("write-{number}");
            let answer = shop.call(&method.to_uppercase(), &real, &key, &text).await?;
            assert!((200..300).contains(&answer.status), "{method} {path}: {}", answer.text);
            let request = answer.header("stoa-request-id").ok_or("no request id")?;
            let rows = shop.rows_of(&request).await?;
            let [row] = rows.as_slice() else {
                return Err(format!("{method} {path} left {} rows", rows.len()).into());
            };
            assert_eq!((row.actor.kind.as_str(), &row.actor.name), ("key", &shop.key));
            assert_eq!(row.actor.address, "127.0.0.1", "{method} {path}");
            assert_eq!((row.outcome.as_str(), &row.code), ("accepted", &None), "{method} {path}");
            assert!(!row.changes.is_empty(), "{method} {path} has changed something: {row:?}");
            asked += 1;
        }
        assert!(asked >= 20, "only {asked} writes were asked for");
        Ok(())
    })
}

/// Every write of the document: those that end something come last.
fn writes() -> Vec<(String, String, Value)> {
    let all = operations().filter(|(_, method, _)| *method != "get");
    let mut all: Vec<_> = all
        .map(|(path, method, operation)| (path.to_owned(), method.to_owned(), operation.clone()))
        .collect();
    let ends = |path: &str, method: &str| {
        let verbs = ["/cancel", "/revoke", "/commit"];
        method == "delete" || verbs.iter().any(|verb| path.ends_with(verb))
    };
    // A hold is committed before it is released.
    all.sort_by_key(|(path, method, _)| (ends(path, method), method == "delete", path.clone()));
    all
}

#[test]
fn customers_and_repeats_leave_none_and_refusals_do() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        let guest = strict.node.client()?.create_guest().await?;
        let client = strict.node.client()?.with_credentials(&guest.token)?;
        let mut wanted = order(&guest.customer_id, &[(&shop.product, 1)]);
        wanted.payment_method = Some("pm_card_visa".into());
        let placed = client.place_order("trail-guest", &wanted, Some(10)).await?.body;
        client.cancel_order(None, &placed.id).await?;
        let about = TrailQuery { target: Some(placed.id), ..TrailQuery::default() };
        assert!(everything(&shop.client()?, about).await?.is_empty());

        let body = json!({"product_id": shop.product, "quantity": 3}).to_string();
        let once = shop.call("POST", "/v1/stock/receipts", "trail-again", &body).await?;
        let again = shop.call("POST", "/v1/stock/receipts", "trail-again", &body).await?;
        let request = |raw: &Raw| raw.header("stoa-request-id").unwrap_or_default();
        assert_eq!(shop.rows_of(&request(&once)).await?.len(), 1);
        assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
        assert!(shop.rows_of(&request(&again)).await?.is_empty());

        let body = json!({"product_id": shop.product, "delta": -1_000, "reason": "all of it"});
        let refused =
            shop.call("POST", "/v1/stock/adjustments", "trail-no", &body.to_string()).await?;
        assert_eq!(refused.code(), "units_in_use");
        let rows = shop.rows_of(&request(&refused)).await?;
        let [row] = rows.as_slice() else { return Err("not one row".into()) };
        assert_eq!((row.outcome.as_str(), row.code.as_deref()), ("refused", Some("units_in_use")));
        assert_eq!((row.command.as_str(), row.changes.len()), ("adjust_stock", 0));
        Ok(())
    })
}

#[test]
fn what_was_there_before_and_after_is_told() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        let path = format!("/v1/products/{}", shop.product);
        let patched = json!({"price": 700, "currency": "USD", "name": "Traced"}).to_string();
        let answer = shop.call("PATCH", &path, "x", &patched).await?;
        let rows = shop.rows_of(&answer.header("stoa-request-id").unwrap_or_default()).await?;
        let [row] = rows.as_slice() else { return Err("not one row".into()) };
        let told = json!(row);
        let change = json!([{
            "kind": "product", "id": shop.product,
            "before": {"version": 1, "price": 500}, "after": {"version": 2, "price": 700},
        }]);
        assert_eq!(told["changes"], change, "only what differs: {told:#}");
        assert_eq!(told["target"], json!({"kind": "product", "id": shop.product}));

        let long = "x".repeat(30_000);
        for text in [&long, &"y".repeat(32_768), &"z".repeat(32_768)] {
            let body = json!({"description": text}).to_string();
            shop.call("PATCH", &path, "x", &body).await?;
        }
        let about = TrailQuery { target: Some(shop.product.clone()), ..TrailQuery::default() };
        let rows = everything(&shop.client()?, about).await?;
        let left_out: Vec<_> = rows.iter().take(3).map(|row| row.left_out_bytes).collect();
        assert!(matches!(left_out[..], [Some(65_537..), None, None]), "{left_out:?}");
        assert_eq!(rows[0].changes[0].after, Some(Default::default()), "what, but not how");
        Ok(())
    })
}

#[test]
fn pages_and_filters_find_each_row_once() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        let (client, other) = (shop.client()?, strict.first()?);
        let mine = TrailQuery { actor: Some(shop.key.clone()), ..TrailQuery::default() };
        let newest = everything(&client, mine.clone()).await?;
        assert!(newest.len() >= 4, "{newest:#?}");
        assert!(newest.iter().all(|row| row.actor.name == shop.key));
        let times: Vec<_> = newest.iter().map(|row| row.at.clone()).collect();
        assert!(times.is_sorted_by(|later, earlier| later >= earlier), "{times:?}");

        let small = TrailQuery { limit: Some(1), ..mine.clone() };
        assert_eq!(everything(&client, small.clone()).await?, newest, "one by one");
        let oldest = TrailQuery { sort: Some("oldest".into()), ..small };
        let mut forward = everything(&client, oldest.clone()).await?;
        forward.reverse();
        assert_eq!(forward.len(), newest.len());
        let ids =
            |rows: &[TrailRow]| rows.iter().map(|row| row.id.clone()).collect::<BTreeSet<_>>();
        assert_eq!(ids(&forward), ids(&newest));

        // Going on from the end finds what has come since, and only that.
        let mut end = TrailQuery { limit: Some(100), ..oldest };
        loop {
            let page = client.audit_trail(&end).await?.body;
            end.cursor = page.next_cursor;
            if !page.has_more {
                break;
            }
        }
        shop.made("/v1/collections", "trail-later", &json!({"name": "Later"})).await?;
        let since = everything(&client, end).await?;
        assert_eq!(
            since.iter().map(|row| row.command.as_str()).collect::<Vec<_>>(),
            ["create_collection"]
        );

        // By time: from a row's own time on, and before it.
        let middle = newest[1].at.clone();
        let from = TrailQuery { since: Some(middle.clone()), ..mine.clone() };
        let before = TrailQuery { until: Some(middle.clone()), ..mine };
        let from = everything(&client, from).await?;
        let before = everything(&client, before).await?;
        assert!(from.iter().all(|row| row.at >= middle) && from.iter().any(|r| r.at == middle));
        assert!(before.iter().all(|row| row.at < middle));
        assert_eq!(ids(&from).len() + ids(&before).len(), newest.len() + 1, "one has come since");

        for (query, param) in [
            ("actor=me", "actor"),
            ("target=nothing", "target"),
            ("since=yesterday", "since"),
            ("until=2026-13-01T00:00:00Z", "until"),
            ("sort=best", "sort"),
            ("cursor=prod_1", "cursor"),
            ("limit=0", "limit"),
            ("color=red", "color"),
        ] {
            let bearer = strict.bearer();
            let headers = [("authorization", bearer.as_str())];
            let path = format!("/v1/audit-trail?{query}");
            let refused = strict.node.call("GET", &path, &headers, "").await?;
            assert_eq!((refused.status, refused.param().as_str()), (400, param), "{query}");
        }
        let analyst =
            NewKey { name: "analyst".into(), role: Some("analyst".into()), ..NewKey::default() };
        let analyst = other.create_key(None, &analyst).await?;
        let refused = strict.node.client()?.with_credentials(&analyst.secret)?;
        let refused = refused.audit_trail(&TrailQuery::default()).await;
        assert_eq!(refused.err().as_ref().and_then(|error| error.code()), Some("forbidden"));
        Ok(())
    })
}

#[test]
fn no_secret_is_in_the_trail() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        let new = NewKey {
            name: "planted".into(),
            scopes: vec!["stock:read".into()],
            ..NewKey::default()
        };
        let shown = shop.client()?.create_key(None, &new).await?;
        let rotate = api_client::RotateKey { overlap_s: 60 };
        let rotated = shop.client()?.rotate_key(&shown.key.id, &rotate).await?;
        let guest = strict.node.client()?.create_guest().await?;
        // A clerk places an order for the guest, with the guest's card.
        let line = json!([{"product_id": shop.product, "quantity": 1}]);
        let placed = json!({"customer_id": guest.customer_id, "lines": line, "currency": "USD",
                            "payment_method": "pm_card_visaPlanted"});
        shop.made("/v1/orders", "trail-planted", &placed).await?;
        let rows = everything(&strict.first()?, TrailQuery::default()).await?;
        let export = serde_json::to_string(&rows)?;
        assert!(export.contains(&shown.key.id) && export.contains(&guest.customer_id));
        let secret = |text: &str| text.split('_').nth(3).unwrap_or_default().to_owned();
        let planted = [
            secret(&shown.secret),
            secret(&rotated.secret),
            secret(&shop.secret),
            hash(&secret(&shown.secret)),
            guest.token.trim_start_matches("gst_").to_owned(),
            "pm_card_visaPlanted".to_owned(),
        ];
        for planted in planted {
            assert!(planted.len() >= 16, "{planted}");
            assert!(!export.contains(&planted), "{planted} is in the trail");
        }
        Ok(())
    })
}

/// The hash of a secret, as rows have it.
fn hash(secret: &str) -> String {
    use sha2::Digest as _;
    let bytes: Vec<u8> = secret
        .as_bytes()
        .chunks(2)
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn the_first_key_is_in_the_trail_and_a_restart_leaves_all_there() -> Tested {
    alone(async || {
        let dir = fresh_dir("trail")?;
        let ports = free_ports(2)?;
        let args = || -> Result<Args, Fault> {
            let args = args(&dir, 1, &[(1, ports[0], ports[1])])?;
            Ok(Args { trust_loopback: false, ..args })
        };
        let node = ready(Server::start(args()?).await?).await?;
        let first = node.client()?.init().await?;
        let client = node.client()?.with_credentials(&first.secret)?;
        let new = api_client::NewCollection { name: "Kept".into(), description: None };
        client.create_collection(None, &new).await?;
        let rows = everything(&client, TrailQuery::default()).await?;
        let told: Vec<_> =
            rows.iter().map(|row| (row.command.as_str(), row.actor.name.as_str())).collect();
        let key = first.key.id.as_str();
        assert_eq!(told, [("create_collection", key), ("create_key", "anonymous")]);

        node.server.shutdown().await;
        let node = ready(Server::start(args()?).await?).await?;
        let client = node.client()?.with_credentials(&first.secret)?;
        assert_eq!(everything(&client, TrailQuery::default()).await?, rows);
        node.server.shutdown().await;
        Ok(())
    })
}
