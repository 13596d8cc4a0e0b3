//! Webhooks over failovers: each is delivered at least once, in order for each order.

use std::{collections::BTreeMap, fs, time::Duration};

use api_client::NewWebhookEndpoint;
use tests::{
    Cluster, Load,
    load::Plan,
    receiver::{Receiver, Seen},
    wait,
};

/// Nodes of the cluster.
const NODES: usize = 3;
/// Shards of the cluster.
const SHARDS: u16 = 4;
/// Orders, unless `STOA_WEBHOOKS` says how many.
const ORDERS: u64 = 300;
/// How long all of them may take, in seconds: more than two steps of the schedule of retries.
const DELIVERED_S: u64 = 900;
/// How long an order may take to be canceled, in seconds.
const CANCELED_S: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn each_webhook_comes_at_least_once_and_in_order_through_two_failovers() {
    let orders = std::env::var("STOA_WEBHOOKS").ok().and_then(|text| text.parse().ok());
    let orders: u64 = orders.unwrap_or(ORDERS);
    let home = tempfile::tempdir().unwrap();
    let master = home.path().join("webhook-master");
    fs::write(&master, "the master key of a test, which is long enough").unwrap();
    let mut cluster = Cluster::prepare(NODES, SHARDS).await;
    let flag = format!("--webhook-master={}", master.display());
    cluster.flags(&[&flag, "--webhook-allow=127.0.0.0/8"]);
    cluster.start_all();
    cluster.ready().await;
    let receiver = Receiver::start().await;
    let new = NewWebhookEndpoint {
        url: receiver.url.clone(),
        description: None,
        events: vec!["order.changed".to_string()],
    };
    cluster.client(1).create_webhook(None, &new).await.unwrap();

    let load = Load::start(&cluster, Plan { orders_max: orders, ..Plan::default() }).await;
    load.goes_on(orders / 3).await;
    fail_over(&mut cluster, 1).await;
    let ledger = load.finish().await;
    let placed: Vec<String> = ledger.confirmed().map(|order| order.id.clone()).collect();
    assert!(placed.len() as u64 >= orders * 9 / 10, "{} of {orders} were placed", placed.len());

    let half = placed.len() / 2;
    cancel(&cluster, &placed[..half]).await;
    fail_over(&mut cluster, 2).await;
    cancel(&cluster, &placed[half..]).await;

    let wanted = 2 * placed.len();
    let what = format!("{wanted} webhooks are delivered");
    wait::until_true(&what, Duration::from_secs(DELIVERED_S), || async {
        told(&receiver.seen()).values().map(Vec::len).sum::<usize>() >= wanted
    })
    .await;
    let seen = receiver.seen();
    let told = told(&seen);
    println!("{} requests for {wanted} webhooks", seen.len());
    for id in &placed {
        let statuses = told.get(id).map(Vec::as_slice).unwrap_or_default();
        assert_eq!(statuses, ["confirmed", "canceled"], "{id}");
    }
    assert!(cluster.client(1).audit().await.unwrap().ok);
}

/// Kills the leader of a shard, waits for another, and starts it again.
pub async fn fail_over(cluster: &mut Cluster, shard: u16) {
    let leader = cluster.leader(shard).await;
    cluster.kill9(leader);
    cluster.start_node(leader);
    cluster.ready().await;
}

/// Cancels orders, each until somebody says that it is.
async fn cancel(cluster: &Cluster, orders: &[String]) {
    for (number, id) in orders.iter().enumerate() {
        let client = cluster.client(1 + number % NODES);
        let key = format!("cancel-{id}");
        wait::until_true("an order is canceled", Duration::from_secs(CANCELED_S), || async {
            client.cancel_order(Some(&key), id).await.is_ok_and(|it| it.body.status == "canceled")
        })
        .await;
    }
}

/// What was told of each order, in the order in which each message came for the first time.
fn told(seen: &[Seen]) -> BTreeMap<String, Vec<String>> {
    let mut known = std::collections::BTreeSet::new();
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for seen in seen.iter().filter(|seen| known.insert(seen.id.clone())) {
        let body = seen.json();
        assert_eq!(body["type"], "order.changed", "{}", seen.id);
        let text = |field: &str| body["data"][field].as_str().unwrap_or_default().to_string();
        told.entry(text("order_id")).or_default().push(text("status"));
    }
    told
}
