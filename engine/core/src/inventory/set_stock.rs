//! Sets the units on hand if they are what the caller thinks.

use serde::{Deserialize, Serialize};

use super::{MovementReason, REASON_BYTES_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate::text;
use crate::command::Reply;
use crate::ids::ProductId;
use crate::rejection::{Field, Rejection};

/// Compares and sets the units on hand. Setting what is there records no movement.
///
/// Refused, in this order: `ProductNotFound`, `OutOfRange` (reason), `Malformed` (reason),
/// `StockMismatch`, `TooManyUnits`, `UnitsInUse`.
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
}

impl SetStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let product = self.product;
        let stock = rows::stock(ctx.txn, product)?;
        let stock = stock.ok_or(Rejection::ProductNotFound { product })?;
        text(Field::Reason, &self.reason, 1, REASON_BYTES_MAX)?;
        if stock.on_hand != self.expected {
            let (expected, actual) = (self.expected, stock.on_hand);
            return Err(Rejection::StockMismatch { expected, actual }.into());
        }
        let level = rows::check_level(&stock, i64::from(self.on_hand))?;
        let reason = MovementReason::Set(self.reason.clone());
        Ok(Reply::Stock(rows::set_level(ctx, product, stock, level, reason)))
    }
}
