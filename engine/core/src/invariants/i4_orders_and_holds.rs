//! I4: an active order has exactly its holds, and a hold of an order has its order.
//!
//! Held, committed or free: what the order says and what its holds say is the same, product by
//! product; of a confirmed order that is what was neither sent nor canceled, and what is committed
//! for a fulfillment that is sent once more. A hold whose order was
//! never placed, or has ended, is active only as long as its timer will ask about it. Across
//! shards, messages that were not delivered yet count as delivered.

use std::collections::{BTreeMap, BTreeSet};

use super::{Violation, each, violation};
use crate::apply::Shard;
use crate::codec::decode;
use crate::fault::Fault;
use crate::ids::{FulfillmentId, OrderId, ProductId, PromotionId, ShardId, Topology};
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
    check_orders(shard.topology, here, here, &Messages::default(), found)?;
    check_holds(shard.topology, here, here, &Messages::default(), found)
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
            let pending = Messages { to: pending(home, there)?, back: answers(there, home)? };
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

/// The messages between an order's shard and another that were not taken in.
#[derive(Default)]
struct Messages {
    /// To the other.
    to: Pending,
    /// To the order's shard: units that are committed once more.
    back: BTreeSet<(FulfillmentId, ProductId)>,
}

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
    for message in unread(home, there)? {
        match message {
            Message::CommitHold(order)
            | Message::ReleaseHold(order)
            | Message::EndUnits { order, .. } => pending.entry(order).or_default().push(message),
            Message::AskOrder { .. }
            | Message::TakeInCart(_)
            | Message::Restock { .. }
            | Message::Location(_)
            | Message::TakeAgain(_)
            | Message::TakenAgain { .. } => {}
        }
    }
    Ok(pending)
}

/// The units that one shard has committed once more for orders of another, which does not know it.
fn answers(there: Side<'_>, home: Side<'_>) -> Result<BTreeSet<(FulfillmentId, ProductId)>, Fault> {
    let messages = unread(there, home)?.into_iter();
    Ok(messages
        .filter_map(|message| match message {
            Message::TakenAgain { asked, short: None } => Some((asked.fulfillment, asked.product)),
            _ => None,
        })
        .collect())
}

/// The messages of one shard that another has not taken in, in their order.
fn unread(from: Side<'_>, to: Side<'_>) -> Result<Vec<Message>, Fault> {
    let delivered = outbox::delivered(to.view, from.id)?;
    let sent = outbox::sent(from.view, to.id)?;
    let unsent = usize::try_from(sent.saturating_sub(delivered)).unwrap_or(usize::MAX);
    let messages = outbox::messages(from.view, to.id, delivered, unsent)?;
    Ok(messages.into_iter().map(|(_, message)| message).collect())
}

/// Every order of `home` has the units in `there` that it thinks it has.
fn check_orders(
    topology: Topology,
    home: Side<'_>,
    there: Side<'_>,
    pending: &Messages,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    each(home.view, prefixed(b"od"), |_, value| {
        let order: Order = decode(value)?;
        let ordered = wanted_in(&order, |line| line.quantity, topology, there.id);
        let listed = home.id == there.id || order.hold_shards.contains(&there.id);
        if listed == ordered.is_empty() && home.id != there.id {
            violation(found, "I4", format!("{}: holds in {}: {listed}", order.id, there.id));
        }
        let mut wanted = wanted_in(&order, OrderLine::unshipped, topology, there.id);
        for (product, units) in taken_again(&order, pending) {
            if topology.of_product(product) == there.id {
                *wanted.units.entry(product).or_default() += u64::from(units);
            }
        }
        let hold = hold(there.view, order.id)?;
        let seen = hold.as_ref().map(|hold| after(hold, pending.to.get(&order.id)));
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
    pending: &Messages,
    found: &mut Vec<Violation>,
) -> Result<(), Fault> {
    each(there.view, prefixed(b"ho"), |key, value| {
        let HoldRef::Order(id) = hold_name(key)? else { return Ok(()) };
        if topology.of_order(id) != home.id {
            return Ok(());
        }
        let hold: Hold = decode(value)?;
        let active = after(&hold, pending.to.get(&id)).0 != HoldState::Released;
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

/// The units that are committed for fulfillments which are not decided yet, by product.
fn taken_again(order: &Order, pending: &Messages) -> Vec<(ProductId, u32)> {
    let mut taken = Vec::new();
    for fulfillment in &order.progress.fulfillments {
        let undecided = fulfillment.is_reserving();
        let Some(again) = fulfillment.again.as_ref().filter(|_| undecided) else { continue };
        let known = |product| {
            again.taken.contains(&product) || pending.back.contains(&(fulfillment.id, product))
        };
        let units = order.units_of(&fulfillment.lines).into_iter();
        taken.extend(units.filter(|(product, _)| known(*product)));
    }
    taken
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
            | Message::Location(_)
            | Message::TakeAgain(_)
            | Message::TakenAgain { .. } => {}
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
