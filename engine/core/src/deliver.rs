//! Takes in messages of another shard, and forgets those that another shard has taken in.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ShardId;
use crate::outbox::Message;

/// Delivers messages in order. Those delivered before are skipped; a gap is refused
/// (`DeliveryGap`). No message fails: where it does not apply it is a no-op.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deliver {
    /// Whose messages.
    pub from: ShardId,
    /// The number of the first.
    pub first: u64,
    /// The messages, numbered from `first` on.
    pub messages: Vec<Message>,
}

/// Deletes messages that their receiver has, at most [`Acknowledge::ROWS_MAX`] at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledge {
    /// Who has them.
    pub to: ShardId,
    /// The number of the last one it has.
    pub through: u64,
}

impl Acknowledge {
    /// The most rows one command deletes.
    pub const ROWS_MAX: usize = 4_096;
}

impl Deliver {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}

impl Acknowledge {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
