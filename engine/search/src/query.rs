//! What can be asked, and what is answered: our own types, no query language.
//!
//! The text of a query is words and nothing else: no character in it is an operator.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine_core::{CollectionId, Currency, Money, ProductId, ShardId};

use crate::expr::{Expr, ExprError};
use crate::expr_parse;
use crate::highlight::Highlighter;
use crate::number::Number;

/// The longest text of a query, in characters.
pub const QUERY_CHARS_MAX: usize = 256;
/// The most words of a text that are looked for; further ones are ignored.
pub const TERMS_MAX: usize = 16;
/// The most hits on one page.
pub const HITS_MAX: usize = 100;
/// The most attributes that are counted in one search.
pub const ATTRIBUTE_FACETS_MAX: usize = 16;
/// The most completions of one text.
pub const COMPLETIONS_MAX: usize = 20;
/// The most values one facet lists: those with the highest counts.
pub const FACET_VALUES_MAX: usize = 100;
/// The longest cursor, in characters.
pub const CURSOR_CHARS_MAX: usize = 1200;

/// What to look for. The default finds everything, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words which a hit has all of, in name, description, brand or SKU. Without a word: all.
    pub text: String,
    /// The last word may be the beginning of a word in name, brand or SKU: search as you type.
    pub prefix: bool,
    /// Only products that have every word as it is typed, or a synonym of it: no words with
    /// errors, and none left out.
    pub strict: bool,
    /// Only products of this collection.
    pub collection: Option<CollectionId>,
    /// Only products of this brand, in upper or lower case.
    pub brand: Option<String>,
    /// Only products at such a price.
    pub price: Option<PriceRange>,
    /// Only products for which this holds.
    pub filter: Option<Expr>,
    /// Only products with units free to sell.
    pub in_stock: bool,
    /// Of products that have the same value of this attribute only the first is a hit: variants of
    /// one product, say. Products without it are hits each for itself.
    pub distinct: Option<String>,
    /// In which order.
    pub sort: Sort,
    /// What to count beside the hits.
    pub facets: FacetRequest,
    /// At most so many hits, up to [`HITS_MAX`]; 0 for the counts alone.
    pub limit: usize,
    /// Go on after the last hit of an earlier page of the same search.
    pub cursor: Option<String>,
}

/// Prices from and to, both included. Products priced in another currency are no hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRange {
    /// The currency of both bounds.
    pub currency: Currency,
    /// The lowest price, in minor units.
    pub min: Option<i64>,
    /// The highest price, in minor units.
    pub max: Option<i64>,
}

/// The order of the hits. Hits that are equal in it come in the order of their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The best match first; without a text, the newest.
    #[default]
    Relevance,
    /// The cheapest first; one currency after the other.
    PriceAsc,
    /// The dearest first; one currency after the other.
    PriceDesc,
    /// The newest first.
    Newest,
    /// By name, upper and lower case alike.
    Name,
    /// The most popular first; see [`crate::StockTable::set_popularity`].
    Popularity,
    /// Those with the most units free to sell first.
    Available,
}

/// Which facets to count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FacetRequest {
    /// Count brands.
    pub brand: bool,
    /// Count collections.
    pub collection: bool,
    /// Say the lowest and the highest price.
    pub price: bool,
    /// Count the values of these attributes, up to [`ATTRIBUTE_FACETS_MAX`].
    pub attributes: Vec<String>,
    /// Count in each facet what would be found without the conditions on that facet's own field,
    /// so that it says what choosing another value would find.
    pub disjunctive: bool,
}

impl FacetRequest {
    /// Understands a list of facets, e.g. `brand,price,attributes."screen size"`, in at most as
    /// many characters as a filter has. What is there twice is counted once.
    pub fn parse(text: &str) -> Result<Self, ExprError> {
        expr_parse::facets(text)
    }
}

/// How hits match the words of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Matched {
    /// They have each word as it was typed, or a synonym of it.
    #[default]
    AsTyped,
    /// No product has all words as they were typed, or too few have; these have them with typing
    /// errors mended.
    Typos,
    /// No product has all words; these have so many of them, mended or not.
    SomeWords(u8),
}

/// The answer to a [`Query`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Hits {
    /// One page of products.
    pub hits: Vec<Hit>,
    /// How many hits there are on all pages, exactly.
    pub total: u64,
    /// The counts that were asked for.
    pub facets: Facets,
    /// Where to go on; nothing when this is the last page.
    pub next_cursor: Option<String>,
    /// How they match the text.
    pub matched: Matched,
    /// "Did you mean": the text with words of the index in the place of unknown ones. Only on a
    /// first page, and only when the words as typed find too little.
    pub suggestion: Option<String>,
    /// Of a page after the first: up to where in each shard's feed its products are known, as the
    /// first page saw them.
    pub as_of: Option<BTreeMap<ShardId, u64>>,
    /// For showing where names and descriptions have the words that were looked for.
    pub highlighter: Highlighter,
}

/// A product that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// What one unit costs.
    pub price: Money,
    /// Its brand, or empty.
    pub brand: Arc<str>,
    /// The seller's own number for it, or empty.
    pub sku: String,
    /// The collections it is in, existing or not.
    pub collections: Vec<CollectionId>,
    /// Units free to sell now.
    pub available: u32,
    /// How well it matches; 0 unless sorted by relevance.
    pub score: f32,
}

/// What a text that is being typed may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text with its last word completed.
    pub text: String,
    /// About how many products have that word in their name or brand.
    pub products: u64,
}

/// How many of all hits there are of each value: the highest count first, then by value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// By brand; products without one are not counted.
    pub brands: Vec<(Arc<str>, u64)>,
    /// By collection, existing or not.
    pub collections: Vec<(CollectionId, u64)>,
    /// In each currency, by its code.
    pub prices: Vec<PriceStats>,
    /// By attribute, in the order they were asked for.
    pub attributes: Vec<AttributeFacet>,
}

/// The prices in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceStats {
    /// The lowest.
    pub min: Money,
    /// The highest.
    pub max: Money,
}

/// The values of one attribute; products without it are not counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttributeFacet {
    /// Its name.
    pub name: String,
    /// How many of all hits there are of each value: the highest count first, then by value.
    pub values: Vec<(Arc<str>, u64)>,
    /// The smallest and the largest of the values that are numbers.
    pub numbers: Option<(Number, Number)>,
}
