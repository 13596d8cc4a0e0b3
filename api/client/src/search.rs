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
    /// `relevance`, `price:asc`, `price:desc`, `newest` or `name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Which to count: `brand`, `collection`, separated by a comma.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facets: Option<String>,
    /// The most hits: 1 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The last word may be the beginning of one: search as you type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<bool>,
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
}

/// How many of the products found have this value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Facet {
    /// The brand, or the collection's id.
    pub value: String,
    /// The collection's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many.
    pub count: u64,
}
