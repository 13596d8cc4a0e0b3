//! Many customers at once who want the same: the last unit, the last fifty, or the same order
//! again and again. What there is is sold once, and everybody else is told so.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use api_client::{NewLine, NewOrder, NewProduct, Order};
use futures::future::join_all;
use tests::{Cluster, wait};

/// How long a customer waits for the answer, in seconds.
const WAIT_S: u64 = 60;

/// A cluster of three nodes and four shards.
async fn shop() -> Cluster {
    Cluster::start(3, 4).await
}

async fn product(cluster: &Cluster, units: u32) -> String {
    let product = NewProduct {
        name: "last of its kind".to_string(),
        price: 700,
        currency: "USD".to_string(),
        stock: Some(units),
        ..NewProduct::default()
    };
    cluster.client(1).create_product(None, &product).await.unwrap().body.id
}

fn order(customer: &str, product: &str) -> NewOrder {
    NewOrder {
        customer_id: customer.to_string(),
        lines: vec![NewLine { product_id: product.to_string(), quantity: 1 }],
        currency: "USD".to_string(),
        payment_method: Some("pm_card_visa".to_string()),
        ..NewOrder::default()
    }
}

/// What a customer got, or the code of the refusal, and after how long.
type Answered = (Result<Order, String>, Duration);

/// So many customers order one unit each, at once, over all nodes.
async fn crowd(cluster: &Cluster, product: &str, customers: usize) -> Vec<Answered> {
    let asks = (0..customers).map(|number| {
        let node = 1 + number % cluster.ids().count();
        let client = cluster.client(node).with_timeout(Duration::from_secs(WAIT_S));
        let customer = format!("cus_crowd-{number}");
        async move {
            let (asked, began) = (order(&customer, product), Instant::now());
            let answer = client.place_order(&customer, &asked, Some(20)).await;
            let answer = answer.map(|answer| answer.body);
            (
                answer.map_err(|error| error.code().unwrap_or("no answer").to_owned()),
                began.elapsed(),
            )
        }
    });
    join_all(asks).await
}

/// Checks that exactly so many are confirmed and paid, and that all others heard why not.
async fn sold(cluster: &mut Cluster, answers: Vec<Answered>, units: usize) {
    let mut codes = BTreeMap::<String, usize>::new();
    let (mut ids, mut refused_in) = (Vec::new(), Vec::new());
    for (answer, took) in answers {
        match answer {
            Ok(order) => {
                assert_eq!(order.status, "confirmed", "{order:?}");
                ids.push(order.id);
            }
            Err(code) => {
                refused_in.push(took);
                *codes.entry(code).or_default() += 1;
            }
        }
    }
    refused_in.sort_unstable();
    println!(
        "{} sold; refused: {codes:?}, half of them in {:?}, the slowest in {:?}",
        ids.len(),
        refused_in[refused_in.len() / 2],
        refused_in[refused_in.len() - 1],
    );
    assert_eq!(ids.len(), units);
    assert_eq!(codes.keys().collect::<Vec<_>>(), ["out_of_stock"]);
    let client = cluster.client(2);
    cluster.stripe().agrees(&client, &ids).await;
    let audit = client.audit().await.unwrap();
    assert!(audit.ok, "{:#?}", audit.violations);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_unit_is_sold_to_one_of_two_hundred() {
    let mut cluster = shop().await;
    let product = product(&cluster, 1).await;
    let answers = crowd(&cluster, &product, 200).await;
    sold(&mut cluster, answers, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_units_are_sold_to_fifty_of_two_hundred() {
    let mut cluster = shop().await;
    let product = product(&cluster, 50).await;
    let answers = crowd(&cluster, &product, 200).await;
    sold(&mut cluster, answers, 50).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_fifty_times_at_all_nodes_is_one_order_and_one_payment() {
    let mut cluster = shop().await;
    let product = product(&cluster, 50).await;
    let asked = order("cus_hasty", &product);
    let asks = (0..50).map(|number| {
        let node = 1 + number % cluster.ids().count();
        let client = cluster.client(node).with_timeout(Duration::from_secs(WAIT_S));
        let asked = &asked;
        async move { client.place_order("one-key", asked, Some(20)).await.unwrap().body }
    });
    let orders = join_all(asks).await;
    let ids: BTreeSet<&str> = orders.iter().map(|order| order.id.as_str()).collect();
    assert_eq!(ids.len(), 1);
    assert!(orders.iter().all(|order| order.status == "confirmed"));
    assert_eq!(cluster.stripe().payments().await.len(), 1);
    let client = cluster.client(3);
    cluster.stripe().agrees(&client, &[orders[0].id.clone()]).await;
    wait::until_available(&client, &product, 49).await;
    assert!(client.audit().await.unwrap().ok);
}
