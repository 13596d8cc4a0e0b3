//! Placing orders over shards: who coordinates, and who waits.

mod coordinator;
mod wait;

use std::collections::BTreeMap;

use engine_core::inventory::HoldLine;
use engine_core::order::LINES_PER_ORDER_MAX;
use engine_core::{ShardId, Topology};

use crate::errors::{Code, Error};

pub use coordinator::{Placed, Request};
pub use wait::WAIT_S_MAX;

/// The lines by the shard that has their product and stock, in their order.
pub fn lines_by_shard(topology: Topology, lines: &[HoldLine]) -> BTreeMap<ShardId, Vec<HoldLine>> {
    let mut by_shard: BTreeMap<ShardId, Vec<HoldLine>> = BTreeMap::new();
    for line in lines {
        by_shard.entry(topology.of_product(line.product)).or_default().push(*line);
    }
    by_shard
}

/// Refuses lines that no shard could take, before any shard is asked.
pub fn check_lines(lines: &[HoldLine]) -> Result<(), Error> {
    if !(1..=LINES_PER_ORDER_MAX).contains(&lines.len()) {
        let detail = format!("lines has 1 to {LINES_PER_ORDER_MAX} items");
        return Err(Error::about(Code::OutOfRange, "lines", detail));
    }
    match lines.iter().position(|line| line.quantity == 0) {
        Some(at) => {
            let param = format!("lines[{at}].quantity");
            Err(Error::about(Code::OutOfRange, param, "a quantity is at least 1"))
        }
        None => Ok(()),
    }
}
