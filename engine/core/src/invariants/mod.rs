//! What must be true of every shard after every command; one function, one file for each.
//!
//! The same functions are called by scripts, the model test, the simulation and the audit. They
//! read rows page by page and keep sums, not rows, so that an audit may run on a full shard.

mod i10_keys;
mod i11_feed;
mod i13_open_orders;
mod i14_audit;
mod i15_webhooks;
mod i16_notices;
mod i17_carts;
mod i18_locations;
mod i19_orphans;
mod i1_on_hand;
mod i20_consumers;
mod i2_holds;
mod i3_available;
mod i4_orders_and_holds;
mod i5_one_intent;
mod i6_refunds;
mod i7_nothing_stuck;
mod i8_shipped;
mod i9_promotions;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::apply::Shard;
use crate::codec::decode;
use crate::due::{Timer, TimerKind, deadline_of};
use crate::fault::Fault;
use crate::ids::ShardId;
use crate::keys::prefixed;
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
    let mut found = Vec::new();
    i1_on_hand::check(view, &mut found)?;
    i2_holds::check(view, shard, &mut found)?;
    i3_available::check(view, &mut found)?;
    i4_orders_and_holds::check(view, shard, &mut found)?;
    i5_one_intent::check(view, &mut found)?;
    i6_refunds::check(view, &mut found)?;
    i7_nothing_stuck::check(view, &mut found)?;
    i8_shipped::check(view, &mut found)?;
    i9_promotions::check(view, &mut found)?;
    i10_keys::check(view, &mut found)?;
    i11_feed::check(view, &mut found)?;
    i13_open_orders::check(view, &mut found)?;
    i14_audit::check(view, &mut found)?;
    i15_webhooks::check(view, &mut found)?;
    i16_notices::check(view, &mut found)?;
    i17_carts::check(view, &mut found)?;
    i18_locations::check(view, &mut found)?;
    i19_orphans::check(view, &mut found)?;
    i20_consumers::check(view, shard, &mut found)?;
    Ok(found)
}

/// Checks that orders and the holds of all shards agree (I4 and I9, across shards). Messages not
/// yet delivered explain a difference.
pub fn check_across(shards: &[(ShardId, &dyn View)]) -> Result<Vec<Violation>, Fault> {
    let mut found = Vec::new();
    i4_orders_and_holds::check_across(shards, &mut found)?;
    i9_promotions::check_across(shards, &mut found)?;
    Ok(found)
}

/// How many rows are read at once.
const PAGE: usize = 1_000;

/// Visits every row of a range, in key order.
fn each(
    view: &dyn View,
    range: Range<Vec<u8>>,
    mut visit: impl FnMut(&[u8], &[u8]) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut start = range.start;
    loop {
        let page = view.scan(start..range.end.clone(), PAGE)?;
        for (key, value) in &page {
            visit(key, value)?;
        }
        match page.last() {
            Some((last, _)) if page.len() == PAGE => start = [last.as_slice(), &[0]].concat(),
            _ => return Ok(()),
        }
    }
}

/// The armed timers of the kinds asked for, each with its deadline.
fn timers(
    view: &dyn View,
    wanted: fn(&TimerKind) -> bool,
) -> Result<BTreeMap<TimerKind, u64>, Fault> {
    let mut timers = BTreeMap::new();
    each(view, prefixed(b"du"), |key, value| {
        let timer: Timer = decode(value)?;
        if wanted(&timer.kind) && timers.insert(timer.kind, deadline_of(key)?).is_some() {
            return Err(Fault::contradiction(format!("{:?} is armed twice", timer.kind)));
        }
        Ok(())
    })?;
    Ok(timers)
}

/// Notes a violation.
fn violation(found: &mut Vec<Violation>, invariant: &'static str, what: String) {
    found.push(Violation { invariant, what });
}
