//! After a restore from an old backup the cluster takes a new epoch.
//!
//! The provider is ahead of what was restored: it has seen calls that the orders here do not know
//! of, under numbers that they would use again, for other calls. The number of a call is its
//! idempotency key. So new calls of an epoch have numbers that no earlier epoch had; those that
//! were ordered before keep theirs, for they may have been made, and are the same calls.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::fault::Fault;
use crate::keys::Key;
use crate::outbox::Sequence;
use crate::txn::View;

/// How many numbers the calls of one order have in an epoch.
pub const CALLS_PER_EPOCH: u32 = 1 << 24;

/// Begins an epoch in this shard, if it is a later one. Never refused: an epoch that has begun, and
/// one that is over, change nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BeginEpoch {
    /// Which: 0 is the first, each restore has the next.
    pub epoch: u8,
}

impl BeginEpoch {
    #[expect(clippy::unnecessary_wraps, reason = "as all commands")]
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let from = first_call_of(self.epoch);
        if from > *ctx.calls_from {
            ctx.txn.put(&Key::Epoch, &Sequence(self.epoch.into()));
            *ctx.calls_from = from;
        }
        Ok(Reply::Nothing)
    }
}

/// Which epoch a shard is in.
pub fn epoch(view: &dyn View) -> Result<u8, Fault> {
    let row = view.read::<Sequence>(&Key::Epoch)?.unwrap_or_default();
    u8::try_from(row.0).map_err(|_| Fault::contradiction("an epoch that cannot be"))
}

/// The lowest number of a new call.
pub(crate) fn calls_from(view: &dyn View) -> Result<u32, Fault> {
    epoch(view).map(first_call_of)
}

fn first_call_of(epoch: u8) -> u32 {
    u32::from(epoch) * CALLS_PER_EPOCH
}
