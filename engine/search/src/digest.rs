//! A digest of a shard's products in the index, to be compared with one of its rows.
//!
//! Both are sums over products, so their order does not matter. What is summed is a hash of the
//! product's row as it was when it was indexed, read back from the disk.

use engine_core::catalog::Product;
use engine_core::{ShardId, codec, h128};
use tantivy::query::{EnableScoring, Query, TermQuery};
use tantivy::schema::{IndexRecordOption, Value as _};
use tantivy::{TERMINATED, TantivyDocument, TantivyError};

use crate::card::Card;
use crate::schema::Fields;
use crate::snapshot::Snapshot;

/// A number for a set of products: equal for equal sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Digest {
    /// How many products there are.
    pub products: u64,
    sum: u128,
}

impl Digest {
    /// Adds a product, unless it is archived: those are not in the index.
    pub fn add(&mut self, product: &Product) {
        if product.archived_at.is_none() {
            self.add_hash(row_hash(product));
        }
    }

    /// The sum of all products' hashes.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    fn add_hash(&mut self, hash: u128) {
        self.products += 1;
        self.sum = self.sum.wrapping_add(hash);
    }
}

/// The hash of a product's row.
pub(crate) fn row_hash(product: &Product) -> u128 {
    h128(&[b"search", &codec::encode(product)])
}

/// The digest of a shard's products in a snapshot.
pub(crate) fn of_shard(
    snapshot: &Snapshot,
    fields: &Fields,
    shard: ShardId,
) -> Result<Digest, TantivyError> {
    let searcher = &snapshot.searcher;
    let query = TermQuery::new(fields.shard_term(shard), IndexRecordOption::Basic);
    let weight = query.weight(EnableScoring::disabled_from_searcher(searcher))?;
    let mut digest = Digest::default();
    for reader in searcher.segment_readers() {
        let store = reader.get_store_reader(1)?;
        let alive = reader.alive_bitset();
        let mut scorer = weight.scorer(reader, 1.0)?;
        let mut doc = scorer.doc();
        while doc != TERMINATED {
            if alive.is_none_or(|alive| alive.is_alive(doc)) {
                let document: TantivyDocument = store.get(doc)?;
                let bytes = document.get_first(fields.card).and_then(|value| value.as_bytes());
                let card = bytes.and_then(Card::decode);
                let damaged = || TantivyError::InternalError("a damaged card".to_owned());
                digest.add_hash(card.ok_or_else(damaged)?.row_hash);
            }
            doc = scorer.advance();
        }
    }
    Ok(digest)
}
