//! Answers a shard that holds units for an order nobody has told it about.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, ShardId};

/// Decides `Aborted` if nothing was decided; releases the units unless the order lives. What the
/// message `AskOrder` does on delivery; an operator may propose it too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolveHold {
    /// Which order.
    pub order: OrderId,
    /// The shard that holds the units.
    pub from: ShardId,
}

impl ResolveHold {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
