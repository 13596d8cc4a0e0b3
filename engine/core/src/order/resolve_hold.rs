//! Answers a shard that holds units for an order nobody has told it about.

use serde::{Deserialize, Serialize};

use super::{Decision, Units, decision, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
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
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        resolve(ctx, self.order, self.from)?;
        Ok(Reply::Nothing)
    }
}

/// What a shard is told that asks about an order: nothing while it lives, else `ReleaseHold`. So is
/// one that holds units in the name of an order which wants none of it.
///
/// An order that was never decided is given up here, so that a late `PlaceOrder` cannot place it on
/// units that are free again. A shard that asks the wrong shard is told nothing.
pub(crate) fn resolve(ctx: &mut Ctx<'_, '_>, order: OrderId, from: ShardId) -> Result<(), Fault> {
    if !decision::is_at_home(ctx, order) {
        return Ok(());
    }
    match rows::order(ctx.txn, order)? {
        Some(placed) if placed.units != Units::Released && placed.has_units_left_in(ctx, from) => {
            return Ok(());
        }
        Some(_) => {}
        None if rows::decision(ctx.txn, order)?.is_some() => {}
        None => rows::put_decision(ctx, order, &Decision::Aborted),
    }
    decision::release_at(ctx, from, order)
}
