//! What a caller proposes, and what it is told.

use engine_core::audit::Actor;
use engine_core::dedup::{self, Idempotency};
use engine_core::{Applied, Command, ShardId};
use rand::Rng;

/// A command on its way to a shard. Time and request id are stamped on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What to do.
    pub command: Command,
    /// The caller's idempotency key, if there is one.
    pub idempotency: Option<Idempotency>,
    /// Whom the audit trail names for it, if anybody.
    pub actor: Option<Actor>,
}

/// A command that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposed {
    /// What became of it: an outcome, which may be a rejection.
    pub applied: Applied,
    /// The shard it was applied in.
    pub shard: ShardId,
    /// The log index it was applied at: what a reader waits for to see it.
    pub index: u64,
}

/// Why nobody can say what became of a command, or that it was not taken at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProposeError {
    /// Too many commands wait. It was not proposed; try again a little later.
    #[error("too many commands wait for this shard")]
    Overloaded,
    /// No leader was found in time, so there is no quorum. It was not proposed.
    #[error("the shard has no leader")]
    NoLeader,
    /// Time ran out, or a leader was lost on the way: it may have happened, or may happen yet.
    #[error("the outcome is unknown")]
    Unknown,
    /// This node is stopping. It was not proposed.
    #[error("this node is stopping")]
    Stopping,
    /// This node's replica has stopped and no other takes the command. It was not proposed.
    #[error("the replica has stopped: {0}")]
    Faulted(String),
}

impl From<Command> for Proposal {
    fn from(command: Command) -> Self {
        Self { command, idempotency: None, actor: None }
    }
}

impl Proposal {
    /// The id under which all retries of this proposal go: made once, by the node that took the
    /// request. 0 for a command that is idempotent by itself.
    pub(crate) fn request_id(&self, now: u64) -> u128 {
        if self.command.is_idempotent() { 0 } else { dedup::request_id(now, rand::rng().random()) }
    }
}
