//! I9: for each promotion with a limit, held + used = the live orders that have it.
//!
//! Within a shard its uses are the sums over the holds there, and every live order is listed under
//! its owner and promotion. Across shards each live order has its use; a use without a live order
//! is one that is asked about, or about to be given back (I4 says which).

use std::collections::BTreeMap;

use super::{Violation, each, violation};
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{OrderId, PromotionId, ShardId, Topology};
use crate::inventory::{Hold, HoldRef, HoldState, hold_name};
use crate::keys::{Key, prefixed};
use crate::order::{Order, Units};
use crate::pricing::{AppliedPromotion, PromotionUses};
use crate::txn::View;

pub(super) fn check(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut sums = BTreeMap::<PromotionId, [u64; 2]>::new();
    each(view, prefixed(b"ho"), |_, value| {
        let hold: Hold = decode(value)?;
        let Some(promotion) = hold.promotion else { return Ok(()) };
        let [held, used] = sums.entry(promotion.id).or_default();
        match hold.state {
            HoldState::Held => *held += 1,
            HoldState::Committed => *used += 1,
            HoldState::Released => {}
        }
        Ok(())
    })?;
    each(view, prefixed(b"pu"), |_, value| {
        let uses: PromotionUses = decode(value)?;
        let sum = sums.remove(&uses.promotion.id).unwrap_or_default();
        if sum != [u64::from(uses.held), u64::from(uses.used)] {
            let (id, held, used) = (uses.promotion.id, uses.held, uses.used);
            let what = format!("{id}: {held} held, {used} used; its holds sum up to {sum:?}");
            violation(found, "I9", what);
        }
        Ok(())
    })?;
    for (id, sum) in sums.into_iter().filter(|(_, sum)| *sum != [0, 0]) {
        violation(found, "I9", format!("{id} is used by nobody, and by holds {sum:?}"));
    }
    check_owners(view, found)
}

/// A live order is listed under its owner and promotion, and nothing else is.
fn check_owners(view: &dyn View, found: &mut Vec<Violation>) -> Result<(), Fault> {
    let mut live = 0_u64;
    each(view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let Some(AppliedPromotion { promotion, .. }) = order.pricing.promotion else {
            return Ok(());
        };
        let (owner, is_live) = (order.owner.hash(), order.units != Units::Released);
        let key = Key::OwnerPromotion { owner, promotion, order: order.id };
        let listed = view.get(&key.encode())?.is_some();
        live += u64::from(is_live);
        if listed != is_live {
            let what =
                format!("{} is {:?}; listed for {promotion}: {listed}", order.id, order.units);
            violation(found, "I9", what);
        }
        Ok(())
    })?;
    let mut listed = 0_u64;
    each(view, prefixed(b"op"), |_, _| {
        listed += 1;
        Ok(())
    })?;
    if listed > live {
        violation(
            found,
            "I9",
            format!("{listed} orders are listed for promotions, {live} are live"),
        );
    }
    Ok(())
}

/// Across shards: live orders against uses.
pub(super) fn check_across(
    shards: &[(ShardId, &dyn View)],
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    let data = || shards.iter().filter(|(id, _)| *id != ShardId::META);
    let topology = Topology { shards: data().map(|(id, _)| id.0).max().unwrap_or(1) };
    let view_of = |id: ShardId| data().find(|(shard, _)| *shard == id).map(|(_, view)| *view);
    let mut orders = BTreeMap::<PromotionId, u64>::new();
    for (_, view) in data() {
        each(*view, prefixed(b"od"), |_, value| {
            let order: Order = decode(value)?;
            let promotion = order.pricing.limited_promotion();
            if let Some(id) = promotion.filter(|_| order.units != Units::Released) {
                *orders.entry(id).or_default() += 1;
            }
            Ok(())
        })?;
    }
    let mut uses = BTreeMap::<PromotionId, u64>::new();
    for (_, view) in data() {
        each(*view, prefixed(b"ho"), |key, value| {
            let HoldRef::Order(order) = hold_name(key)? else { return Ok(()) };
            let hold: Hold = decode(value)?;
            let Some(promotion) = hold.promotion else { return Ok(()) };
            let home = view_of(topology.of_order(order));
            if hold.state != HoldState::Released && is_live(home, order)? {
                *uses.entry(promotion.id).or_default() += 1;
            }
            Ok(())
        })?;
    }
    for id in orders.keys().chain(uses.keys()) {
        let [live, used] = [&orders, &uses].map(|all| all.get(id).copied().unwrap_or_default());
        if live != used {
            let what = format!("{id}: {live} live orders have it, and {used} uses of it");
            violation(found, "I9", what);
        }
    }
    Ok(())
}

fn is_live(home: Option<&dyn View>, order: OrderId) -> Result<bool, Fault> {
    let Some(home) = home else { return Ok(false) };
    let order: Option<Order> = home.read(&Key::Order(order))?;
    Ok(order.is_some_and(|order| order.units != Units::Released))
}
