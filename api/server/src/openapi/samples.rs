//! One value of each wire type, with every field: the examples of the document. A test checks them
//! against the shapes, so that the types, the document and its examples agree.

pub mod carts;
mod stock;

use std::collections::BTreeMap;

use api_client::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::recovery_samples::recovery;
use super::{locations, pricing, search, webhooks, work};

pub const PRODUCT: &str = "prod_0123456789abcdef0123456789abcdef";
pub const COLLECTION: &str = "col_0123456789abcdef0123456789abcdef";
const HOLD: &str = "hold_0123456789abcdef0123456789abcdef";
pub const ORDER: &str = "ord_5d30123456789abcdef0123456789abcdef";
pub const BEFORE: &str = "2026-11-22T19:07:03.250Z";
pub const AFTER: &str = "2026-11-22T19:09:41.007Z";

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let mut all = requests();
    all.extend(catalog());
    all.extend(stock::samples());
    all.extend(locations::samples());
    all.extend(carts::samples());
    all.extend(orders());
    all.extend(work::samples());
    all.extend(pricing::samples());
    all.extend(search::samples());
    all.extend(cluster());
    all.extend(access());
    all.extend(audit());
    all.extend(webhooks::samples());
    all.extend(super::events::samples());
    all.extend(super::notices::samples());
    all.extend(seeds());
    all
}

/// A sample as it goes over the wire.
pub fn sample<T: Serialize>(name: &'static str, value: T) -> (&'static str, Value) {
    (name, json!(value))
}

fn requests() -> Vec<(&'static str, Value)> {
    let product = PRODUCT.to_owned();
    let (name, description) = ("Green tea, 100 g".to_owned(), Some("First flush.".to_owned()));
    let (price, currency) = (1_299, "USD".to_owned());
    let (brand, sku) = (Some("Stoa".to_owned()), Some("TEA-G-100".to_owned()));
    let (collection_ids, attributes) = (Some(vec![COLLECTION.to_owned()]), Some(attributes()));
    let new = NewProduct {
        name: name.clone(),
        description: description.clone(),
        brand: brand.clone(),
        sku: sku.clone(),
        price,
        currency: currency.clone(),
        collection_ids: collection_ids.clone(),
        attributes: attributes.clone(),
        stock: Some(120),
        weight_grams: Some(110),
        tax_category: Some("reduced".to_owned()),
    };
    let patch = PatchProduct {
        name: Some(name),
        description: description.clone(),
        brand,
        sku,
        price: Some(price),
        currency: Some(currency.clone()),
        collection_ids,
        attributes,
        weight_grams: Some(110),
        tax_category: Some("reduced".to_owned()),
    };
    let (tea, quantity) = ("Tea".to_owned(), 2);
    let reason = "counted".to_owned();
    let line = NewLine { product_id: product.clone(), quantity };
    let hold =
        NewHold { lines: vec![hold_line()], currency: Some(currency), hold_ms: Some(900_000) };
    let location_id = Some(locations::LOCATION.to_owned());
    let set = SetStock {
        product_id: product.clone(),
        expected: 120,
        on_hand: 118,
        reason: reason.clone(),
        location_id: location_id.clone(),
    };
    let policy = SetStockPolicy {
        safety: 5,
        backorder_limit: 10,
        low_stock_threshold: Some(20),
        allocation: Some("most_stock".to_owned()),
    };
    let (product_id, quantity_in) = (product.clone(), 40);
    let receive =
        ReceiveStock { product_id, quantity: quantity_in, location_id: location_id.clone() };
    let adjust = AdjustStock { product_id: product, delta: -2, reason, location_id };
    let patched = PatchCollection { name: Some(tea.clone()), description: description.clone() };
    vec![
        sample("NewProduct", new),
        sample("PatchProduct", patch),
        sample("NewCollection", NewCollection { name: tea, description }),
        sample("PatchCollection", patched),
        sample("ReceiveStock", receive),
        sample("AdjustStock", adjust),
        sample("SetStock", set),
        sample("SetStockPolicy", policy),
        sample("NewHold", hold),
        sample("NewOrder", new_order(&line)),
        sample("NewLine", line),
        sample("NewPayment", NewPayment { payment_method: "pm_card_visa".to_owned() }),
        sample("TransferLeader", TransferLeader { shard: 1, to: 2 }),
    ]
}

/// What is ordered, with all that an order can say.
fn new_order(line: &NewLine) -> NewOrder {
    NewOrder {
        cart: Some(carts::CART.to_owned()),
        customer_id: "cus_7".to_owned(),
        lines: vec![line.clone()],
        currency: "USD".to_owned(),
        expected_total: Some(2_598),
        payment_method: Some("pm_card_visa".to_owned()),
        email: Some("ann@example.com".to_owned()),
        promotion_code: Some("SPRING-10".to_owned()),
        shipping_method: Some(pricing::METHOD.to_owned()),
        ship_to: Some(pricing::address()),
    }
}

fn catalog() -> Vec<(&'static str, Value)> {
    let collection = Collection {
        id: COLLECTION.to_owned(),
        version: 2,
        name: "Tea".to_owned(),
        description: "Leaves and powders.".to_owned(),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
        archived_at: Some(AFTER.to_owned()),
    };
    vec![
        sample("Product", product()),
        sample("ProductList", page(product())),
        sample("Collection", collection.clone()),
        sample("CollectionList", page(collection)),
    ]
}

fn access() -> Vec<(&'static str, Value)> {
    let scopes = vec!["catalog:write".to_owned()];
    let networks = vec!["10.0.0.0/8".to_owned()];
    let new = NewKey {
        name: "shop".to_owned(),
        role: Some("seller".to_owned()),
        scopes: scopes.clone(),
        networks: networks.clone(),
        valid_s: Some(7_776_000),
    };
    let key = ApiKey {
        id: "key_0123456789abcdef".to_owned(),
        name: "shop".to_owned(),
        version: 2,
        status: "active".to_owned(),
        scopes,
        networks,
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
        expires_at: Some(AFTER.to_owned()),
        revoked_at: Some(AFTER.to_owned()),
        last_used_at: Some(AFTER.to_owned()),
        previous_until: Some(AFTER.to_owned()),
    };
    let secret = "stoa_sk_0123456789abcdef_0123456789abcdef0123456789abcdef_01234567".to_owned();
    let guest = Guest {
        token: "gst_0123456789abcdef0123456789abcdef".to_owned(),
        customer_id: "guest_0123456789abcdef0123456789abcdef".to_owned(),
    };
    vec![
        sample("NewKey", new),
        sample("RotateKey", RotateKey { overlap_s: 86_400 }),
        sample("ApiKey", key.clone()),
        sample("ApiKeyList", page(key.clone())),
        sample("ShownKey", ShownKey { key, secret }),
        sample("Guest", guest),
    ]
}

fn audit() -> Vec<(&'static str, Value)> {
    let actor = TrailActor {
        kind: "key".to_owned(),
        name: "key_0123456789abcdef".to_owned(),
        address: "192.0.2.7".to_owned(),
        request_id: "req_9c1de0f4a2b35678".to_owned(),
    };
    let target = TrailThing { kind: "product".to_owned(), id: PRODUCT.to_owned() };
    let side = |version: u64, price: u64| {
        let fields = [("version", version), ("price", price)];
        Some(fields.map(|(name, value)| (name.to_owned(), json!(value))).into())
    };
    let change = TrailChange {
        kind: "product".to_owned(),
        id: PRODUCT.to_owned(),
        before: side(2, 1_199),
        after: side(3, 1_299),
    };
    let row = TrailRow {
        id: "1-42".to_owned(),
        at: AFTER.to_owned(),
        actor: actor.clone(),
        command: "update_product".to_owned(),
        target: target.clone(),
        outcome: "refused".to_owned(),
        code: Some("version_mismatch".to_owned()),
        changes: vec![change.clone()],
        left_out_bytes: Some(70_000),
    };
    let cursor = Some("n0:12,1:42".to_owned());
    let list = List { data: vec![row.clone()], has_more: true, next_cursor: cursor };
    vec![
        sample("TrailActor", actor),
        sample("TrailThing", target),
        sample("TrailChange", change),
        sample("TrailRow", row),
        sample("TrailRowList", list),
    ]
}

fn product() -> Product {
    Product {
        id: PRODUCT.to_owned(),
        version: 3,
        name: "Green tea, 100 g".to_owned(),
        description: "First flush.".to_owned(),
        brand: "Stoa".to_owned(),
        sku: "TEA-G-100".to_owned(),
        price: 1_299,
        currency: "USD".to_owned(),
        collection_ids: vec![COLLECTION.to_owned()],
        attributes: attributes(),
        available: 117,
        weight_grams: 110,
        tax_category: "reduced".to_owned(),
        created_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
        archived_at: Some(AFTER.to_owned()),
    }
}

fn attributes() -> BTreeMap<String, String> {
    BTreeMap::from([("origin".to_owned(), "Shizuoka".to_owned())])
}

pub fn page<T>(item: T) -> List<T> {
    List { data: vec![item], has_more: true, next_cursor: Some(PRODUCT.to_owned()) }
}

fn hold_line() -> HoldLine {
    HoldLine { product_id: PRODUCT.to_owned(), quantity: 2 }
}

fn order_flags() -> OrderFlags {
    OrderFlags {
        needs_review: Some("fulfillment_overdue".to_owned()),
        cancel_requested: false,
        reconciling: false,
        on_hold: false,
        disputed: false,
    }
}

fn order_line() -> OrderLine {
    OrderLine {
        product_id: PRODUCT.to_owned(),
        product_version: 3,
        name: "Green tea, 100 g".to_owned(),
        quantity: 2,
        unit_price: 1_299,
        canceled: 0,
        shipped: 1,
        delivered: 1,
        lost: 0,
        returned: 1,
        discount: 260,
        tax: Some(pricing::tax(153)),
    }
}

fn orders() -> Vec<(&'static str, Value)> {
    let line = order_line();
    let event = StripeEvent { id: "evt_1".to_owned(), kind: "payment_intent.succeeded".to_owned() };
    let action = NextAction {
        kind: "redirect".to_owned(),
        redirect_url: "https://hooks.stripe.com/3d_secure_2/hosted".to_owned(),
    };
    let payment = Payment {
        status: "authorized".to_owned(),
        intent_id: Some("pi_1".to_owned()),
        method: Some("pm_card_visa".to_owned()),
        attempts: 1,
        decline_code: Some("card_declined".to_owned()),
        capture_before: Some(AFTER.to_owned()),
        next_action: Some(action.clone()),
        client_secret: Some("pi_1_secret_8GxT".to_owned()),
        captured: 2_598,
        refunded: 500,
    };
    let flags = order_flags();
    let order = Order {
        id: ORDER.to_owned(),
        version: 4,
        customer_id: "cus_7".to_owned(),
        status: "confirmed".to_owned(),
        total: 2_828,
        currency: "USD".to_owned(),
        lines: vec![line.clone()],
        fulfillments: vec![work::fulfillment()],
        dispute: Some(work::dispute()),
        subtotal: 2_598,
        promotion: Some(pricing::applied_promotion()),
        shipping: Some(pricing::applied_shipping()),
        tax: pricing::TAX,
        ship_to: Some(pricing::address()),
        payment: payment.clone(),
        flags: flags.clone(),
        placed_at: BEFORE.to_owned(),
        updated_at: AFTER.to_owned(),
        email: Some("ann@example.com".to_owned()),
    };
    let step = OrderTransition {
        at: AFTER.to_owned(),
        transition: "T5".to_owned(),
        from: Some("payment_pending".to_owned()),
        to: "confirmed".to_owned(),
        note: Some("not confirmed: confirming again".to_owned()),
    };
    let mut all = recovery(&order);
    all.extend(super::reconcile::samples());
    all.extend([
        sample("OrderLine", line),
        sample("Payment", payment),
        sample("NextAction", action),
        sample("StripeEvent", event),
        sample("EventTaken", EventTaken { used: true }),
        sample("OrderFlags", flags),
        sample("Order", order.clone()),
        sample("OrderList", page(order)),
        sample("OrderTransition", step.clone()),
        sample("OrderTransitionList", page(step)),
    ]);
    all
}

fn cluster() -> Vec<(&'static str, Value)> {
    let node = ClusterNode {
        id: 1,
        pid: Some(4_711),
        url: "http://127.0.0.1:7001".to_owned(),
        ops_url: None,
        alive: true,
        leads: vec![0, 2],
        clock_offset_ms: None,
    };
    let shard = ClusterShard {
        id: 1,
        leader: Some(1),
        term: 3,
        last_log_index: 42,
        applied_index: 42,
        voters: vec![1, 2, 3],
        as_of_ms: 1_795_374_423_250,
    };
    let status = ClusterStatus {
        cluster_id: "demo".to_owned(),
        currency: "USD".to_owned(),
        answered_by: 1,
        healthy: true,
        nodes: vec![node.clone()],
        shards: vec![shard.clone()],
    };
    let this = NodeSelf {
        id: 1,
        cluster_id: "demo".to_owned(),
        pid: 4_711,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        leads: vec![0, 2],
        now_ms: 1_795_374_423_250,
    };
    let violation = Violation {
        invariant: "I3".to_owned(),
        shard: Some(1),
        what: "stock of a product: more is held than is on hand".to_owned(),
    };
    let checked = Checked { shards: 5, token: "0:12,1:42".to_owned(), took_ms: 180 };
    let audit = Audit { ok: false, violations: vec![violation.clone()], checked: checked.clone() };
    vec![
        sample("ClusterNode", node),
        sample("ClusterShard", shard),
        sample("ClusterStatus", status),
        sample("NodeSelf", this),
        sample("Violation", violation),
        sample("Checked", checked),
        sample("Audit", audit),
        sample("Problem", problem()),
        sample("ShortLine", short_line()),
    ]
}

fn problem() -> Problem {
    Problem {
        kind: "urn:stoa:error:out_of_stock".to_owned(),
        title: "Fewer units are free than were asked for".to_owned(),
        status: 409,
        detail: "fewer units are free than were asked for; see lines".to_owned(),
        code: "out_of_stock".to_owned(),
        param: Some("lines[0].quantity".to_owned()),
        request_id: "req_9c1de0f4a2b35678".to_owned(),
        retryable: false,
        lines: vec![short_line()],
        expected: Some(2_598),
        actual: Some(2_698),
        oldest_cursor: Some(super::events::CURSOR.to_owned()),
    }
}

fn short_line() -> ShortLine {
    ShortLine { product_id: PRODUCT.to_owned(), requested: 3, available: 1 }
}

/// The seeds' clients are not ours: their bodies are written out.
fn seeds() -> Vec<(&'static str, Value)> {
    let new = json!({
        "name": "Green tea", "description": "First flush.", "price": 12.99, "inventory": 120,
        "collectionId": COLLECTION,
    });
    let product = json!({
        "id": PRODUCT, "createdAt": BEFORE, "updatedAt": AFTER, "deletedAt": AFTER,
        "name": "Green tea", "description": "First flush.", "price": 12.99, "inventory": 120,
        "collectionId": COLLECTION,
    });
    let collection = json!({
        "id": COLLECTION, "createdAt": BEFORE, "updatedAt": AFTER, "deletedAt": AFTER,
        "name": "Tea", "description": "Leaves and powders.",
    });
    vec![
        ("ProductBody", new),
        ("CollectionBody", json!({"name": "Tea", "description": "Leaves and powders."})),
        ("SeedProduct", product),
        ("SeedCollection", collection),
    ]
}
