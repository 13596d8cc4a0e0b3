//! What a shard's log does to its rows on this node.
//!
//! Invariant: the rows, how far they have come, the membership and the digest are written in one
//! batch per log entry; only then is anybody told. The rows have no log of their own: after a crash
//! they are what the last flush wrote, and openraft applies the entries since once more.
//!
//! A fault (bad bytes, bad code, a digest that differs) stops this replica: nothing of the entry is
//! written, openraft shuts the shard down here, the process stays up, says that it is not ready,
//! serves what was applied, and the other shards go on. A disk that does not take the rows ends the
//! process: see `disk`.

mod apply;
mod flush;
mod install;
mod keys;
mod replica;
mod snapshot;
mod view;

use std::io;
use std::sync::Arc;

use engine_core::codec::decode;
use engine_core::{Digest, Fault, Shard, ShardId};
use engine_store::{Rows, Store};
use futures::{Stream, StreamExt};
use openraft::Snapshot;
use openraft::storage::{EntryResponder, RaftSnapshotBuilder, RaftStateMachine};
use tokio::sync::watch;

use crate::order_watch::OrderWatches;
use crate::records::{AppliedRecord, StoredMembershipRecord};
use crate::types::{LogId, NodeId, SnapshotMeta, StoredMembership, TypeConfig};

pub use flush::{FLUSH_EVERY, FlushThread, Flusher};
pub use replica::{DIGESTS_REMEMBERED, Replica};
pub use snapshot::{SnapshotData, SnapshotFolder, SnapshotSink};
pub use view::ShardView;

/// After so many entries of a long way to catch up, other tasks get their turn.
const ENTRIES_PER_TURN: usize = 16;

/// A snapshot as openraft hands it around.
type ShardSnapshot = Snapshot<crate::types::LeaderId, NodeId, openraft::BasicNode, SnapshotData>;

/// One shard's rows on this node. openraft owns it; [`Replica`] is what others see of it.
pub struct StateMachine {
    shard: Shard,
    common: Common,
    view: ShardView,
    replica: Arc<Replica>,
    position: Position,
}

/// What the state machines of all shards of a node share.
#[derive(Clone)]
pub struct Common {
    /// The rows of all shards.
    pub store: Store,
    /// Makes them durable.
    pub flusher: Arc<Flusher>,
    /// Where received snapshots are put.
    pub folder: SnapshotFolder,
    /// Counts entries that may have events, over all shards: a hint to look into the feed.
    pub feed: watch::Sender<u64>,
    /// Who waits for which order.
    pub(crate) orders: OrderWatches,
}

/// How far the rows have come.
#[derive(Debug, Clone, Default)]
struct Position {
    last: Option<LogId>,
    members: StoredMembership,
    digest: Digest,
}

impl Position {
    /// Reads what stands beside a shard's rows.
    fn read(rows: &dyn Rows, shard: ShardId) -> Result<Self, Fault> {
        let applied = rows.get(&keys::applied(shard))?;
        let applied = applied.map(|bytes| decode::<AppliedRecord>(&bytes)).transpose()?;
        let applied = applied.unwrap_or_default();
        let members = rows.get(&keys::members(shard))?;
        let members = members.map(|bytes| decode::<StoredMembershipRecord>(&bytes)).transpose()?;
        let members = members.map(StoredMembership::try_from).transpose()?.unwrap_or_default();
        Ok(Self { last: applied.last.map(LogId::from), members, digest: applied.digest })
    }

    fn meta(&self) -> SnapshotMeta {
        SnapshotMeta { last_log_id: self.last, last_membership: self.members.clone() }
    }

    fn applied(&self) -> AppliedRecord {
        AppliedRecord { last: self.last.map(Into::into), digest: self.digest }
    }
}

impl StateMachine {
    /// Opens a shard's rows. An install that a crash interrupted is done again first.
    pub fn open(shard: Shard, common: Common) -> io::Result<Self> {
        install::redo(shard.id, &common.store, &common.folder)?;
        let position = Position::read(&common.store, shard.id).map_err(io::Error::other)?;
        let index = position.last.map_or(0, |last| last.index);
        let replica = Arc::new(Replica::new(shard.id, index, position.digest));
        if position.last.is_some() {
            // Everything that can be read right after opening was read from files.
            common.flusher.durable().advance(shard.id, index);
        }
        common.flusher.watch(Arc::clone(&replica));
        let view = ShardView::new(shard.id, common.store.clone(), Arc::clone(&replica));
        Ok(Self { shard, common, view, replica, position })
    }

    /// What others may see of it.
    pub fn replica(&self) -> &Arc<Replica> {
        &self.replica
    }

    /// Reads of its rows.
    pub fn view(&self) -> &ShardView {
        &self.view
    }
}

impl RaftStateMachine<TypeConfig> for StateMachine {
    type SnapshotData = SnapshotData;
    type SnapshotBuilder = SnapshotBuilder;

    async fn applied_state(&mut self) -> io::Result<(Option<LogId>, StoredMembership)> {
        Ok((self.position.last, self.position.members.clone()))
    }

    async fn apply<S>(&mut self, mut entries: S) -> io::Result<()>
    where
        S: Stream<Item = io::Result<EntryResponder<TypeConfig>>> + Unpin + Send,
    {
        let mut count = 0;
        while let Some(next) = entries.next().await {
            let (entry, responder) = next?;
            let applied = self.apply_entry(&entry).map_err(|fault| {
                self.replica.fail(&fault);
                io::Error::other(fault)
            })?;
            if let Some(responder) = responder {
                responder.send(applied);
            }
            count += 1;
            if count % ENTRIES_PER_TURN == 0 {
                tokio::task::yield_now().await;
            }
        }
        Ok(())
    }

    async fn get_snapshot_builder(&mut self) -> SnapshotBuilder {
        let snapshot = snapshot::live(self.shard.id, self.common.store.clone()).await;
        SnapshotBuilder { snapshot: Some(snapshot), flusher: Arc::clone(&self.common.flusher) }
    }

    async fn install_snapshot(
        &mut self,
        meta: &SnapshotMeta,
        data: SnapshotData,
    ) -> io::Result<()> {
        let shard = self.shard.id;
        let file = data.into_file(&self.common.folder, shard).await?;
        self.replica.begin_install();
        let (store, folder) = (self.common.store.clone(), self.common.folder.clone());
        let install = install::Install { shard, store, folder };
        let meta = meta.clone();
        let done = tokio::task::spawn_blocking(move || install.run(&meta, file)).await;
        done.map_err(io::Error::other)?.inspect_err(|error| {
            self.replica.fail(&Fault(format!("a snapshot could not be installed: {error}")));
        })?;
        self.position = Position::read(&self.common.store, shard).map_err(io::Error::other)?;
        let index = self.position.last.map_or(0, |last| last.index);
        self.common.flusher.durable().advance(shard, index);
        self.replica.end_install(Digest { index, ..self.position.digest });
        self.common.feed.send_modify(|count| *count += 1);
        Ok(())
    }

    async fn get_current_snapshot(&mut self) -> io::Result<Option<ShardSnapshot>> {
        if self.position.last.is_none() {
            return Ok(None);
        }
        snapshot::live(self.shard.id, self.common.store.clone()).await.map(Some)
    }
}

/// Makes a snapshot durable, which lets openraft purge the log up to it.
pub struct SnapshotBuilder {
    snapshot: Option<io::Result<ShardSnapshot>>,
    flusher: Arc<Flusher>,
}

impl RaftSnapshotBuilder<TypeConfig> for SnapshotBuilder {
    type SnapshotData = SnapshotData;

    /// The moment was fixed when the builder was made: what is flushed now includes it.
    async fn build_snapshot(&mut self) -> io::Result<ShardSnapshot> {
        let snapshot = self.snapshot.take();
        let snapshot = snapshot.ok_or_else(|| io::Error::other("one builder, one snapshot"))??;
        let flusher = Arc::clone(&self.flusher);
        tokio::task::spawn_blocking(move || flusher.flush()).await.map_err(io::Error::other)??;
        Ok(snapshot)
    }
}
