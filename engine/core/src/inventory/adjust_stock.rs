//! Corrects the units on hand by a difference, with a reason.

use serde::{Deserialize, Serialize};

use super::{Location, MovementReason, REASON_BYTES_MAX, UNITS_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{LocationId, ProductId};
use crate::rejection::{Field, Rejection};

/// Adds or takes units. Never takes units that were sold, or are safety stock; see
/// [`super::Stock::least_on_hand`]. Units sold from a location stay there.
///
/// Refused, in this order: `ProductNotFound`, `OutOfRange` (quantity, then reason),
/// `Malformed` (reason), `LocationInactive` (to add), `TooManyUnits`, `UnitsInUse` (at the
/// location).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustStock {
    /// Which product.
    pub product: ProductId,
    /// Units more, or fewer; not 0, and at most `UNITS_MAX` either way.
    pub delta: i64,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
    /// Where, as the meta group says: none for the default location.
    pub at: Option<Box<Location>>,
}

impl AdjustStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let product = self.product;
        let level = rows::level(ctx.txn, product)?;
        let mut level = level.ok_or(Rejection::ProductNotFound { product })?;
        let max = i64::from(UNITS_MAX);
        if self.delta == 0 || !(-max..=max).contains(&self.delta) {
            return Err(Rejection::OutOfRange { field: Field::Quantity, min: -max, max }.into());
        }
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let at = match self.delta {
            0.. => rows::take_units_at(ctx, &mut level, self.at.as_deref())?,
            _ => self.at.as_ref().map_or(LocationId::DEFAULT, |at| at.id),
        };
        let wanted = rows::check_level(&level, at, level.level_at(at) + self.delta)?;
        let change = (at, wanted, MovementReason::Adjusted(self.reason.clone()));
        Ok(Reply::Stock(rows::set_level(ctx, product, level, change)))
    }
}
