//! I15: what an endpoint has not taken lies behind the position up to which all is settled, and is
//! counted; that position is not beyond the end of the feed.

use std::collections::BTreeMap;

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::feed;
use crate::ids::EndpointId;
use crate::keys::prefixed;
use crate::txn::View;
use crate::webhook::{Delivery, rows};

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let head = feed::head(view)?;
    let all: BTreeMap<_, _> = rows::all_deliveries(view)?.into_iter().collect();
    for (id, row) in &all {
        if let Some(through) = row.through.filter(|through| through.index > head.last) {
            let what = format!("{id} is told up to {through:?}, the feed ends at {}", head.last);
            violation(found, "I15", what);
        }
    }
    let mut counts: BTreeMap<EndpointId, [u32; 2]> = BTreeMap::new();
    for (at, prefix) in [b"wp", b"wd"].into_iter().enumerate() {
        each(view, prefixed(prefix), |key, value| {
            let (id, position) = (rows::endpoint_of(key)?, rows::position_of(key)?);
            let _: Delivery = decode(value)?;
            let through = all.get(&id).and_then(|row| row.through);
            if through.is_some_and(|through| position > through) {
                let what = format!("{id} has not taken {position:?}, told up to {through:?}");
                violation(found, "I15", what);
            }
            counts.entry(id).or_default()[at] += 1;
            Ok(())
        })?;
    }
    for id in all.keys().chain(counts.keys()) {
        let counted = all.get(id).map(|row| [row.parked, row.dead]).unwrap_or_default();
        let there = counts.get(id).copied().unwrap_or_default();
        if counted != there {
            let what = format!("{id} has {there:?} parked and dead, and says {counted:?}");
            violation(found, "I15", what);
        }
    }
    Ok(())
}
