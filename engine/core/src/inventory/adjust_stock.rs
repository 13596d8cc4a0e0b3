//! Corrects the units on hand by a difference, with a reason.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;

/// Adds or takes units. Never takes units that are held or committed.
///
/// Refused, in this order: `ProductNotFound`, `OutOfRange`, `TooManyUnits`, `UnitsInUse`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdjustStock {
    /// Which product.
    pub product: ProductId,
    /// Units more, or fewer; not 0.
    pub delta: i64,
    /// Why: 1 to `REASON_BYTES_MAX` bytes.
    pub reason: String,
}

impl AdjustStock {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
