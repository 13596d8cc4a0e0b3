//! A failure of this replica alone.

use crate::codec::Record;

/// A failure of this replica alone: bad disk, bad bytes, bad code. It halts the shard here and is
/// never turned into a reply, because the other replicas did not see it.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub String);

impl Fault {
    /// Bytes that are not the record they should be.
    pub(crate) fn corrupt<R: Record>(why: &str) -> Self {
        Self(format!("corrupt record of type {} ({}): {why}", R::TYPE, std::any::type_name::<R>()))
    }

    /// Two rows that contradict each other, which no command can write.
    pub(crate) fn contradiction(what: impl std::fmt::Display) -> Self {
        Self(format!("rows contradict each other: {what}"))
    }
}
