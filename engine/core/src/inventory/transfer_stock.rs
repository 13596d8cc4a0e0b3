//! Moves free units of a product from one location to another.

use serde::{Deserialize, Serialize};

use super::{Location, MovementReason, REASON_BYTES_MAX, UNITS_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{LocationId, ProductId};
use crate::rejection::{Field, Rejection};

/// Moves units that nobody has. The total stays; two movements say what went and what came.
///
/// Refused, in this order: `ProductNotFound`, `OutOfRange` (quantity, then reason), `Malformed`
/// (reason; then location, if both are the same), `LocationInactive` (where it goes),
/// `NotEnoughThere`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferStock {
    /// Which product.
    pub product: ProductId,
    /// Where the units are, which may be inactive.
    pub from: LocationId,
    /// Where they go: none for the default location.
    pub to: Option<Box<Location>>,
    /// How many: at least 1.
    pub quantity: u32,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
}

impl TransferStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let Self { product, from, quantity, .. } = *self;
        let level = rows::level(ctx.txn, product)?;
        let mut level = level.ok_or(Rejection::ProductNotFound { product })?;
        if !(1..=UNITS_MAX).contains(&quantity) {
            let max = i64::from(UNITS_MAX);
            return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max }.into());
        }
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        if self.to.as_ref().map_or(LocationId::DEFAULT, |to| to.id) == from {
            return Err(Rejection::Malformed { field: Field::Location }.into());
        }
        let to = rows::take_units_at(ctx, &mut level, self.to.as_deref())?;
        let free = level.free_at(from);
        if free < quantity {
            return Err(
                Rejection::NotEnoughThere { location: from, requested: quantity, free }.into()
            );
        }
        let reason = || MovementReason::Transferred(self.reason.clone());
        let left = level.level_at(from) - i64::from(quantity);
        rows::move_to(ctx, product, &mut level, (from, left, reason()));
        let there = level.level_at(to) + i64::from(quantity);
        rows::move_to(ctx, product, &mut level, (to, there, reason()));
        Ok(Reply::Stock(rows::put_level(ctx, product, level)))
    }
}
