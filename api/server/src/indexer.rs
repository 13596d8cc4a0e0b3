//! Keeps this node's search index up to its replicas: one thread that tails every shard's feed.
//!
//! Each shard is read from the position in the index's own commit; a gap means that the shard is
//! made anew from its rows. Levels of stock are loaded from the rows at start, and follow the feed
//! at once; products follow with the index's next commit. A hint says that a feed has grown;
//! without hints the thread looks now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use engine_core::catalog::Product;
use engine_core::inventory::Stock;
use engine_core::{Fault, ProductId, ShardId, feed, read};
use engine_search::{IndexError, Progress, SearchIndex, Writer};
use raft::Node;
use tokio::runtime::Handle;
use tokio::sync::watch;

use crate::consistency::{Freshness, Seen};
use crate::errors::{Code, Error};
use crate::popularity::Popularity;
use crate::search_settings::of_index;
use crate::state::AppState;

/// How many feed entries are read at once.
const ENTRIES_PER_READ: usize = 256;
/// How many products are read at once from the rows.
const PRODUCTS_PER_READ: usize = 1_000;
/// How long the thread rests between two passes, so that each finds more than one entry, in ms.
const REST_MS: u64 = 25;
/// How long the thread waits for a hint, in milliseconds.
const HINT_WAIT_MS: u64 = 50;
/// How long the thread waits after an error of the disk, in milliseconds.
const ERROR_WAIT_MS: u64 = 1_000;
/// How long a search waits for a token's positions, in milliseconds.
const TOKEN_WAIT_MS: u64 = 500;
/// How long a strong search waits for the index, in milliseconds.
const STRONG_WAIT_MS: u64 = 3_000;

/// How far searches see: for each shard a log index and as of when it is true.
type Positions = BTreeMap<ShardId, (u64, u64)>;

/// What the node knows of its index.
#[derive(Clone)]
pub struct Indexed {
    positions: watch::Receiver<Positions>,
    rebuilds: Arc<Rebuilds>,
}

/// The shards whose part of the index is to be made anew, or is being.
#[derive(Default)]
struct Rebuilds(Mutex<BTreeSet<ShardId>>);

impl Rebuilds {
    fn shards(&self) -> MutexGuard<'_, BTreeSet<ShardId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Indexed {
    /// Every shard has been read once since the start.
    pub fn is_loaded(&self) -> bool {
        !self.positions.borrow().is_empty()
    }

    /// How far searches see into a shard: a log index.
    pub fn position(&self, shard: ShardId) -> u64 {
        self.positions.borrow().get(&shard).map_or(0, |(index, _)| *index)
    }

    /// Has a shard's part of the index made anew from its rows, soon. Until that is done searches
    /// see the part that there is.
    pub fn rebuild(&self, shard: ShardId) {
        self.rebuilds.shards().insert(shard);
    }

    /// Whether a shard's part is to be made anew, or is being.
    pub fn is_rebuilding(&self, shard: ShardId) -> bool {
        self.rebuilds.shards().contains(&shard)
    }

    fn seen(&self) -> Seen {
        let positions = self.positions.borrow();
        let as_of = positions.values().map(|(_, as_of)| *as_of).min().unwrap_or(0);
        Seen::at(positions.iter().map(|(shard, (index, _))| (*shard, *index)).collect(), as_of)
    }

    /// Waits until searches see these positions.
    async fn reach(&self, wanted: &[(ShardId, u64)], wait: Duration) -> bool {
        let mut positions = self.positions.clone();
        let reached = positions.wait_for(|positions| {
            wanted.iter().all(|(shard, index)| {
                positions.get(shard).is_some_and(|(position, _)| position >= index)
            })
        });
        matches!(tokio::time::timeout(wait, reached).await, Ok(Ok(_)))
    }
}

impl AppState {
    /// Waits until the index is as fresh as was wished.
    pub async fn fresh_index(&self, wish: &Freshness) -> Result<Seen, Error> {
        let wait = Duration::from_millis(TOKEN_WAIT_MS);
        let known = |shard: &ShardId| shard.0 <= self.topology.shards;
        let wanted: Vec<_> = wish.token.iter().filter(|(shard, _)| known(shard)).copied().collect();
        let strong =
            wish.strong || (!wanted.is_empty() && !self.indexed.reach(&wanted, wait).await);
        if !strong {
            let seen = self.indexed.seen();
            let old = wish.staleness_ms.is_some_and(|most| seen.age_ms() > most);
            if !old {
                return Ok(seen);
            }
        }
        let shards: Vec<ShardId> = self.topology.groups().collect();
        let rows = match wanted.is_empty() {
            true => self.fresh(&shards, &Freshness { strong: true, ..wish.clone() }).await?,
            false => self.strong_after(&shards, &wanted).await?,
        };
        if self.indexed.reach(rows.positions(), Duration::from_millis(STRONG_WAIT_MS)).await {
            return Ok(rows);
        }
        let detail = "the search index is behind its replica; try again, or ask another node";
        Err(Error::new(Code::TooStale, detail))
    }
}

/// The thread, to be told to stop.
pub struct Indexer {
    thread: JoinHandle<()>,
    stop: watch::Sender<bool>,
}

impl Indexer {
    /// Starts the thread.
    pub fn start(
        node: Node,
        index: Arc<SearchIndex>,
        writer: Writer,
        shards: Vec<ShardId>,
    ) -> std::io::Result<(Self, Indexed)> {
        let (publish, positions) = watch::channel(Positions::new());
        let (stop, stopped) = watch::channel(false);
        let runtime = Handle::current();
        let mut tail = Tail {
            node,
            index,
            writer,
            shards,
            publish,
            positions: Positions::new(),
            settings: None,
            popularity: Popularity::default(),
            rebuilds: Arc::default(),
        };
        let rebuilds = tail.rebuilds.clone();
        let thread = std::thread::Builder::new().name("indexer".to_owned()).spawn(move || {
            tail.run(&runtime, stopped);
            if let Err(error) = tail.writer.close() {
                tracing::warn!(%error, "the search index was not closed; it catches up at start");
            }
        })?;
        Ok((Self { thread, stop }, Indexed { positions, rebuilds }))
    }

    /// Commits the index and ends the thread.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let joined = tokio::task::spawn_blocking(move || self.thread.join().is_ok()).await;
        if !matches!(joined, Ok(true)) {
            tracing::error!("the indexer's thread ended badly");
        }
    }
}

/// What the thread works with.
struct Tail {
    node: Node,
    index: Arc<SearchIndex>,
    writer: Writer,
    shards: Vec<ShardId>,
    publish: watch::Sender<Positions>,
    positions: Positions,
    /// The position of the meta group at which settings were looked for, and their version.
    settings: Option<(u64, u64)>,
    popularity: Popularity,
    rebuilds: Arc<Rebuilds>,
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
enum PassError {
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Rows(#[from] Fault),
}

impl Tail {
    fn run(&mut self, runtime: &Handle, mut stopped: watch::Receiver<bool>) {
        let mut hint = self.node.feed_changed();
        let mut loaded = false;
        while !*stopped.borrow() {
            let passed = match loaded {
                false => self.load_stock().and_then(|()| self.pass()),
                true => self.pass(),
            };
            loaded |= passed.is_ok();
            let wait = match passed {
                Ok(()) => HINT_WAIT_MS,
                Err(error) => {
                    tracing::warn!(%error, "the search index falls behind");
                    ERROR_WAIT_MS
                }
            };
            runtime.block_on(async {
                tokio::time::sleep(Duration::from_millis(REST_MS)).await;
                tokio::select! {
                    _ = hint.changed() => {}
                    _ = stopped.changed() => {}
                    () = tokio::time::sleep(Duration::from_millis(wait)) => {}
                }
            });
        }
    }

    /// Reads every shard's feed to its end.
    fn pass(&mut self) -> Result<(), PassError> {
        let wanted = self.rebuilds.shards().first().copied();
        if let Some(shard) = wanted {
            self.rebuild(shard)?;
            self.rebuilds.shards().remove(&shard);
        }
        let mut drained = Vec::with_capacity(self.shards.len());
        for shard in self.shards.clone() {
            let position = self.node.position(shard);
            self.drain(shard)?;
            if shard == ShardId::META {
                self.take_settings(position.index)?;
            }
            drained.push((shard, position, self.writer.next(shard)));
        }
        self.writer.tick()?;
        self.popularity.tick(self.index.stock(), |shard| self.node.view(shard))?;
        let published = self.index.positions();
        let mut changed = false;
        for (shard, position, fed) in drained {
            let seen = published.get(&shard).copied().unwrap_or(0);
            let known = self.positions.get(&shard).copied().unwrap_or((0, 0));
            let now = if seen >= fed {
                (position.index.max(known.0), position.as_of_ms.max(known.1))
            } else {
                (seen.max(known.0), known.1)
            };
            changed |= self.positions.insert(shard, now) != Some(now);
        }
        if changed {
            self.publish.send_replace(self.positions.clone());
        }
        Ok(())
    }

    /// Goes by the settings of search as they are in the rows, if the meta group has moved: before
    /// its position is told, so that a search with the token of a change goes by that change.
    fn take_settings(&mut self, meta: u64) -> Result<(), PassError> {
        if self.settings.is_some_and(|(looked_at, _)| looked_at >= meta) {
            return Ok(());
        }
        let view = self.node.view(ShardId::META);
        let known = self.settings.map(|(_, version)| version);
        let version = read::search_version(&view)?;
        if known != Some(version) {
            let row = read::search_settings(&view)?;
            match self.index.set_settings(&of_index(&row.details)) {
                Ok(()) => tracing::info!(version, "search goes by these settings"),
                // They were checked before they were written.
                Err(error) => tracing::error!(version, %error, "settings of search are not taken"),
            }
        }
        self.settings = Some((meta, version));
        Ok(())
    }

    fn drain(&mut self, shard: ShardId) -> Result<(), PassError> {
        loop {
            let view = self.node.view(shard);
            let entries = feed::entries(&view, self.writer.next(shard), ENTRIES_PER_READ)?;
            for (index, entry) in &entries {
                self.popularity.observe(shard, entry);
                if self.writer.apply(shard, *index, entry)? == Progress::Gap {
                    return self.rebuild(shard);
                }
            }
            if entries.len() < ENTRIES_PER_READ {
                return Ok(());
            }
        }
    }

    /// Takes every level of stock from the rows. What happens meanwhile comes by the feed again.
    fn load_stock(&mut self) -> Result<(), PassError> {
        let Self { node, index, popularity, shards, .. } = self;
        for shard in shards.iter() {
            let head = feed::head(&node.view(*shard))?.last;
            let mut levels = Vec::new();
            each_product(node, *shard, |product, stock| {
                levels.push((product.id, stock.available()));
                popularity.take(index.stock(), (*shard, product.id), stock);
                Ok(())
            })?;
            index.stock().load(*shard, head, levels);
        }
        Ok(())
    }

    /// Makes a shard anew from its rows.
    fn rebuild(&mut self, shard: ShardId) -> Result<(), PassError> {
        let began = Instant::now();
        let Self { node, index, writer, popularity, .. } = self;
        let head = feed::head(&node.view(shard))?.last;
        let mut rebuild = writer.begin_rebuild(shard)?;
        let mut count = 0_u64;
        each_product(node, shard, |product, stock| {
            count += 1;
            popularity.take(index.stock(), (shard, product.id), stock);
            Ok(rebuild.add(product, stock.available())?)
        })?;
        rebuild.finish(head)?;
        let took_ms = began.elapsed().as_millis() as u64;
        tracing::info!(%shard, products = count, took_ms, "the search index was made anew");
        Ok(())
    }
}

/// Reads every product of a shard with its stock.
fn each_product(
    node: &Node,
    shard: ShardId,
    mut each: impl FnMut(&Product, &Stock) -> Result<(), PassError>,
) -> Result<(), PassError> {
    let mut after: Option<ProductId> = None;
    loop {
        let view = node.view(shard);
        let products = read::products(&view, after, PRODUCTS_PER_READ)?;
        for product in &products {
            let stock = read::stock(&view, product.id)?.unwrap_or_default();
            each(product, &stock)?;
        }
        match products.last() {
            Some(last) if products.len() == PRODUCTS_PER_READ => after = Some(last.id),
            _ => return Ok(()),
        }
    }
}
