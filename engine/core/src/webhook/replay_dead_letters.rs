//! Makes dead letters deliveries again.

use serde::{Deserialize, Serialize};

use super::{ROWS_AT_ONCE, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::EndpointId;
use crate::rejection::Rejection;

/// Gives the dead letters of an endpoint in this shard all their attempts anew, the first at once:
/// the oldest [`ROWS_AT_ONCE`] of them. The answer says how many, and whether there are more. A
/// shard that has none for the endpoint does nothing.
///
/// Refused: `EndpointDisabled` (it is closed here).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayDeadLetters {
    /// To which endpoint.
    pub endpoint: EndpointId,
}

impl ReplayDeadLetters {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let endpoint = self.endpoint;
        let found = rows::deliveries(ctx.txn, endpoint)?.filter(|row| row.dead > 0);
        let Some(mut row) = found else { return Ok(Reply::Moved { rows: 0, more: false }) };
        if row.through.is_none() {
            return Err(Rejection::EndpointDisabled.into());
        }
        let due = ctx.now();
        let dead = rows::dead(ctx.txn, endpoint, None, ROWS_AT_ONCE)?;
        let moved = dead.len();
        for (at, delivery) in dead {
            let all = rows::Of { endpoint, row: &mut row };
            all.dig_up(ctx.txn, at);
            let all = rows::Of { endpoint, row: &mut row };
            all.park(ctx.txn, at, &super::Delivery { attempts: 0, due, ..delivery })?;
        }
        row.revived = row.revived.saturating_add(1);
        rows::put_deliveries(ctx.txn, endpoint, &row);
        Ok(Reply::Moved { rows: moved as u32, more: row.dead > 0 })
    }
}
