//! Decides that an order does not exist, because a shard could not hold its lines.

use serde::{Deserialize, Serialize};

use super::decision::Request;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, ShardId};
use crate::rejection::Rejection;

/// Writes the refusal under the owner's key and releases what other shards hold. Answered with
/// `reason`, or with what was decided before: if the order was placed, with the order.
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
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if !self.request().is_at_home(ctx) {
            return Err(Rejection::OrderNotFound.into());
        }
        match self.request().decided(ctx)? {
            Some(outcome) => {
                ctx.replayed = outcome != Err(Rejection::IdempotencyMismatch);
                Ok(outcome?)
            }
            None => Err(self.reason.clone().into()),
        }
    }

    /// Records the refusal: the decision, the key's result, and the releases.
    pub(crate) fn record_refusal(
        &self,
        ctx: &mut Ctx<'_, '_>,
        rejection: &Rejection,
    ) -> Result<(), Fault> {
        self.request().refuse(ctx, rejection, &self.shards.iter().copied().collect())
    }

    fn request(&self) -> Request<'_> {
        let Self { order, key, body, .. } = *self;
        Request { order, owner: &self.owner, key, body }
    }
}
