//! A cart's time is over: an open one expires, an ended one is forgotten.

use super::{CartId, CartState, rows};
use crate::apply::Ctx;
use crate::fault::Fault;

/// Fires a cart's timer. Its row is gone already.
pub(crate) fn timer_fired(ctx: &mut Ctx<'_, '_>, id: CartId) -> Result<(), Fault> {
    let Some(mut cart) = rows::cart(ctx.txn, id)? else { return Ok(()) };
    if cart.state != CartState::Open {
        rows::delete_cart(ctx.txn, id);
        return Ok(());
    }
    cart.state = CartState::Expired;
    rows::put_changed(ctx, &mut cart);
    let mut account = rows::account(ctx.txn, &cart.owner)?;
    account.cart = None;
    rows::put_account(ctx.txn, &account);
    Ok(())
}
