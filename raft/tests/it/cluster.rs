//! Three nodes in one process, over real sockets and real disks.

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use engine_core::catalog::ProductDetails;
use engine_core::outbox::{EffectId, ProviderCall};
use engine_core::payment::CallResult;
use engine_core::{
    Command, CreateProduct, Money, ProductId, ReceiveStock, Reply, ShardId, Topology, read,
};
use futures::future::BoxFuture;
use raft::{
    Config, Limits, Node, NodeId, Peer, Proposal, ProposeError, Proposed, ProviderDriver, Timing,
};
use tokio::time::{Instant, interval};

/// How long anything in these tests may take before it has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// A caller's deadline.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// A provider that nobody calls.
pub struct NoProvider;

impl ProviderDriver for NoProvider {
    fn call<'a>(&'a self, _: EffectId, _: &'a ProviderCall, _: bool) -> BoxFuture<'a, CallResult> {
        Box::pin(async { CallResult::Unknown })
    }
}

/// Nodes of one cluster, and the folders they keep when they are down.
pub struct Cluster {
    pub configs: BTreeMap<NodeId, Config>,
    pub nodes: BTreeMap<NodeId, Node>,
    pub provider: Arc<dyn ProviderDriver>,
    _dir: tempfile::TempDir,
}

impl Cluster {
    /// Starts nodes and waits until each is ready.
    pub async fn start(nodes: u64, shards: u16) -> Self {
        Self::start_with(nodes, shards, |_| {}, Arc::new(NoProvider)).await
    }

    /// The same, with another configuration and provider.
    pub async fn start_with(
        nodes: u64,
        shards: u16,
        change: impl Fn(&mut Config),
        provider: Arc<dyn ProviderDriver>,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut configs = configs(nodes, shards, dir.path());
        configs.values_mut().for_each(change);
        let mut cluster = Self { configs, nodes: BTreeMap::new(), provider, _dir: dir };
        for id in 1..=nodes {
            cluster.restart(id).await;
        }
        cluster.ready().await;
        cluster
    }

    /// Starts a node that is down.
    pub async fn restart(&mut self, id: NodeId) {
        let node = Node::start(self.configs[&id].clone(), self.provider.clone()).await.unwrap();
        self.nodes.insert(id, node);
    }

    /// Ends a node as a crash would.
    pub async fn kill(&mut self, id: NodeId) {
        self.nodes.remove(&id).unwrap().crash().await;
    }

    /// A node that runs.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[&id]
    }

    /// Waits until all running nodes are ready.
    pub async fn ready(&self) {
        eventually("all nodes are ready", || self.nodes.values().all(|node| node.ready().is_ok()))
            .await;
    }

    /// Who leads a shard, by the word of a running node that is itself, or none.
    pub fn leader(&self, shard: ShardId) -> Option<NodeId> {
        self.nodes.iter().find_map(|(id, node)| {
            let status = node.status();
            let leader = status.shards[usize::from(shard.0)].leader;
            (leader == Some(*id)).then_some(*id)
        })
    }

    /// Creates a product with stock through any node, and returns its id.
    pub async fn product(&self, number: u128, stock: u32) -> ProductId {
        let id = ProductId(number);
        let command = create_product(id, stock);
        let node = self.nodes.values().next().unwrap();
        let proposed = propose(node, self.shard_of(id), command).await.unwrap();
        assert!(proposed.applied.outcome.is_ok(), "{:?}", proposed.applied.outcome);
        id
    }

    /// The shard of a product.
    pub fn shard_of(&self, product: ProductId) -> ShardId {
        self.configs[&1].topology.of_product(product)
    }

    /// A product number whose product lives in a shard.
    pub fn number_in(&self, shard: ShardId, from: u128) -> u128 {
        (from..).find(|number| self.shard_of(ProductId(*number)) == shard).unwrap()
    }
}

/// A node on its own address each, with folders below one.
fn configs(nodes: u64, shards: u16, dir: &std::path::Path) -> BTreeMap<NodeId, Config> {
    // All are held before the first is let go, so that no two are the same.
    let held: Vec<TcpListener> =
        (0..nodes).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let addrs: Vec<SocketAddr> = held.iter().map(|it| it.local_addr().unwrap()).collect();
    drop(held);
    let peer = |(id, addr): (u64, &SocketAddr)| {
        (id, Peer { addr: *addr, url: format!("http://127.0.0.1/{id}") })
    };
    let peers: BTreeMap<NodeId, Peer> = (1..).zip(&addrs).map(peer).collect();
    let config = |(id, peer): (&NodeId, &Peer)| {
        let config = Config {
            node_id: *id,
            cluster_id: "test".to_owned(),
            dir: dir.join(format!("node{id}")),
            peer_listen: peer.addr,
            peers: peers.clone(),
            tls: None,
            topology: Topology { shards },
            currency: "USD".parse().unwrap(),
            limits: Limits::default(),
            timing: Timing::default(),
            clock: Config::system_clock(),
        };
        (*id, config)
    };
    peers.iter().map(config).collect()
}

/// Creates a product that costs one dollar.
pub fn create_product(id: ProductId, stock: u32) -> Command {
    let details = ProductDetails {
        name: format!("product {}", id.0),
        description: String::new(),
        brand: String::new(),
        sku: String::new(),
        price: Money { amount: 100, currency: "USD".parse().unwrap() },
        weight_grams: 0,
        tax_category: String::new(),
        collections: Vec::new(),
        attributes: Vec::new(),
    };
    Command::CreateProduct(CreateProduct { id, details, stock })
}

/// Adds one unit of stock.
pub fn receive_one(product: ProductId) -> Command {
    Command::ReceiveStock(ReceiveStock { product, quantity: 1, at: None })
}

/// Proposes a command.
pub async fn propose(
    node: &Node,
    shard: ShardId,
    command: Command,
) -> Result<Proposed, ProposeError> {
    node.propose(shard, Proposal::from(command), DEADLINE).await
}

/// The units on hand that a reply tells.
pub fn on_hand(proposed: &Proposed) -> u32 {
    match &proposed.applied.outcome {
        Ok(Reply::Stock(stock)) => stock.on_hand,
        other => panic!("not a stock level: {other:?}"),
    }
}

/// The units on hand in a node's own rows.
pub fn on_hand_at(node: &Node, shard: ShardId, product: ProductId) -> u32 {
    read::stock(&node.view(shard), product).unwrap().map_or(0, |stock| stock.on_hand)
}

/// Waits until something holds.
pub async fn eventually(what: &str, holds: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    let mut looks = interval(Duration::from_millis(5));
    while !holds() {
        assert!(Instant::now() < end, "it never came true that {what}");
        looks.tick().await;
    }
}
