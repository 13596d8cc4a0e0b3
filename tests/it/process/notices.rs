//! Mail over a failover: who has ordered is told of it, though the leader died before it sent.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use api_client::{Client, NewLine, NewOrder, NewProduct};
use tests::{Cluster, wait};

/// Nodes of the cluster.
const NODES: usize = 3;
/// Shards of the cluster: one, so that who leads it leads every order.
const SHARDS: u16 = 1;
/// How often a leader is killed.
const ROUNDS: usize = 3;
/// Orders of each round.
const ORDERS: usize = 8;
/// How long the mails may take to come, in seconds.
const MAILED_S: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn each_mail_comes_though_the_leader_is_killed_between_order_and_mail() {
    let home = tempfile::tempdir().unwrap();
    let mail = home.path().join("mail");
    let mut cluster = Cluster::prepare(NODES, SHARDS).await;
    cluster.flags(&[&format!("--mail-dir={}", mail.display())]);
    cluster.start_all();
    cluster.ready().await;
    let product = product(&cluster.client(1)).await;
    let mut wanted = BTreeSet::new();
    for round in 0..ROUNDS {
        let leader = cluster.leader(SHARDS).await;
        let client = cluster.client(leader);
        for number in 0..ORDERS {
            let order = order(&product, &format!("cus_{round}_{number}"));
            let key = format!("mail-{round}-{number}");
            wanted.insert(client.place_order(&key, &order, None).await.unwrap().body.id);
        }
        let killed = Instant::now();
        cluster.kill9(leader);
        let what = format!("{} mails have come", wanted.len());
        wait::until_true(&what, Duration::from_secs(MAILED_S), || async {
            told(&mail).is_superset(&wanted)
        })
        .await;
        println!("round {round}: all mails {:?} after the kill", killed.elapsed());
        cluster.start_node(leader);
        cluster.ready().await;
    }
    assert_eq!(told(&mail), wanted, "nobody was told of anything else");
    let client = cluster.client(1);
    wait::until_true("all of it is settled", Duration::from_secs(MAILED_S), || async {
        let left = client.notices("waiting", 1, None).await;
        left.is_ok_and(|page| page.body.data.is_empty())
    })
    .await;
    assert!(client.notices("dead", 1, None).await.unwrap().body.data.is_empty());
    assert!(client.audit().await.unwrap().ok);
}

async fn product(client: &Client) -> String {
    let new = NewProduct {
        name: "A thing".into(),
        price: 2_999,
        currency: "USD".into(),
        stock: Some(1_000),
        ..NewProduct::default()
    };
    client.create_product(None, &new).await.unwrap().body.id
}

fn order(product: &str, customer: &str) -> NewOrder {
    NewOrder {
        customer_id: customer.into(),
        lines: vec![NewLine { product_id: product.into(), quantity: 1 }],
        currency: "USD".into(),
        payment_method: Some("on_account".into()),
        email: Some("ann@example.com".into()),
        ..NewOrder::default()
    }
}

/// The orders that mails in a folder are about: their names begin with them.
fn told(mail: &Path) -> BTreeSet<String> {
    let names = fs::read_dir(mail).into_iter().flatten().flatten();
    let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let whole = names.filter(|name| name.ends_with(".eml"));
    whole.filter_map(|name| Some(name.split_once('-')?.0.to_owned())).collect()
}
