//! Search.

use serde::{Deserialize, Serialize};

/// The query of `GET /v1/search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct SearchQuery {
    /// Words to find; every product without them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Only of this collection: `col_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Only of this brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// At least this price, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_price: Option<i64>,
    /// At most this price, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_price: Option<i64>,
    /// Only products with units free to sell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_stock: Option<bool>,
    /// Only products for which this holds: conditions joined by AND, OR, NOT and parentheses, as in
    /// `brand IN ("Acme", Dynex) AND price 1000 TO 5000 AND NOT attributes.color = red`. The fields
    /// are collection, brand, price, currency, available, in_stock, created_at and attributes.NAME.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// The name of an attribute: of products with the same value of it only the first is a hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<String>,
    /// `relevance`, `price:asc`, `price:desc`, `newest`, `name`, `popularity` or `available`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// What to count: `brand`, `collection`, `price`, `attributes.NAME`, separated by commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<String>,
    /// Count in each facet what would be found without the conditions on its own field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disjunctive: Option<bool>,
    /// The most hits: 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The last word may be the beginning of one: search as you type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<bool>,
    /// Only products that have every word as it is typed, or a synonym of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// Say with each hit where its name has the words, and which piece of its description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highlight: Option<bool>,
    /// `strong`: as of what the cluster has committed by now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<String>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchResults {
    /// This page of them.
    pub hits: Vec<SearchHit>,
    /// How many there are in all.
    pub total: u64,
    /// How they match the text: `as_typed`, `typos` (with typing errors mended), or `some_words`
    /// (with words left out).
    pub matched: String,
    /// How many words of the text each has; with `some_words` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matched_words: Option<u8>,
    /// "Did you mean": the text with known words in the place of unknown ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The counts that were asked for.
    pub facets: Facets,
    /// Pass it as `cursor` to get the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A product that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchHit {
    /// `prod_…`
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Who makes it.
    pub brand: String,
    /// The seller's own number for it.
    pub sku: String,
    /// The collections it is in.
    pub collection_ids: Vec<String>,
    /// What one unit costs, in minor units.
    pub price: i64,
    /// ISO 4217.
    pub currency: String,
    /// Units free to sell.
    pub available: u32,
    /// Where it has the words that were looked for, if that was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highlights: Option<Highlights>,
}

/// Where a product has the words that were looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Highlights {
    /// All of its name.
    pub name: Vec<HighlightPiece>,
    /// The piece of its description that has the most of the words; absent without a description.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Snippet>,
}

/// A piece of a text. All pieces together are the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HighlightPiece {
    /// The piece, as it stands there.
    pub text: String,
    /// Whether it is a word that was looked for.
    pub marked: bool,
}

/// A part of a long text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snippet {
    /// The part.
    pub pieces: Vec<HighlightPiece>,
    /// Whether the text goes on before it.
    pub cut_before: bool,
    /// Whether the text goes on after it.
    pub cut_after: bool,
}

/// Counts by value, the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facets {
    /// By brand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<Vec<Facet>>,
    /// By collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<Vec<Facet>>,
    /// The lowest and the highest price in each currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Vec<PriceFacet>>,
    /// By attribute, in the order they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<Vec<AttributeFacet>>,
}

/// The prices in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PriceFacet {
    /// ISO 4217.
    pub currency: String,
    /// The lowest, in minor units.
    pub min: i64,
    /// The highest, in minor units.
    pub max: i64,
}

/// The values of one attribute; products without it are not counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AttributeFacet {
    /// Its name.
    pub name: String,
    /// Its values, the most frequent first.
    pub values: Vec<Facet>,
    /// The smallest of the values that are numbers, as a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<String>,
    /// The largest of the values that are numbers, as a decimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
}

/// How many of the products found have this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facet {
    /// The brand, the collection's id, or the attribute's value.
    pub value: String,
    /// The collection's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub count: u64,
}

/// What a text that is being typed may become, the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Completions {
    /// Each finds something.
    pub completions: Vec<Completion>,
}

/// A completion of a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Completion {
    /// The text with its last word completed.
    pub text: String,
    /// About how many products have that word in their name or brand.
    pub products: u64,
}
