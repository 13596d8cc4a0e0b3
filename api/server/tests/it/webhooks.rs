//! Webhooks out, as receivers meet them.

use std::sync::Arc;

use api_client::{
    NewCollection, NewWebhookEndpoint, PatchProduct, PatchWebhookEndpoint, ReceiveStock,
    RotateWebhookSecret, SetStockPolicy, ShownWebhookEndpoint,
};
use api_server::{Args, Server, WebhookFlags};
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse as _;
use parking_lot::Mutex;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tokio::net::TcpListener;
use tokio::sync::OnceCell;

use crate::harness::{
    Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, order, ready, with_node,
};

static NODE: OnceCell<Node> = OnceCell::const_new();

/// A node that sends webhooks to this machine, too.
async fn node() -> Result<&'static Node, Fault> {
    NODE.get_or_try_init(|| async {
        let dir = fresh_dir("webhooks")?;
        let master = dir.join("webhook-master");
        std::fs::write(&master, "the master key of a test, which is long enough")?;
        let ports = free_ports(2)?;
        let args = args(&dir, 1, &[(1, ports[0], ports[1])])?;
        let webhook_allow = vec!["127.0.0.0/8".parse()?];
        let webhooks = WebhookFlags { webhook_master: Some(master), webhook_allow };
        ready(Server::start(Args { webhooks, ..args }).await?).await
    })
    .await
}

/// What a receiver got.
#[derive(Clone, Debug)]
struct Got {
    headers: HeaderMap,
    text: String,
    status: u16,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap_or_default().to_owned()
    }

    fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap_or_default()
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret);
        webhook.is_ok_and(|it| it.verify(self.text.as_bytes(), &self.headers).is_ok())
    }
}

/// Answers a request, of which it is told what came before: a status, or nothing for ever.
type Judge = dyn Fn(&[Got], &Value) -> Option<u16> + Send + Sync;

/// A receiver on this machine.
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    async fn start(judge: Arc<Judge>) -> Result<Self, Fault> {
        let got: Arc<Mutex<Vec<Got>>> = Arc::default();
        let notes = got.clone();
        let site = axum::Router::new().fallback(async move |headers: HeaderMap, body: Bytes| {
            let text = String::from_utf8_lossy(&body).into_owned();
            let json = serde_json::from_str(&text).unwrap_or_default();
            let judged = judge(&notes.lock(), &json);
            let status = judged.unwrap_or(0);
            notes.lock().push(Got { headers, text, status });
            if judged.is_none() {
                std::future::pending::<()>().await;
            }
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_IMPLEMENTED);
            let elsewhere = [("location", "http://127.0.0.1:1/")];
            (status, elsewhere).into_response()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}/hook", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, site).await });
        Ok(Self { url, got })
    }

    async fn that_takes_all() -> Result<Self, Fault> {
        Self::start(Arc::new(|_: &[Got], _: &Value| Some(204))).await
    }

    /// What was taken, and is about something.
    fn taken(&self, field: &str, id: &str) -> Vec<Got> {
        let about =
            |got: &&Got| got.json()["data"][field] == id && (200..300).contains(&got.status);
        self.got.lock().iter().filter(about).cloned().collect()
    }

    /// Waits until so many were taken that are about something.
    async fn takes(&self, field: &str, id: &str, count: usize) -> Result<Vec<Got>, Fault> {
        eventually(async || Some(self.taken(field, id)).filter(|got| got.len() >= count)).await
    }
}

async fn endpoint(
    node: &Node,
    to: &Receiver,
    events: &[&str],
) -> Result<ShownWebhookEndpoint, Fault> {
    let new = NewWebhookEndpoint {
        url: to.url.clone(),
        description: Some("a test".to_owned()),
        events: events.iter().map(|kind| (*kind).to_owned()).collect(),
    };
    Ok(node.client()?.create_webhook(None, &new).await?)
}

/// Deletes it: each test has the node's few endpoints for itself.
async fn delete(node: &Node, id: &str) -> Tested {
    let client = node.client()?;
    let version = client.webhook(id).await?.body.version;
    client.delete_webhook(id, version).await?;
    let gone = client.webhook(id).await.err();
    let code = gone.as_ref().and_then(|error| error.code());
    assert_eq!(code, Some("webhook_endpoint_not_found"));
    Ok(())
}

#[test]
fn an_endpoint_is_told_what_it_wants_and_signed_with_its_secrets() -> Tested {
    alone(async || {
        let node = node().await?;
        let client = node.client()?;
        let receiver = Receiver::that_takes_all().await?;
        let shown = endpoint(node, &receiver, &["order.changed", "product.changed"]).await?;
        let id = shown.endpoint.id.as_str();
        let product = node.product("Told", 500, 10).await?.id;
        let basket = order("cus_w", &[(product.as_str(), 1)]);
        let placed = client.place_order("webhook-1", &basket, None).await?.body;
        let told = receiver.takes("order_id", &placed.id, 1).await?;
        assert_eq!(told[0].json()["data"], json!({"order_id": placed.id, "status": "confirmed"}));
        assert_eq!(told[0].kind(), "order.changed");
        assert!(told[0].is_signed_with(&shown.secret), "{told:?}");
        assert_eq!(receiver.takes("product_id", &product, 1).await?[0].kind(), "product.changed");

        let rotate = RotateWebhookSecret { overlap_s: 600 };
        let second = client.rotate_webhook_secret(id, &rotate).await?.secret;
        assert_ne!(second, shown.secret);
        client.cancel_order(Some("webhook-2"), &placed.id).await?;
        let told = receiver.takes("order_id", &placed.id, 2).await?;
        assert_eq!(told[1].json()["data"]["status"], "canceled");
        assert!(told[1].is_signed_with(&shown.secret) && told[1].is_signed_with(&second));

        let rotate = RotateWebhookSecret { overlap_s: 0 };
        let third = client.rotate_webhook_secret(id, &rotate).await?.secret;
        let again = client.place_order("webhook-3", &basket, None).await?.body;
        let told = receiver.takes("order_id", &again.id, 1).await?;
        assert!(told[0].is_signed_with(&third) && !told[0].is_signed_with(&second));
        assert!(receiver.got.lock().iter().all(|got| got.kind() != "stock.changed"));
        let row = client.webhook(id).await?.body;
        assert_eq!((row.secret_generation, row.version), (3, 3));
        delete(node, id).await
    })
}

#[test]
fn what_fails_comes_again_and_what_is_about_the_same_waits_behind_it() -> Tested {
    alone(async || {
        let node = node().await?;
        let client = node.client()?;
        let one = node.product("Fails first", 500, 10).await?;
        let other = node.product("Does not", 500, 10).await?;
        let (failing, version) = (one.id.clone(), one.version);
        // The first attempt of the first change is lost on it, and a redirect is no way out.
        let receiver = Receiver::start(Arc::new(move |got: &[Got], json: &Value| {
            let first = !got.iter().any(|got| got.json()["data"]["product_id"] == failing);
            let fails = json["data"]["product_id"] == failing && first;
            Some(if fails { 302 } else { 200 })
        }))
        .await?;
        let shown = endpoint(node, &receiver, &["product.changed"]).await?;
        let price = |price: i64| PatchProduct {
            price: Some(price),
            currency: Some("USD".to_owned()),
            ..PatchProduct::default()
        };
        for number in 0..3 {
            let (at, patch) = (version + number, price(600 + i64::try_from(number)?));
            client.update_product(&one.id, at, &patch).await?;
        }
        client.update_product(&other.id, other.version, &price(700)).await?;
        receiver.takes("product_id", &other.id, 1).await?;
        assert!(receiver.taken("product_id", &one.id).is_empty(), "it has waited for the other");
        let told = receiver.takes("product_id", &one.id, 3).await?;
        let versions: Vec<u64> =
            told.iter().filter_map(|got| got.json()["data"]["version"].as_u64()).collect();
        assert_eq!(versions, [version + 1, version + 2, version + 3]);
        let failed = receiver.got.lock().iter().find(|got| got.status == 302).cloned();
        assert_eq!(failed.map(|got| got.id().to_owned()), Some(told[0].id().to_owned()));
        delete(node, &shown.endpoint.id).await
    })
}

#[test]
fn a_slow_endpoint_delays_no_other() -> Tested {
    alone(async || {
        let node = node().await?;
        let slow = Receiver::start(Arc::new(|_: &[Got], _: &Value| None)).await?;
        let fast = Receiver::that_takes_all().await?;
        let slow_one = endpoint(node, &slow, &["product.changed"]).await?.endpoint.id;
        let fast_one = endpoint(node, &fast, &["product.changed"]).await?.endpoint.id;
        let mut products = Vec::new();
        for number in 0..40 {
            products.push(node.product(&format!("Thing {number}"), 100, 1).await?.id);
        }
        for product in &products {
            fast.takes("product_id", product, 1).await?;
        }
        assert!(!slow.got.lock().is_empty(), "the slow one was asked");
        delete(node, &slow_one).await?;
        delete(node, &fast_one).await
    })
}

#[test]
fn an_endpoint_that_is_gone_is_disabled_and_gets_what_it_missed_when_it_is_back() -> Tested {
    alone(async || {
        let node = node().await?;
        let client = node.client()?;
        let is_back = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let there = is_back.clone();
        let receiver = Receiver::start(Arc::new(move |_: &[Got], _: &Value| {
            Some(if there.load(std::sync::atomic::Ordering::Relaxed) { 200 } else { 410 })
        }))
        .await?;
        // No other test of this node makes collections.
        let id = endpoint(node, &receiver, &["collection.changed"]).await?.endpoint.id;
        let new = NewCollection { name: "Missed".to_owned(), description: None };
        let missed = client.create_collection(None, &new).await?.body.id;
        let row = eventually(async || {
            let row = client.webhook(&id).await.ok()?.body;
            (row.status == "disabled").then_some(row)
        })
        .await?;
        assert_eq!(row.disabled_by.as_deref(), Some("gone"));
        let letters = eventually(async || {
            let letters = client.dead_letters(&id, 1, None).await.ok()?.body;
            (!letters.data.is_empty()).then_some(letters)
        })
        .await?;
        assert_eq!(letters.data[0].data["collection_id"], json!(missed));
        assert_eq!((letters.data[0].attempts, letters.data[0].last_status), (1, Some(410)));
        let early = client.replay_dead_letters(&id).await;
        assert_eq!(early.unwrap_err().code(), Some("webhook_endpoint_disabled"));

        is_back.store(true, std::sync::atomic::Ordering::Relaxed);
        let patch = PatchWebhookEndpoint { enabled: Some(true), ..PatchWebhookEndpoint::default() };
        client.update_webhook(&id, row.version, &patch).await?;
        assert_eq!(client.replay_dead_letters(&id).await?.replayed, 1);
        let told = receiver.takes("collection_id", &missed, 1).await?;
        assert_eq!(told[0].id(), letters.data[0].id, "it is the same message");
        assert!(client.dead_letters(&id, 1, None).await?.body.data.is_empty());
        delete(node, &id).await
    })
}

#[test]
fn stock_is_told_to_be_low_once_until_it_was_above() -> Tested {
    alone(async || {
        let node = node().await?;
        let client = node.client()?;
        let receiver = Receiver::that_takes_all().await?;
        let hook = endpoint(node, &receiver, &["stock.low"]).await?.endpoint.id;
        let id = node.product("Running low", 100, 4).await?.id;
        let low_stock_threshold = Some(2);
        let policy = SetStockPolicy { low_stock_threshold, ..SetStockPolicy::default() };
        client.set_stock_policy(&id, 1, &policy).await?;
        for number in 0..3 {
            let buy = order("cus_low", &[(&id, 1)]);
            client.place_order(&format!("low-{number}"), &buy, None).await?;
        }
        let told = receiver.takes("product_id", &id, 1).await?;
        let low = json!({"product_id": id, "balance": 2, "low_stock_threshold": 2});
        assert_eq!((told[0].kind().as_str(), &told[0].json()["data"]), ("stock.low", &low));
        client
            .receive_stock(
                None,
                &ReceiveStock { product_id: id.clone(), quantity: 2, location_id: None },
            )
            .await?;
        client.place_order("low-3", &order("cus_low", &[(&id, 2)]), None).await?;
        let told = receiver.takes("product_id", &id, 2).await?;
        assert_eq!(told[1].json()["data"]["balance"], 1);
        assert_eq!(receiver.taken("product_id", &id).len(), 2, "once for each fall");
        delete(node, &hook).await
    })
}

#[test]
fn a_bad_endpoint_is_refused_and_a_repeat_answered_again() -> Tested {
    alone(async || {
        let node = node().await?;
        let url = "https://shop.example/hook";
        for (body, param) in [
            (json!({"url": "https://10.0.0.1/", "events": ["order.changed"]}), "url"),
            (json!({"url": "https://169.254.169.254/x", "events": ["order.changed"]}), "url"),
            (json!({"url": "https://[::ffff:10.0.0.1]/", "events": ["order.changed"]}), "url"),
            (json!({"url": "http://1.1.1.1/", "events": ["order.changed"]}), "url"),
            (json!({"url": "https://a:b@shop.example/", "events": ["order.changed"]}), "url"),
            (json!({"url": url, "events": ["order.*"]}), "events[0]"),
            (json!({"url": url, "events": []}), "events"),
        ] {
            let refused = node.post("/v1/webhook-endpoints", "bad", &body).await?;
            assert_eq!((refused.status, refused.param().as_str()), (400, param), "{body}");
        }
        let body = json!({"url": "http://127.0.0.1:9/", "events": ["collection.changed"]});
        let made = node.post("/v1/webhook-endpoints", "made-once", &body).await?;
        let again = node.post("/v1/webhook-endpoints", "made-once", &body).await?;
        assert_eq!((made.status, again.status), (201, 201), "{}", made.text);
        assert_eq!(made.json()["secret"], again.json()["secret"]);
        assert_eq!(again.header("idempotent-replayed").as_deref(), Some("true"));
        let id = made.json()["endpoint"]["id"].as_str().unwrap_or_default().to_owned();
        let path = format!("/v1/webhook-endpoints/{id}");
        let told = node.get(&path).await?;
        assert_eq!((told.status, told.header("etag").as_deref()), (200, Some("\"1\"")));
        assert!(told.json()["secret"].is_null());
        let listed = node.get("/v1/webhook-endpoints?limit=100").await?;
        assert!(listed.text.contains(&id), "{}", listed.text);
        let bad = node.get(&format!("{path}/dead-letters?cursor=1-2")).await?;
        assert_eq!((bad.status, bad.param().as_str()), (400, "cursor"));
        let json = ("content-type", "application/json");
        let unseen = node.call("PATCH", &path, &[json], "{}").await?;
        assert_eq!(unseen.status, 428);
        delete(node, &id).await
    })
}

#[test]
fn a_node_without_a_master_key_promises_nothing() -> Tested {
    with_node(async |node| {
        let body = json!({"url": "https://shop.example/", "events": ["order.changed"]});
        let refused = node.post("/v1/webhook-endpoints", "off", &body).await?;
        assert_eq!((refused.status, refused.code().as_str()), (409, "webhooks_off"));
        Ok(())
    })
}
