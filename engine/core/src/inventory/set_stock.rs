//! Sets the units on hand if they are what the caller thinks.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;

/// Compares and sets the units on hand.
///
/// Refused, in this order: `ProductNotFound`, `OutOfRange`, `StockMismatch`, `TooManyUnits`,
/// `UnitsInUse`.
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
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
