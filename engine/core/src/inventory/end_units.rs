//! Committed units of a confirmed order are sent, given back or written off, product by product.
//!
//! The hold keeps what is still committed, and the use of a promotion for as long as the order
//! lives. When nothing is left it ends as any other: with a marker for 72 hours, so that it never
//! reopens. Nothing here refuses: where a message does not apply it does nothing.

use super::{HoldRef, HoldState, MovementReason, UNITS_MAX, UnitsEnd, release_units, rows};
use crate::apply::Ctx;
use crate::fault::Fault;
use crate::ids::{LocationId, OrderId, ProductId};

/// Takes units of a product off the order's hold in this shard, at most those it has.
pub(crate) fn end_units(
    ctx: &mut Ctx<'_, '_>,
    order: OrderId,
    (product, quantity): (ProductId, u32),
    how: UnitsEnd,
) -> Result<(), Fault> {
    let name = HoldRef::Order(order);
    let Some(mut hold) = rows::hold(ctx.txn, name)? else { return Ok(()) };
    let line = hold.lines.iter_mut().find(|line| line.product == product);
    let Some(line) = line.filter(|_| hold.state == HoldState::Committed) else { return Ok(()) };
    let units = quantity.min(line.quantity);
    line.quantity -= units;
    hold.lines.retain(|line| line.quantity > 0);
    let mut level = rows::level_of(ctx.txn, product)?;
    for (location, units) in hold.take_off((product, units), how == UnitsEnd::Shipped) {
        level.give(HoldState::Committed, (location, units))?;
        let (reason, gone) = match how {
            UnitsEnd::Released => continue,
            // They were there, or they could not have been sent: what was not booked in yet is
            // counted when it is.
            UnitsEnd::Shipped => (MovementReason::Shipped(order), units),
            // Only what was there can be missing.
            UnitsEnd::WrittenOff => {
                (MovementReason::WrittenOff(order), units.min(level.on_hand_at(location)))
            }
        };
        let left = level.level_at(location) - i64::from(gone);
        rows::move_to(ctx, product, &mut level, (location, left, reason));
    }
    rows::put_level(ctx, product, level);
    rows::put_hold(ctx.txn, name, &hold);
    if hold.lines.is_empty() && hold.promotion.is_none() {
        release_units(ctx, name)?;
    }
    Ok(())
}

/// Puts units of an order that came back on hand again, where they were sent from if that location
/// takes units, else at the default one: no more than can be on hand.
pub(crate) fn restock(
    ctx: &mut Ctx<'_, '_>,
    order: OrderId,
    product: ProductId,
    quantity: u32,
) -> Result<(), Fault> {
    let Some(mut level) = rows::level(ctx.txn, product)? else { return Ok(()) };
    let sent_from = match level.stock.located {
        true => take_back(ctx, order, product, quantity)?,
        false => Vec::new(),
    };
    let known: u32 = sent_from.iter().map(|(_, units)| units).sum();
    let rest = (LocationId::DEFAULT, quantity.saturating_sub(known));
    let mut moved = false;
    for (location, units) in sent_from.into_iter().chain([rest]) {
        let takes = level.takes_at(location);
        let location = if takes { location } else { LocationId::DEFAULT };
        let room = (i64::from(UNITS_MAX) - level.stock.level()).max(0);
        let there = level.level_at(location) + i64::from(units).min(room);
        let reason = MovementReason::Returned(order);
        moved |= rows::move_to(ctx, product, &mut level, (location, there, reason));
    }
    if moved {
        rows::put_level(ctx, product, level);
    }
    Ok(())
}

/// From where units of an order were sent that come back now; the rest is nobody's, or the default
/// location's.
fn take_back(
    ctx: &mut Ctx<'_, '_>,
    order: OrderId,
    product: ProductId,
    quantity: u32,
) -> Result<Vec<(LocationId, u32)>, Fault> {
    let name = HoldRef::Order(order);
    let Some(mut hold) = rows::hold(ctx.txn, name)? else { return Ok(Vec::new()) };
    let parts = hold.take_back(product, quantity);
    let forgotten = hold.state == HoldState::Released && hold.timer_at == 0;
    if forgotten && hold.shares.is_empty() {
        rows::delete_hold(ctx.txn, name);
    } else if !parts.is_empty() {
        rows::put_hold(ctx.txn, name, &hold);
    }
    Ok(parts)
}
