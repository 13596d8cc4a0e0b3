//! Products and collections.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/products`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewProduct {
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    #[serde(default)]
    pub description: Option<String>,
    /// Who makes it.
    #[serde(default)]
    pub brand: Option<String>,
    /// The seller's own number for it.
    #[serde(default)]
    pub sku: Option<String>,
    /// What one unit costs, in minor units.
    pub price: i64,
    /// ISO 4217, in any case.
    pub currency: String,
    /// The collections it is in.
    #[serde(default)]
    pub collection_ids: Option<Vec<String>>,
    /// Anything else.
    #[serde(default)]
    pub attributes: Option<BTreeMap<String, String>>,
    /// Units on hand at once.
    #[serde(default)]
    pub stock: Option<u32>,
    /// What one unit weighs, in grams; 0 without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    /// Which rates of the tax table are due on it; `standard` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<String>,
}

/// The body of `PATCH /v1/products/{id}`: what is absent stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchProduct {
    /// What it is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What there is to say about it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Who makes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The seller's own number for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sku: Option<String>,
    /// What one unit costs from now on, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// ISO 4217; needed with, and only with, a price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// The collections it is in from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_ids: Option<Vec<String>>,
    /// Anything else, from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<BTreeMap<String, String>>,
    /// What one unit weighs from now on, in grams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_grams: Option<u32>,
    /// Which rates of the tax table are due on it from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_category: Option<String>,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Product {
    /// `prod_…`
    pub id: String,
    /// One more with each change; its `ETag`.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    pub description: String,
    /// Who makes it.
    pub brand: String,
    /// The seller's own number for it.
    pub sku: String,
    /// What one unit costs, in minor units.
    pub price: i64,
    /// ISO 4217.
    pub currency: String,
    /// The collections it is in.
    pub collection_ids: Vec<String>,
    /// Anything else.
    pub attributes: BTreeMap<String, String>,
    /// Units free to sell.
    pub available: u32,
    /// What one unit weighs, in grams.
    pub weight_grams: u32,
    /// Which rates of the tax table are due on it.
    pub tax_category: String,
    /// When it was created.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was archived, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
}

/// The body of `POST /v1/collections`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCollection {
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    #[serde(default)]
    pub description: Option<String>,
}

/// The body of `PATCH /v1/collections/{id}`: what is absent stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchCollection {
    /// What it is called now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What there is to say about it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Collection {
    /// `col_…`
    pub id: String,
    /// One more with each change; its `ETag`.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// What there is to say about it.
    pub description: String,
    /// When it was created.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was archived, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
}
