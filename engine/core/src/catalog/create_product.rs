//! Creates a product, with its first stock.

use serde::{Deserialize, Serialize};

use super::{Product, ProductDetails, rows, validate};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{LocationId, ProductId};
use crate::inventory::{self, MovementReason, UNITS_MAX};
use crate::rejection::Rejection;

/// Creates a product. Refused, in this order: `AlreadyExists`, `OutOfRange` or `Malformed`
/// (the first field that is wrong), `TooManyUnits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateProduct {
    /// The new product.
    pub id: ProductId,
    /// What the seller says of it.
    pub details: ProductDetails,
    /// Units on hand at once; recorded as received.
    pub stock: u32,
}

impl CreateProduct {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if rows::product(ctx.txn, self.id)?.is_some() {
            return Err(Rejection::AlreadyExists.into());
        }
        let details = validate::product(self.details.clone())?;
        if self.stock > UNITS_MAX {
            return Err(Rejection::TooManyUnits { limit: UNITS_MAX }.into());
        }
        let at = ctx.now();
        let product = Product {
            id: self.id,
            version: 1,
            created_at: at,
            updated_at: at,
            archived_at: None,
            details,
        };
        rows::put_product(ctx, &product);
        let none = inventory::rows::create_stock(ctx, self.id);
        let reason = MovementReason::Received;
        let change = (LocationId::DEFAULT, self.stock.into(), reason);
        let stock = inventory::rows::set_level(ctx, self.id, none, change);
        Ok(Reply::Product { product: Box::new(product), stock })
    }
}
