//! Takes everything out of a cart.

use serde::{Deserialize, Serialize};

use super::{Account, Cart, CartId, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::Owner;
use crate::rejection::Rejection;

/// Takes every line out of the owner's open cart, which stays open. Clearing twice is the same as
/// once.
///
/// Answered with the cart, or with `Nothing` if there is none. Refused, in this order:
/// `CartNotFound` (the owner does not live here: a routing error), `GuestMerged`,
/// `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearCart {
    /// Whose cart.
    pub owner: Owner,
    /// The open cart as the caller knows it, for the audit trail.
    pub cart: CartId,
    /// The version the caller saw; 0 for no cart.
    pub expected_version: Option<u64>,
}

impl ClearCart {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let account = account_at_home(ctx, &self.owner, self.cart)?;
        let open = rows::open_cart(ctx.txn, &account)?;
        check_version(self.expected_version, open.as_ref())?;
        let Some(mut cart) = open else { return Ok(Reply::Nothing) };
        if !cart.lines.is_empty() {
            cart.lines.clear();
            rows::put_changed(ctx, &mut cart);
        }
        Ok(Reply::Cart(Box::new(cart)))
    }
}

/// The account whose cart is to change: it lives here, and is nobody else's by now.
pub(super) fn account_at_home(
    ctx: &Ctx<'_, '_>,
    owner: &Owner,
    cart: CartId,
) -> Result<Account, Stop> {
    if ctx.shard.topology.of_owner(owner) != ctx.shard.id || cart.slot != owner.slot() {
        return Err(Rejection::CartNotFound.into());
    }
    let account = rows::account(ctx.txn, owner)?;
    match account.merged_into {
        Some(_) => Err(Rejection::GuestMerged.into()),
        None => Ok(account),
    }
}

/// Refuses a change of another version than the caller saw. No cart is version 0.
pub(super) fn check_version(expected: Option<u64>, open: Option<&Cart>) -> Result<(), Rejection> {
    crate::catalog::check_version(expected, open.map_or(0, |cart| cart.version))
}
