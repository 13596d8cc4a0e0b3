//! Records as an older `stoad` wrote them: read, never written.
//!
//! A record of this module keeps the number and the bytes of the one that it was; what followed it
//! has a number of its own and is made of it. [`crate::codec::decode_since`] reads either.

use serde::{Deserialize, Serialize};

use crate::command::{self, Command, Digest};
use crate::dedup::Idempotency;

/// A stamp before there was an actor in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// As in [`command::Stamp`].
    pub now: u64,
    /// As in [`command::Stamp`].
    pub request: u128,
    /// As in [`command::Stamp`].
    pub idempotency: Option<Idempotency>,
}

/// A command with such a stamp.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamped {
    /// What the proposer decided.
    pub stamp: Stamp,
    /// What to do.
    pub command: Command,
}

/// What one log entry carried.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// In the order in which they are applied.
    pub commands: Vec<Stamped>,
    /// As in [`command::Batch`].
    pub digest: Option<Digest>,
}

impl From<Batch> for command::Batch {
    /// Nobody was named then: applied now, it gives the rows that it gave then.
    fn from(batch: Batch) -> Self {
        let stamped = |Stamped { stamp, command }| {
            let Stamp { now, request, idempotency } = stamp;
            let stamp = command::Stamp { now, request, idempotency, actor: None };
            command::Stamped { stamp, command }
        };
        Self { commands: batch.commands.into_iter().map(stamped).collect(), digest: batch.digest }
    }
}

/// Where the feed ended before its size was counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedHead {
    /// As in [`crate::feed::FeedHead`].
    pub last: u64,
    /// As in [`crate::feed::FeedHead`].
    pub trimmed: u64,
}
