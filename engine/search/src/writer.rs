//! Bringing feed entries into the index, in the feed's order, each once or more often.
//!
//! The caller's loop, on a thread of its own: for each shard read the feed after
//! [`Writer::next`], [`Writer::apply`] each entry, then [`Writer::tick`]. On [`Progress::Gap`]
//! rebuild the shard from its rows. After an error wait a little and go on with the loop: what was
//! not committed is forgotten, and `next` says again where to read.
//!
//! A product is deleted by its id and added again, so applying an entry twice changes nothing.
//! A position is published to searches only when the snapshot they read holds it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine_core::catalog::Product;
use engine_core::feed::{Event, FeedEntry};
use engine_core::{ProductId, ShardId};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, UserOperation};
use tantivy::{Index, IndexWriter, TantivyError};
use tracing::warn;

use crate::error::IndexError;
use crate::index::Shared;
use crate::payload::Payload;
use crate::rebuild::Rebuild;

/// Changed products are searchable after at most so long and one commit, in milliseconds.
pub const COMMIT_AFTER_MS: u64 = 250;
/// A commit is due at once when so many products have changed.
pub const COMMIT_DOCUMENTS: usize = 5_000;
/// How far behind the committed positions may be while no product changes, in milliseconds.
pub const POSITION_COMMIT_MS: u64 = 30_000;
/// How often searches take up merged segments, in milliseconds.
pub const REFRESH_EVERY_MS: u64 = 1_000;

/// Tantivy's buffer for new documents, in bytes: just above its minimum.
const BUFFER_BYTES: usize = 15 << 20;
/// As many segments of about the same size are merged into one.
const MERGE_SEGMENTS: usize = 6;
/// Smaller segments count as being of the same size, in documents. It is well below a small
/// catalog, which would otherwise be merged again with every few products that change.
const MERGE_SAME_SIZE: u32 = 1_000;
/// Segments are of about the same size within this power of two.
const MERGE_SIZE_LOG2: f64 = 1.5;
/// A segment with more deleted documents than this is merged.
const MERGE_DELETED_RATIO: f32 = 0.25;

/// The one way into the index. It blocks on the disk: keep it off threads that must not wait.
pub struct Writer {
    pub(crate) shared: Arc<Shared>,
    /// Nothing after an error, until it is needed again.
    tantivy: Option<IndexWriter>,
    shards: BTreeMap<ShardId, Applied>,
    /// The positions in the last commit.
    committed: BTreeMap<ShardId, u64>,
    committed_at: Instant,
    refreshed_at: Instant,
    /// Products changed since the last commit, and since when.
    pending: usize,
    pending_since: Option<Instant>,
    /// Whether a commit could not be shown to searches yet.
    unshown: bool,
}

/// How far a shard's feed has been applied.
#[derive(Debug, Clone, Copy, Default)]
struct Applied {
    position: u64,
    /// Whether its products have changed since the last commit.
    changed: bool,
}

/// What became of a feed entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// It is in, or was already.
    Applied,
    /// Entries before it are missing: nothing was changed, and the shard must be rebuilt.
    Gap,
}

impl Writer {
    pub(crate) fn open(
        shared: Arc<Shared>,
        committed: BTreeMap<ShardId, u64>,
    ) -> Result<Self, TantivyError> {
        let tantivy = tantivy_writer(&shared.index)?;
        let now = Instant::now();
        Ok(Self {
            shared,
            tantivy: Some(tantivy),
            shards: applied(&committed),
            committed,
            committed_at: now,
            refreshed_at: now,
            pending: 0,
            pending_since: None,
            unshown: false,
        })
    }

    /// After which log index the shard's feed is to be read: all up to it is known here.
    pub fn next(&self, shard: ShardId) -> u64 {
        let products = self.shards.get(&shard).map_or(0, |applied| applied.position);
        products.min(self.shared.stock.position(shard))
    }

    /// Takes an entry of a shard's feed. Levels of stock change for searches at once, products
    /// with the next commit.
    pub fn apply(
        &mut self,
        shard: ShardId,
        index: u64,
        entry: &FeedEntry,
    ) -> Result<Progress, IndexError> {
        if entry.previous > self.next(shard) {
            return Ok(Progress::Gap);
        }
        self.shared.stock.observe(shard, index, entry);
        let applied = self.shards.get(&shard).copied().unwrap_or_default();
        if index <= applied.position {
            return Ok(Progress::Applied);
        }
        let mut changed = false;
        for event in &entry.events {
            if let Event::ProductChanged(product) = event {
                self.put(shard, product)?;
                changed = true;
            }
        }
        let applied = Applied { position: index, changed: applied.changed || changed };
        self.shards.insert(shard, applied);
        if !applied.changed && !self.unshown {
            self.shared.publish([(shard, index)]);
        }
        Ok(Progress::Applied)
    }

    /// Commits if it is time to, and otherwise takes up merged segments now and then.
    pub fn tick(&mut self) -> Result<(), IndexError> {
        if self.is_due() {
            return self.commit();
        }
        let refresh = Duration::from_millis(REFRESH_EVERY_MS);
        if self.unshown || self.refreshed_at.elapsed() >= refresh { self.refresh() } else { Ok(()) }
    }

    /// Whether enough has changed, or for long enough.
    pub fn is_due(&self) -> bool {
        let waited = self.pending_since.map(|since| since.elapsed());
        let old = waited.is_some_and(|waited| waited >= Duration::from_millis(COMMIT_AFTER_MS));
        let moved = || {
            self.shards.iter().any(|(shard, applied)| {
                self.committed.get(shard).is_none_or(|committed| applied.position > *committed)
            })
        };
        let behind = self.committed_at.elapsed() >= Duration::from_millis(POSITION_COMMIT_MS);
        old || self.pending >= COMMIT_DOCUMENTS || (behind && moved())
    }

    /// Makes all that was applied durable, and shows it to searches.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        let positions: BTreeMap<ShardId, u64> =
            self.shards.iter().map(|(shard, applied)| (*shard, applied.position)).collect();
        let payload = Payload::encode(&self.shared.cluster, &positions);
        self.attempt("committed", |tantivy, _| {
            let mut commit = tantivy.prepare_commit()?;
            commit.set_payload(&payload);
            commit.commit().map(drop)
        })?;
        self.committed = positions;
        self.committed_at = Instant::now();
        self.settle();
        self.show()
    }

    /// Starts a shard over: its products leave the index, those added to the rebuild take their
    /// place when it is finished. Until then searches see the old ones.
    pub fn begin_rebuild(&mut self, shard: ShardId) -> Result<Rebuild<'_>, IndexError> {
        Rebuild::begin(self, shard)
    }

    /// Commits, waits for merges, and lets go of the directory.
    pub fn close(mut self) -> Result<(), IndexError> {
        self.commit()?;
        match self.tantivy.take().map(IndexWriter::wait_merging_threads) {
            Some(Err(error)) => Err(IndexError::failed("closed", error)),
            _ => Ok(()),
        }
    }

    /// Puts a product in the place of its earlier version, or takes it out if it is archived.
    fn put(&mut self, shard: ShardId, product: &Product) -> Result<(), IndexError> {
        self.attempt("written", |tantivy, shared| {
            let delete = UserOperation::Delete(shared.fields.id_term(product.id));
            let add = || UserOperation::Add(shared.fields.document(shard, product));
            let operations = match product.archived_at {
                Some(_) => vec![delete],
                None => vec![delete, add()],
            };
            tantivy.run(operations).map(drop)
        })?;
        self.count_change();
        Ok(())
    }

    /// Adds a product that is known not to be in the index: tantivy keeps more than a kilobyte
    /// for each delete until the next commit, which a rebuild of many products must not cost.
    pub(crate) fn add_new(&mut self, shard: ShardId, product: &Product) -> Result<(), IndexError> {
        self.attempt("written", |tantivy, shared| {
            tantivy.add_document(shared.fields.document(shard, product)).map(drop)
        })?;
        self.count_change();
        Ok(())
    }

    fn count_change(&mut self) {
        self.pending += 1;
        self.pending_since.get_or_insert_with(Instant::now);
    }

    pub(crate) fn clear(&mut self, shard: ShardId) -> Result<(), IndexError> {
        self.attempt("written", |tantivy, shared| {
            tantivy.delete_term(shared.fields.shard_term(shard));
            Ok(())
        })
    }

    pub(crate) fn set_available(&self, product: ProductId, available: u32) {
        self.shared.stock.set_available(product, available);
    }

    /// Ends a rebuild: the shard's rows up to a position are all in.
    pub(crate) fn finish_rebuild(
        &mut self,
        shard: ShardId,
        position: u64,
    ) -> Result<(), IndexError> {
        self.shards.insert(shard, Applied { position, changed: true });
        self.commit()?;
        self.shared.stock.load(shard, position, []);
        Ok(())
    }

    /// Forgets what was not committed.
    pub(crate) fn abandon(&mut self) {
        self.tantivy = None;
        let payload = self.shared.index.load_metas().map(|metas| metas.payload);
        if let Ok(payload) = payload
            && let Ok(positions) = Payload::decode(payload.as_deref(), &self.shared.cluster)
        {
            // An error may follow a commit that did happen.
            self.unshown |= positions != self.committed;
            self.committed = positions;
        }
        self.shards = applied(&self.committed);
        self.settle();
    }

    /// Nothing waits for a commit any more.
    fn settle(&mut self) {
        self.shards.values_mut().for_each(|applied| applied.changed = false);
        self.pending = 0;
        self.pending_since = None;
    }

    fn refresh(&mut self) -> Result<(), IndexError> {
        self.refreshed_at = Instant::now();
        let segments = self.shared.index.searchable_segment_ids();
        let segments = segments.map_err(|error| IndexError::failed("read", error))?;
        let merged = self.shared.snapshot.read().differs(&segments);
        if merged || self.unshown { self.show() } else { Ok(()) }
    }

    fn show(&mut self) -> Result<(), IndexError> {
        self.unshown = true;
        self.shared
            .reload(self.committed.clone())
            .map_err(|error| IndexError::failed("read", error))?;
        self.unshown = false;
        self.refreshed_at = Instant::now();
        let position = |(shard, applied): (&ShardId, &Applied)| match applied.changed {
            true => self.committed.get(shard).map(|position| (*shard, *position)),
            false => Some((*shard, applied.position)),
        };
        self.shared.publish(self.shards.iter().filter_map(position));
        Ok(())
    }

    /// Runs a step with tantivy's writer, which is opened again if an error closed it.
    fn attempt(
        &mut self,
        what: &'static str,
        step: impl FnOnce(&mut IndexWriter, &Shared) -> Result<(), TantivyError>,
    ) -> Result<(), IndexError> {
        let opened = match self.tantivy.take() {
            Some(tantivy) => Ok(tantivy),
            None => tantivy_writer(&self.shared.index),
        };
        let result = opened.and_then(|mut tantivy| {
            let result = step(&mut tantivy, &self.shared);
            self.tantivy = Some(tantivy);
            result
        });
        result.map_err(|error| {
            warn!(%error, "the search index could not be {what}");
            self.abandon();
            IndexError::failed(what, error)
        })
    }
}

fn applied(positions: &BTreeMap<ShardId, u64>) -> BTreeMap<ShardId, Applied> {
    let applied = |position: &u64| Applied { position: *position, changed: false };
    positions.iter().map(|(shard, position)| (*shard, applied(position))).collect()
}

/// A writer with one thread for new documents and one for merges.
pub(crate) fn tantivy_writer(index: &Index) -> Result<IndexWriter, TantivyError> {
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(BUFFER_BYTES)
        .build();
    let writer = index.writer_with_options(options)?;
    let mut merges = LogMergePolicy::default();
    merges.set_min_num_segments(MERGE_SEGMENTS);
    merges.set_min_layer_size(MERGE_SAME_SIZE);
    merges.set_level_log_size(MERGE_SIZE_LOG2);
    merges.set_del_docs_ratio_before_merge(MERGE_DELETED_RATIO);
    writer.set_merge_policy(Box::new(merges));
    Ok(writer)
}
