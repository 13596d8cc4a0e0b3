//! Units free to sell, those on backorder included, and how popular each product is, in memory:
//! joined with the hits when a search runs.
//!
//! A product gets a slot when it is first seen and keeps it; a segment's columns hold slots, so a
//! search reads a number by index, without a lock or a hash. Changes are visible at once.
//! Each shard has a position here too, so that an old event never overwrites a newer level.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use engine_core::feed::{Event, FeedEntry};
use engine_core::{ProductId, ShardId};
use parking_lot::RwLock;

/// How many products one piece of the table holds.
const CHUNK: usize = 4096;

type Chunk = Arc<[Cell]>;

/// What is known of one product.
#[derive(Default)]
struct Cell {
    available: AtomicU32,
    popularity: AtomicU32,
}

/// The units free to sell of every product this node has heard of.
#[derive(Default)]
pub struct StockTable {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    slots: HashMap<ProductId, u32>,
    chunks: Arc<Vec<Chunk>>,
    positions: BTreeMap<ShardId, u64>,
}

/// What a search reads: the table's pieces as they are, without its lock.
pub(crate) struct StockView(Arc<Vec<Chunk>>);

impl StockTable {
    /// Takes the levels of a shard's products, read from its rows at or after `position`.
    pub fn load(
        &self,
        shard: ShardId,
        position: u64,
        levels: impl IntoIterator<Item = (ProductId, u32)>,
    ) {
        for (product, available) in levels {
            self.set_available(product, available);
        }
        self.inner.write().positions.insert(shard, position);
    }

    /// Takes the changes of one feed entry. Entries at or before the shard's position change
    /// nothing. The [`crate::Writer`] does this for every entry it is given.
    pub fn observe(&self, shard: ShardId, index: u64, entry: &FeedEntry) {
        if index <= self.position(shard) {
            return;
        }
        for event in &entry.events {
            if let Event::StockChanged { product, available } = event {
                self.set_available(*product, *available);
            }
        }
        self.inner.write().positions.insert(shard, index);
    }

    /// Up to where in a shard's feed the levels are known; 0 when nothing is.
    pub fn position(&self, shard: ShardId) -> u64 {
        self.inner.read().positions.get(&shard).copied().unwrap_or(0)
    }

    /// Sets how many units of a product are free to sell.
    pub fn set_available(&self, product: ProductId, available: u32) {
        let slot = self.slot(product);
        self.view().set(slot, available);
    }

    /// How many units of a product are free to sell; 0 for an unknown one.
    pub fn available(&self, product: ProductId) -> u32 {
        let inner = self.inner.read();
        let slot = inner.slots.get(&product).copied();
        slot.map_or(0, |slot| StockView(inner.chunks.clone()).available(slot))
    }

    /// Sets how popular a product is: any number that is larger for more popular ones. A product
    /// starts with 0. It is seen by the next search, and is not kept over a restart.
    pub fn set_popularity(&self, product: ProductId, popularity: u32) {
        let slot = self.slot(product);
        if let Some(cell) = self.view().cell(slot) {
            cell.popularity.store(popularity, Ordering::Relaxed);
        }
    }

    /// How many products have a slot.
    pub fn len(&self) -> usize {
        self.inner.read().slots.len()
    }

    /// Whether no product has been heard of.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The slot of a product: its own for as long as the process lives.
    pub(crate) fn slot(&self, product: ProductId) -> u32 {
        if let Some(slot) = self.inner.read().slots.get(&product) {
            return *slot;
        }
        let mut inner = self.inner.write();
        let next = inner.slots.len();
        let slot = *inner.slots.entry(product).or_insert(next as u32);
        if slot as usize == inner.chunks.len() * CHUNK {
            let chunk = (0..CHUNK).map(|_| Cell::default()).collect();
            Arc::make_mut(&mut inner.chunks).push(chunk);
        }
        slot
    }

    pub(crate) fn view(&self) -> StockView {
        StockView(self.inner.read().chunks.clone())
    }
}

impl StockView {
    pub(crate) fn available(&self, slot: u32) -> u32 {
        self.cell(slot).map_or(0, |cell| cell.available.load(Ordering::Relaxed))
    }

    pub(crate) fn popularity(&self, slot: u32) -> u32 {
        self.cell(slot).map_or(0, |cell| cell.popularity.load(Ordering::Relaxed))
    }

    fn set(&self, slot: u32, available: u32) {
        if let Some(cell) = self.cell(slot) {
            cell.available.store(available, Ordering::Relaxed);
        }
    }

    fn cell(&self, slot: u32) -> Option<&Cell> {
        self.0.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)
    }
}
