//! I2: the units held and committed are the sums over active holds; a hold and its timer live and
//! die together.

use std::collections::BTreeMap;

use super::{Violation, each, timers, violation};
use crate::apply::Shard;
use crate::codec::decode;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::ProductId;
use crate::inventory::rows::product_of;
use crate::inventory::{Hold, HoldRef, HoldState, Stock, hold_name, timer_kind};
use crate::keys::prefixed;
use crate::txn::View;

pub(super) fn check(
    view: &dyn View,
    shard: Shard,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    let mut sums = BTreeMap::<ProductId, [u64; 2]>::new();
    let mut timers = timers(view, |kind| {
        use TimerKind::{AskOrder, ExpireHold, ForgetHold};
        matches!(kind, AskOrder(_) | ExpireHold(_) | ForgetHold(_))
    })?;
    each(view, prefixed(b"ho"), |key, value| {
        let name = hold_name(key)?;
        let hold: Hold = decode(value)?;
        for line in &hold.lines {
            let [held, committed] = sums.entry(line.product).or_default();
            match hold.state {
                HoldState::Held => *held += u64::from(line.quantity),
                HoldState::Committed => *committed += u64::from(line.quantity),
                HoldState::Released => {}
            }
        }
        let armed = timer_kind(name, hold.state).and_then(|kind| timers.remove(&kind));
        if armed.unwrap_or(0) != hold.timer_at || (armed.is_none() && needs(shard, name, &hold)) {
            let what = format!("{name:?} is {hold:?}, its timer is {armed:?}");
            violation(found, "I2", what);
        }
        Ok(())
    })?;
    for (kind, at) in timers {
        violation(found, "I2", format!("{kind:?} is armed for {at} without its hold"));
    }
    each(view, prefixed(b"st"), |key, value| {
        let product = product_of(key)?;
        let stock: Stock = decode(value)?;
        let sum = sums.remove(&product).unwrap_or_default();
        if sum != [u64::from(stock.held), u64::from(stock.committed)] {
            let what = format!("{product}: {stock:?}, its holds sum up to {sum:?}");
            violation(found, "I2", what);
        }
        Ok(())
    })?;
    for (product, sum) in sums.into_iter().filter(|(_, sum)| *sum != [0, 0]) {
        violation(found, "I2", format!("{product} has no stock, and holds of {sum:?}"));
    }
    Ok(())
}

/// Only committed units, and those of an order of this very shard, do without a timer.
fn needs(shard: Shard, name: HoldRef, hold: &Hold) -> bool {
    match (hold.state, name) {
        (HoldState::Committed, _) => false,
        // It knows from where units were sent, and is kept for those that may come back.
        (HoldState::Released, _) if !hold.shares.is_empty() => false,
        (HoldState::Released, _) | (HoldState::Held, HoldRef::Free(_)) => true,
        (HoldState::Held, HoldRef::Order(order)) => shard.topology.of_order(order) != shard.id,
    }
}
