//! Products and collections.
//!
//! A product lives in the shard of its id, beside its stock; a collection lives in the meta group.
//! Invariant: a product's version grows by one with each change, and an archived product never
//! changes again. A product may name a collection that does not exist: readers ignore it.

mod archive_collection;
mod archive_product;
mod create_collection;
mod create_product;
pub(crate) mod rows;
mod update_collection;
mod update_product;
pub(crate) mod validate;

use serde::{Deserialize, Serialize};

use crate::ids::{CollectionId, ProductId};
use crate::money::Money;
use crate::rejection::Rejection;

pub use archive_collection::ArchiveCollection;
pub use archive_product::ArchiveProduct;
pub use create_collection::CreateCollection;
pub use create_product::CreateProduct;
pub(crate) use rows::{ForSale, for_sale};
pub use update_collection::UpdateCollection;
pub use update_product::{ProductChange, UpdateProduct};

/// The longest name, in bytes of UTF-8.
pub const NAME_BYTES_MAX: usize = 512;
/// The longest description, in bytes of UTF-8.
pub const DESCRIPTION_BYTES_MAX: usize = 32_768;
/// The longest brand or SKU, in bytes of UTF-8.
pub const LABEL_BYTES_MAX: usize = 128;
/// The most collections one product may be in.
pub const COLLECTIONS_PER_PRODUCT_MAX: usize = 32;
/// The most attributes of one product.
pub const ATTRIBUTES_MAX: usize = 64;
/// The longest name of an attribute, in bytes of UTF-8.
pub const ATTRIBUTE_NAME_BYTES_MAX: usize = 128;
/// The longest value of an attribute, in bytes of UTF-8.
pub const ATTRIBUTE_VALUE_BYTES_MAX: usize = 1_024;

/// The most that one unit weighs, in grams: 100 t.
pub const WEIGHT_GRAMS_MAX: u32 = 100_000_000;

/// What a seller says of a product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductDetails {
    /// What it is called: 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// What there is to say about it, or empty.
    pub description: String,
    /// Who makes it, or empty.
    pub brand: String,
    /// The seller's own number for it, or empty.
    pub sku: String,
    /// What one unit costs: 0 to [`Money::AMOUNT_MAX`].
    pub price: Money,
    /// What one unit weighs, in grams: 0 to [`WEIGHT_GRAMS_MAX`].
    pub weight_grams: u32,
    /// Its row of the tax table: empty is the standard category.
    pub tax_category: String,
    /// The collections it is in, each once when stored.
    pub collections: Vec<CollectionId>,
    /// Anything else, as pairs of name and value, sorted by name when stored; names 1 to
    /// [`ATTRIBUTE_NAME_BYTES_MAX`] bytes, each once.
    pub attributes: Vec<(String, String)>,
}

/// A product as it is stored and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// When it was archived, if it was: it can be read, and no longer sold.
    pub archived_at: Option<u64>,
    /// What the seller says of it.
    pub details: ProductDetails,
}

/// What a seller says of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CollectionDetails {
    /// What it is called: 1 to [`NAME_BYTES_MAX`] bytes.
    pub name: String,
    /// What there is to say about it, or empty.
    pub description: String,
}

/// A collection as it is stored and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Its id.
    pub id: CollectionId,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// When it was archived, if it was.
    pub archived_at: Option<u64>,
    /// What the seller says of it.
    pub details: CollectionDetails,
}

/// Refuses a change of another version than the seller saw.
pub(crate) fn check_version(expected: Option<u64>, actual: u64) -> Result<(), Rejection> {
    match expected {
        Some(expected) if expected != actual => {
            Err(Rejection::VersionMismatch { expected, actual })
        }
        _ => Ok(()),
    }
}
