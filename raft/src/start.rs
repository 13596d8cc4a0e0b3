//! A node's first seconds: storage, replicas, transport, and on the very first start the members.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine_core::ShardId;
use futures::future::BoxFuture;
use openraft::BasicNode;
use openraft::errors::{InitializeError, RaftError};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::batcher::Batcher;
use crate::clocks::Clocks;
use crate::coalesce::Coalescer;
use crate::config::Config;
use crate::freshness::Freshness;
use crate::group::{self, Group, Raft};
use crate::network::Network;
use crate::node::Inner;
use crate::pump_provider::ProviderDriver;
use crate::service::Served;
use crate::storage::Storage;
use crate::tls::trust::Trust;
use crate::tls::{BadFile, CertifiedName};
use crate::trace::OrderTraces;
use crate::transport::door::Door;
use crate::transport::handshake::Identity;
use crate::transport::peers::Peers;
use crate::transport::server;
use crate::types::{NodeId, TypeConfig};

/// On the first start a shard's preferred leader names its members; the others wait so long for it
/// before they do it themselves.
const FOUNDER_PATIENCE: Duration = Duration::from_secs(3);
/// How often a starting replica looks whether it may go on.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why a node cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration contradicts itself.
    #[error("this node's configuration cannot work: {0}")]
    Config(String),
    /// The peer address cannot be listened on.
    #[error("cannot listen for peers on {addr}: {error}")]
    Listen {
        /// Which address.
        addr: std::net::SocketAddr,
        /// Why not.
        error: std::io::Error,
    },
    /// The certificates cannot be used.
    #[error("cannot use the certificates for peers: {0}")]
    Tls(#[from] BadFile),
    /// The node's folder cannot be opened or read.
    #[error("cannot open the node's storage: {0}")]
    Storage(std::io::Error),
    /// A replica does not start.
    #[error("shard {shard} does not start: {why}")]
    Replica {
        /// Which shard.
        shard: ShardId,
        /// Why not.
        why: String,
    },
}

/// Starts a node: [`start`], compiled here and not in every binary that calls it.
pub(crate) fn boxed(
    config: Config,
    provider: Arc<dyn ProviderDriver>,
) -> BoxFuture<'static, Result<Arc<Inner>, StartError>> {
    Box::pin(start(config, provider))
}

/// Starts a node.
async fn start(
    config: Config,
    provider: Arc<dyn ProviderDriver>,
) -> Result<Arc<Inner>, StartError> {
    check(&config)?;
    let trust = trust(&config)?;
    let listener = TcpListener::bind(config.peer_listen).await;
    let listener =
        listener.map_err(|error| StartError::Listen { addr: config.peer_listen, error })?;
    let (dir, topology) = (config.dir.clone(), config.topology);
    let opened = tokio::task::spawn_blocking(move || Storage::open(&dir, topology)).await;
    let storage = opened.map_err(std::io::Error::other).flatten().map_err(StartError::Storage)?;
    let peers = Peers::new(config.others().map(|(id, peer)| (id, peer.addr)));
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut groups = BTreeMap::new();
    let mut works = Vec::new();
    for shard in config.topology.groups() {
        let (group, work) = open_group(&config, shard, &storage, &peers).await?;
        groups.insert(shard, group);
        works.push(work);
    }
    let inner = Arc::new(Inner {
        peers,
        groups,
        clocks: Clocks::default(),
        provider,
        stop,
        tasks,
        feed: storage.feed_changed(),
        orders: storage.orders(),
        stopping: AtomicBool::new(false),
        proposing: AtomicU64::new(0),
        storage: Mutex::new(Some(storage)),
        config,
    });
    for work in works {
        inner.tasks.spawn(inner.stop.clone().run_until_cancelled_owned(work));
    }
    spawn(&inner, listener, trust);
    Ok(inner)
}

/// The certificates for peers, if there are to be some.
fn trust(config: &Config) -> Result<Option<Arc<Trust>>, BadFile> {
    let us = CertifiedName { cluster: config.cluster_id.clone(), node: config.node_id };
    let load = |files| Ok(Arc::new(Trust::load(files, us)?));
    config.tls.as_ref().map(load).transpose()
}

fn check(config: &Config) -> Result<(), StartError> {
    let wrong = |why: &str| Err(StartError::Config(why.to_owned()));
    if config.node_id == 0 || config.peers.contains_key(&0) {
        return wrong("a node id is at least 1");
    }
    if !config.peers.contains_key(&config.node_id) {
        return wrong("the peers must include this node itself");
    }
    if !(1..=engine_core::Topology::SHARDS_MAX).contains(&config.topology.shards) {
        return wrong("a cluster has 1 to 256 shards");
    }
    Ok(())
}

async fn open_group(
    config: &Config,
    shard: ShardId,
    storage: &Storage,
    peers: &Peers,
) -> Result<(Arc<Group>, BoxFuture<'static, ()>), StartError> {
    let failed = |why: String| StartError::Replica { shard, why };
    let raft_config = config.raft().map_err(|error| StartError::Config(error.to_string()))?;
    let (log, machine) = storage.shard(shard).map_err(|error| failed(error.to_string()))?;
    let (replica, view) = (machine.replica().clone(), machine.view().clone());
    let network = Network::new(peers.clone(), shard);
    let raft: Raft = Raft::new(config.node_id, raft_config, network, log, machine)
        .await
        .map_err(|error| failed(error.to_string()))?;
    let (batcher, work) = Batcher::new(shard, raft.clone(), replica.clone(), config.clock.clone());
    let confirming = raft.clone();
    let (confirm, confirming) = Coalescer::new(move || {
        let raft = confirming.clone();
        async move { group::confirm(&raft).await }
    });
    let group = Arc::new(Group {
        id: shard,
        raft,
        replica,
        view,
        folder: storage.snapshots().clone(),
        freshness: Freshness::default(),
        batcher,
        confirm: Arc::new(confirm),
        taken_over: Mutex::new(None),
        traces: OrderTraces::default(),
        recovered: AtomicBool::new(false),
    });
    let work = async move {
        tokio::join!(work.run(), confirming);
    };
    Ok((group, Box::pin(work)))
}

/// Starts everything that runs until the node stops.
fn spawn(inner: &Arc<Inner>, listener: TcpListener, trust: Option<Arc<Trust>>) {
    let config = &inner.config;
    let identity = Identity {
        cluster: config.cluster_id.clone(),
        node: config.node_id,
        topology: config.topology,
        currency: config.currency,
    };
    let door = Arc::new(Door::new(identity, trust.clone()));
    let stop = &inner.stop;
    let serve = {
        let inner = inner.clone();
        move || Arc::new(Served::new(inner.clone()))
    };
    inner.tasks.spawn(server::run(listener, door.clone(), serve, stop.clone()));
    inner.peers.spawn(&door, &inner.tasks, stop);
    let until_stop = |task: BoxFuture<'static, ()>| {
        inner.tasks.spawn(stop.clone().run_until_cancelled_owned(task));
    };
    if let Some(trust) = trust {
        until_stop(Box::pin(trust.follow()));
    }
    for peer in inner.peers.all() {
        until_stop(Box::pin(inner.clone().watch_for_death(peer.clone())));
    }
    for group in inner.groups.values() {
        until_stop(Box::pin(inner.clone().follow_leadership(group.clone())));
        until_stop(Box::pin(inner.clone().recover(group.clone())));
    }
    until_stop(Box::pin(inner.clone().compare_clocks()));
    until_stop(Box::pin(inner.clone().tell_freshness()));
    until_stop(Box::pin(inner.clone().spread_leaders()));
}

impl Inner {
    /// Founds the shard if it is new, finds its leader, and applies what the cluster has committed.
    async fn recover(self: Arc<Self>, group: Arc<Group>) {
        let founder = self.config.preferred_leader(group.id) == self.config.node_id;
        if let Err(error) = self.found(&group, founder).await {
            tracing::error!(shard = %group.id, error, "the shard cannot be founded");
        }
        // With a pre-vote: where a leader is alive, nothing happens. (What a replica that has just
        // been founded or restarted says of its leader proves nothing.)
        if founder && !group.leads() {
            self.majority_is_up().await;
            let _stopped = group.raft.trigger().elect(true).await;
        }
        match group.raft.wait_for_recovery(None).await {
            Ok(_) => {
                tracing::info!(shard = %group.id, applied = group.replica.applied(), "recovered");
                group.recovered.store(true, Ordering::Release);
            }
            Err(error) => tracing::error!(shard = %group.id, %error, "the replica stopped"),
        }
    }

    /// Names the members of a new shard. That every node does it, or two at once, does no harm:
    /// they all name the same.
    async fn found(&self, group: &Group, founder: bool) -> Result<(), String> {
        let patience = Instant::now() + FOUNDER_PATIENCE;
        let initialized =
            || async { group.raft.is_initialized().await.map_err(|fatal| fatal.to_string()) };
        while !founder && !initialized().await? && Instant::now() < patience {
            sleep(LOOK_EVERY).await;
        }
        if initialized().await? {
            return Ok(());
        }
        self.majority_is_up().await;
        let member = |(id, peer): (&NodeId, &crate::config::Peer)| {
            (*id, BasicNode { addr: peer.addr.to_string() })
        };
        let members: BTreeMap<NodeId, BasicNode> = self.config.peers.iter().map(member).collect();
        match group.raft.initialize(members).await {
            Ok(()) => Ok(()),
            Err(RaftError::APIError(InitializeError::<TypeConfig>::NotAllowed(_))) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// Waits until enough peers are connected for an election to be won.
    async fn majority_is_up(&self) {
        let all = self.config.peers.len();
        while 2 * (1 + self.peers.all().filter(|peer| peer.is_up()).count()) <= all {
            sleep(LOOK_EVERY).await;
        }
    }
}
