//! Payments by card over everything that goes wrong between a shop and its provider: webhooks that
//! come, that are lost, that cannot be committed; and a leader that hangs in the middle of a call.
//! Afterwards the provider's books are ours, to the cent.

use std::{fs, time::Duration};

use api_client::{NewLine, NewOrder, NewProduct, Order};
use serde_json::json;
use tests::{Cluster, wait};

use super::secrets::holds;

/// What webhooks are signed with.
const SECRET: &str = "whsec_of_a_test_0123456789abcdef";
/// Where nodes take them.
const HOOKS: &str = "/v1/payments/stripe/webhooks";
/// A card whose bank asks for 3-D Secure.
const ASKS: &str = "pm_card_authenticationRequired";
/// How long a payment may take, in seconds: more than some steps of the questions about it.
const PAID_S: u64 = 90;

/// A cluster whose webhooks are signed; and a product.
async fn shop(nodes: usize, home: &tempfile::TempDir) -> (Cluster, String) {
    let secrets = home.path().join("secrets");
    fs::write(&secrets, format!("whsec_of_last_year_0123456789\n{SECRET}\n")).unwrap();
    let mut cluster = Cluster::prepare(nodes, 1).await;
    cluster.flags(&[&format!("--stripe-webhook-secrets={}", secrets.display())]);
    cluster.start_all();
    cluster.ready().await;
    let product = NewProduct {
        name: "thing".to_string(),
        price: 700,
        currency: "USD".to_string(),
        stock: Some(1_000),
        ..NewProduct::default()
    };
    let product = cluster.client(1).create_product(None, &product).await.unwrap().body.id;
    (cluster, product)
}

fn order(key: &str, product: &str, method: &str) -> NewOrder {
    NewOrder {
        customer_id: format!("cus_{key}"),
        lines: vec![NewLine { product_id: product.to_string(), quantity: 1 }],
        currency: "USD".to_string(),
        expected_total: None,
        payment_method: Some(method.to_string()),
        ..NewOrder::default()
    }
}

/// An order that waits for its customer.
async fn acting(cluster: &Cluster, key: &str, product: &str) -> Order {
    let asked = order(key, product, ASKS);
    let placed = cluster.client(1).place_order(key, &asked, Some(20)).await.unwrap().body;
    assert_eq!(placed.status, "requires_action");
    placed
}

async fn confirmed(cluster: &Cluster, node: usize, id: &str) {
    let client = cluster.client(node);
    let what = format!("{id} is confirmed");
    wait::until_true(&what, Duration::from_secs(PAID_S), || async {
        client.order(id).await.is_ok_and(|order| order.body.status == "confirmed")
    })
    .await;
}

/// The customer finishes what their bank asks for.
async fn authenticate(cluster: &mut Cluster, id: &str) {
    let intent = cluster.stripe().intent_of(id).await;
    cluster.stripe().steer(&format!("intents/{intent}/authenticate")).await;
}

/// How many requests a node has answered on the webhooks' route with a status.
async fn answered(cluster: &Cluster, node: usize, status: u16) -> u64 {
    let metrics = cluster.client(node).metrics().await.unwrap_or_default();
    let (route, status) = (format!("route=\"{HOOKS}\""), format!("status=\"{status}\""));
    let lines = metrics.lines().filter(|line| line.starts_with("stoa_http_requests_total{"));
    let lines = lines.filter(|line| line.contains(&route) && line.contains(&status));
    lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_tells_and_a_lost_one_is_not_missed() {
    let home = tempfile::tempdir().unwrap();
    let (mut cluster, product) = shop(3, &home).await;
    let url = format!("{}{HOOKS}", cluster.url(2));
    cluster.stripe().send_to(&url, SECRET).await;
    // It comes, forged first, and then twice.
    cluster.stripe().knobs(&json!({"webhook_forged": 1000, "webhook_twice": 1000})).await;
    let told = acting(&cluster, "told", &product).await;
    authenticate(&mut cluster, &told.id).await;
    confirmed(&cluster, 3, &told.id).await;
    wait::until_true("two good events and forged ones", Duration::from_secs(PAID_S), || async {
        answered(&cluster, 2, 200).await >= 2 && answered(&cluster, 2, 400).await >= 1
    })
    .await;
    // It never comes.
    cluster.stripe().knobs(&json!({"webhook_lost": 1000})).await;
    let lost = acting(&cluster, "lost", &product).await;
    authenticate(&mut cluster, &lost.id).await;
    confirmed(&cluster, 3, &lost.id).await;
    let client = cluster.client(1);
    cluster.stripe().agrees(&client, &[told.id, lost.id]).await;
    assert!(client.audit().await.unwrap().ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_cannot_be_committed_is_refused_and_comes_again() {
    let home = tempfile::tempdir().unwrap();
    let (mut cluster, product) = shop(3, &home).await;
    let url = format!("{}{HOOKS}", cluster.url(1));
    cluster.stripe().send_to(&url, SECRET).await;
    let placed = acting(&cluster, "alone", &product).await;
    // What came so far is told and done with: from here on node 1 is alone.
    cluster.stop(2);
    cluster.stop(3);
    authenticate(&mut cluster, &placed.id).await;
    wait::until_true("node 1 refuses an event", Duration::from_secs(PAID_S), || async {
        answered(&cluster, 1, 503).await >= 1
    })
    .await;
    let before = answered(&cluster, 1, 200).await;
    cluster.cont(2);
    cluster.cont(3);
    cluster.ready().await;
    wait::until_true("it comes again", Duration::from_secs(PAID_S), || async {
        answered(&cluster, 1, 200).await > before
    })
    .await;
    confirmed(&cluster, 2, &placed.id).await;
    let client = cluster.client(1);
    cluster.stripe().agrees(&client, &[placed.id]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_in_the_middle_of_a_call_charges_nobody_twice() {
    let home = tempfile::tempdir().unwrap();
    let (mut cluster, product) = shop(3, &home).await;
    // A slow provider: every call is under way when the leader hangs.
    cluster.stripe().knobs(&json!({"latency_min_ms": 1_500, "latency_max_ms": 2_500})).await;
    let leader = cluster.leader(1).await;
    let other = cluster.ids().find(|id| *id != leader).unwrap();
    let client = cluster.client(other);
    let mut orders = Vec::new();
    for number in 0..6 {
        let key = format!("hang-{number}");
        let asked = order(&key, &product, "pm_card_visa");
        orders.push(client.place_order(&key, &asked, None).await.unwrap().body.id);
    }
    // Some are being created, and when it hangs for the second time some are being confirmed.
    let mut hanging = leader;
    for _ in 0..2 {
        cluster.stop(hanging);
        let next = cluster.ids().find(|id| *id != hanging).unwrap();
        let witness = cluster.client(next).with_timeout(Duration::from_secs(2));
        wait::until_true("another leader", Duration::from_secs(PAID_S), || async {
            let Ok(status) = witness.cluster_status().await else { return false };
            let shard = status.shards.iter().find(|shard| shard.id == 1);
            shard.and_then(|shard| shard.leader).is_some_and(|id| id != hanging as u64)
        })
        .await;
        cluster.cont(hanging);
        cluster.ready().await;
        hanging = cluster.leader(1).await;
    }
    for id in &orders {
        confirmed(&cluster, other, id).await;
    }
    cluster.stripe().agrees(&client, &orders).await;
    let audit = client.audit().await.unwrap();
    assert!(audit.ok, "{:#?}", audit.violations);
}

#[tokio::test]
async fn what_opens_a_customers_payment_is_in_no_log_and_no_file() {
    let mut cluster = Cluster::prepare(1, 1).await;
    cluster.environment("STOA_LOG", "trace");
    cluster.start_all();
    cluster.ready().await;
    let client = cluster.client(1);
    let product = NewProduct {
        name: "thing".to_string(),
        price: 700,
        currency: "USD".to_string(),
        stock: Some(9),
        ..NewProduct::default()
    };
    let product = client.create_product(None, &product).await.unwrap().body.id;
    let open = NewOrder { payment_method: None, ..order("open", &product, "") };
    let open = client.place_order("open", &open, Some(20)).await.unwrap().body;
    let secret = open.payment.client_secret.expect("the customer's page needs it");
    let acts = acting(&cluster, "acts", &product).await;
    let page = acts.payment.next_action.expect("the customer is sent somewhere").redirect_url;
    let page = page.rsplit_once('/').expect("a path").0;
    assert!(cluster.term(1).await.success());
    let (log, folder) = (cluster.log(1), cluster.folder_of(1));
    let intent = open.payment.intent_id.expect("it has an intent");
    assert!(log.contains("DEBUG ") && holds(&folder, intent.as_bytes()), "nothing is found");
    for planted in [secret.as_str(), page] {
        assert!(!log.contains(planted), "the log has {planted}");
        assert!(!holds(&folder, planted.as_bytes()), "the folder has {planted}");
    }
}
