//! I20: a consumer of the feed is found by its name, and has a place in each group's feed; there
//! are no more than there may be.

use super::{Violation, each, violation};
use crate::apply::Shard;
use crate::codec::decode;
use crate::fault::Fault;
use crate::feed::{CONSUMERS_MAX, Consumer};
use crate::ids::ConsumerId;
use crate::keys::{Key, prefixed};
use crate::txn::View;

pub(super) fn check(
    view: &dyn View,
    shard: Shard,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    let mut count = 0;
    each(view, prefixed(b"fc"), |key, value| {
        let row: Consumer = decode(value)?;
        let id = ConsumerId::of(&row.name);
        if row.id != id || key != Key::Consumer(id).encode() {
            violation(found, "I20", format!("consumer {} is kept as {}", row.name, row.id));
        }
        if !row.read.iter().map(|(shard, _)| *shard).eq(shard.topology.groups()) {
            violation(found, "I20", format!("consumer {} lacks a place", row.name));
        }
        count += 1;
        Ok(())
    })?;
    if count > CONSUMERS_MAX {
        violation(found, "I20", format!("there are {count} consumers"));
    }
    Ok(())
}
