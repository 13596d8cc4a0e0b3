//! The index of a node: opening it, and searching it from any thread.
//!
//! What is on disk can always be made again from the rows, so files that are damaged, of another
//! version or of another cluster are deleted, and the index starts empty: its positions are empty
//! then, and the feed says the rest. A disk that merely fails deletes nothing.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine_core::ShardId;
use parking_lot::RwLock;
use tantivy::directory::error::LockError;
use tantivy::directory::{DirectoryLock, INDEX_WRITER_LOCK, MmapDirectory};
use tantivy::{Directory as _, Index, IndexReader, ReloadPolicy, TantivyError};
use tracing::warn;

use crate::complete;
use crate::cursor;
use crate::digest::{self, Digest};
use crate::error::{IndexError, SearchError, is_damage};
use crate::payload::Payload;
use crate::pins::Pins;
use crate::query::{Completion, Hits, Query};
use crate::schema::Fields;
use crate::search::{self, Source};
use crate::settings::{Compiled, Settings, SettingsError};
use crate::snapshot::Snapshot;
use crate::stock::StockTable;
use crate::writer::Writer;

/// Where the index is, and whose.
pub struct Config {
    /// A directory of the index's own. It is created, and its files are deleted when they are bad.
    pub dir: PathBuf,
    /// The cluster whose products these are.
    pub cluster_id: String,
    /// Called on the writer's thread after positions have moved; it must be quick.
    pub on_publish: Option<Box<dyn Fn() + Send + Sync>>,
}

/// The products of all shards, to be searched. Cheap to clone.
#[derive(Clone)]
pub struct SearchIndex {
    shared: Arc<Shared>,
}

/// What searches and the writer share.
pub(crate) struct Shared {
    pub(crate) cluster: String,
    pub(crate) fields: Fields,
    pub(crate) index: Index,
    pub(crate) reader: IndexReader,
    pub(crate) stock: StockTable,
    pub(crate) snapshot: RwLock<Arc<Snapshot>>,
    pub(crate) positions: RwLock<BTreeMap<ShardId, u64>>,
    pins: Pins,
    settings: RwLock<Arc<Compiled>>,
    on_publish: Option<Box<dyn Fn() + Send + Sync>>,
}

/// How large the index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// Products that can be found.
    pub documents: u64,
    /// Segments they are in.
    pub segments: usize,
}

impl SearchIndex {
    /// Opens the index, or starts an empty one. There is one writer, for one thread to own.
    pub fn open(config: Config) -> Result<(Self, Writer), IndexError> {
        let Config { dir, cluster_id, on_publish } = config;
        let io = |error: std::io::Error| IndexError::failed("opened", error);
        std::fs::create_dir_all(&dir).map_err(io)?;
        let lock = lock(&dir).map_err(|error| open_error(&dir, &error))?;
        let fields = Fields::new();
        let stock = StockTable::default();
        let opened = match open_existing(&dir, &cluster_id, &fields, &stock) {
            Ok(opened) => opened,
            Err(Unusable::Failed(error)) => return Err(open_error(&dir, &error)),
            Err(Unusable::Bad(why)) => {
                if std::fs::read_dir(&dir).map_err(io)?.next().is_some() {
                    warn!(dir = %dir.display(), why, "the search index is unusable: made anew");
                }
                delete_files(&dir).map_err(io)?;
                let made = create(&dir, &cluster_id, &fields, &stock);
                made.map_err(|error| open_error(&dir, &error))?
            }
        };
        drop(lock);
        let shared = Arc::new(Shared {
            cluster: cluster_id,
            fields,
            index: opened.index,
            reader: opened.reader,
            stock,
            snapshot: RwLock::new(Arc::new(opened.snapshot)),
            positions: RwLock::new(opened.positions.clone()),
            pins: Pins::default(),
            settings: RwLock::default(),
            on_publish,
        });
        let writer = Writer::open(shared.clone(), opened.positions);
        let writer = writer.map_err(|error| open_error(&dir, &error))?;
        Ok((Self { shared }, writer))
    }

    /// Finds products. It runs on the caller's thread, for some ten to some hundred microseconds.
    ///
    /// A page after the first is answered from what the first one saw of products and settings, for
    /// as long as that is kept ([`crate::PIN_MS`]), and says up to where in each shard's feed that
    /// is; what is in stock, and how popular it is, is as of now.
    pub fn search(&self, query: &Query) -> Result<Hits, SearchError> {
        let Shared { fields, stock, pins, .. } = &*self.shared;
        let seen = match cursor::of(query)? {
            None => pins.first(self.shared.snapshot.read().clone(), self.settings()),
            Some(name) => pins.later(name).ok_or(SearchError::CursorExpired)?,
        };
        let (snapshot, settings, stock) = (&*seen.snapshot, &*seen.settings, &stock.view());
        let mut hits =
            search::run(&Source { fields, snapshot, stock, settings }, query, seen.name)?;
        if query.cursor.is_some() {
            hits.as_of = Some(seen.snapshot.committed.clone());
        }
        if hits.next_cursor.is_some() {
            pins.keep(seen);
        }
        Ok(hits)
    }

    /// Completes the last word of a text that is being typed: at most so many texts, those with the
    /// most frequent words first. A text that does not end in a letter or digit has no completions.
    pub fn complete(&self, text: &str, limit: usize) -> Result<Vec<Completion>, SearchError> {
        let (snapshot, settings) = (self.shared.snapshot.read().clone(), self.settings());
        let (fields, stock) = (&self.shared.fields, &self.shared.stock.view());
        let (snapshot, settings) = (&*snapshot, &*settings);
        complete::run(&Source { fields, snapshot, stock, settings }, text, limit)
    }

    fn settings(&self) -> Arc<Compiled> {
        self.shared.settings.read().clone()
    }

    /// Goes by these settings from the next search on. Settings that are refused change nothing.
    pub fn set_settings(&self, settings: &Settings) -> Result<(), SettingsError> {
        let compiled = Compiled::new(settings)?;
        *self.shared.settings.write() = Arc::new(compiled);
        Ok(())
    }

    /// Up to where in each shard's feed a search sees all that happened. Read it before the
    /// search whose answer it is to describe.
    pub fn positions(&self) -> BTreeMap<ShardId, u64> {
        self.shared.positions.read().clone()
    }

    /// The digest of a shard's products as searches see them now, and up to where in the shard's
    /// feed that is. The rows as of that log index must have the same. It reads the disk, for
    /// about a second per million products.
    pub fn digest(&self, shard: ShardId) -> Result<(Digest, u64), IndexError> {
        let snapshot = self.shared.snapshot.read().clone();
        let position = snapshot.committed.get(&shard).copied().unwrap_or(0);
        let digest = digest::of_shard(&snapshot, &self.shared.fields, shard);
        let digest = digest.map_err(|error| IndexError::failed("read", error))?;
        Ok((digest, position))
    }

    /// The units free to sell, which searches join.
    pub fn stock(&self) -> &StockTable {
        &self.shared.stock
    }

    /// How large the index is.
    pub fn stats(&self) -> Stats {
        let snapshot = self.shared.snapshot.read();
        Stats { documents: snapshot.searcher.num_docs(), segments: snapshot.segments.len() }
    }
}

impl Shared {
    /// Shows searches what was committed last.
    pub(crate) fn reload(&self, committed: BTreeMap<ShardId, u64>) -> Result<(), TantivyError> {
        self.reader.reload()?;
        let before = self.snapshot.read().clone();
        let next =
            Snapshot::load(&self.reader, (&self.fields, &self.stock), committed, Some(&before))?;
        *self.snapshot.write() = Arc::new(next);
        self.pins.forget_old();
        Ok(())
    }

    /// Says how far searches see.
    pub(crate) fn publish(&self, positions: impl IntoIterator<Item = (ShardId, u64)>) {
        {
            let mut published = self.positions.write();
            for (shard, index) in positions {
                let position = published.entry(shard).or_default();
                *position = index.max(*position);
            }
        }
        if let Some(on_publish) = &self.on_publish {
            on_publish();
        }
    }
}

struct Opened {
    index: Index,
    reader: IndexReader,
    snapshot: Snapshot,
    positions: BTreeMap<ShardId, u64>,
}

enum Unusable {
    /// Only starting anew helps.
    Bad(String),
    /// It may work later.
    Failed(TantivyError),
}

impl From<TantivyError> for Unusable {
    fn from(error: TantivyError) -> Self {
        if is_damage(&error) { Self::Bad(error.to_string()) } else { Self::Failed(error) }
    }
}

fn open_existing(
    dir: &Path,
    cluster: &str,
    fields: &Fields,
    stock: &StockTable,
) -> Result<Opened, Unusable> {
    let index = Index::open_in_dir(dir)?;
    if index.schema() != fields.schema {
        return Err(Unusable::Bad("it has other fields".to_owned()));
    }
    let payload = index.load_metas()?.payload;
    let positions = Payload::decode(payload.as_deref(), cluster).map_err(Unusable::Bad)?;
    let checked = index.validate_checksum().map_err(|error| match error {
        error if is_damage(&error) => Unusable::Bad(error.to_string()),
        error => Unusable::Failed(error),
    });
    if let Some(file) = checked?.iter().next() {
        return Err(Unusable::Bad(format!("{} is damaged", file.display())));
    }
    Ok(finish(index, positions, fields, stock)?)
}

fn create(
    dir: &Path,
    cluster: &str,
    fields: &Fields,
    stock: &StockTable,
) -> Result<Opened, TantivyError> {
    let index = Index::create_in_dir(dir, fields.schema.clone())?;
    fields.register(&index);
    let positions = BTreeMap::new();
    let mut writer = crate::writer::tantivy_writer(&index)?;
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&Payload::encode(cluster, &positions));
    commit.commit()?;
    finish(index, positions, fields, stock)
}

fn finish(
    index: Index,
    positions: BTreeMap<ShardId, u64>,
    fields: &Fields,
    stock: &StockTable,
) -> Result<Opened, TantivyError> {
    fields.register(&index);
    let builder = index.reader_builder().reload_policy(ReloadPolicy::Manual);
    let reader = builder.doc_store_cache_num_blocks(1).try_into()?;
    let snapshot = Snapshot::load(&reader, (fields, stock), positions.clone(), None)?;
    Ok(Opened { index, reader, snapshot, positions })
}

/// What writers hold: files are deleted under it only.
fn lock(dir: &Path) -> Result<DirectoryLock, TantivyError> {
    let lock = MmapDirectory::open(dir)?.acquire_lock(&INDEX_WRITER_LOCK);
    lock.map_err(|error| TantivyError::LockFailure(error, None))
}

fn open_error(dir: &Path, error: &TantivyError) -> IndexError {
    match error {
        TantivyError::LockFailure(LockError::LockBusy, _) => {
            IndexError::InUse(dir.display().to_string())
        }
        error => IndexError::failed("opened", error),
    }
}

/// Deletes the files of the index, and nothing below the directory: the index has no folders.
fn delete_files(dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}
