//! Creates a product, with its first stock.

use serde::{Deserialize, Serialize};

use super::ProductDetails;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;

/// Creates a product. Refused, in this order: `AlreadyExists`, `OutOfRange`, `TooManyUnits`.
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
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
