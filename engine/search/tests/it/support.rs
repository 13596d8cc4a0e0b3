//! Products, entries and an index to try things on.

use std::path::Path;

use engine_core::catalog::{Product, ProductDetails};
use engine_core::feed::{Event, FeedEntry};
use engine_core::{Currency, Money, ProductId, ShardId};
use engine_search::{Config, Hits, Query, SearchIndex, Writer};

/// The shard most tests use.
pub const SHARD: ShardId = ShardId(1);

pub fn open(dir: &Path) -> (SearchIndex, Writer) {
    open_as(dir, "cluster")
}

pub fn open_as(dir: &Path, cluster: &str) -> (SearchIndex, Writer) {
    let cluster_id = cluster.to_owned();
    SearchIndex::open(Config { dir: dir.to_owned(), cluster_id, on_publish: None }).unwrap()
}

pub fn product(id: u128, name: &str) -> Product {
    Product {
        id: ProductId(id),
        version: 1,
        created_at: 1_000 + id as u64,
        updated_at: 1_000 + id as u64,
        archived_at: None,
        details: ProductDetails {
            name: name.to_owned(),
            description: String::new(),
            brand: String::new(),
            sku: String::new(),
            price: Money { amount: 1_000, currency: Currency::USD },
            weight_grams: 0,
            tax_category: String::new(),
            collections: Vec::new(),
            attributes: Vec::new(),
        },
    }
}

pub fn changed(product: &Product) -> Event {
    Event::ProductChanged(product.clone())
}

pub fn stock(id: u128, available: u32) -> Event {
    Event::StockChanged { product: ProductId(id), available }
}

pub fn entry(previous: u64, events: Vec<Event>) -> FeedEntry {
    FeedEntry { previous, at: 0, events }
}

/// Puts products in, as one entry at a log index after all others, and commits.
pub fn fill(writer: &mut Writer, products: &[Product]) {
    let next = writer.next(SHARD);
    let events = products.iter().map(changed).collect();
    writer.apply(SHARD, next + 1, &entry(next, events)).unwrap();
    writer.commit().unwrap();
}

pub fn text(text: &str) -> Query {
    Query { text: text.to_owned(), limit: 20, ..Query::default() }
}

/// Looks for words as they are typed only.
pub fn strict(words: &str) -> Query {
    Query { strict: true, ..text(words) }
}

pub fn ids(hits: &Hits) -> Vec<u128> {
    hits.hits.iter().map(|hit| hit.id.0).collect()
}
