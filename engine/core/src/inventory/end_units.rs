//! Committed units of a confirmed order are sent, given back or written off, product by product.
//!
//! The hold keeps what is still committed, and the use of a promotion for as long as the order
//! lives. When nothing is left it ends as any other: with a marker for 72 hours, so that it never
//! reopens. Nothing here refuses: where a message does not apply it does nothing.

use super::{HoldRef, HoldState, MovementReason, UNITS_MAX, UnitsEnd, release_units, rows};
use crate::apply::Ctx;
use crate::fault::Fault;
use crate::ids::{OrderId, ProductId};

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
    let mut stock = rows::stock_of(ctx.txn, product)?;
    let before = stock;
    let left = stock.committed.checked_sub(units);
    stock.committed = left.ok_or_else(|| {
        Fault::contradiction(format!("a hold has more units of {product} than its stock"))
    })?;
    let (reason, gone) = match how {
        UnitsEnd::Released => (None, 0),
        // They were there, or they could not have been sent: what was not booked in yet is counted
        // when it is.
        UnitsEnd::Shipped => (Some(MovementReason::Shipped(order)), units),
        // Only what was there can be missing.
        UnitsEnd::WrittenOff => (Some(MovementReason::WrittenOff(order)), units.min(stock.on_hand)),
    };
    match reason {
        None => rows::put_stock(ctx, product, &before, &stock),
        Some(reason) => {
            let level = stock.level() - i64::from(gone);
            rows::take_units(ctx, product, &before, (stock, level, reason));
        }
    }
    rows::put_hold(ctx.txn, name, &hold);
    if hold.lines.is_empty() && hold.promotion.is_none() {
        release_units(ctx, name)?;
    }
    Ok(())
}

/// Puts units of an order that came back on hand again: no more than can be on hand.
pub(crate) fn restock(
    ctx: &mut Ctx<'_, '_>,
    order: OrderId,
    product: ProductId,
    quantity: u32,
) -> Result<(), Fault> {
    if let Some(stock) = rows::stock(ctx.txn, product)? {
        let level = (stock.level() + i64::from(quantity)).min(i64::from(UNITS_MAX));
        rows::set_level(ctx, product, stock, level, MovementReason::Returned(order));
    }
    Ok(())
}
