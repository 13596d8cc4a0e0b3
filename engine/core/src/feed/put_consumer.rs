//! The meta group: a consumer of the feed says how far it has read.

use serde::{Deserialize, Serialize};

use super::{CONSUMERS_MAX, Consumer, ReadTo, consumer, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ConsumerId;
use crate::rejection::Rejection;

/// Moves a consumer's place, or makes the consumer. A place only goes forward, in each shard,
/// unless the caller says that it is to be set: what comes late must not undo what came before it.
/// Where nothing moves, nothing is written.
///
/// Refused, in this order: `OutOfRange` or `Malformed` (its name), `Malformed` (its places),
/// `TooManyConsumers` (a new one), `ConsumerAhead`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutConsumer {
    /// Its name.
    pub name: String,
    /// How far it has read each group's feed: all of them, in their order.
    pub read: Vec<ReadTo>,
    /// It is set there, also where it has read further.
    pub reset: bool,
}

impl PutConsumer {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        consumer::check_name(&self.name)?;
        consumer::check_places(&self.read, ctx.shard.topology)?;
        let id = ConsumerId::of(&self.name);
        let before = rows::consumer(ctx.txn, id)?;
        if before.is_none() && rows::consumers(ctx.txn, CONSUMERS_MAX)?.len() == CONSUMERS_MAX {
            return Err(Rejection::TooManyConsumers { limit: CONSUMERS_MAX as u32 }.into());
        }
        if let Some(before) = &before {
            let pairs = before.read.iter().zip(&self.read);
            let ahead = pairs.into_iter().find(|(known, new)| known.1 > new.1);
            if let Some(((shard, _), _)) = ahead.filter(|_| !self.reset) {
                return Err(Rejection::ConsumerAhead { shard: *shard }.into());
            }
            if before.read == self.read {
                return Ok(Reply::Consumer(Box::new(before.clone())));
            }
        }
        let at = ctx.now();
        let consumer = Consumer {
            id,
            name: self.name.clone(),
            version: before.as_ref().map_or(1, |before| before.version + 1),
            read: self.read.clone(),
            created_at: before.map_or(at, |before| before.created_at),
            updated_at: at,
        };
        rows::put_consumer(ctx.txn, &consumer);
        Ok(Reply::Consumer(Box::new(consumer)))
    }
}
