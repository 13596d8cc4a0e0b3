//! The sale is certain: the units wait for shipping.

use serde::{Deserialize, Serialize};

use super::{HoldRef, HoldState, commit_units, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::rejection::Rejection;

/// Turns the held units of a hold without an order into committed ones, which do not lapse.
/// Committing twice is a no-op. An order's are committed by its own shard, with a message.
///
/// Refused, in this order: `OrderDecides`, `HoldNotFound`, `HoldEnded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitHold {
    /// Which hold.
    pub hold: HoldRef,
}

impl CommitHold {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let HoldRef::Free(_) = self.hold else { return Err(Rejection::OrderDecides.into()) };
        match commit_units(ctx, self.hold)? {
            None => Err(Rejection::HoldNotFound.into()),
            Some(HoldState::Released) => Err(Rejection::HoldEnded.into()),
            Some(HoldState::Committed) => Ok(Reply::Nothing),
            Some(HoldState::Held) => {
                let hold = rows::hold(ctx.txn, self.hold)?.ok_or(Rejection::HoldNotFound)?;
                Ok(Reply::Held(hold.into_receipt(self.hold)))
            }
        }
    }
}
