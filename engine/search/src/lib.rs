//! Finding products: a full-text index over the catalog, fed from the feed of every shard.
//!
//! ```text
//!  feed entries ─► Writer ─► tantivy (disk)        names, descriptions, brands, SKUs
//!                    │  └──► commit ─► Snapshot     what a search sees, with columns in memory
//!                    └─────► StockTable             units free to sell, changed at once
//!  Query ─► SearchIndex::search ─► Hits             one pass: match, filter, count, rank
//! ```
//!
//! A node has one index with all its shards. Each shard's position in the feed is part of the
//! commit it describes, so a crash at any moment loses nothing: what was not committed is read from
//! the feed again. Stock is never in the index: it is joined when a search runs, so a product that
//! sells out leaves `in_stock` results without a commit.
//!
//! This crate knows no Raft, no HTTP and no RocksDB. It has no thread of its own beside tantivy's:
//! the caller owns the [`Writer`]'s thread and the pool that searches run on. Start at [`Query`]
//! and [`SearchIndex::search`] for reading, at [`Writer::apply`] for writing. What a search finds,
//! in which order, and what its limits are is in `docs/search.md`.

mod attributes;
mod card;
mod columns;
mod complete;
mod cursor;
mod digest;
mod error;
mod expr;
mod expr_parse;
mod expr_test;
mod expr_tokens;
mod facets;
mod filter;
mod heads;
mod highlight;
mod index;
mod number;
mod parsed;
mod payload;
mod pins;
mod plan;
mod query;
mod rank;
mod rebuild;
mod schema;
mod search;
mod settings;
mod snapshot;
mod stock;
mod terms;
mod text;
mod tier;
mod typo;
mod writer;

pub use digest::Digest;
pub use error::{IndexError, SearchError};
pub use expr::{Expr, ExprError, FILTER_CHARS_MAX, FILTER_CONDITIONS_MAX, FILTER_DEPTH_MAX};
pub use highlight::{Highlighter, SNIPPET_CHARS_MAX, Snippet};
pub use index::{Config, SearchIndex, Stats};
pub use number::{BadNumber, Number};
pub use pins::{PIN_MS, PINS_MAX};
pub use query::{
    ATTRIBUTE_FACETS_MAX, AttributeFacet, COMPLETIONS_MAX, CURSOR_CHARS_MAX, Completion,
    FACET_VALUES_MAX, FacetRequest, Facets, HITS_MAX, Hit, Hits, Matched, PriceRange, PriceStats,
    QUERY_CHARS_MAX, Query, Sort, TERMS_MAX,
};
pub use rebuild::Rebuild;
pub use settings::{
    RULE_PRODUCTS_MAX, RULES_MAX, Rule, SETTING_CHARS_MAX, SYNONYM_TEXTS_MAX, SYNONYM_WORDS_MAX,
    SYNONYMS_MAX, Settings, SettingsError, Synonyms, TYPOS_NUMBER_MAX,
};
pub use stock::StockTable;
pub use typo::Typos;
pub use writer::{
    COMMIT_AFTER_MS, COMMIT_DOCUMENTS, POSITION_COMMIT_MS, Progress, REFRESH_EVERY_MS, Writer,
};
