//! The fields of the index, and how a product becomes a document.
//!
//! `text` holds the words of all four texts in one field, those of the name and the brand several
//! times: BM25 over such a field is BM25F with integer weights, and a word costs one posting list
//! instead of four. `names`, `brands` and `skus` hold unstemmed words, for beginnings and for words
//! with errors. `id` and `shard` are there to delete by. `card` is all the rest; see `card.rs`.
//! Nothing is a fast field: the columns that filters and sorts read are kept in memory, from the
//! cards (`columns.rs`).

use engine_core::catalog::Product;
use engine_core::{ProductId, ShardId};
use tantivy::schema::{
    Field, INDEXED, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::{Index, TantivyDocument, Term};

use crate::card::Card;
use crate::text;

/// Grows with every change of fields, analysis or cards; an index of another version starts anew.
pub(crate) const VERSION: u32 = 2;

/// How many times each text counts, in the words of `text`.
const NAME_WEIGHT: usize = 4;
const BRAND_WEIGHT: usize = 3;
const SKU_WEIGHT: usize = 2;

/// The fields, by name.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    pub(crate) schema: Schema,
    pub(crate) id: Field,
    pub(crate) shard: Field,
    pub(crate) text: Field,
    pub(crate) names: Field,
    pub(crate) brands: Field,
    pub(crate) skus: Field,
    pub(crate) card: Field,
}

impl Fields {
    pub(crate) fn new() -> Self {
        let mut schema = Schema::builder();
        let id = schema.add_bytes_field("id", INDEXED);
        let shard = schema.add_u64_field("shard", INDEXED);
        let text = schema
            .add_text_field("text", indexed_by(text::STEMS, IndexRecordOption::WithFreqs, true));
        let words = || indexed_by(text::WORDS, IndexRecordOption::Basic, false);
        let names = schema.add_text_field("names", words());
        let brands = schema.add_text_field("brands", words());
        let skus = schema.add_text_field("skus", words());
        let card = schema.add_bytes_field("card", STORED);
        Self { schema: schema.build(), id, shard, text, names, brands, skus, card }
    }

    /// Makes the analyzers known to an index that was opened or created.
    pub(crate) fn register(&self, index: &Index) {
        index.tokenizers().register(text::WORDS, text::words_analyzer());
        index.tokenizers().register(text::STEMS, text::stems_analyzer());
    }

    pub(crate) fn id_term(&self, id: ProductId) -> Term {
        Term::from_field_bytes(self.id, &id.0.to_be_bytes())
    }

    pub(crate) fn shard_term(&self, shard: ShardId) -> Term {
        Term::from_field_u64(self.shard, u64::from(shard.0))
    }

    pub(crate) fn document(&self, shard: ShardId, product: &Product) -> TantivyDocument {
        let details = &product.details;
        let sku = text::sku_words(&details.sku);
        let weighted = [
            (details.name.as_str(), NAME_WEIGHT),
            (details.brand.as_str(), BRAND_WEIGHT),
            (sku.as_str(), SKU_WEIGHT),
            (details.description.as_str(), 1),
        ];
        let mut document = TantivyDocument::new();
        document.add_bytes(self.id, &product.id.0.to_be_bytes());
        document.add_u64(self.shard, u64::from(shard.0));
        for (text, weight) in weighted.into_iter().filter(|(text, _)| !text.is_empty()) {
            for _ in 0..weight {
                document.add_text(self.text, text);
            }
        }
        let words = [
            (self.names, details.name.as_str()),
            (self.brands, details.brand.as_str()),
            (self.skus, sku.as_str()),
        ];
        for (field, text) in words.into_iter().filter(|(_, text)| !text.is_empty()) {
            document.add_text(field, text);
        }
        document.add_bytes(self.card, &Card::of(product).encode());
        document
    }
}

fn indexed_by(analyzer: &str, record: IndexRecordOption, lengths: bool) -> TextOptions {
    TextOptions::default().set_indexing_options(
        TextFieldIndexing::default()
            .set_tokenizer(analyzer)
            .set_index_option(record)
            .set_fieldnorms(lengths),
    )
}
