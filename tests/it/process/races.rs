//! Two who want opposite things of one order at the same moment, at different nodes: one of them is
//! first, for the order, its units and its money alike.
//!
//! `STOA_RACES` is how often: a few times in CI, 1,000 times in `make soak`.

use std::{collections::BTreeMap, time::Duration};

use api_client::{Client, NewFulfillment, NewLine, NewOrder, NewProduct, NewRefund};
use futures::{StreamExt, stream};
use tests::{Cluster, wait};

/// How often where nobody says.
const RACES: usize = 40;
/// How many races at once.
const AT_ONCE: usize = 16;
/// How long a payment may take, in seconds.
const ENDS_S: u64 = 30;
/// What each order costs.
const PRICE: i64 = 1_000;

fn races() -> usize {
    let count = std::env::var("STOA_RACES").ok().and_then(|count| count.parse().ok());
    count.unwrap_or(RACES)
}

/// Three nodes, and a product there is one unit for each race of.
async fn shop() -> (Cluster, String) {
    let cluster = Cluster::start(3, 4).await;
    let product = NewProduct {
        name: "thing".to_owned(),
        price: PRICE,
        currency: "USD".to_owned(),
        stock: Some(u32::try_from(races()).unwrap()),
        ..NewProduct::default()
    };
    let product = cluster.client(1).create_product(None, &product).await.unwrap().body.id;
    (cluster, product)
}

/// An order that is paid, and its one fulfillment, not packed yet.
async fn paid(client: &Client, number: usize, product: &str) -> (String, String) {
    let new = NewOrder {
        customer_id: format!("cus_race-{number}"),
        lines: vec![NewLine { product_id: product.to_owned(), quantity: 1 }],
        currency: "USD".to_owned(),
        payment_method: Some("pm_card_visa".to_owned()),
        ..NewOrder::default()
    };
    let key = format!("race-{number}");
    let order = client.place_order(&key, &new, Some(20)).await.unwrap().body;
    assert_eq!(order.status, "confirmed", "{order:?}");
    let all = NewFulfillment { lines: None };
    let order = client.create_fulfillment(None, (&order.id, None), &all).await.unwrap().body;
    let part = order.fulfillments[0].id.clone();
    (order.id, part)
}

/// Waits until an order's status is one of these.
async fn is_one_of(client: &Client, id: &str, statuses: &[&str]) -> String {
    let what = format!("{id} is {statuses:?}");
    wait::until(&what, Duration::from_secs(ENDS_S), || async {
        let status = client.order(id).await.ok()?.body.status;
        statuses.contains(&&*status).then_some(status)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_and_a_capture_at_once_end_as_one_of_them() {
    let (mut cluster, product) = shop().await;
    let (buyer, seller, reader) = (cluster.client(1), cluster.client(2), cluster.client(3));
    let race = async |number: usize| {
        let (id, part) = paid(&reader, number, &product).await;
        let (packed, canceled) = tokio::join!(
            seller.change_fulfillment((&id, None), &part, "pack"),
            buyer.cancel_order(None, &id),
        );
        // Nothing was sent, so whoever cancels is right, now or when the money is there (T24a).
        let canceled = canceled.unwrap().body;
        assert!(["canceling", "canceled", "confirmed"].contains(&&*canceled.status));
        is_one_of(&reader, &id, &["canceled"]).await;
        let first = if packed.is_ok() { "captured first" } else { "canceled first" };
        (id, first)
    };
    let raced: Vec<_> =
        stream::iter(0..races()).map(race).buffer_unordered(AT_ONCE).collect().await;
    let mut who = BTreeMap::<&str, usize>::new();
    raced.iter().for_each(|(_, first)| *who.entry(first).or_default() += 1);
    println!("{who:?}");
    let ids: Vec<String> = raced.into_iter().map(|(id, _)| id).collect();
    cluster.stripe().agrees(&reader, &ids).await;
    for payment in cluster.stripe().payments().await {
        assert_eq!(payment.captured, payment.refunded, "{payment:?}");
    }
    wait::until_available(&reader, &product, races()).await;
    let audit = reader.audit().await.unwrap();
    assert!(audit.ok, "{:#?}", audit.violations);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_refunds_of_sixty_percent_at_once_one_is_made() {
    let (mut cluster, product) = shop().await;
    let (one, two, reader) = (cluster.client(1), cluster.client(2), cluster.client(3));
    let race = async |number: usize| {
        let (id, part) = paid(&reader, number, &product).await;
        reader.change_fulfillment((&id, None), &part, "pack").await.unwrap();
        is_one_of(&reader, &id, &["processing"]).await;
        let most = NewRefund { amount: Some(PRICE * 3 / 5), reason: "late".to_owned() };
        let (first, second) = (format!("{id}-1"), format!("{id}-2"));
        let (first, second) = tokio::join!(
            one.refund_order(&first, (&id, None), &most),
            two.refund_order(&second, (&id, None), &most),
        );
        let refused = match (first, second) {
            (Ok(_), Err(error)) | (Err(error), Ok(_)) => error,
            both => panic!("{id}: {both:?}"),
        };
        assert_eq!(refused.code(), Some("refund_too_large"), "{id}: {refused}");
        id
    };
    let ids: Vec<String> =
        stream::iter(0..races()).map(race).buffer_unordered(AT_ONCE).collect().await;
    let stripe = &*cluster.stripe();
    wait::until_right("each has 60 % back", Duration::from_secs(ENDS_S), || async {
        let payments = stripe.payments().await;
        let wrong = payments.iter().filter(|it| it.refunded != PRICE * 3 / 5);
        wrong.map(|it| format!("{it:?}")).collect()
    })
    .await;
    cluster.stripe().agrees(&reader, &ids).await;
    assert!(reader.audit().await.unwrap().ok);
}
