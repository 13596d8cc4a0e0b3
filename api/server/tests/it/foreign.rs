//! Whoever asks for what is somebody else's is told that it is not there, on every route that takes
//! an id: the routes are those of the document, so a new one cannot be forgotten.

use serde_json::{Value, json};

use crate::contract::{operations, resolved};
use crate::harness::{Fault, Raw, Strict, Tested, order, with_strict_node};

/// What belongs to nobody: everybody may read it.
const PUBLIC: [(&str, &str); 9] = [
    ("get", "/product/{id}"),
    ("get", "/collection/{id}"),
    ("get", "/v1/products/{id}"),
    ("get", "/v1/collections/{id}"),
    ("get", "/v1/shipping-methods/{id}"),
    ("get", "/v1/tax-rates/{id}"),
    ("get", "/docs/{file}"),
    // The id is a product's: whose cart it is, the credentials say.
    ("put", "/v1/cart/lines/{id}"),
    ("delete", "/v1/cart/lines/{id}"),
];
/// An endpoint of nobody: a customer does not get so far as to learn that.
const WEBHOOK: &str = "we_0000000000000000000000000000000f";

/// A promotion, a shipping method and a tax rate of nobody.
const PROMOTION: &str = "promo_0000000000000000000000000000000f";
const METHOD: &str = "ship_0000000000000000000000000000000f";
const RATE: &str = "tax_0000000000000000000000000000000f";
/// A location of nobody.
const LOCATION: &str = "loc_0000000000000000000000000000000f";

/// A fulfillment, or a return, of nobody.
fn part_of(path: &str) -> &'static str {
    match path.split('/').nth(4) {
        Some("returns") => "ret_0000000000000000000000000000000f",
        _ => "ful_0000000000000000000000000000000f",
    }
}

/// What is somebody's, and there.
struct Shop<'a> {
    strict: &'a Strict,
    customer: String,
    order: String,
    product: String,
    hold: String,
    key: String,
    /// The credentials of another customer.
    other: String,
}

impl<'a> Shop<'a> {
    async fn open(strict: &'a Strict) -> Result<Self, Fault> {
        let open = strict.first()?;
        let new = json!({"name": "Somebody's", "price": 500, "currency": "USD", "stock": 10});
        let product = open.create_product(None, &serde_json::from_value(new)?).await?.body.id;
        let mine = strict.node.client()?.create_guest().await?;
        let me = strict.node.client()?.with_credentials(&mine.token)?;
        let mut wanted = order(&mine.customer_id, &[(&product, 1)]);
        wanted.payment_method = Some("pm_card_visa".into());
        let order = me.place_order("foreign-mine", &wanted, Some(10)).await?.body.id;
        let new = json!({"name": "a service", "role": "service"});
        let service = open.create_key(None, &serde_json::from_value(new)?).await?;
        let other = strict.node.client()?.create_guest().await?.token;
        let key = service.key.id.clone();
        let customer = mine.customer_id;
        let mut shop = Self { strict, customer, order, product, hold: String::new(), key, other };
        let line = json!([{"product_id": shop.product, "quantity": 1}]);
        let hold = json!({"lines": line}).to_string();
        let held = shop.ask("post", "/v1/holds", &service.secret, &hold).await?;
        shop.hold = held.json()["id"].as_str().ok_or("a hold")?.to_owned();
        Ok(shop)
    }

    /// The id that a path takes.
    fn id_in(&self, path: &str) -> &str {
        match path.split('/').nth(2).unwrap_or_default() {
            "orders" => &self.order,
            "holds" => &self.hold,
            "keys" => &self.key,
            "webhook-endpoints" => WEBHOOK,
            "promotions" => PROMOTION,
            "shipping-methods" => METHOD,
            "tax-rates" => RATE,
            "locations" => LOCATION,
            _ => &self.product,
        }
    }

    async fn ask(&self, method: &str, path: &str, who: &str, body: &str) -> Result<Raw, Fault> {
        let (bearer, key) = (format!("Bearer {who}"), format!("foreign {method} {path}"));
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("idempotency-key", key.as_str()),
        ];
        self.strict.node.call(&method.to_uppercase(), path, &headers, body.to_owned()).await
    }
}

/// Whether a customer may call an operation for what is theirs.
fn may_be_a_customers(operation: &'static Value) -> bool {
    let schemes = operation["security"].as_array().into_iter().flatten();
    schemes.into_iter().any(|scheme| scheme["customer"].is_array())
}

/// Whether an operation takes a customer's id in its query.
fn asks_for_a_customer(operation: &'static Value) -> bool {
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    parameters.map(resolved).any(|parameter| parameter["name"] == "customer_id")
}

/// Whether it takes one in its body.
fn takes_a_customer(operation: &'static Value) -> bool {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    resolved(schema)["properties"]["customer_id"].is_object()
}

#[test]
fn what_is_somebody_elses_is_not_there_on_any_route() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        let (mut hidden, mut locked) = (0, 0);
        for (path, method, operation) in operations().filter(|(path, ..)| path.contains('{')) {
            if PUBLIC.contains(&(method, path)) {
                continue;
            }
            let real = |id: &str| path.replace("{id}", id).replace("{part_id}", part_of(path));
            let body = match path {
                "/v1/orders/{id}/payments" => "{\"payment_method\": \"pm_card_visa\"}",
                "/v1/orders/{id}/returns" => {
                    "{\"lines\": [{\"line\": 0, \"quantity\": 1}], \"reason\": \"too small\"}"
                }
                _ => "{}",
            };
            let told = shop.ask(method, &real(shop.id_in(path)), &shop.other, body).await?;
            let what = format!("{method} {path}: {}", told.text);
            if !path.starts_with("/v1/orders/") || !may_be_a_customers(operation) {
                // Nothing there is a customer's: whether it exists is not told either.
                assert_eq!((told.status, told.code().as_str()), (403, "forbidden"), "{what}");
                locked += 1;
                continue;
            }
            assert_eq!((told.status, told.code().as_str()), (404, "order_not_found"), "{what}");
            let mut unknown = shop.order.clone();
            let last = if unknown.pop() == Some('0') { '1' } else { '0' };
            unknown.push(last);
            let nowhere = shop.ask(method, &real(&unknown), &shop.other, body).await?;
            let [theirs, nobodys] = [(&told, &shop.order), (&nowhere, &unknown)].map(|(it, id)| {
                let mut body = it.json();
                body["request_id"] = Value::Null;
                body.to_string().replace(id.as_str(), "ID")
            });
            assert_eq!(theirs, nobodys, "{method} {path} tells one from the other");
            hidden += 1;
        }
        assert!(hidden >= 3 && locked >= 15, "only {hidden} and {locked} routes were tried");
        assert!(shop.strict.first()?.order(&shop.order).await.is_ok(), "it is there after all");
        Ok(())
    })
}

#[test]
fn nobody_speaks_for_another_customer() -> Tested {
    with_strict_node(async |strict| {
        let shop = Shop::open(strict).await?;
        let mut tried = 0;
        for (path, method, operation) in operations() {
            let (by_query, by_body) = (asks_for_a_customer(operation), takes_a_customer(operation));
            if !by_query && !by_body {
                continue;
            }
            let line = json!([{"product_id": shop.product, "quantity": 1}]);
            let body = json!({"customer_id": shop.customer, "lines": line, "currency": "USD"});
            let body = if by_body { body.to_string() } else { String::new() };
            let path = match by_query {
                true => format!("{path}?customer_id={}", shop.customer),
                false => path.to_owned(),
            };
            let told = shop.ask(method, &path, &shop.other, &body).await?;
            let what = format!("{method} {path}: {}", told.text);
            assert_eq!((told.status, told.code().as_str()), (404, "customer_not_found"), "{what}");
            tried += 1;
        }
        assert!(tried >= 7, "only {tried} operations were tried");
        Ok(())
    })
}
