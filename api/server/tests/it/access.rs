//! Who may do what, at a node that trusts nobody without credentials.

use std::path::Path;

use api_client::{Client, NewKey, RotateKey, ShownKey};
use serde_json::json;

use crate::contract::DOCUMENT;
use crate::harness::{Fault, Node, Strict, Tested, eventually, order, with_node, with_strict_node};

/// What everybody may ask for: all else needs credentials.
const PUBLIC: [(&str, &str); 22] = [
    ("GET", "/heartbeat"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/product/{id}"),
    ("GET", "/collection/{id}"),
    ("GET", "/v1/products"),
    ("GET", "/v1/products/{id}"),
    ("GET", "/v1/collections"),
    ("GET", "/v1/collections/{id}"),
    ("GET", "/v1/search"),
    ("GET", "/v1/search/complete"),
    ("GET", "/v1/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/docs/{file}"),
    ("POST", "/v1/guests"),
    // Prices are no secret; what is somebody's cart is asked for its owner.
    ("POST", "/v1/quotes"),
    ("GET", "/v1/shipping-methods"),
    ("GET", "/v1/shipping-methods/{id}"),
    ("GET", "/v1/tax-rates"),
    ("GET", "/v1/tax-rates/{id}"),
    // Its signature says that it is Stripe.
    ("POST", "/v1/payments/stripe/webhooks"),
    ("POST", "/v1/cluster/init"),
];

/// A key of a role.
async fn key(strict: &Strict, role: &str) -> Result<ShownKey, Fault> {
    let new =
        NewKey { name: format!("a {role}"), role: Some(role.to_owned()), ..NewKey::default() };
    Ok(strict.first()?.create_key(None, &new).await?)
}

fn client(strict: &Strict, secret: &str) -> Result<Client, Fault> {
    Ok(strict.node.client()?.with_credentials(secret)?)
}

/// The status and code that a request with these credentials is answered with.
async fn told(node: &Node, method: &str, path: &str, token: &str) -> Result<(u16, String), Fault> {
    let bearer = format!("Bearer {token}");
    let headers: &[(&str, &str)] = match token {
        "" => &[],
        _ => &[("authorization", bearer.as_str())],
    };
    let answer = node.call(method, path, headers, "").await?;
    Ok((answer.status, answer.code()))
}

#[test]
fn nobody_gets_past_the_door_of_any_route() -> Tested {
    with_strict_node(async |strict| {
        let mut locked = 0;
        for path in DOCUMENT["paths"].as_object().ok_or("no paths")?.keys() {
            let real = path.replace("{id}", "prod_00000000000000000000000000000001");
            let real = real.replace("{file}", "start.js");
            for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
                let (status, code) = told(&strict.node, method, &real, "").await?;
                let read = if method == "HEAD" { "GET" } else { method };
                if PUBLIC.contains(&(read, path)) || status == 405 {
                    assert_ne!(status, 401, "{method} {path}");
                    continue;
                }
                assert_eq!(status, 401, "{method} {path}");
                assert!(method == "HEAD" || code == "unauthenticated", "{method} {path}: {code}");
                locked += 1;
            }
        }
        assert!(locked >= 30, "only {locked} routes are locked");
        Ok(())
    })
}

#[test]
fn the_first_key_is_made_once() -> Tested {
    with_strict_node(async |strict| {
        let again = strict.node.call("POST", "/v1/cluster/init", &[], "").await?;
        assert_eq!((again.status, again.code().as_str()), (409, "already_initialized"));
        assert!(
            strict
                .first()?
                .keys(100, None)
                .await?
                .body
                .data
                .iter()
                .any(|key| { key.name == "first operator" && key.status == "active" })
        );
        Ok(())
    })
}

#[test]
fn a_role_opens_its_doors_and_no_other() -> Tested {
    with_strict_node(async |strict| {
        let routes = [
            ("POST", "/v1/products", &["seller"][..]),
            ("POST", "/product", &["seller"]),
            ("POST", "/v1/stock/adjustments", &["seller"]),
            ("POST", "/v1/holds", &["service"]),
            ("GET", "/v1/orders", &["seller", "support", "service", "analyst"]),
            ("POST", "/v1/orders", &["support", "service"]),
            ("GET", "/v1/payments/orphans", &["seller", "support", "service", "analyst"]),
            ("POST", "/v1/payments/reconcile", &["support"]),
            ("GET", "/v1/cluster/status", &["operator", "analyst"]),
            ("GET", "/metrics", &["operator", "analyst"]),
            ("GET", "/v1/keys", &["operator"]),
            ("POST", "/v1/keys", &["operator"]),
            ("POST", "/v1/cluster/leaders/transfer", &["operator"]),
            ("GET", "/v1/webhook-endpoints", &["seller", "operator"]),
            ("POST", "/v1/webhook-endpoints", &["seller", "operator"]),
            ("GET", "/v1/events", &["seller", "operator", "service", "analyst"]),
            ("GET", "/v1/notices", &["operator", "analyst"]),
            ("POST", "/v1/notices/replay", &["operator"]),
        ];
        for role in ["seller", "support", "operator", "service", "analyst"] {
            let shown = key(strict, role).await?;
            for (method, path, open) in routes {
                let (status, code) = told(&strict.node, method, path, &shown.secret).await?;
                assert_ne!(status, 401, "{role} {method} {path}");
                let closed = (status, code.as_str()) == (403, "forbidden");
                assert_eq!(closed, !open.contains(&role), "{role} {method} {path}: {status}");
            }
        }
        Ok(())
    })
}

#[test]
fn somebody_elses_order_is_not_there() -> Tested {
    with_strict_node(async |strict| {
        let service = key(strict, "service").await?;
        let seller = client(strict, &key(strict, "seller").await?.secret)?;
        let new = api_client::NewProduct {
            name: "Owned".into(),
            price: 500,
            currency: "USD".into(),
            stock: Some(10),
            ..Default::default()
        };
        let product = seller.create_product(None, &new).await?.body.id;
        let mine = strict.node.client()?.create_guest().await?;
        let theirs = strict.node.client()?.create_guest().await?;
        let me = client(strict, &mine.token)?;
        let them = client(strict, &theirs.token)?;

        let mut wanted = order(&mine.customer_id, &[(&product, 1)]);
        let invoice = me.place_order("own-1", &wanted, None).await;
        assert_eq!(invoice.unwrap_err().code(), Some("forbidden"), "nobody trusts oneself");
        wanted.payment_method = Some("pm_card_visa".into());
        let placed = me.place_order("own-2", &wanted, Some(10)).await?.body;
        let for_them = them.place_order("own-3", &wanted, None).await;
        assert_eq!(for_them.unwrap_err().code(), Some("customer_not_found"));

        assert_eq!(me.order(&placed.id).await?.body.id, placed.id);
        assert_eq!(me.orders(&mine.customer_id, 10, None).await?.body.data.len(), 1);
        assert!(!me.order_history(&placed.id).await?.body.data.is_empty());
        let unknown = Some("order_not_found");
        assert_eq!(them.order(&placed.id).await.unwrap_err().code(), unknown);
        assert_eq!(them.order_history(&placed.id).await.unwrap_err().code(), unknown);
        assert_eq!(them.cancel_order(Some("own-4"), &placed.id).await.unwrap_err().code(), unknown);
        let listed = them.orders(&mine.customer_id, 10, None).await;
        assert_eq!(listed.unwrap_err().code(), Some("customer_not_found"));

        let shop = client(strict, &service.secret)?;
        assert_eq!(shop.order(&placed.id).await?.body.customer_id, mine.customer_id);
        let canceled = me.cancel_order(Some("own-5"), &placed.id).await?.body;
        assert_eq!(canceled.id, placed.id);
        Ok(())
    })
}

#[test]
fn a_key_ends_when_it_is_told_to() -> Tested {
    with_strict_node(async |strict| {
        let first = strict.first()?;
        let shown = key(strict, "analyst").await?;
        let status = "/v1/cluster/status";
        assert_eq!(told(&strict.node, "GET", status, &shown.secret).await?.0, 200);

        let mut typo = shown.secret.clone();
        let last = if typo.pop() == Some('0') { '1' } else { '0' };
        typo.push(last);
        let bearer = format!("Bearer {typo}");
        let headers = [("authorization", bearer.as_str())];
        let mistyped = strict.node.call("GET", "/v1/products", &headers, "").await?;
        assert_eq!((mistyped.status, mistyped.code().as_str()), (401, "invalid_credentials"));
        assert!(mistyped.text.contains("checksum"), "{}", mistyped.text);
        assert!(mistyped.header("www-authenticate").is_some());

        let rotated = first.rotate_key(&shown.key.id, &RotateKey { overlap_s: 600 }).await?;
        for secret in [&shown.secret, &rotated.secret] {
            assert_eq!(told(&strict.node, "GET", status, secret).await?.0, 200, "both work");
        }
        let again = first.rotate_key(&shown.key.id, &RotateKey { overlap_s: 0 }).await?;
        assert_eq!(told(&strict.node, "GET", status, &shown.secret).await?.0, 401);
        assert_eq!(told(&strict.node, "GET", status, &rotated.secret).await?.0, 401);
        assert_eq!(told(&strict.node, "GET", status, &again.secret).await?.0, 200);

        first.revoke_key(&shown.key.id).await?;
        let (code, why) = told(&strict.node, "GET", status, &again.secret).await?;
        assert_eq!((code, why.as_str()), (401, "invalid_credentials"));
        let late = first.rotate_key(&shown.key.id, &RotateKey { overlap_s: 0 }).await;
        assert_eq!(late.unwrap_err().code(), Some("key_revoked"));

        let brief = NewKey { valid_s: Some(1), role: Some("analyst".into()), ..named("brief") };
        let brief = first.create_key(None, &brief).await?;
        assert_eq!(told(&strict.node, "GET", status, &brief.secret).await?.0, 200);
        eventually(async || {
            let told = told(&strict.node, "GET", status, &brief.secret).await.ok()?;
            (told.0 == 401).then_some(())
        })
        .await
    })
}

fn named(name: &str) -> NewKey {
    NewKey { name: name.to_owned(), ..NewKey::default() }
}

#[test]
fn a_key_does_not_grow() -> Tested {
    with_strict_node(async |strict| {
        let first = strict.first()?;
        let maker = NewKey { scopes: vec!["keys:write".into()], ..named("maker") };
        let maker = client(strict, &first.create_key(None, &maker).await?.secret)?;
        let more = NewKey { role: Some("seller".into()), ..named("more") };
        assert_eq!(maker.create_key(None, &more).await.unwrap_err().code(), Some("forbidden"));
        let seller = key(strict, "seller").await?;
        let taken = maker.rotate_key(&seller.key.id, &RotateKey { overlap_s: 0 }).await;
        assert_eq!(taken.unwrap_err().code(), Some("forbidden"));
        let same = NewKey { scopes: vec!["keys:write".into()], ..named("same") };
        assert!(maker.create_key(None, &same).await.is_ok());

        let elsewhere = NewKey {
            role: Some("analyst".into()),
            networks: vec!["10.0.0.0/8".into(), "192.0.2.1".into()],
            ..named("elsewhere")
        };
        let elsewhere = first.create_key(None, &elsewhere).await?;
        let (status, _) = told(&strict.node, "GET", "/v1/products", &elsewhere.secret).await?;
        assert_eq!(status, 403);
        for (body, param) in [
            (json!({"name": "x"}), "role"),
            (json!({"name": "x", "role": "king"}), "role"),
            (json!({"name": "x", "scopes": ["catalog:write", "all"]}), "scopes[1]"),
            (json!({"name": "x", "role": "seller", "networks": ["10.0.0.0/40"]}), "networks[0]"),
            (json!({"name": "", "role": "seller"}), "name"),
            (json!({"name": "x", "role": "seller", "valid_s": 0}), "valid_s"),
        ] {
            let bearer = strict.bearer();
            let pairs = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            let refused = strict.node.call("POST", "/v1/keys", &pairs, body.to_string()).await?;
            assert_eq!((refused.status, refused.param().as_str()), (400, param), "{body}");
        }
        Ok(())
    })
}

#[test]
fn a_keys_last_use_is_told() -> Tested {
    with_strict_node(async |strict| {
        let shown = key(strict, "operator").await?;
        let id = shown.key.id.as_str();
        let used = async || strict.first().ok()?.key(id).await.ok()?.body.last_used_at;
        assert_eq!(used().await, None);
        client(strict, &shown.secret)?.keys(1, None).await?;
        let at = eventually(used).await?;
        let now = strict.first()?.key(id).await?.body;
        assert!(at >= now.created_at && now.version == 1, "using a key does not change it");
        Ok(())
    })
}

#[test]
fn no_secret_is_on_the_disk() -> Tested {
    with_strict_node(async |strict| {
        let shown = key(strict, "analyst").await?;
        let secret = shown.secret.split('_').nth(3).ok_or("no secret")?.to_owned();
        let guest = strict.node.client()?.create_guest().await?;
        let token = guest.token.trim_start_matches("gst_").to_owned();
        // The row is there, by its name, so the search looks where secrets would be.
        let name = b"a analyst".to_vec();
        assert!(holds(&strict.dir, &name)?, "the key's name is not found either");
        for planted in [secret, token] {
            assert!(!holds(&strict.dir, planted.as_bytes())?, "{planted} is on the disk");
        }
        Ok(())
    })
}

/// Whether some file under a folder holds these bytes.
fn holds(dir: &Path, bytes: &[u8]) -> Result<bool, Fault> {
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let found = match path.is_dir() {
            true => holds(&path, bytes)?,
            false => std::fs::read(&path)
                .unwrap_or_default()
                .windows(bytes.len())
                .any(|window| window == bytes),
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

#[test]
fn a_web_page_borrows_no_trust() -> Tested {
    with_node(async |node| {
        let body = json!({"name": "From a page", "price": 1, "currency": "USD"}).to_string();
        let json = ("content-type", "application/json");
        let ours = node.call("POST", "/v1/products", &[json], body.clone()).await?;
        assert_eq!(ours.status, 201, "{}", ours.text);
        for foreign in [("origin", "https://shop.example"), ("host", "rebound.example")] {
            let page = node.call("POST", "/v1/products", &[json, foreign], body.clone()).await?;
            assert_eq!((page.status, page.code().as_str()), (401, "unauthenticated"));
        }
        Ok(())
    })
}
