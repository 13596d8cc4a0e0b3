//! I4: an active order has exactly its holds, and a hold of an order has its order.
//!
//! Held, committed or free: what the order says and what its holds say is the same, product by
//! product; of a confirmed order that is what was neither sent nor canceled. A hold whose order was
//! never placed, or has ended, is active only as long as its timer will ask about it. Across
//! shards, messages that were not delivered yet count as delivered.

use std::collections::BTreeMap;

use super::{Violation, each, violation};
use crate::apply::Shard;
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{OrderId, ProductId, PromotionId, ShardId, Topology};
use crate::inventory::{Hold, HoldRef, HoldState, hold_name};
use crate::keys::{Key, prefixed};
use crate::order::{Order, OrderLine, Units};
use crate::outbox::{self, Message};
use crate::txn::View;

/// Within one shard: orders that live here, and the units of them that are held here.
pub(super) fn check(
    view: &dyn View,
    shard: Shard,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    let here = Side { id: shard.id, view };
    check_orders(shard.topology, here, here, &Pending::new(), found)?;
    check_holds(shard.topology, here, here, &Pending::new(), found)
}

/// Across shards: orders of each shard, and the units of them that each other shard holds.
pub(super) fn check_across(
    shards: &[(ShardId, &dyn View)],
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    let data = || shards.iter().filter(|(id, _)| *id != ShardId::META);
    let sides = || data().map(|&(id, view)| Side { id, view });
    let topology = Topology { shards: data().map(|(id, _)| id.0).max().unwrap_or(1) };
    for (home, there) in sides().flat_map(|home| sides().map(move |there| (home, there))) {
        if home.id != there.id {
            let pending = pending(home, there)?;
            check_orders(topology, home, there, &pending, found)?;
            check_holds(topology, home, there, &pending, found)?;
        }
    }
    Ok(())
}

/// A shard and its rows.
#[derive(Clone, Copy)]
struct Side<'a> {
    id: ShardId,
    view: &'a dyn View,
}

/// The messages on their way that change a hold, in their order.
type Pending = BTreeMap<OrderId, Vec<Message>>;
/// What an order wants of a shard, or a hold has: units by product, and the use of a promotion.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    units: BTreeMap<ProductId, u64>,
    promotion: Option<PromotionId>,
}

impl Wanted {
    fn is_empty(&self) -> bool {
        self.units.is_empty() && self.promotion.is_none()
    }
}

/// The messages of one shard that another has not taken in.
fn pending(home: Side<'_>, there: Side<'_>) -> Result<Pending, Fault> {
    let mut pending = Pending::new();
    let delivered = outbox::delivered(there.view, home.id)?;
    let sent = outbox::sent(home.view, there.id)?;
    let unsent = usize::try_from(sent.saturating_sub(delivered)).unwrap_or(usize::MAX);
    for (_, message) in outbox::messages(home.view, there.id, delivered, unsent)? {
        match message {
            Message::CommitHold(order)
            | Message::ReleaseHold(order)
            | Message::EndUnits { order, .. } => pending.entry(order).or_default().push(message),
            Message::AskOrder { .. }
            | Message::TakeInCart(_)
            | Message::Restock { .. }
            | Message::Location(_) => {}
        }
    }
    Ok(pending)
}

/// Every order of `home` has the units in `there` that it thinks it has.
fn check_orders(
    topology: Topology,
    home: Side<'_>,
    there: Side<'_>,
    pending: &Pending,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    each(home.view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let ordered = wanted_in(&order, |line| line.quantity, topology, there.id);
        let listed = home.id == there.id || order.hold_shards.contains(&there.id);
        if listed == ordered.is_empty() && home.id != there.id {
            violation(found, "I4", format!("{}: holds in {}: {listed}", order.id, there.id));
        }
        let wanted = wanted_in(&order, OrderLine::unshipped, topology, there.id);
        let hold = hold(there.view, order.id)?;
        let seen = hold.as_ref().map(|hold| after(hold, pending.get(&order.id)));
        let (state, held) = seen.unzip();
        let held = held.unwrap_or_default();
        let free = state.is_none_or(|state| state == HoldState::Released)
            || hold.as_ref().is_some_and(is_asked_about);
        let agrees = match order.units {
            _ if wanted.is_empty() => free,
            Units::Held | Units::Expiring => state == Some(HoldState::Held) && held == wanted,
            Units::Committed => state == Some(HoldState::Committed) && held == wanted,
            Units::Released => free,
        };
        if !agrees {
            let (id, units, there) = (order.id, order.units, there.id);
            let what = format!("{id} is {units:?} with {wanted:?}; in {there} {state:?} {held:?}");
            violation(found, "I4", what);
        }
        Ok(())
    })
}

/// Every active hold in `there` of an order of `home` has its order, or is asked about.
fn check_holds(
    topology: Topology,
    home: Side<'_>,
    there: Side<'_>,
    pending: &Pending,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    each(there.view, prefixed(b"ho"), |key, value| {
        let HoldRef::Order(id) = hold_name(key)? else { return Ok(()) };
        if topology.of_order(id) != home.id {
            return Ok(());
        }
        let hold: Hold = decode(value)?;
        let active = after(&hold, pending.get(&id)).0 != HoldState::Released;
        if !active || is_asked_about(&hold) {
            return Ok(());
        }
        let ordered = home.view.get(&Key::Order(id).encode())?.is_some();
        if !ordered {
            let what = format!("{id} does not exist; in {} it has {hold:?}", there.id);
            violation(found, "I4", what);
        }
        Ok(())
    })
}

fn hold(view: &dyn View, order: OrderId) -> Result<Option<Hold>, Fault> {
    let row = view.get(&Key::Hold(HoldRef::Order(order)).encode())?;
    row.map(|row| decode(&row)).transpose()
}

/// What a hold is, and what is in it, when the messages on their way have arrived.
fn after(hold: &Hold, pending: Option<&Vec<Message>>) -> (HoldState, Wanted) {
    let (mut state, mut held) = (hold.state, sums(hold));
    for message in pending.into_iter().flatten() {
        match message {
            _ if state == HoldState::Released => break,
            Message::CommitHold(_) => state = HoldState::Committed,
            Message::ReleaseHold(_) => state = HoldState::Released,
            Message::EndUnits { product, quantity, .. } if state == HoldState::Committed => {
                if let Some(left) = held.units.get_mut(product) {
                    *left = left.saturating_sub(u64::from(*quantity));
                }
                held.units.retain(|_, left| *left > 0);
                if held.is_empty() {
                    state = HoldState::Released;
                }
            }
            Message::EndUnits { .. }
            | Message::AskOrder { .. }
            | Message::TakeInCart(_)
            | Message::Restock { .. }
            | Message::Location(_) => {}
        }
    }
    (state, held)
}

/// Its timer will ask what became of its order.
fn is_asked_about(hold: &Hold) -> bool {
    hold.state == HoldState::Held && hold.timer_at != 0
}

fn wanted_in(
    order: &Order,
    units: fn(&OrderLine) -> u32,
    topology: Topology,
    there: ShardId,
) -> Wanted {
    let lines = order.lines.iter().map(|line| (line.product, units(line)));
    let here = |product| topology.of_product(product) == there;
    let units = add_up(lines.filter(|(product, units)| *units > 0 && here(*product)));
    let promotion = order.pricing.limited_promotion();
    Wanted { units, promotion: promotion.filter(|id| topology.of_promotion(*id) == there) }
}

fn sums(hold: &Hold) -> Wanted {
    let units = add_up(hold.lines.iter().map(|line| (line.product, line.quantity)));
    Wanted { units, promotion: hold.promotion.as_ref().map(|promotion| promotion.id) }
}

fn add_up(lines: impl Iterator<Item = (ProductId, u32)>) -> BTreeMap<ProductId, u64> {
    let mut sums = BTreeMap::new();
    for (product, quantity) in lines {
        *sums.entry(product).or_default() += u64::from(quantity);
    }
    sums
}
