//! How popular products are for search: the units that were ever sold, as the rows of stock say.
//!
//! Rows are written when something is sold anyway, so popularity costs no write and nothing is
//! indexed again. At start all rows are read with their levels. Later the feed says whose units
//! have moved; those rows are read again a little later, and for as long as units are held that
//! may yet be sold.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use engine_core::feed::{Event, FeedEntry};
use engine_core::{Fault, ProductId, ShardId, View, read};
use engine_search::StockTable;

/// How often rows are looked at, in milliseconds.
const LOOK_EVERY_MS: u64 = 1_000;
/// The most rows that are looked at at once.
const LOOK_ROWS_MAX: usize = 1_000;

/// Products whose rows are to be looked at.
pub struct Popularity {
    moved: BTreeSet<(ShardId, ProductId)>,
    /// The last one that was looked at.
    after: Option<(ShardId, ProductId)>,
    looked_at: Instant,
}

impl Default for Popularity {
    fn default() -> Self {
        Self { moved: BTreeSet::new(), after: None, looked_at: Instant::now() }
    }
}

impl Popularity {
    /// Notes whose units an entry has moved.
    pub fn observe(&mut self, shard: ShardId, entry: &FeedEntry) {
        for event in &entry.events {
            if let Event::StockChanged { product, .. } = event {
                self.moved.insert((shard, *product));
            }
        }
    }

    /// Looks at some rows, if it is time to.
    pub fn tick<V: View>(
        &mut self,
        table: &StockTable,
        view: impl Fn(ShardId) -> V,
    ) -> Result<(), Fault> {
        if self.looked_at.elapsed() < Duration::from_millis(LOOK_EVERY_MS) {
            return Ok(());
        }
        self.looked_at = Instant::now();
        self.look(table, LOOK_ROWS_MAX, view)
    }

    /// Takes what a row says.
    pub fn take(
        &mut self,
        table: &StockTable,
        (shard, product): (ShardId, ProductId),
        stock: &engine_core::inventory::Stock,
    ) {
        table.set_popularity(product, u32::try_from(stock.sold).unwrap_or(u32::MAX));
        if stock.held > 0 {
            self.moved.insert((shard, product));
        } else {
            self.moved.remove(&(shard, product));
        }
    }

    /// Looks at so many rows, after those of the last time.
    fn look<V: View>(
        &mut self,
        table: &StockTable,
        most: usize,
        view: impl Fn(ShardId) -> V,
    ) -> Result<(), Fault> {
        let later = |name: &&(ShardId, ProductId)| self.after.is_none_or(|after| **name > after);
        let mut names: Vec<_> = self.moved.iter().filter(later).take(most).copied().collect();
        self.after = names.last().copied().filter(|_| names.len() == most);
        for name in names.drain(..) {
            match read::stock(&view(name.0), name.1)? {
                Some(stock) => self.take(table, name, &stock),
                None => {
                    self.moved.remove(&name);
                }
            }
        }
        Ok(())
    }
}
