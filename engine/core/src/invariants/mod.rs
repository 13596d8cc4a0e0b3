//! What must be true of every shard after every command; one function, one file for each.
//!
//! The same functions are called by scripts, the model test, the simulation and the audit.

use crate::apply::Shard;
use crate::fault::Fault;
use crate::ids::ShardId;
use crate::txn::View;

/// A truth that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which, e.g. `I3`.
    pub invariant: &'static str,
    /// Where, and what was found.
    pub what: String,
}

/// Checks every invariant that one shard can break alone.
pub fn check(view: &dyn View, shard: Shard) -> Result<Vec<Violation>, Fault> {
    todo!()
}

/// Checks that orders and the holds of all shards agree (I4, across shards). Messages not yet delivered explain a difference
pub fn check_across(shards: &[(ShardId, &dyn View)]) -> Result<Vec<Violation>, Fault> {
    todo!()
}
