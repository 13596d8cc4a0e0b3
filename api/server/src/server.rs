//! The composition root: a node's parts, in the order in which they start and stop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use engine_core::{ShardId, Topology};
use engine_search::SearchIndex;
use raft::{Node, NodeId, Peer};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::access::{BadKeySet, Customers, Door, KeyUses, RateLimits};
use crate::browser;
use crate::config::{Args, BadConfig, Urls};
use crate::feed::{self, FeedFlags, Readers};
use crate::indexer::Indexer;
use crate::listen::Listeners;
use crate::metrics::Metrics;
use crate::node_file::{NodeFile, NodeFileError};
use crate::notice::{self, BadNotices, Notices};
use crate::payment::{self, BadDesk, Desk};
use crate::peers::Clients;
use crate::rest;
use crate::search_pool::SearchPool;
use crate::shedding::Room;
use crate::state::{App, AppState};
use crate::tls::PublicTls;
use crate::webhooks::{self, BadWebhooks, Webhooks};

/// How long open requests may take when the node stops, in milliseconds.
const DRAIN_MS: u64 = 3_000;
/// How often histograms are moved along and idle callers forgotten, in milliseconds.
const UPKEEP_MS: u64 = 5_000;

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The flags do not fit together.
    #[error(transparent)]
    Config(#[from] BadConfig),
    /// Customers' tokens cannot be checked.
    #[error(transparent)]
    KeySet(#[from] BadKeySet),
    /// The folder is another node's, or cannot be used.
    #[error(transparent)]
    Folder(#[from] NodeFileError),
    /// The address is taken, or not this machine's.
    #[error("cannot listen on {addr}: {error}")]
    Listen {
        /// Which address.
        addr: SocketAddr,
        /// Why.
        error: std::io::Error,
    },
    /// The public port's certificate cannot be used.
    #[error("cannot use the certificate for clients: {0}")]
    Tls(#[from] raft::tls::BadFile),
    /// The replicas do not start.
    #[error(transparent)]
    Raft(#[from] raft::StartError),
    /// Stripe cannot be called, or not be told from others.
    #[error(transparent)]
    Payments(#[from] BadDesk),
    /// Webhooks cannot be sent.
    #[error(transparent)]
    Webhooks(#[from] BadWebhooks),
    /// Mail cannot be sent.
    #[error(transparent)]
    Notices(#[from] BadNotices),
    /// The search index does not open.
    #[error(transparent)]
    Index(#[from] engine_search::IndexError),
    /// A file, a thread or a client cannot be made.
    #[error("{0}")]
    System(String),
}

/// A node that runs.
pub struct Server {
    app: App,
    http: SocketAddr,
    indexer: Indexer,
    serving: JoinHandle<()>,
    upkeep: JoinHandle<()>,
    /// What this node sends for the shards that it leads: webhooks and mail.
    sending: ([JoinHandle<()>; 2], CancellationToken),
    stop: watch::Sender<bool>,
}

impl Server {
    /// Starts a node. It takes HTTP from here on, and is ready when `/readyz` says so.
    pub async fn start(args: Args) -> Result<Self, StartError> {
        Self::start_by(args, raft::Config::system_clock()).await
    }

    /// Starts a node whose commands are stamped by this clock.
    pub async fn start_by(args: Args, clock: raft::WallClock) -> Result<Self, StartError> {
        let peers = args.check()?;
        let cors = browser::cors(&browser::origins(&args.access.cors_origins)?);
        let folder = NodeFile {
            id: args.node_id,
            cluster_id: args.cluster_id.clone(),
            shards: args.shards,
            currency: args.currency.to_string(),
        };
        folder.claim(&args.dir)?;
        let listeners = Listeners::bind(args.http, args.ops).await;
        let listeners = listeners.map_err(|(addr, error)| StartError::Listen { addr, error })?;
        let http = listeners.clients().map_err(system)?;
        if args.insecure_dev {
            tracing::warn!(%http, "--insecure-dev: keys and orders can be overheard");
        }
        let tls = PublicTls::start(&args.tls)?;
        if args.trust_loopback {
            tracing::warn!(%http, "--trust-loopback: whoever is on this machine may do everything");
        }
        let door = door(&args).await?;
        let webhooks = Webhooks::new(&args.webhooks)?;
        let notices = Notices::new(&args.notices, &args.cluster_id)?;
        let payments = Desk::open(&args.stripe, &args.cluster_id)?;
        let node = Node::start(raft_config(&args, &peers, clock), payments.driver()).await?;
        let config = engine_search::Config {
            dir: args.dir.join("search"),
            cluster_id: args.cluster_id.clone(),
            on_publish: None,
        };
        let opened = tokio::task::spawn_blocking(move || SearchIndex::open(config)).await;
        let (index, writer) = opened.map_err(system)??;
        let index = Arc::new(index);
        let topology = Topology { shards: args.shards };
        let shards: Vec<ShardId> = topology.groups().collect();
        let (indexer, indexed) =
            Indexer::start(node.clone(), index.clone(), writer, shards).map_err(system)?;
        let urls = args.urls();
        let app = Arc::new(AppState {
            node,
            node_id: args.node_id,
            cluster_id: args.cluster_id,
            topology,
            currency: args.currency,
            door,
            room: Room::new(args.access.orders_at_once),
            peers: Clients::new(&urls, args.node_id, args.tls.peers(), Urls::for_operators)
                .map_err(system)?,
            fellows: Clients::new(&urls, args.node_id, args.tls.peers(), |urls| &urls.clients)
                .map_err(system)?,
            urls,
            is_https: tls.is_some(),
            search: SearchPool::new(index),
            indexed,
            readers: Readers::default(),
            webhooks,
            payments,
            notices,
            trace_ratio: args.traces.ratio(),
            metrics: Metrics::install(),
            stopping: AtomicBool::new(false),
        });
        let (stop, stopped) = watch::channel(false);
        let routers = rest::routers(&app, cors, args.ops.is_some());
        let serving = tokio::spawn(listeners.serve(tls, routers, stopped));
        let upkeep = tokio::spawn(upkeep(app.clone(), args.epoch, args.feed));
        let sending = sending(&app);
        tracing::info!(node = app.node_id, cluster = app.cluster_id, %http, "started");
        Ok(Self { app, http, indexer, serving, upkeep, sending, stop })
    }

    /// Where it takes HTTP.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Hands leaderships over, lets open requests end, and stops. Handing over comes first, so that
    /// no shard waits for a slow request of this node.
    pub async fn shutdown(self) {
        tracing::info!("stopping");
        self.app.stopping.store(true, Ordering::Relaxed);
        self.app.readers.end();
        // The next leaders go on from what was noted.
        let (senders, enough) = self.sending;
        enough.cancel();
        for sender in senders {
            let _ended = sender.await;
        }
        self.app.node.hand_over().await;
        // What is under way here goes on at the new leaders, under the same request ids.
        self.stop.send_replace(true);
        let drained = tokio::time::timeout(Duration::from_millis(DRAIN_MS), self.serving).await;
        if drained.is_err() {
            tracing::warn!("some requests were still open after {DRAIN_MS} ms");
        }
        self.indexer.stop().await;
        self.upkeep.abort();
        self.app.node.clone().shutdown().await;
        tracing::info!("stopped");
    }
}

/// Starts what sends for the shards that this node leads.
fn sending(app: &App) -> ([JoinHandle<()>; 2], CancellationToken) {
    let enough = CancellationToken::new();
    let webhooks = tokio::spawn(webhooks::run(app.clone(), enough.clone()));
    let notices = tokio::spawn(notice::run(app.clone(), enough.clone()));
    ([webhooks, notices], enough)
}

fn system(error: impl std::fmt::Display) -> StartError {
    StartError::System(error.to_string())
}

fn raft_config(
    args: &Args,
    peers: &BTreeMap<NodeId, Peer>,
    clock: raft::WallClock,
) -> raft::Config {
    raft::Config {
        node_id: args.node_id,
        cluster_id: args.cluster_id.clone(),
        dir: args.dir.clone(),
        peer_listen: args.peer_listen,
        peers: peers.clone(),
        tls: args.tls.peers(),
        topology: Topology { shards: args.shards },
        currency: args.currency,
        limits: raft::Limits::default(),
        timing: raft::Timing::default(),
        clock,
    }
}

async fn door(args: &Args) -> Result<Door, StartError> {
    let customers = match args.access.tokens().map_err(BadConfig::from)? {
        Some(source) => Some(Customers::open(source).await?),
        None => None,
    };
    Ok(Door {
        trust_loopback: args.trust_loopback,
        customers,
        trusted_proxies: args.access.trusted_proxies.clone(),
        rates: RateLimits::new(args.access.rates()),
        uses: KeyUses::default(),
    })
}

/// What is done now and then, for as long as the node serves.
async fn upkeep(app: App, epoch: u8, kept: FeedFlags) {
    let housekeeping = async {
        let mut tick = tokio::time::interval(Duration::from_millis(UPKEEP_MS));
        loop {
            tick.tick().await;
            app.metrics.upkeep();
            app.door.rates.forget_idle();
        }
    };
    let key_set = async {
        if let Some(customers) = &app.door.customers {
            customers.keep_fresh().await;
        }
    };
    let reconciling = payment::keep_reconciling(&app);
    let epoch = payment::keep_epoch(&app, epoch);
    let kept = feed::keep(&app, kept);
    let uses = app.door.uses.keep_telling(&app);
    tokio::join!(housekeeping, key_set, uses, reconciling, epoch, kept);
}
