//! T36, T37: what the provider's own list says of an intent of ours.

use serde::{Deserialize, Serialize};

use super::{Difference, difference, found};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::OrderId;
use crate::order::{Change, Review, rows};
use crate::payment::{IntentId, IntentStatus};

/// Compares an intent as the provider's list has it with its order. Where no order knows it, it is
/// an orphan; where the order believes that it stands elsewhere, the provider is asked and the
/// answer decides; where another amount was received, a person must look.
///
/// Never refused. What is known, and what is being found out, changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileIntent {
    /// Which order it was made for, as its metadata has it.
    pub order: OrderId,
    /// The intent.
    pub intent: IntentId,
    /// Where it stands.
    pub status: IntentStatus,
    /// What was received, in minor units.
    pub received: i64,
    /// A person wants an orphan looked after now rather than in a while.
    pub at_once: bool,
}

impl ReconcileIntent {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let order = rows::order(ctx.txn, self.order)?;
        let differs = difference(order.as_ref(), &self.intent, self.status, self.received);
        match (differs, order) {
            (Some(Difference::MissingHere), _) => {
                found(ctx, self.order, &self.intent, self.at_once)?;
                Ok(Reply::Nothing)
            }
            (Some(Difference::Status), Some(order)) => {
                let mut change = Change::of(ctx, order);
                change.ask_at_once();
                Ok(Reply::Order(Box::new(change.save()?)))
            }
            (Some(Difference::Amount), Some(order)) => {
                let mut change = Change::of(ctx, order);
                let before = change.order.flags.needs_review;
                change.review(Review::AmountMismatch);
                if change.order.flags.needs_review != before {
                    change.step("T7a", Review::AmountMismatch.as_str());
                }
                Ok(Reply::Order(Box::new(change.save()?)))
            }
            _ => Ok(Reply::Nothing),
        }
    }
}
