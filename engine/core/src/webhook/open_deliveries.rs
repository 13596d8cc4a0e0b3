//! Begins to tell an endpoint of a shard's events, or goes on under another sender.

use serde::{Deserialize, Serialize};

use super::{Position, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::feed;
use crate::ids::EndpointId;

/// Where the shard tells the endpoint nothing yet, it does from the end of its feed on. A sender
/// that names itself is the only one from then on: notes of the one before are refused, so that
/// the rows are as the new one has read them.
///
/// Never refused: an endpoint that is not there is closed again by the shard's leader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDeliveries {
    /// Which endpoint.
    pub endpoint: EndpointId,
    /// Its version, as far as the caller knows.
    pub version: u64,
    /// Who is going to send; 0 changes nothing about that.
    pub sender: u64,
}

impl OpenDeliveries {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let before = rows::deliveries(ctx.txn, self.endpoint)?;
        let mut row = before.unwrap_or_default();
        let end = Position::end_of(feed::head(ctx.txn)?.last);
        row.through.get_or_insert(end);
        row.version = row.version.max(self.version);
        if self.sender != 0 {
            row.sender = self.sender;
        }
        if before != Some(row) {
            rows::put_deliveries(ctx.txn, self.endpoint, &row);
        }
        Ok(Reply::Nothing)
    }
}
