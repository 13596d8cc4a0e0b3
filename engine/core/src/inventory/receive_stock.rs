//! Adds units that arrived.

use serde::{Deserialize, Serialize};

use super::{Location, MovementReason, UNITS_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;
use crate::rejection::{Field, Rejection};

/// Adds units that arrived. Refused, in this order: `ProductNotFound`, `OutOfRange`,
/// `LocationInactive`, `TooManyUnits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveStock {
    /// Which product.
    pub product: ProductId,
    /// How many units: at least 1.
    pub quantity: u32,
    /// Where, as the meta group says: none for the default location.
    pub at: Option<Box<Location>>,
}

impl ReceiveStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let product = self.product;
        let level = rows::level(ctx.txn, product)?;
        let mut level = level.ok_or(Rejection::ProductNotFound { product })?;
        if self.quantity == 0 || self.quantity > UNITS_MAX {
            let max = i64::from(UNITS_MAX);
            return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max }.into());
        }
        let at = rows::take_units_at(ctx, &mut level, self.at.as_deref())?;
        let wanted = level.level_at(at) + i64::from(self.quantity);
        let wanted = rows::check_level(&level, at, wanted)?;
        let change = (at, wanted, MovementReason::Received);
        Ok(Reply::Stock(rows::set_level(ctx, product, level, change)))
    }
}
