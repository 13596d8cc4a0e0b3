//! Sets the units on hand if they are what the caller thinks.

use serde::{Deserialize, Serialize};

use super::{Location, MovementReason, REASON_BYTES_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::{LocationId, ProductId};
use crate::rejection::{Field, Rejection};

/// Compares and sets the units on hand at a location. Setting what is there records no movement.
///
/// Refused, in this order: `ProductNotFound`, `OutOfRange` (reason), `Malformed` (reason),
/// `StockMismatch`, `LocationInactive` (to add), `TooManyUnits`, `UnitsInUse` (at the location).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetStock {
    /// Which product.
    pub product: ProductId,
    /// Units on hand that the caller saw.
    pub expected: u32,
    /// Units on hand from now on.
    pub on_hand: u32,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
    /// Where, as the meta group says: none for the default location.
    pub at: Option<Box<Location>>,
}

impl SetStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let product = self.product;
        let level = rows::level(ctx.txn, product)?;
        let mut level = level.ok_or(Rejection::ProductNotFound { product })?;
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        let at = self.at.as_ref().map_or(LocationId::DEFAULT, |at| at.id);
        let actual = level.on_hand_at(at);
        if actual != self.expected {
            return Err(Rejection::StockMismatch { expected: self.expected, actual }.into());
        }
        if self.on_hand > actual {
            rows::take_units_at(ctx, &mut level, self.at.as_deref())?;
        }
        let wanted = rows::check_level(&level, at, i64::from(self.on_hand))?;
        let change = (at, wanted, MovementReason::Set(self.reason.clone()));
        Ok(Reply::Stock(rows::set_level(ctx, product, level, change)))
    }
}
