//! What a customer's shard does with a guest's cart that has ended in its own.
//!
//! The message comes once, because messages between shards do. Quantities add up, each line up to
//! its limit; lines that no longer fit are left out. The price that a customer's line was put at
//! stays.

use serde::{Deserialize, Serialize};

use super::{
    Account, CartId, CartLine, GUESTS_PER_CUSTOMER_MAX, LINES_PER_CART_MAX,
    UNITS_PER_CART_LINE_MAX, rows,
};
use crate::apply::Ctx;
use crate::fault::Fault;
use crate::ids::{Owner, ShardId};

/// A guest's cart on its way to the customer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedCart {
    /// Whose it was.
    pub guest: Owner,
    /// Whose it is to be.
    pub into: Owner,
    /// The guest has orders, which the customer's list is to have.
    pub has_ordered: bool,
    /// Which cart has ended, if there was one.
    pub cart: Option<CartId>,
    /// What was in it.
    pub lines: Vec<CartLine>,
}

/// Takes in a guest's cart that another shard sends. Only the guest's own shard, and never this
/// one, can tell of it.
pub(crate) fn take_in(
    ctx: &mut Ctx<'_, '_>,
    sender: ShardId,
    moved: &MergedCart,
) -> Result<(), Fault> {
    let topology = ctx.shard.topology;
    let told = sender != ctx.shard.id && sender == topology.of_owner(&moved.guest);
    let here = topology.of_owner(&moved.into) == ctx.shard.id;
    if told && here && moved.guest.is_guest() && !moved.into.is_guest() {
        receive(ctx, moved)?;
    }
    Ok(())
}

/// Adds the lines to the customer's cart, and the guest to the customer's row.
pub(super) fn receive(ctx: &mut Ctx<'_, '_>, moved: &MergedCart) -> Result<(), Fault> {
    let mut account = rows::account(ctx.txn, &moved.into)?;
    if moved.has_ordered {
        note_guest(&mut account, &moved.guest);
    }
    if let Some(guests) = moved.cart.filter(|_| !moved.lines.is_empty()) {
        let mut cart = match rows::open_cart(ctx.txn, &account)? {
            Some(cart) => cart,
            // A cart is merged once, so the name that follows from it is nobody else's.
            None => rows::new_cart(ctx, guests.after(&moved.into), &moved.into)?,
        };
        let before = cart.lines.clone();
        moved.lines.iter().for_each(|line| add(&mut cart.lines, *line));
        if cart.lines != before {
            rows::put_changed(ctx, &mut cart);
            account.cart = Some(cart.id);
        }
    }
    rows::put_account(ctx.txn, &account);
    Ok(())
}

fn note_guest(account: &mut Account, guest: &Owner) {
    account.guests.retain(|known| known != guest);
    account.guests.push(guest.clone());
    let too_many = account.guests.len().saturating_sub(GUESTS_PER_CUSTOMER_MAX);
    account.guests.drain(..too_many);
}

fn add(lines: &mut Vec<CartLine>, line: CartLine) {
    let capped = |quantity: u32| quantity.clamp(1, UNITS_PER_CART_LINE_MAX);
    if let Some(there) = lines.iter_mut().find(|there| there.product == line.product) {
        there.quantity = capped(there.quantity.saturating_add(line.quantity));
    } else if lines.len() < LINES_PER_CART_MAX {
        lines.push(CartLine { quantity: capped(line.quantity), ..line });
    }
}
