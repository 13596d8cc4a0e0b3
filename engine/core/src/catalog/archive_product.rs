//! Takes a product off sale for good.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;

/// Archives a product: it stays readable, and orders that have it go on. Archiving twice is a no-op.
///
/// Refused, in this order: `ProductNotFound`, `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveProduct {
    /// Which product.
    pub id: ProductId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
}

impl ArchiveProduct {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
