//! Measures the write path without HTTP: three nodes in one process, four shards, many proposers.
//!
//! `cargo run --release -p raft --example proposals [proposers] [seconds]`

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use engine_core::outbox::{EffectId, ProviderCall};
use engine_core::payment::CallResult;
use engine_core::{Command, ProductId, ReceiveStock, ShardId, Topology};
use futures::future::{BoxFuture, join_all};
use raft::{Config, Limits, Node, Peer, Proposal, ProviderDriver, Timing};
use tokio::time::{Instant, interval};

/// How many nodes and shards.
const NODES: u64 = 3;
const SHARDS: u16 = 4;
/// How many products are changed, spread over the shards.
const PRODUCTS: u128 = 10_000;
/// Left out of the figures.
const WARM_UP: Duration = Duration::from_secs(2);

type Failed = Box<dyn std::error::Error + Send + Sync>;

struct NoProvider;

impl ProviderDriver for NoProvider {
    fn call<'a>(&'a self, _: EffectId, _: &'a ProviderCall, _: bool) -> BoxFuture<'a, CallResult> {
        Box::pin(async { CallResult::Unknown })
    }
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let number = |at: usize, otherwise: u64| {
        std::env::args().nth(at).map_or(Ok(otherwise), |text| text.parse())
    };
    let (proposers, seconds) = (number(1, 64)?, number(2, 8)?);
    let dir = std::env::temp_dir().join(format!("stoa-proposals-{}", std::process::id()));
    let nodes = start(&dir).await?;
    let began = Instant::now();
    let (warm, end) = (began + WARM_UP, began + WARM_UP + Duration::from_secs(seconds));
    let workers = (0..proposers).map(|at| {
        let node = nodes[at as usize % nodes.len()].clone();
        tokio::spawn(async move { worker(node, at, warm, end).await })
    });
    let mut latencies = Vec::new();
    for ended in join_all(workers).await {
        latencies.extend(ended??);
    }
    latencies.sort_unstable();
    let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied();
    println!(
        "{proposers} proposers: {} proposals/s, p50 {:?}, p95 {:?}, p99 {:?}",
        latencies.len() as u64 / seconds.max(1),
        at(50).unwrap_or_default(),
        at(95).unwrap_or_default(),
        at(99).unwrap_or_default(),
    );
    for node in nodes {
        node.crash().await;
    }
    std::fs::remove_dir_all(dir)?;
    Ok(())
}

async fn start(dir: &std::path::Path) -> Result<Vec<Node>, Failed> {
    let mut peers = BTreeMap::new();
    let held: Vec<TcpListener> =
        (0..NODES).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    for (id, listener) in (1..).zip(&held) {
        peers.insert(id, Peer { addr: listener.local_addr()?, url: String::new() });
    }
    drop(held);
    let mut nodes = Vec::new();
    for (id, peer) in &peers {
        let config = Config {
            node_id: *id,
            cluster_id: "bench".to_owned(),
            dir: dir.join(id.to_string()),
            peer_listen: peer.addr,
            peers: peers.clone(),
            tls: None,
            topology: Topology { shards: SHARDS },
            currency: "USD".parse()?,
            limits: Limits::default(),
            timing: Timing::default(),
            clock: Config::system_clock(),
        };
        nodes.push(Node::start(config, Arc::new(NoProvider)).await?);
    }
    let mut looks = interval(Duration::from_millis(20));
    while nodes.iter().any(|node| node.ready().is_err()) {
        looks.tick().await;
    }
    Ok(nodes)
}

/// Proposes one command after the other, and gives how long each took.
async fn worker(
    node: Node,
    at: u64,
    warm: Instant,
    end: Instant,
) -> Result<Vec<Duration>, raft::ProposeError> {
    let topology = Topology { shards: SHARDS };
    let mut latencies = Vec::new();
    for round in 0_u128.. {
        // No such product: a rejection that is remembered, so apply reads and writes a little.
        let product = ProductId((u128::from(at) * 7_919 + round) % PRODUCTS);
        let shard: ShardId = topology.of_product(product);
        let command = Command::ReceiveStock(ReceiveStock { product, quantity: 1, at: None });
        let began = Instant::now();
        if began >= end {
            break;
        }
        node.propose(shard, Proposal::from(command), Duration::from_secs(10)).await?;
        if began >= warm {
            latencies.push(began.elapsed());
        }
    }
    Ok(latencies)
}
