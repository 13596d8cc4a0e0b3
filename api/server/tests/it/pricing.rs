//! Promotions, shipping methods and tax rates over HTTP; quotes, and orders that cost what they
//! say.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Fault, Node, Raw, Tested, eventually, with_node, with_strict_node};

/// How many orders want the promotion at once.
const BUYERS: usize = 500;
/// How many of them may have it.
const LIMIT: usize = 100;

async fn put(node: &Node, path: &str, etag: &str, body: &Value) -> Result<Raw, Fault> {
    let headers = [("content-type", "application/json"), ("if-match", etag)];
    node.call("PUT", path, &headers, body.to_string()).await
}

async fn delete(node: &Node, path: &str, etag: &str) -> Result<Raw, Fault> {
    node.call("DELETE", path, &[("if-match", etag)], "").await
}

/// Creates something, and says its path.
async fn made(node: &Node, path: &str, body: &Value) -> Result<(String, Value), Fault> {
    let key = body.to_string();
    let raw = node.post(path, &key[..key.len().min(200)], body).await?;
    assert_eq!(raw.status, 201, "{}", raw.text);
    let made = raw.json();
    assert_eq!(raw.header("etag").as_deref(), Some("\"1\""));
    Ok((format!("{path}/{}", made["id"].as_str().unwrap_or_default()), made))
}

#[test]
fn a_promotion_is_made_changed_and_archived() -> Tested {
    with_node(async |node| {
        let mut new = json!({
            "code": "lifecycle-10", "type": "percent", "rate_ppm": 100_000, "usage_limit": 3,
            "starts_at": "2026-01-01T00:00:00Z",
        });
        let (path, promotion) = made(node, "/v1/promotions", &new).await?;
        assert_eq!(promotion["code"], "LIFECYCLE-10");
        assert_eq!((&promotion["uses"], &promotion["minimum_spend"]), (&json!(0), &json!(0)));
        let again = node.post("/v1/promotions", "lifecycle-again", &new).await?;
        assert_eq!((again.status, again.code().as_str()), (409, "already_exists"));

        new["rate_ppm"] = json!(200_000);
        let stale = put(node, &path, "\"7\"", &new).await?;
        assert_eq!((stale.status, stale.code().as_str()), (412, "version_mismatch"));
        let changed = put(node, &path, "\"1\"", &new).await?;
        assert_eq!((changed.status, &changed.json()["rate_ppm"]), (200, &json!(200_000)));
        let renamed = json!({"code": "other", "type": "free_shipping"});
        let renamed = put(node, &path, "*", &renamed).await?;
        assert_eq!((renamed.status, renamed.param().as_str()), (400, "code"));
        assert_eq!(node.get(&path).await?.json()["version"], 2);

        assert_eq!(delete(node, &path, "\"2\"").await?.status, 200);
        let archived = node.get(&path).await?.json();
        assert!(archived["archived_at"].is_string(), "{archived}");
        let over = put(node, &path, "*", &new).await?;
        assert_eq!((over.status, over.code().as_str()), (409, "promotion_expired"));
        let listed = node.get("/v1/promotions?limit=100").await?.json();
        let codes: Vec<_> = listed["data"].as_array().ok_or("a list")?.iter().collect();
        assert!(codes.iter().any(|row| row["code"] == "LIFECYCLE-10"));
        Ok(())
    })
}

#[test]
fn what_no_promotion_can_be_is_refused_by_name() -> Tested {
    with_node(async |node| {
        for (change, param) in [
            (json!({"code": "two words"}), "code"),
            (json!({"type": "gift"}), "type"),
            (json!({"rate_ppm": null}), "rate_ppm"),
            (json!({"rate_ppm": 0}), "rate_ppm"),
            (json!({"amount": 5}), "amount"),
            (json!({"minimum_spend": 5}), "currency"),
            (json!({"type": "fixed"}), "amount"),
            (json!({"type": "free_shipping"}), "rate_ppm"),
            (json!({"starts_at": "tomorrow"}), "starts_at"),
            (
                json!({"starts_at": "2027-01-01T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z"}),
                "ends_at",
            ),
            (json!({"usage_limit": 0}), "usage_limit"),
            (json!({"usage_limit_per_customer": 1_001}), "usage_limit_per_customer"),
        ] {
            let mut new = json!({"code": "WRONG", "type": "percent", "rate_ppm": 100_000});
            let fields = change.as_object().ok_or("fields")?.clone();
            new.as_object_mut().ok_or("an object")?.extend(fields);
            let raw = node.post("/v1/promotions", &format!("wrong {change}"), &new).await?;
            assert_eq!((raw.status, raw.param().as_str()), (400, param), "{change}: {}", raw.text);
        }
        Ok(())
    })
}

#[test]
fn shipping_methods_and_tax_rates_are_made_changed_and_deleted() -> Tested {
    with_node(async |node| {
        let flat = json!([{"by": "flat", "steps": [{"amount": 490}]}]);
        let mut new = json!({"name": "Post", "currency": "usd", "rates": flat});
        let (path, _) = made(node, "/v1/shipping-methods", &new).await?;
        new["rates"][0]["places"] = json!([{"country": "fr", "region": "idf"}]);
        let changed = put(node, &path, "\"1\"", &new).await?;
        assert_eq!(changed.json()["rates"][0]["places"][0]["region"], "IDF", "{}", changed.text);
        assert_eq!(put(node, &path, "\"1\"", &new).await?.status, 412);
        assert_eq!(delete(node, &path, "*").await?.status, 200);
        let gone = node.get(&path).await?;
        assert_eq!((gone.status, gone.code().as_str()), (404, "shipping_method_not_found"));
        new["rates"][0]["steps"] = json!([{"amount": 1}, {"amount": 2}]);
        let steps = node.post("/v1/shipping-methods", "steps", &new).await?;
        assert_eq!((steps.status, steps.param().as_str()), (400, "steps"));

        let mut new = json!({
            "country": "fr", "tax_category": "books", "name": "TVA", "rate_ppm": 55_000,
            "inclusive": true,
        });
        let (path, rate) = made(node, "/v1/tax-rates", &new).await?;
        assert_eq!((&rate["country"], &rate["tax_category"]), (&json!("FR"), &json!("books")));
        let twice = node.post("/v1/tax-rates", "books-again", &new).await?;
        assert_eq!((twice.status, twice.code().as_str()), (409, "already_exists"));
        new["rate_ppm"] = json!(100_000);
        assert_eq!(put(node, &path, "\"1\"", &new).await?.json()["version"], 2);
        new["country"] = json!("be");
        let moved = put(node, &path, "*", &new).await?;
        assert_eq!((moved.status, moved.param().as_str()), (400, "country"));
        assert_eq!(delete(node, &path, "\"2\"").await?.status, 200);
        let gone = node.get(&path).await?;
        assert_eq!((gone.status, gone.code().as_str()), (404, "tax_rate_not_found"));
        Ok(())
    })
}

/// Something to sell, with everything that is due on it in Austria.
struct Shop {
    tea: String,
    book: String,
    method: String,
    promotion: String,
}

async fn open(node: &Node, code: &str) -> Result<Shop, Fault> {
    let product = json!({
        "name": "Tea", "price": 333, "currency": "USD", "stock": 50, "weight_grams": 250,
    });
    let tea = node.post("/v1/products", &format!("tea {code}"), &product).await?.json();
    let product = json!({
        "name": "Book", "price": 1_000, "currency": "USD", "stock": 50, "tax_category": "books",
    });
    let book = node.post("/v1/products", &format!("book {code}"), &product).await?.json();
    for (category, rate_ppm) in [("standard", 200_000), ("books", 100_000)] {
        let rate = json!({
            "country": "at", "tax_category": category, "name": "USt", "rate_ppm": rate_ppm,
            "inclusive": false,
        });
        let raw = node.post("/v1/tax-rates", &format!("{code} {category}"), &rate).await?;
        assert!([201, 409].contains(&raw.status), "{}", raw.text);
    }
    let steps = json!([{"up_to": 700, "amount": 490}, {"up_to": 2_000, "amount": 690}]);
    let rates = json!([{"places": [{"country": "AT"}], "by": "weight", "steps": steps}]);
    let new = json!({
        "name": format!("Parcel {code}"), "currency": "USD", "tax_category": "standard",
        "rates": rates,
    });
    let (_, method) = made(node, "/v1/shipping-methods", &new).await?;
    let new = json!({
        "code": code, "type": "percent", "rate_ppm": 100_000, "minimum_spend": 1_500,
        "currency": "USD",
    });
    let (promotion, _) = made(node, "/v1/promotions", &new).await?;
    let id = |made: &Value| made["id"].as_str().unwrap_or_default().to_owned();
    Ok(Shop { tea: id(&tea), book: id(&book), method: id(&method), promotion })
}

impl Shop {
    fn wanted(&self, teas: u32, code: &str) -> Value {
        json!({
            "currency": "USD", "promotion_code": code, "shipping_method": self.method,
            "lines": [
                {"product_id": self.tea, "quantity": teas},
                {"product_id": self.book, "quantity": 1},
            ],
            "ship_to": {"country": "at", "postal_code": "1010", "city": "Wien"},
        })
    }
}

/// The order of a customer for what a quote was asked about.
fn order_of(wanted: &Value, customer: &str, total: &Value) -> Value {
    let mut order = wanted.clone();
    order["customer_id"] = json!(customer);
    order["payment_method"] = json!("on_account");
    order["expected_total"] = total.clone();
    order
}

/// 3 × 3.33 + 10.00 − 10 % + 6.90, and 20 % and 10 % on what is left: by hand.
#[test]
fn an_order_costs_what_the_quote_said() -> Tested {
    with_node(async |node| {
        let shop = open(node, "QUOTED").await?;
        let wanted = shop.wanted(3, "quoted");
        let quote = node.post("/v1/quotes", "quoted", &wanted).await?;
        assert_eq!(quote.status, 200, "{}", quote.text);
        let quote = quote.json();
        assert_eq!(quote["subtotal"], 1_999);
        assert_eq!(
            (&quote["promotion"]["amount"], &quote["promotion"]["version"]),
            (&json!(200), &json!(1))
        );
        let of_line = |at: usize, field: &str| quote["lines"][at][field].clone();
        assert_eq!((of_line(0, "discount"), of_line(1, "discount")), (json!(100), json!(100)));
        assert_eq!(of_line(0, "tax")["amount"], 180, "20 % of 8.99");
        assert_eq!(of_line(1, "tax")["amount"], 90, "10 % of 9.00");
        assert_eq!(
            (&quote["shipping"]["amount"], &quote["shipping"]["tax"]["amount"]),
            (&json!(690), &json!(138))
        );
        assert_eq!(quote["tax"], json!({"amount": 408, "added": 408}));
        assert_eq!(quote["total"], 1_999 - 200 + 690 + 408);

        let order = order_of(&wanted, "cus_quoted", &quote["total"]);
        let placed = node.post("/v1/orders", "quoted-1", &order).await?;
        assert_eq!(placed.status, 201, "{}", placed.text);
        let placed = placed.json();
        for field in ["subtotal", "promotion", "shipping", "tax", "total"] {
            assert_eq!(placed[field], quote[field], "{field}");
        }
        assert_eq!(placed["lines"][0]["tax"], of_line(0, "tax"));
        assert_eq!(
            placed["ship_to"],
            json!({"country": "AT", "postal_code": "1010", "city": "Wien"})
        );

        // Another version now: what was agreed to is not to be had, and the old order stays.
        let new = json!({"code": "QUOTED", "type": "percent", "rate_ppm": 50_000});
        assert_eq!(put(node, &shop.promotion, "\"1\"", &new).await?.status, 200);
        let changed = node.post("/v1/orders", "quoted-2", &order).await?;
        assert_eq!((changed.status, changed.code().as_str()), (409, "price_changed"));
        assert_eq!(changed.json()["expected"], quote["total"]);
        let path = format!("/v1/orders/{}", placed["id"].as_str().ok_or("an id")?);
        assert_eq!(node.get(&path).await?.json()["promotion"]["version"], 1);
        Ok(())
    })
}

#[test]
fn an_order_and_a_quote_are_refused_alike() -> Tested {
    with_node(async |node| {
        let shop = open(node, "ALIKE").await?;
        let over =
            json!({"code": "OVER", "type": "free_shipping", "ends_at": "2026-01-01T00:00:00Z"});
        made(node, "/v1/promotions", &over).await?;
        let later =
            json!({"code": "LATER", "type": "free_shipping", "starts_at": "2099-01-01T00:00:00Z"});
        made(node, "/v1/promotions", &later).await?;
        let euros = json!({"code": "EUROS", "type": "fixed", "amount": 5, "currency": "EUR"});
        made(node, "/v1/promotions", &euros).await?;
        let nobody = format!("ship_{:032x}", 7);
        for (number, (teas, change, status, code)) in [
            (3, json!({"promotion_code": "NEVER-MADE"}), 404, "promotion_not_found"),
            (3, json!({"promotion_code": "LATER"}), 404, "promotion_not_found"),
            (3, json!({"promotion_code": "OVER"}), 409, "promotion_expired"),
            (3, json!({"promotion_code": "EUROS"}), 409, "currency_mismatch"),
            (1, json!({}), 409, "minimum_spend_not_reached"),
            (9, json!({}), 409, "shipping_not_available"),
            (3, json!({"ship_to": {"country": "DE"}}), 409, "shipping_not_available"),
            (3, json!({"ship_to": null}), 409, "shipping_not_available"),
            (3, json!({"shipping_method": nobody}), 409, "shipping_not_available"),
            (3, json!({"shipping_method": "post"}), 400, "invalid_id"),
            (3, json!({"ship_to": {"country": "Austria"}}), 400, "invalid_field"),
            (3, json!({"promotion_code": "two words"}), 400, "invalid_field"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut wanted = shop.wanted(teas, "ALIKE");
            let fields = change.as_object().ok_or("fields")?.clone();
            wanted.as_object_mut().ok_or("an object")?.extend(fields);
            let quote = node.post("/v1/quotes", "alike", &wanted).await?;
            assert_eq!((quote.status, quote.code().as_str()), (status, code), "{change}");
            let order = order_of(&wanted, "cus_alike", &Value::Null);
            let refused = node.post("/v1/orders", &format!("alike-{number}"), &order).await?;
            assert_eq!((refused.status, refused.code().as_str()), (status, code), "{change}");
            assert_eq!(refused.param(), quote.param(), "{change}");
        }
        // What needs no shipping has none, and goes where nothing is due.
        let mut bare = shop.wanted(3, "ALIKE");
        for field in ["promotion_code", "shipping_method", "ship_to"] {
            bare[field] = Value::Null;
        }
        let quote = node.post("/v1/quotes", "bare", &bare).await?.json();
        assert_eq!((&quote["total"], &quote["tax"]["amount"]), (&json!(1_999), &json!(0)));
        Ok(())
    })
}

#[test]
fn a_customer_has_a_promotion_as_often_as_it_says() -> Tested {
    with_node(async |node| {
        let product = node.product("Once", 1_000, 50).await?.id;
        let new = json!({
            "code": "ONCE-EACH", "type": "percent", "rate_ppm": 500_000,
            "usage_limit_per_customer": 1,
        });
        made(node, "/v1/promotions", &new).await?;
        let order = |customer: &str| {
            json!({
                "customer_id": customer, "currency": "USD", "payment_method": "on_account",
                "promotion_code": "once-each",
                "lines": [{"product_id": product, "quantity": 1}],
            })
        };
        let first = node.post("/v1/orders", "once-1", &order("cus_once")).await?;
        assert_eq!((first.status, &first.json()["total"]), (201, &json!(500)));
        let second = node.post("/v1/orders", "once-2", &order("cus_once")).await?;
        assert_eq!((second.status, second.code().as_str()), (409, "promotion_used_up"));
        assert_eq!(node.post("/v1/orders", "once-3", &order("cus_twice")).await?.status, 201);
        let id = first.json()["id"].as_str().ok_or("an id")?.to_owned();
        let cancel = node.post(&format!("/v1/orders/{id}/cancel"), "once-4", &json!({})).await?;
        assert_eq!(cancel.status, 200);
        assert_eq!(node.post("/v1/orders", "once-5", &order("cus_once")).await?.status, 201);
        Ok(())
    })
}

/// The cart has the lines; what is due for them beside their price, the quote and the order name.
#[test]
fn a_cart_is_quoted_and_ordered_with_a_code_and_shipping() -> Tested {
    with_node(async |node| {
        let shop = open(node, "CARTED").await?;
        let whose = "customer_id=cus_carted";
        let mut cart = json!(null);
        for (product, quantity) in [(&shop.tea, 3), (&shop.book, 1)] {
            let path = format!("/v1/cart/lines/{product}?{whose}");
            let body = json!({"quantity": quantity}).to_string();
            let put = node.call("PUT", &path, &[("content-type", "application/json")], body);
            let put = put.await?;
            assert_eq!(put.status, 200, "{}", put.text);
            cart = put.json();
        }
        let mut wanted = shop.wanted(3, "carted");
        let by_lines = node.post("/v1/quotes", "by lines", &wanted).await?;
        wanted["lines"] = json!([]);
        wanted["cart"] = cart["id"].clone();
        assert_eq!(node.post("/v1/quotes", "whose", &wanted).await?.param(), "customer_id");
        wanted["customer_id"] = json!("cus_other");
        let foreign = node.post("/v1/quotes", "foreign", &wanted).await?;
        assert_eq!((foreign.status, foreign.code().as_str()), (404, "cart_not_found"));
        wanted["customer_id"] = json!("cus_carted");
        let quote = node.post("/v1/quotes", "by cart", &wanted).await?;
        assert_eq!((quote.status, quote.json()), (200, by_lines.json()), "{}", quote.text);
        let total = &quote.json()["total"];
        let placed = order_of(&wanted, "cus_carted", total);
        let placed = node.post("/v1/orders", "carted", &placed).await?;
        assert_eq!((placed.status, &placed.json()["total"]), (201, total), "{}", placed.text);
        let over = node.post("/v1/quotes", "over", &wanted).await?;
        assert_eq!((over.status, over.code().as_str()), (409, "cart_consumed"));
        Ok(())
    })
}

#[test]
fn a_promotion_limited_to_100_is_used_by_100_of_500() -> Tested {
    with_node(async |node| {
        let product = node.product("Rush", 1_000, 1_000).await?.id;
        let new = json!({
            "code": "RUSH", "type": "fixed", "amount": 250, "currency": "USD",
            "usage_limit": LIMIT,
        });
        let (path, _) = made(node, "/v1/promotions", &new).await?;
        let client = node.client()?;
        let buy = |buyer: usize| {
            let (client, product) = (&client, &product);
            async move {
                let order = json!({
                    "customer_id": format!("cus_rush_{buyer}"), "currency": "USD",
                    "payment_method": "on_account", "promotion_code": "RUSH",
                    "expected_total": 750, "lines": [{"product_id": product, "quantity": 1}],
                });
                let order = serde_json::from_value(order).ok()?;
                let key = format!("rush-{buyer}");
                // A node that has more to do than it can says so, and is asked again.
                eventually(async || match client.place_order(&key, &order, None).await {
                    Ok(placed) => Some(Ok(placed.body.id)),
                    Err(error) if error.code() == Some("overloaded") => None,
                    Err(error) => Some(Err(error.code().unwrap_or("no code").to_owned())),
                })
                .await
                .ok()
            }
        };
        let outcomes: Option<Vec<_>> = join_all((0..BUYERS).map(buy)).await.into_iter().collect();
        let (placed, refused): (Vec<_>, Vec<_>) =
            outcomes.ok_or("no answer")?.into_iter().partition(Result::is_ok);
        assert_eq!(placed.len(), LIMIT);
        let why: Vec<_> = refused.into_iter().filter_map(Result::err).collect();
        assert_eq!(why.len(), BUYERS - LIMIT);
        assert!(why.iter().all(|code| code == "promotion_used_up"), "{why:?}");
        assert_eq!(node.get(&path).await?.json()["uses"], LIMIT);

        // An order that is canceled gives its use to the next.
        let first = placed[0].as_ref().map_err(Clone::clone)?;
        let path = format!("/v1/orders/{first}/cancel");
        assert_eq!(node.post(&path, "rush-cancel", &json!({})).await?.status, 200);
        let late = json!({
            "customer_id": "cus_rush_late", "currency": "USD", "payment_method": "on_account",
            "promotion_code": "RUSH", "lines": [{"product_id": product, "quantity": 1}],
        });
        let mut attempt = 0;
        eventually(async || {
            attempt += 1;
            let key = format!("rush-late-{attempt}");
            let raw = node.post("/v1/orders", &key, &late).await.ok()?;
            (raw.status == 201).then_some(())
        })
        .await?;
        eventually(async || {
            let stock = client.stock(&product).await.ok()?.body;
            (stock.held == 0 && stock.committed as usize == LIMIT).then_some(())
        })
        .await?;
        let found = client.audit().await?;
        assert!(found.ok, "{found:?}");
        Ok(())
    })
}

#[test]
fn codes_are_for_sellers_and_quotes_for_everybody() -> Tested {
    with_strict_node(async |strict| {
        let node = &strict.node;
        for path in ["/v1/promotions", "/v1/promotions/promo_00000000000000000000000000000001"] {
            assert_eq!(node.get(path).await?.status, 401, "{path}");
        }
        for path in ["/v1/shipping-methods", "/v1/tax-rates"] {
            assert_eq!(node.get(path).await?.status, 200, "{path}");
            assert_eq!(node.post(path, "nobody", &json!({})).await?.status, 401, "{path}");
        }
        let new = json!({"name": "Public", "price": 700, "currency": "USD", "stock": 3});
        let product = strict.first()?.create_product(None, &serde_json::from_value(new)?).await?;
        let line = json!([{"product_id": product.body.id, "quantity": 2}]);
        let wanted = json!({"lines": line, "currency": "usd"});
        let quote = node.post("/v1/quotes", "public", &wanted).await?;
        assert_eq!((quote.status, &quote.json()["total"]), (200, &json!(1_400)));
        Ok(())
    })
}
