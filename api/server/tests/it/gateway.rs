//! What the door does beside asking who calls: counts, tells browsers, keeps card numbers out.

use std::net::IpAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use api_server::{AccessFlags, Args, Server};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

use crate::harness::{Fault, Node, Tested, alone, args, eventually, free_ports, fresh_dir, ready};
use crate::harness::{with_node, with_strict_node};

/// PKCS #8 of an Ed25519 key, before its 32 bytes.
const ED_HEAD: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A node that trusts nobody, with these flags about callers.
async fn strict(name: &str, change: impl FnOnce(&mut AccessFlags)) -> Result<Node, Fault> {
    let dir = fresh_dir(name)?;
    let ports = free_ports(2)?;
    let mut args = Args { trust_loopback: false, ..args(&dir, 1, &[(1, ports[0], ports[1])])? };
    change(&mut args.access);
    ready(Server::start(args).await?).await
}

fn number(node: &crate::harness::Raw, header: &str) -> Option<u32> {
    node.header(header)?.parse().ok()
}

#[test]
fn who_asks_too_often_waits_and_others_do_not() -> Tested {
    alone(async || {
        let node = strict("rates", |access| {
            access.rate_per_address = 1;
            access.rate_per_customer = 1;
        })
        .await?;
        let key = node.client()?.init().await?.secret;
        let guest = node.client()?.create_guest().await?.token;
        let last = if key.ends_with('0') { '1' } else { '0' };
        let wrong = format!("{}{last}", &key[..key.len() - 1]);
        // Anonymous requests, guesses of keys and tokens count for the address.
        for token in ["", wrong.as_str(), guest.as_str(), "gst_0"] {
            let bearer = format!("Bearer {token}");
            let headers: &[(&str, &str)] =
                if token.is_empty() { &[] } else { &[("authorization", bearer.as_str())] };
            let answer = eventually(async || {
                let answer = node.call("GET", "/v1/products", headers, "").await.ok()?;
                (answer.status == 429).then_some(answer)
            })
            .await?;
            assert_eq!(answer.code(), "rate_limited");
            assert!(number(&answer, "retry-after").is_some_and(|seconds| seconds >= 1));
            assert_eq!(number(&answer, "ratelimit-limit"), Some(5));
            assert_eq!(number(&answer, "ratelimit-remaining"), Some(0));
            assert_eq!(number(&answer, "ratelimit-reset"), Some(5));
        }
        // Neither load balancers nor keys wait for them.
        let bearer = format!("Bearer {key}");
        for _ in 0..20 {
            assert_eq!(node.get("/livez").await?.status, 200);
            let auth = [("authorization", bearer.as_str())];
            let answer = node.call("GET", "/v1/keys", &auth, "").await?;
            assert_eq!(answer.status, 200);
            assert_eq!(number(&answer, "ratelimit-limit"), Some(50_000));
        }
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn pages_of_named_sites_may_call_and_no_others() -> Tested {
    alone(async || {
        let shop = "https://shop.example";
        let node = strict("cors", |access| access.cors_origins = vec![shop.to_owned()]).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        for (origin, may) in [(shop, true), ("https://other.example", false)] {
            let asked = http
                .request(reqwest::Method::OPTIONS, format!("{}/v1/orders", node.base))
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "authorization,idempotency-key")
                .send()
                .await?;
            let told = asked.headers().get("access-control-allow-origin");
            assert_eq!(told.is_some_and(|told| told == shop), may, "{origin}: {told:?}");
            let sent = node.call("GET", "/v1/products", &[("origin", origin)], "").await?;
            let told = sent.header("access-control-allow-origin");
            assert_eq!(told.as_deref() == Some(shop), may, "{origin}: {told:?}");
        }
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn every_answer_says_what_browsers_must_not_do() -> Tested {
    with_node(async |node| {
        for path in ["/v1/products", "/v1/nothing", "/heartbeat", "/docs", "/livez", "/v1/orders/x"]
        {
            let answer = node.get(path).await?;
            assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
            assert_eq!(answer.header("cache-control").as_deref(), Some("no-store"), "{path}");
            let policy = answer.header("content-security-policy").unwrap_or_default();
            assert!(policy.contains("default-src 'none'") || path == "/docs", "{path}: {policy}");
            assert!(answer.header("access-control-allow-origin").is_none(), "{path}");
            assert!(answer.header("ratelimit-limit").is_none(), "who is trusted is not counted");
        }
        Ok(())
    })
}

#[test]
fn a_proxys_client_does_not_borrow_the_trust_in_this_machine() -> Tested {
    with_node(async |node| {
        let forwarded = [("x-forwarded-for", "192.0.2.1")];
        let answer = node.call("GET", "/v1/keys", &forwarded, "").await?;
        assert_eq!((answer.status, answer.code().as_str()), (401, "unauthenticated"));
        let answer = node.call("POST", "/v1/cluster/init", &forwarded, "").await?;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"));
        Ok(())
    })
}

#[test]
fn a_keys_networks_hold_behind_a_trusted_proxy() -> Tested {
    alone(async || {
        let proxy: IpAddr = [127, 0, 0, 1].into();
        let node = strict("proxy", |access| {
            access.trusted_proxies = vec![engine_core::access::Network::host(proxy)];
        })
        .await?;
        let first = node.client()?.init().await?.secret;
        let new = api_client::NewKey {
            name: "office".into(),
            role: Some("analyst".into()),
            networks: vec!["203.0.113.0/24".into()],
            ..Default::default()
        };
        let key = node.client()?.with_credentials(&first)?.create_key(None, &new).await?.secret;
        let bearer = format!("Bearer {key}");
        for (told, status) in
            [("203.0.113.9", 200), ("198.51.100.1", 403), ("203.0.113.9, 1.1.1.1", 403)]
        {
            let headers = [("authorization", bearer.as_str()), ("x-forwarded-for", told)];
            let answer = node.call("GET", "/v1/orders?customer_id=cus_1", &headers, "").await?;
            assert_eq!(answer.status, status, "{told}: {}", answer.text);
        }
        node.server.shutdown().await;
        Ok(())
    })
}

#[test]
fn card_numbers_stay_out() -> Tested {
    with_strict_node(async |strict| {
        let guest = strict.node.client()?.create_guest().await?;
        let bearer = format!("Bearer {}", guest.token);
        let number = "4000056655665556";
        let good = json!({
            "customer_id": guest.customer_id, "currency": "USD", "payment_method": "pm_card_visa",
            "lines": [{"product_id": "prod_00000000000000000000000000000001", "quantity": 1}],
        });
        let changed = |pointer: &str, value: Value| -> Result<Value, Fault> {
            let mut body = good.clone();
            *body.pointer_mut(pointer).ok_or("no such field")? = value;
            Ok(body)
        };
        let spaced = "4000 0566 5566 5556";
        let planted = [
            ("/customer_id", json!(number), "customer_id"),
            ("/payment_method", json!(number), "payment_method"),
            ("/payment_method", json!(spaced), "payment_method"),
            ("/currency", json!(number), "currency"),
            ("/lines/0/product_id", json!(number), "lines[0].product_id"),
            ("/lines/0/quantity", json!(4_000_056_655_665_556_u64), "lines[0].quantity"),
        ];
        for (at, (pointer, value, param)) in planted.into_iter().enumerate() {
            let key = format!("card-{at}");
            let headers = [
                ("authorization", bearer.as_str()),
                ("content-type", "application/json"),
                ("idempotency-key", key.as_str()),
            ];
            let body = changed(pointer, value)?.to_string();
            let answer = strict.node.call("POST", "/v1/orders", &headers, body).await?;
            assert_eq!((answer.status, answer.code().as_str()), (400, "card_number"), "{pointer}");
            assert_eq!(answer.param(), param);
            assert!(!answer.text.contains(number) && !answer.text.contains(spaced));
        }
        Ok(())
    })
}

#[test]
fn a_customers_token_opens_the_customers_orders_and_no_others() -> Tested {
    alone(async || {
        let key = EncodingKey::from_ed_der(&[&ED_HEAD[..], &[7; 32]].concat());
        let mut public = Jwk::from_encoding_key(&key, Algorithm::EdDSA)?;
        public.common.key_id = Some("k1".to_owned());
        let file = fresh_dir("jwks")?.join("keys.json");
        std::fs::write(&file, json!({"keys": [public]}).to_string())?;
        let node = strict("tokens", |access| {
            access.jwks = Some(file.to_string_lossy().into_owned());
            access.jwt_issuer = Some("https://id.example".to_owned());
            access.jwt_audience = Some("shop".to_owned());
        })
        .await?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
        let token = |customer: &str, exp: u64| {
            let header = Header { kid: Some("k1".into()), ..Header::new(Algorithm::EdDSA) };
            let claims =
                json!({"sub": customer, "iss": "https://id.example", "aud": "shop", "exp": exp});
            encode(&header, &claims, &key)
        };
        let operator = node.client()?.with_credentials(&node.client()?.init().await?.secret)?;
        let new = api_client::NewProduct {
            name: "Kept".into(),
            price: 500,
            currency: "USD".into(),
            stock: Some(10),
            ..Default::default()
        };
        let product = operator.create_product(None, &new).await?.body.id;
        let ada = node.client()?.with_credentials(&token("cus_ada", now + 300)?)?;
        let bob = node.client()?.with_credentials(&token("cus_bob", now + 300)?)?;
        let mut order = crate::harness::order("cus_ada", &[(product.as_str(), 1)]);
        order.payment_method = Some("pm_card_visa".into());
        let placed = ada.place_order("ada-1", &order, None).await?.body;
        assert_eq!(placed.customer_id, "cus_ada");
        assert_eq!(ada.order(&placed.id).await?.body.id, placed.id);
        let foreign = bob.order(&placed.id).await.err().map(|error| error.to_string());
        assert!(foreign.is_some_and(|error| error.contains("order_not_found")));
        let mine = bob.place_order("bob-1", &order, None).await.err();
        assert!(mine.is_some(), "an order for somebody else");
        let old = node.client()?.with_credentials(&token("cus_ada", now - 300)?)?;
        let old = old.order(&placed.id).await.err().map(|error| error.to_string());
        assert!(old.is_some_and(|error| error.contains("invalid_credentials")));
        node.server.shutdown().await;
        Ok(())
    })
}
