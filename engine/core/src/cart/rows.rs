//! Reads and writes carts and accounts, with a cart's one timer. Nobody else does.

use super::{Account, CART_LIFE_MS, CART_RETENTION_MS, Cart, CartId, CartState};
use crate::apply::Ctx;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::Owner;
use crate::keys::Key;
use crate::txn::Txn;

/// A cart, open or ended.
pub(super) fn cart(txn: &Txn<'_>, id: CartId) -> Result<Option<Cart>, Fault> {
    txn.read(&Key::Cart(id))
}

/// What is known of an owner.
pub(crate) fn account(txn: &Txn<'_>, owner: &Owner) -> Result<Account, Fault> {
    let known = txn.read(&Key::Account(owner.hash()))?;
    Ok(known.unwrap_or_else(|| Account::new(owner.clone())))
}

/// The open cart of an account.
pub(super) fn open_cart(txn: &Txn<'_>, account: &Account) -> Result<Option<Cart>, Fault> {
    let Some(id) = account.cart else { return Ok(None) };
    let cart = cart(txn, id)?;
    cart.ok_or_else(|| Fault::contradiction(format!("{id} is open, and is not there"))).map(Some)
}

/// Writes what is known of an owner, or forgets an owner of whom nothing is.
pub(super) fn put_account(txn: &mut Txn<'_>, account: &Account) {
    let key = Key::Account(account.owner.hash());
    if *account == Account::new(account.owner.clone()) {
        txn.delete(&key);
    } else {
        txn.put(&key, account);
    }
}

/// Writes a cart that was changed just now, and moves its timer.
pub(super) fn put_changed(ctx: &mut Ctx<'_, '_>, cart: &mut Cart) {
    disarm(ctx, cart);
    let kept_ms = if cart.state == CartState::Open { CART_LIFE_MS } else { CART_RETENTION_MS };
    cart.version = cart.version.saturating_add(1);
    cart.updated_at = ctx.now();
    cart.timer_at = ctx.now().saturating_add(kept_ms);
    ctx.arm(cart.timer_at, TimerKind::Cart(cart.id));
    ctx.txn.put(&Key::Cart(cart.id), cart);
}

/// Forgets a cart: its timer has fired.
pub(super) fn delete_cart(txn: &mut Txn<'_>, id: CartId) {
    txn.delete(&Key::Cart(id));
}

/// A cart of an owner who has none, not written yet. It is called by the first of the names that
/// follow from `id` that no cart has: the caller's node may not know yet that a cart has ended.
pub(super) fn new_cart(ctx: &Ctx<'_, '_>, mut id: CartId, owner: &Owner) -> Result<Cart, Fault> {
    while ctx.txn.has(&Key::Cart(id))? {
        id = id.after(owner);
    }
    Ok(Cart {
        id,
        owner: owner.clone(),
        version: 0,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        state: CartState::Open,
        timer_at: 0,
        lines: Vec::new(),
    })
}

fn disarm(ctx: &mut Ctx<'_, '_>, cart: &Cart) {
    if cart.version != 0 {
        ctx.disarm(cart.timer_at, TimerKind::Cart(cart.id));
    }
}
