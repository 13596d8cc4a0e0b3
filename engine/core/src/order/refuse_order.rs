//! Decides that an order does not exist, because a shard could not hold its lines.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, Owner, ShardId};
use crate::rejection::Rejection;

/// Writes the refusal under the owner's key and releases what other shards hold. Always answered
/// with a rejection: `reason`, or what was decided before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefuseOrder {
    /// The order that will not be.
    pub order: OrderId,
    /// Whose it was to be.
    pub owner: Owner,
    /// H128 of the owner's idempotency key.
    pub key: u128,
    /// H128 of the request's body.
    pub body: u128,
    /// Why.
    pub reason: Rejection,
    /// The shards that hold, or may hold, units for it.
    pub shards: Vec<ShardId>,
}

impl RefuseOrder {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
