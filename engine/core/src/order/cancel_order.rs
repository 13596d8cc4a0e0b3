//! T21–T23, T23o: the customer, or a person for them, cancels an order.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, Owner};

/// Cancels an order, as far as its payment allows now. Canceling twice is a no-op.
///
/// Refused, in this order: `OrderNotFound` (also for somebody else's), `OrderNotCancelable`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrder {
    /// Which order.
    pub order: OrderId,
    /// Who must own it; none for an operator.
    pub owner: Option<Owner>,
}

impl CancelOrder {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
