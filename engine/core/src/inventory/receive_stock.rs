//! Adds units that arrived.

use serde::{Deserialize, Serialize};

use super::{MovementReason, UNITS_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;
use crate::rejection::{Field, Rejection};

/// Adds units that arrived. Refused, in this order: `ProductNotFound`, `OutOfRange`,
/// `TooManyUnits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveStock {
    /// Which product.
    pub product: ProductId,
    /// How many units: at least 1.
    pub quantity: u32,
}

impl ReceiveStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let product = self.product;
        let stock = rows::stock(ctx.txn, product)?;
        let stock = stock.ok_or(Rejection::ProductNotFound { product })?;
        if self.quantity == 0 || self.quantity > UNITS_MAX {
            let max = i64::from(UNITS_MAX);
            return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max }.into());
        }
        let level = stock.level() + i64::from(self.quantity);
        if level > i64::from(UNITS_MAX) {
            return Err(Rejection::TooManyUnits { limit: UNITS_MAX }.into());
        }
        let stock = rows::set_level(ctx, product, stock, level, MovementReason::Received);
        Ok(Reply::Stock(stock))
    }
}
