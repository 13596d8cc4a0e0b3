//! Carts: priced as of now, merged once, and ordered by exactly one order.

use api_client::{Guest, Order};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Fault, Node, Raw, Tested, eventually, with_node};

/// No body.
const NOTHING: &Value = &Value::Null;

/// Somebody with a cart.
struct Shopper<'a> {
    node: &'a Node,
    guest: Guest,
}

impl<'a> Shopper<'a> {
    async fn new(node: &'a Node) -> Result<Self, Fault> {
        Ok(Self { node, guest: node.client()?.create_guest().await? })
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Raw, Fault> {
        self.ask_with(method, path, &[], body).await
    }

    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        more: &[(&str, &str)],
        body: &Value,
    ) -> Result<Raw, Fault> {
        let bearer = format!("Bearer {}", self.guest.token);
        let own = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.node.call(method, path, &[&own[..], more].concat(), text).await
    }

    /// Puts so many of a product into the cart, and says what is in it then.
    async fn put(&self, product: &str, quantity: u32) -> Result<Value, Fault> {
        let path = format!("/v1/cart/lines/{product}");
        let put = self.ask("PUT", &path, &json!({"quantity": quantity})).await?;
        assert_eq!(put.status, 200, "{}", put.text);
        Ok(put.json())
    }

    async fn cart(&self) -> Result<Value, Fault> {
        let shown = self.ask("GET", "/v1/cart?consistency=strong", NOTHING).await?;
        assert_eq!(shown.status, 200, "{}", shown.text);
        Ok(shown.json())
    }

    /// Orders a cart, by card.
    async fn order(&self, key: &str, cart: &Value, more: &Value) -> Result<Raw, Fault> {
        let mut body = json!({"customer_id": self.guest.customer_id, "cart": cart,
                              "currency": "USD", "payment_method": "pm_card_visa"});
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        self.ask_with("POST", "/v1/orders", &[("idempotency-key", key)], &body).await
    }
}

#[test]
fn a_cart_shows_what_its_products_are_now() -> Tested {
    with_node(async |node| {
        let shopper = Shopper::new(node).await?;
        let nothing = shopper.cart().await?;
        assert_eq!((&nothing["version"], &nothing["orderable"]), (&json!(0), &json!(false)));
        assert_eq!((&nothing["id"], &nothing["lines"]), (&Value::Null, &json!([])));
        let pen = node.product("Pen", 300, 5).await?.id;
        let cap = node.product("Cap", 1_200, 2).await?.id;
        shopper.put(&pen, 2).await?;
        let cart = shopper.put(&cap, 1).await?;
        assert_eq!((&cart["version"], &cart["subtotal"]), (&json!(2), &json!(1_800)));
        assert_eq!((&cart["orderable"], &cart["currency"]), (&json!(true), &json!("USD")));
        assert_eq!(shopper.cart().await?, cart);

        let patch = json!({"price": 350, "currency": "USD"});
        let headers = [("content-type", "application/json"), ("if-match", "*")];
        let path = format!("/v1/products/{pen}");
        assert_eq!(node.call("PATCH", &path, &headers, patch.to_string()).await?.status, 200);
        let cart = shopper.cart().await?;
        let line = &cart["lines"][0];
        assert_eq!((&line["unit_price"], &line["price_seen"]), (&json!(350), &json!(300)));
        assert_eq!((&line["price_changed"], &cart["subtotal"]), (&json!(true), &json!(1_900)));
        assert_eq!(cart["lines"][1]["price_changed"], json!(false));
        let seen = shopper.order("seen", &cart["id"], &json!({"expected_total": 1_800})).await?;
        assert_eq!((seen.status, seen.code().as_str()), (409, "price_changed"));
        let cart = shopper.put(&pen, 6).await?;
        let line = &cart["lines"][0];
        assert_eq!((&line["price_changed"], &line["in_stock"]), (&json!(false), &json!(false)));
        assert_eq!(cart["orderable"], json!(false));
        shopper.put(&pen, 1).await?;
        let gone = node.call("DELETE", &format!("/v1/products/{cap}"), &headers, "").await?;
        assert_eq!(gone.status, 200, "{}", gone.text);
        let cart = shopper.cart().await?;
        assert_eq!((&cart["lines"][1]["archived"], &cart["subtotal"]), (&json!(true), &json!(350)));
        assert_eq!(cart["orderable"], json!(false));
        let put = json!({"quantity": 1});
        let again = shopper.ask("PUT", &format!("/v1/cart/lines/{cap}"), &put).await?;
        assert_eq!((again.status, again.code().as_str()), (409, "product_archived"));
        let out = shopper.ask("DELETE", &format!("/v1/cart/lines/{cap}"), NOTHING).await?;
        assert_eq!((out.status, &out.json()["orderable"]), (200, &json!(true)));
        let empty = shopper.ask("DELETE", "/v1/cart", NOTHING).await?;
        assert_eq!((empty.status, &empty.json()["lines"]), (200, &json!([])));
        Ok(())
    })
}

#[test]
fn a_cart_is_changed_as_it_was_seen_and_within_its_limits() -> Tested {
    with_node(async |node| {
        let shopper = Shopper::new(node).await?;
        let pen = node.product("Seen", 300, 5).await?.id;
        let path = format!("/v1/cart/lines/{pen}");
        let two = json!({"quantity": 2});
        let put =
            async |tag: &str| shopper.ask_with("PUT", &path, &[("if-match", tag)], &two).await;
        assert_eq!(put("\"1\"").await?.code(), "version_mismatch");
        let first = put("\"0\"").await?;
        assert_eq!((first.status, first.header("etag").as_deref()), (200, Some("\"1\"")));
        let late = put("\"0\"").await?;
        assert_eq!((late.status, late.code().as_str()), (412, "version_mismatch"));
        let keyed = [("idempotency-key", "cart-once")];
        let once = shopper.ask_with("PUT", &path, &keyed, &two).await?;
        let twice = shopper.ask_with("PUT", &path, &keyed, &two).await?;
        assert_eq!(once.json(), twice.json());
        assert_eq!(twice.header("idempotent-replayed").as_deref(), Some("true"));
        for quantity in [0, 10_001] {
            let wrong = shopper.ask("PUT", &path, &json!({"quantity": quantity})).await?;
            let why = (wrong.status, wrong.code(), wrong.param());
            assert_eq!(why, (400, "out_of_range".into(), "quantity".into()));
        }
        let unknown = format!("/v1/cart/lines/prod_{:032x}", 9);
        let unknown = shopper.ask("PUT", &unknown, &two).await?;
        assert_eq!((unknown.status, unknown.code().as_str()), (404, "product_not_found"));
        let whose = node.get("/v1/cart").await?;
        assert_eq!((whose.status, whose.param().as_str()), (400, "customer_id"));
        let support = format!("/v1/cart?customer_id={}", shopper.guest.customer_id);
        assert_eq!(node.get(&support).await?.json()["lines"][0]["quantity"], json!(2));
        Ok(())
    })
}

#[test]
fn of_many_orders_of_one_cart_there_is_one() -> Tested {
    with_node(async |node| {
        let shopper = Shopper::new(node).await?;
        let (pen, cap) =
            (node.product("P", 300, 90).await?.id, node.product("C", 100, 90).await?.id);
        shopper.put(&pen, 2).await?;
        let cart = shopper.put(&cap, 1).await?["id"].clone();
        let keys: Vec<String> = (0..20).map(|number| format!("one-{number}")).collect();
        let told = join_all(keys.iter().map(|key| shopper.order(key, &cart, NOTHING))).await;
        let told = told.into_iter().collect::<Result<Vec<_>, Fault>>()?;
        let placed: Vec<_> = told.iter().filter(|raw| raw.status == 201).collect();
        let [placed] = placed.as_slice() else {
            return Err(format!("{} orders of one cart", placed.len()).into());
        };
        let order: Order = serde_json::from_str(&placed.text)?;
        assert_eq!((order.total, order.lines.len()), (700, 2));
        for (key, raw) in keys.iter().zip(&told) {
            let again = shopper.order(key, &cart, NOTHING).await?;
            if raw.status == 201 {
                assert_eq!((again.status, &again.json()["id"]), (201, &json!(order.id)));
                continue;
            }
            assert_eq!((raw.status, raw.code().as_str()), (409, "cart_consumed"), "{raw:?}");
            assert_eq!(again.code(), raw.code(), "the first answer stands");
        }
        let late = shopper.order("one-late", &cart, NOTHING).await?;
        assert_eq!((late.status, late.code().as_str()), (409, "cart_consumed"));
        assert!(late.text.contains(&order.id), "{}", late.text);
        let next = shopper.put(&pen, 1).await?;
        assert_ne!(next["id"], cart, "the next cart is another");
        let other = json!({"lines": [{"product_id": cap, "quantity": 1}]});
        let other = shopper.order("one-other", &next["id"], &other).await?;
        assert_eq!((other.status, other.code().as_str()), (409, "cart_changed"));
        // The units of those who came too late are free once their shard has been told.
        eventually(async || {
            let stock = node.client().ok()?.stock(&pen).await.ok()?.body;
            (stock.available == 88).then_some(())
        })
        .await?;
        let audit = node.client()?.audit().await?;
        assert!(audit.ok, "{:?}", audit.violations);
        Ok(())
    })
}

#[test]
fn a_cart_of_nothing_and_one_of_somebody_else_are_not_ordered() -> Tested {
    with_node(async |node| {
        let (shopper, other) = (Shopper::new(node).await?, Shopper::new(node).await?);
        let pen = node.product("Mine", 300, 5).await?.id;
        let cart = shopper.put(&pen, 2).await?["id"].clone();
        let foreign = other.order("foreign-cart", &cart, NOTHING).await?;
        assert_eq!((foreign.status, foreign.code().as_str()), (404, "cart_not_found"));
        let path = format!("/v1/cart?customer_id={}", shopper.guest.customer_id);
        let foreign = other.ask("GET", &path, NOTHING).await?;
        assert_eq!((foreign.status, foreign.code().as_str()), (404, "customer_not_found"));
        shopper.ask("DELETE", "/v1/cart", NOTHING).await?;
        let empty = shopper.order("empty-cart", &cart, NOTHING).await?;
        assert_eq!((empty.code(), empty.param()), ("out_of_range".into(), "cart".into()));
        let neither = json!({"cart": null});
        let neither = shopper.order("neither", NOTHING, &neither).await?;
        assert_eq!((neither.code(), neither.param()), ("out_of_range".into(), "lines".into()));
        Ok(())
    })
}

#[test]
fn who_signs_in_keeps_the_cart_and_the_orders() -> Tested {
    with_node(async |node| {
        let pen = node.product("Kept", 300, 50).await?.id;
        let cap = node.product("Capped", 100, 50).await?.id;
        // Several guests, so that some live in the customer's shard and some in others.
        let customer = "cus_signs_in";
        let merge = format!("/v1/cart/merge?customer_id={customer}");
        let mut ordered = Vec::new();
        for number in 0..6_u32 {
            let guest = Shopper::new(node).await?;
            let first = guest.put(&pen, 1).await?["id"].clone();
            let key = format!("signs-in-{number}");
            let placed = guest.order(&key, &first, NOTHING).await?;
            assert_eq!(placed.status, 201, "{}", placed.text);
            ordered.push(placed.json()["id"].clone());
            guest.put(&pen, 2).await?;
            let second = guest.put(&cap, 1).await?["id"].clone();
            let body = json!({"guest_token": guest.guest.token});
            let merged = node.post(&merge, &format!("merge-{number}"), &body).await?;
            assert_eq!(merged.status, 200, "{}", merged.text);
            let quantity = |at: usize| merged.json()["lines"][at]["quantity"].clone();
            let expected = [json!(2 * (number + 1)), json!(number + 1)];
            assert_eq!([quantity(0), quantity(1)], expected, "{}", merged.text);
            let again = node.post(&merge, &format!("merge-again-{number}"), &body).await?;
            assert_eq!(again.json()["lines"], merged.json()["lines"], "once");
            let elsewhere = "/v1/cart/merge?customer_id=cus_other";
            let elsewhere = node.post(elsewhere, &format!("merge-else-{number}"), &body).await?;
            assert_eq!((elsewhere.status, elsewhere.code().as_str()), (409, "guest_merged"));
            let again = guest.order(&key, &first, NOTHING).await?;
            assert_eq!((again.status, &again.json()["id"]), (201, &placed.json()["id"]));
            let late = guest.order(&format!("late-{number}"), &second, NOTHING).await?;
            assert_eq!((late.status, late.code().as_str()), (409, "guest_merged"));
            let shown = guest.ask("GET", "/v1/cart", NOTHING).await?;
            assert_eq!((shown.status, shown.code().as_str()), (409, "guest_merged"));
        }
        let path = format!("/v1/orders?customer_id={customer}&limit=4");
        let page = node.get(&path).await?.json();
        let next = page["next_cursor"].as_str().ok_or("no second page")?;
        let rest = node.get(&format!("{path}&cursor={next}")).await?.json();
        let ids = [&page, &rest].map(|page| page["data"].as_array().cloned().unwrap_or_default());
        let ids: Vec<_> = ids.concat().iter().map(|order| order["id"].clone()).collect();
        let newest_first: Vec<_> = ordered.into_iter().rev().collect();
        assert_eq!(ids, newest_first);
        let bad = node.post(&merge, "merge-bad", &json!({"guest_token": "gst_1"})).await?;
        assert_eq!((bad.status, bad.param().as_str()), (400, "guest_token"));
        Ok(())
    })
}
