//! Adds units that arrived.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;

/// Adds units that arrived. Refused, in this order: `ProductNotFound`, `OutOfRange`, `TooManyUnits`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiveStock {
    /// Which product.
    pub product: ProductId,
    /// How many units: at least 1.
    pub quantity: u32,
}

impl ReceiveStock {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
