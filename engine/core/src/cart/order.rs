//! A cart becomes an order: checked and consumed by the command that places it, in one entry.

use serde::{Deserialize, Serialize};

use super::{Cart, CartId, CartState, rows};
use crate::apply::{Ctx, Stop};
use crate::ids::{OrderId, Owner};
use crate::inventory::HoldLine;
use crate::rejection::Rejection;

/// The cart that an order is placed from, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartUse {
    /// Which.
    pub cart: CartId,
    /// The version that the order's lines are from.
    pub version: u64,
}

/// The cart that an order may consume, if it is placed from one.
///
/// Refused, in this order: `GuestMerged`, `CartNotFound` (also somebody else's), `CartConsumed`
/// with the order that did, `CartEnded`, `CartChanged` (another version, or other lines).
pub(crate) fn check(
    ctx: &Ctx<'_, '_>,
    owner: &Owner,
    from: Option<CartUse>,
    lines: &[HoldLine],
) -> Result<Option<Cart>, Stop> {
    // Only a guest is ever merged: nobody else's placement has to look.
    if owner.is_guest() && rows::account(ctx.txn, owner)?.merged_into.is_some() {
        return Err(Rejection::GuestMerged.into());
    }
    let Some(CartUse { cart: id, version }) = from else { return Ok(None) };
    let cart = rows::cart(ctx.txn, id)?.filter(|cart| cart.owner == *owner);
    let cart = cart.ok_or(Rejection::CartNotFound)?;
    match cart.state {
        CartState::Open => {}
        CartState::Consumed(order) => return Err(Rejection::CartConsumed { order }.into()),
        CartState::Merged(_) | CartState::Expired => return Err(Rejection::CartEnded.into()),
    }
    if cart.version != version || cart.hold_lines() != lines {
        return Err(Rejection::CartChanged { expected: version, actual: cart.version }.into());
    }
    Ok(Some(cart))
}

/// Ends a cart, which [`check`] has let pass: the order has it.
pub(crate) fn consume(ctx: &mut Ctx<'_, '_>, mut cart: Cart, order: OrderId) -> Result<(), Stop> {
    cart.state = CartState::Consumed(order);
    rows::put_changed(ctx, &mut cart);
    let mut account = rows::account(ctx.txn, &cart.owner)?;
    account.cart = None;
    rows::put_account(ctx.txn, &account);
    Ok(())
}
