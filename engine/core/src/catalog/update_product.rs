//! Changes what is said of a product.

use serde::{Deserialize, Serialize};

use super::ProductDetails;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;

/// Replaces a product's details; with `available`, sets its stock in the same entry.
///
/// Refused, in this order: `ProductNotFound`, `ProductArchived`, `VersionMismatch`, `OutOfRange`,
/// `TooManyUnits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateProduct {
    /// Which product.
    pub id: ProductId,
    /// The version the seller saw; the seeds' clients send none.
    pub expected_version: Option<u64>,
    /// What the seller says of it now; a `None` keeps what it was.
    pub change: ProductChange,
    /// Sets the level so that this many units are free to sell, over and above those held and
    /// committed; recorded as an adjustment. Only the seeds' PUT does so.
    pub available: Option<u32>,
}

/// Which details change. `None` keeps what it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "documented on `ProductDetails`")]
pub struct ProductChange {
    pub name: Option<String>,
    pub description: Option<String>,
    pub brand: Option<String>,
    pub sku: Option<String>,
    pub price: Option<crate::money::Money>,
    pub collections: Option<Vec<crate::ids::CollectionId>>,
    pub attributes: Option<Vec<(String, String)>>,
}

impl UpdateProduct {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
