//! Units of a product are committed once more for an order whose first ones never arrived.
//!
//! Its hold is opened again if it has ended. Only the order's own shard asks for it, once for each
//! fulfillment.

use super::{HeldLine, Hold, HoldRef, HoldState, disarm, rows};
use crate::apply::Ctx;
use crate::catalog::{self, ForSale};
use crate::fault::Fault;
use crate::ids::{OrderId, ProductId};

/// Commits units for an order, if so many are available, whether or not the product is sold any
/// longer; else says how many are.
pub(crate) fn take_again(
    ctx: &mut Ctx<'_, '_>,
    order: OrderId,
    (product, quantity): (ProductId, u32),
) -> Result<Result<(), u32>, Fault> {
    let Some(sale) = catalog::for_sale(ctx.txn, product)? else { return Ok(Err(0)) };
    let mut level = rows::level_of(ctx.txn, product)?;
    let available = level.stock.available();
    let name = HoldRef::Order(order);
    let hold = rows::hold(ctx.txn, name)?;
    let confirmed = hold.as_ref().is_none_or(|hold| hold.state != HoldState::Held);
    if quantity > available || !confirmed {
        return Ok(Err(available));
    }
    let mut hold = hold.unwrap_or_else(|| Hold::marker(0));
    disarm(ctx, name, &hold);
    (hold.state, hold.timer_at) = (HoldState::Committed, 0);
    let mut shares = Vec::new();
    level.take((product, quantity), HoldState::Committed, &mut shares);
    hold.share_more((product, quantity), shares);
    hold.add(line(product, quantity, sale));
    rows::put_level(ctx, product, level);
    rows::put_hold(ctx.txn, name, &hold);
    Ok(Ok(()))
}

fn line(product: ProductId, quantity: u32, sale: ForSale) -> HeldLine {
    let ForSale { version, name, price, weight_grams, tax_category, .. } = sale;
    HeldLine { product, version, name, unit_price: price, quantity, weight_grams, tax_category }
}

impl Hold {
    /// More units of a product: those it has keep their price.
    fn add(&mut self, more: HeldLine) {
        match self.lines.iter_mut().find(|line| line.product == more.product) {
            Some(line) => line.quantity = line.quantity.saturating_add(more.quantity),
            None => {
                self.lines.push(more);
                self.lines.sort_by_key(|line| line.product);
            }
        }
    }
}
