//! The feed over failovers: a reader that asks another node for each page gets every event, once,
//! in each shard's order.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use api_client::{Client, CloudEvent, EventQuery};
use tests::{Cluster, Load, load::Plan, wait};
use tokio::task::JoinHandle;

use super::webhooks::fail_over;

/// Nodes of the cluster.
const NODES: usize = 3;
/// Shards of the cluster.
const SHARDS: u16 = 4;
/// How often a leader is killed: that of shard 1, 2, ….
const ROUNDS: u16 = 3;
/// Orders of each round, unless `STOA_EVENTS` says how many.
const ORDERS: u64 = 300;
/// Events of a page: an odd number, so that entries are read in part.
const PAGE: u32 = 7;
/// How long a page waits for an event, in seconds.
const WAIT_S: u32 = 1;
/// How long the reader may take to have all, in seconds.
const READ_S: u64 = 120;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_hops_over_nodes_that_die_misses_nothing_and_sees_nothing_twice() {
    let orders = std::env::var("STOA_EVENTS").ok().and_then(|text| text.parse().ok());
    let orders: u64 = orders.unwrap_or(ORDERS);
    let mut cluster = Cluster::start(NODES, SHARDS).await;
    let reader = Reader::start(&cluster);
    let mut placed = BTreeSet::new();
    for shard in 1..=ROUNDS {
        let plan = Plan { orders_max: orders, ..Plan::default() };
        // Each round has keys of its own, also where `STOA_SEED` repeats them.
        let seed = plan.seed.wrapping_add(u64::from(shard));
        let load = Load::start(&cluster, Plan { seed, ..plan }).await;
        load.goes_on(orders / 3).await;
        fail_over(&mut cluster, shard).await;
        placed.extend(load.finish().await.confirmed().map(|order| order.id.clone()));
    }
    let wanted = orders * u64::from(ROUNDS);
    assert!(placed.len() as u64 >= wanted * 9 / 10, "{} of {wanted} were placed", placed.len());

    // Each node has the whole feed, and the reader gets as much.
    for id in cluster.ids() {
        let client = cluster.client(id);
        let what = format!("the reader has what node {id} has, shard by shard");
        wait::until_true(&what, Duration::from_secs(READ_S), || async {
            ids(&everything(&client).await) == ids(&reader.seen())
        })
        .await;
    }
    let seen = reader.end().await;
    println!("{} events of {} orders", seen.len(), placed.len());
    in_order(&seen);
    let mut told: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for event in seen.iter().filter(|event| event.kind == "order.changed") {
        let status = event.data["status"].as_str().unwrap_or_default().to_string();
        told.entry(event.subject.clone()).or_default().push(status);
    }
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), placed);
    assert!(told.values().all(|statuses| statuses == &["confirmed"]), "each order is told once");
    assert!(cluster.client(1).audit().await.unwrap().ok);
}

/// Somebody who reads the feed from its beginning, each page at the next node.
struct Reader {
    seen: Arc<Mutex<Vec<CloudEvent>>>,
    ends: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Reader {
    fn start(cluster: &Cluster) -> Self {
        let clients: Vec<Client> = cluster.ids().map(|id| cluster.client(id)).collect();
        let (seen, ends) = (Arc::<Mutex<Vec<CloudEvent>>>::default(), Arc::default());
        let (notes, told) = (seen.clone(), Arc::clone(&ends));
        let task = tokio::spawn(async move { read(&clients, &notes, &told).await });
        Self { seen, ends, task }
    }

    fn seen(&self) -> Vec<CloudEvent> {
        self.seen.lock().unwrap().clone()
    }

    async fn end(self) -> Vec<CloudEvent> {
        self.ends.store(true, Ordering::Relaxed);
        self.task.await.unwrap();
        self.seen.lock().unwrap().clone()
    }
}

async fn read(clients: &[Client], seen: &Mutex<Vec<CloudEvent>>, ends: &AtomicBool) {
    let mut query = EventQuery { limit: Some(PAGE), wait: Some(WAIT_S), ..EventQuery::default() };
    let mut pause = tokio::time::interval(Duration::from_millis(10));
    for hop in 0.. {
        if ends.load(Ordering::Relaxed) {
            return;
        }
        match clients[hop % clients.len()].events(&query).await {
            Ok(page) => {
                seen.lock().unwrap().extend(page.body.data);
                query.after = page.body.next_cursor;
                assert!(query.after.is_some(), "there is always a cursor");
            }
            Err(error) => {
                assert!(error.is_retryable(), "a page was refused: {error}");
                pause.tick().await;
            }
        }
    }
}

/// All events that a node has.
async fn everything(client: &Client) -> Vec<CloudEvent> {
    let mut query = EventQuery { limit: Some(100), ..EventQuery::default() };
    let mut all = Vec::new();
    loop {
        let page = client.events(&query).await.expect("the feed is read").body;
        all.extend(page.data);
        query.after = page.next_cursor;
        if !page.has_more {
            return all;
        }
    }
}

/// The events of each shard, in the order in which they came.
fn ids(events: &[CloudEvent]) -> BTreeMap<u16, Vec<String>> {
    let mut ids: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    for event in events {
        ids.entry(event.shard).or_default().push(event.id.clone());
    }
    ids
}

/// Fails unless each shard's events are there once, and in order.
fn in_order(events: &[CloudEvent]) {
    let mut last: BTreeMap<u16, &str> = BTreeMap::new();
    for event in events {
        let before = last.insert(event.shard, &event.sequence).unwrap_or_default();
        assert!(before < event.sequence.as_str(), "{} after {before}", event.id);
    }
}
