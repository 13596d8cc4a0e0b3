//! Gives units back. An unknown hold leaves a marker, so that a late `HoldStock` cannot take it.

use serde::{Deserialize, Serialize};

use super::{Hold, HoldRef, HoldState, release_units};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::rejection::Rejection;

/// Ends a hold without an order, held or committed, and frees its units. Ending it twice is a
/// no-op. An order's units are released by its own shard, with a message.
///
/// Refused: `OrderDecides`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseHold {
    /// Which hold.
    pub hold: HoldRef,
}

impl ReleaseHold {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let HoldRef::Free(_) = self.hold else { return Err(Rejection::OrderDecides.into()) };
        if release_units(ctx, self.hold)? == Some(HoldState::Released) {
            return Ok(Reply::Nothing);
        }
        let marker = Hold::marker(0);
        Ok(Reply::Held(marker.into_receipt(self.hold)))
    }
}
