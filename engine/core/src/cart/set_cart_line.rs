//! Puts a product into a cart, changes how many, or takes it out.

use serde::{Deserialize, Serialize};

use super::{
    Cart, CartId, CartLine, LINES_PER_CART_MAX, UNITS_PER_CART_LINE_MAX, clear_cart, rows,
};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{Owner, ProductId};
use crate::money::Money;
use crate::rejection::{Field, Rejection};

/// Sets one line of the owner's open cart, or of a new one. Whether the product exists, and what
/// it costs, its own shard knows: the caller has looked, and an order looks again.
///
/// Answered with the cart; with `Nothing` if a line was taken out where there is no cart. Refused,
/// in this order: `CartNotFound` (the owner does not live here: a routing error), `GuestMerged`,
/// `OutOfRange` (quantity, price), `VersionMismatch`, `CurrencyMismatch` with the other lines,
/// `CartFull`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetCartLine {
    /// Whose cart.
    pub owner: Owner,
    /// The open cart as the caller knows it; what a new one is called if there is none, unless
    /// that name is taken.
    pub cart: CartId,
    /// The version the caller saw; 0 for no cart.
    pub expected_version: Option<u64>,
    /// Which product.
    pub product: ProductId,
    /// What the line is to say; none takes it out.
    pub put: Option<CartPut>,
}

/// What a line of a cart is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartPut {
    /// How many units: 1 to [`UNITS_PER_CART_LINE_MAX`].
    pub quantity: u32,
    /// What one unit costs, as it is shown now.
    pub seen: Money,
}

impl SetCartLine {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let mut account = clear_cart::account_at_home(ctx, &self.owner, self.cart)?;
        if let Some(put) = &self.put {
            check_range(put)?;
        }
        let open = rows::open_cart(ctx.txn, &account)?;
        clear_cart::check_version(self.expected_version, open.as_ref())?;
        let mut cart = match (open, &self.put) {
            (Some(cart), _) => cart,
            (None, None) => return Ok(Reply::Nothing),
            (None, Some(_)) => rows::new_cart(ctx, self.cart, &self.owner)?,
        };
        match self.put {
            Some(put) => set(&mut cart, self.product, put)?,
            None if !cart.lines.iter().any(|line| line.product == self.product) => {
                return Ok(Reply::Cart(Box::new(cart)));
            }
            None => cart.lines.retain(|line| line.product != self.product),
        }
        rows::put_changed(ctx, &mut cart);
        if account.cart != Some(cart.id) {
            account.cart = Some(cart.id);
            rows::put_account(ctx.txn, &account);
        }
        Ok(Reply::Cart(Box::new(cart)))
    }
}

fn check_range(put: &CartPut) -> Result<(), Rejection> {
    if !(1..=UNITS_PER_CART_LINE_MAX).contains(&put.quantity) {
        let max = i64::from(UNITS_PER_CART_LINE_MAX);
        return Err(Rejection::OutOfRange { field: Field::Quantity, min: 1, max });
    }
    if !(0..=Money::AMOUNT_MAX).contains(&put.seen.amount) {
        return Err(Rejection::OutOfRange { field: Field::Price, min: 0, max: Money::AMOUNT_MAX });
    }
    Ok(())
}

fn set(cart: &mut Cart, product: ProductId, put: CartPut) -> Result<(), Rejection> {
    let CartPut { quantity, seen } = put;
    let other = cart.lines.iter().find(|line| line.product != product);
    if other.is_some_and(|other| other.seen.currency != seen.currency) {
        return Err(Rejection::CurrencyMismatch { product, actual: seen.currency });
    }
    if let Some(line) = cart.lines.iter_mut().find(|line| line.product == product) {
        (line.quantity, line.seen) = (quantity, seen);
        return Ok(());
    }
    if cart.lines.len() >= LINES_PER_CART_MAX {
        return Err(Rejection::CartFull { limit: LINES_PER_CART_MAX as u32 });
    }
    cart.lines.push(CartLine { product, quantity, seen });
    Ok(())
}
