//! Ends telling an endpoint of a shard's events.

use serde::{Deserialize, Serialize};

use super::{ROWS_AT_ONCE, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::EndpointId;

/// Closes an endpoint in a shard: the feed is not kept for it, and what was parked becomes dead
/// letters, from which it can be replayed once the endpoint is enabled again. One that was deleted
/// is forgotten, dead letters included. At most [`ROWS_AT_ONCE`] rows go at once; the answer says
/// whether there are more. An endpoint that was opened for a later version stays open: somebody has
/// enabled it since the caller looked.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloseDeliveries {
    /// Which endpoint.
    pub endpoint: EndpointId,
    /// The version that is disabled, or wants nothing of this shard; none if it was deleted.
    pub version: Option<u64>,
}

impl CloseDeliveries {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let endpoint = self.endpoint;
        let forget = self.version.is_none();
        let found = rows::deliveries(ctx.txn, endpoint)?;
        let meant = found.filter(|row| self.version.is_none_or(|version| row.version <= version));
        let Some(mut row) = meant else {
            return Ok(Reply::Moved { rows: 0, more: false });
        };
        (row.through, row.sender) = (None, 0);
        let now = ctx.now();
        let parked = rows::parked(ctx.txn, endpoint, None, ROWS_AT_ONCE)?;
        let mut moved = parked.len();
        for (at, mut delivery) in parked {
            let all = rows::Of { endpoint, row: &mut row };
            if forget {
                all.unpark(ctx.txn, at);
            } else {
                delivery.due = now;
                all.bury(ctx.txn, at, &delivery)?;
            }
        }
        if forget {
            let dead = rows::dead(ctx.txn, endpoint, None, ROWS_AT_ONCE - moved)?;
            moved += dead.len();
            for (at, _) in dead {
                rows::Of { endpoint, row: &mut row }.dig_up(ctx.txn, at);
            }
        }
        let more = row.parked > 0 || forget && row.dead > 0;
        if forget && !more {
            rows::delete_deliveries(ctx.txn, endpoint);
        } else {
            rows::put_deliveries(ctx.txn, endpoint, &row);
        }
        Ok(Reply::Moved { rows: moved as u32, more })
    }
}
