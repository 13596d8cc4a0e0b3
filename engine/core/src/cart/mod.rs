//! Carts: what a customer or a guest means to order.
//!
//! A cart lives in the shard of its owner, and its id carries the owner's slot. An owner has one
//! open cart at most. A cart ends once: consumed by exactly one order, in the very entry that
//! places it; merged into a customer's, when a guest signs in; or expired. It holds no units and
//! promises no price: each line keeps the price that was shown, so that a change can be told.

mod clear_cart;
mod id;
mod merge_cart;
mod order;
pub(crate) mod rows;
mod set_cart_line;
mod take_in;
mod timer;

use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, Owner, ProductId};
use crate::inventory::HoldLine;
use crate::money::Money;

pub use clear_cart::ClearCart;
pub use id::CartId;
pub use merge_cart::MergeCart;
pub use order::CartUse;
pub(crate) use order::{check, consume};
pub use set_cart_line::{CartPut, SetCartLine};
pub use take_in::MergedCart;
pub(crate) use take_in::take_in;
pub(crate) use timer::timer_fired;

/// The most lines of one cart.
pub const LINES_PER_CART_MAX: usize = 100;
/// The most units of one line of a cart.
pub const UNITS_PER_CART_LINE_MAX: u32 = 10_000;
/// How long an open cart is kept after its last change, in milliseconds: 30 days.
pub const CART_LIFE_MS: u64 = 30 * 24 * 3_600_000;
/// How long a cart that has ended can still be told from one that never was, in milliseconds: 30
/// days.
pub const CART_RETENTION_MS: u64 = 30 * 24 * 3_600_000;
/// The most guests whose orders a customer's list has: of more, the latest.
pub const GUESTS_PER_CUSTOMER_MAX: usize = 100;

/// A cart as it is stored and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// Its id.
    pub id: CartId,
    /// Whose it is.
    pub owner: Owner,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it last changed, in Unix milliseconds.
    pub updated_at: u64,
    /// Where it stands.
    pub state: CartState,
    /// When it expires (open) or is forgotten (ended), in Unix milliseconds.
    pub timer_at: u64,
    /// What is in it, one line for each product, in the order in which they came.
    pub lines: Vec<CartLine>,
}

/// One product in a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// Which product.
    pub product: ProductId,
    /// How many units.
    pub quantity: u32,
    /// What one unit cost when the line was put there.
    pub seen: Money,
}

/// Where a cart stands. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CartState {
    /// It can be changed and ordered.
    Open,
    /// An order was placed from it.
    Consumed(OrderId),
    /// It was a guest's, and its lines went into this customer's.
    Merged(Owner),
    /// Nobody changed it for too long.
    Expired,
}

impl CartState {
    /// The name that clients see.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Consumed(_) => "consumed",
            Self::Merged(_) => "merged",
            Self::Expired => "expired",
        }
    }
}

/// What a shard knows of a customer or guest beside orders. There is a row while there is something
/// to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whose it is.
    pub owner: Owner,
    /// The open cart, if there is one.
    pub cart: Option<CartId>,
    /// The customer that this guest has become.
    pub merged_into: Option<Owner>,
    /// The guests that this customer was, as far as they have ordered anything; the latest last.
    pub guests: Vec<Owner>,
}

impl Account {
    /// Somebody of whom nothing is known.
    pub fn new(owner: Owner) -> Self {
        Self { owner, cart: None, merged_into: None, guests: Vec::new() }
    }
}

impl Cart {
    /// What is to be held for an order of it.
    pub fn hold_lines(&self) -> Vec<HoldLine> {
        let line = |line: &CartLine| HoldLine { product: line.product, quantity: line.quantity };
        self.lines.iter().map(line).collect()
    }
}
