//! The node: all its shards behind one handle.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use engine_core::{OrderId, ShardId};
use futures::future::BoxFuture;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::clocks::Clocks;
use crate::config::Config;
use crate::group::Group;
use crate::handover::TransferError;
use crate::order_watch::{OrderWatch, OrderWatches};
use crate::proposal::{Proposal, ProposeError, Proposed};
use crate::pump_provider::ProviderDriver;
use crate::reads::ReadError;
use crate::start::{self, StartError};
use crate::state_machine::ShardView;
use crate::status::{NodeStatus, NotReady};
use crate::storage::Storage;
use crate::transport::peers::Peers;
use crate::types::NodeId;

/// A running node. Cloning it clones the handle.
#[derive(Clone)]
pub struct Node(Arc<Inner>);

/// How far a replica has come, and how fresh that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The last log index that is applied here.
    pub index: u64,
    /// Every write acknowledged before this time is visible here, in Unix milliseconds; 0 when
    /// no leader has told this node anything yet.
    pub as_of_ms: u64,
}

/// What all parts of a node share.
pub(crate) struct Inner {
    pub config: Config,
    pub peers: Peers,
    pub groups: BTreeMap<ShardId, Arc<Group>>,
    pub clocks: Clocks,
    pub provider: Arc<dyn ProviderDriver>,
    /// Ends the transport and every task.
    pub stop: CancellationToken,
    pub tasks: TaskTracker,
    pub feed: watch::Receiver<u64>,
    /// Who waits for which order here.
    pub orders: OrderWatches,
    /// No proposal is taken any more.
    pub stopping: AtomicBool,
    /// How many proposals are being routed.
    pub proposing: AtomicU64,
    pub storage: Mutex<Option<Storage>>,
}

impl Node {
    /// Opens the node's folder, starts all its replicas and listens for its peers. Returns before
    /// leaders are known: see [`Node::ready`].
    pub async fn start(
        config: Config,
        provider: Arc<dyn ProviderDriver>,
    ) -> Result<Self, StartError> {
        start::boxed(config, provider).await.map(Self)
    }

    /// Proposes a command to a shard and waits for what becomes of it, wherever its leader is.
    pub async fn propose(
        &self,
        shard: ShardId,
        proposal: Proposal,
        deadline: Duration,
    ) -> Result<Proposed, ProposeError> {
        self.0.counted(shard, proposal, deadline).await
    }

    /// The committed rows of a shard, as far as this node has applied them.
    ///
    /// # Panics
    /// When the topology has no such shard.
    pub fn view(&self, shard: ShardId) -> ShardView {
        self.0.groups[&shard].view.clone()
    }

    /// How far this node has come with a shard, and how fresh that is.
    ///
    /// # Panics
    /// When the topology has no such shard.
    pub fn position(&self, shard: ShardId) -> Position {
        let group = &self.0.groups[&shard];
        let index = group.replica.applied();
        Position { index, as_of_ms: group.freshness.as_of(index) }
    }

    /// A strong read: once this returns, this node's rows hold every write to the shard that was
    /// acknowledged anywhere before the call. Returns the index that was waited for.
    pub async fn read_index(&self, shard: ShardId, deadline: Duration) -> Result<u64, ReadError> {
        self.0.boxed_read_index(shard, deadline).await
    }

    /// Waits until this node has applied a log index of a shard.
    pub async fn wait_applied(
        &self,
        shard: ShardId,
        index: u64,
        deadline: Duration,
    ) -> Result<(), ReadError> {
        self.0.boxed_wait_applied(shard, index, deadline).await
    }

    /// Whether this node leads a shard, as far as it knows.
    pub fn leads(&self, shard: ShardId) -> bool {
        self.0.groups.get(&shard).is_some_and(|group| group.leads())
    }

    /// A hint that some shard has applied an entry which may have events.
    pub fn feed_changed(&self) -> watch::Receiver<u64> {
        self.0.feed.clone()
    }

    /// Watches an order's row in this node's replica. A change may be missed: look now and then.
    pub fn watch_order(&self, order: OrderId) -> OrderWatch {
        self.0.orders.watch(order)
    }

    /// What an operator wants to know of this node.
    pub fn status(&self) -> NodeStatus {
        self.0.status()
    }

    /// Whether this node can serve, or why not yet.
    pub fn ready(&self) -> Result<(), NotReady> {
        self.0.ready()
    }

    /// Hands a shard that this node leads to another node.
    pub async fn transfer_leader(&self, shard: ShardId, to: NodeId) -> Result<(), TransferError> {
        self.0.boxed_transfer(shard, to).await
    }

    /// Hands over every shard that this node leads, as far as somebody takes it. The node goes on
    /// taking requests and forwards them.
    pub async fn hand_over(&self) {
        self.0.boxed_hand_over().await;
    }

    /// Hands leaderships over, lets proposals end, makes everything durable, and stops.
    pub async fn shutdown(self) {
        self.0.boxed_end(true).await;
    }

    /// Stops without handing anything over, as a crash would: for tests of what follows.
    pub async fn crash(self) {
        self.0.boxed_end(false).await;
    }
}

/// The way in from other crates. Boxed, so that what lies behind is compiled once, here, and not
/// again in every binary that calls it.
impl Inner {
    fn counted(
        &self,
        shard: ShardId,
        proposal: Proposal,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<Proposed, ProposeError>> {
        self.proposing.fetch_add(1, Ordering::Relaxed);
        let counted = Counted(&self.proposing);
        Box::pin(async move {
            let _counted = counted;
            self.propose(shard, proposal, deadline).await
        })
    }

    fn boxed_read_index(
        &self,
        shard: ShardId,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<u64, ReadError>> {
        Box::pin(self.read_index(shard, deadline))
    }

    fn boxed_wait_applied(
        &self,
        shard: ShardId,
        index: u64,
        deadline: Duration,
    ) -> BoxFuture<'_, Result<(), ReadError>> {
        Box::pin(self.wait_applied(shard, index, deadline))
    }

    fn boxed_transfer(
        &self,
        shard: ShardId,
        to: NodeId,
    ) -> BoxFuture<'_, Result<(), TransferError>> {
        Box::pin(self.transfer_leader(shard, to))
    }

    fn boxed_hand_over(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.hand_over_all())
    }

    fn boxed_end(&self, in_good_order: bool) -> BoxFuture<'_, ()> {
        if in_good_order { Box::pin(self.shutdown()) } else { Box::pin(self.crash()) }
    }

    /// No proposal is taken any more.
    pub fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }
}

/// Counts one down when it goes.
struct Counted<'a>(&'a AtomicU64);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
