//! The meta group: forgets a consumer of the feed.

use serde::{Deserialize, Serialize};

use super::rows;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ConsumerId;
use crate::rejection::Rejection;

/// Forgets a consumer and its place. Answered with the consumer as it was.
///
/// Refused: `ConsumerNotFound`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteConsumer {
    /// Which consumer.
    pub id: ConsumerId,
}

impl DeleteConsumer {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::consumer(ctx.txn, self.id)?;
        let consumer = found.ok_or(Rejection::ConsumerNotFound)?;
        rows::delete_consumer(ctx.txn, self.id);
        Ok(Reply::Consumer(Box::new(consumer)))
    }
}
