//! Notes what has become of a shard's deliveries to an endpoint.

use serde::{Deserialize, Serialize};

use super::{Delivery, Position, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::feed;
use crate::ids::EndpointId;
use crate::rejection::Rejection;

/// Moves the position up to which everything is settled, and notes what has failed. The position
/// never goes back, nor beyond the end of the feed. An outcome counts for what lies between the old
/// position and the new one, and for what is parked: anything else was settled before. Old dead
/// letters are forgotten on the way.
///
/// Refused: `SenderReplaced` (another sender has taken over, or the endpoint is closed here).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteDeliveries {
    /// To which endpoint.
    pub endpoint: EndpointId,
    /// Who sent, as it named itself.
    pub sender: u64,
    /// Up to here everything is delivered, not wanted, or has an outcome.
    pub through: Position,
    /// What has become of those that were parked, or are now.
    pub outcomes: Vec<(Position, DeliveryOutcome)>,
    /// How many were delivered since the last note.
    pub delivered: u32,
}

/// What has become of a delivery. Append only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeliveryOutcome {
    /// It was parked, and was delivered.
    Delivered,
    /// It failed, or waits behind one that has: it is tried when it is due.
    Parked(Delivery),
    /// It failed for the last time.
    Dead(Delivery),
}

impl NoteDeliveries {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let row = rows::deliveries(ctx.txn, self.endpoint)?;
        let mine = row.filter(|row| row.sender == self.sender);
        let Some((mut row, before)) = mine.and_then(|row| Some((row, row.through?))) else {
            return Err(Rejection::SenderReplaced.into());
        };
        let end = Position::end_of(feed::head(ctx.txn)?.last);
        let through = before.max(self.through.min(end));
        let is_new = |at: Position| before < at && at <= through;
        for (at, outcome) in &self.outcomes {
            let parked = rows::is_parked(ctx.txn, self.endpoint, *at)?;
            if !parked && !is_new(*at) {
                continue;
            }
            let all = rows::Of { endpoint: self.endpoint, row: &mut row };
            match outcome {
                DeliveryOutcome::Delivered if parked => all.unpark(ctx.txn, *at),
                DeliveryOutcome::Delivered => {}
                DeliveryOutcome::Parked(delivery) => all.park(ctx.txn, *at, delivery)?,
                DeliveryOutcome::Dead(delivery) => all.bury(ctx.txn, *at, delivery)?,
            }
        }
        let now = ctx.now();
        rows::Of { endpoint: self.endpoint, row: &mut row }.forget_old(ctx.txn, now)?;
        row.through = Some(through);
        if self.delivered > 0 {
            row.delivered = row.delivered.saturating_add(u64::from(self.delivered));
            row.delivered_at = now;
        }
        rows::put_deliveries(ctx.txn, self.endpoint, &row);
        Ok(Reply::Nothing)
    }
}
