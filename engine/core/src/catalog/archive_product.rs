//! Takes a product off sale for good.

use serde::{Deserialize, Serialize};

use super::{check_version, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;
use crate::inventory;
use crate::rejection::Rejection;

/// Archives a product: it stays readable, and orders that have it go on. Archiving twice is a
/// no-op.
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
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::product(ctx.txn, self.id)?;
        let mut product = found.ok_or(Rejection::ProductNotFound { product: self.id })?;
        check_version(self.expected_version, product.version)?;
        if product.archived_at.is_none() {
            product.version += 1;
            product.updated_at = ctx.now();
            product.archived_at = Some(ctx.now());
            rows::put_product(ctx, &product);
        }
        let stock = inventory::rows::stock_of(ctx.txn, self.id)?;
        Ok(Reply::Product { product: Box::new(product), stock })
    }
}
