//! Carts: what a customer or a guest means to order.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A cart with the products as they are now. Who has none yet has an empty one, without an id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cart {
    /// `cart_…`; it carries the slot of its owner. Order it by `POST /v1/orders`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// One more with each change; 0 while there is none.
    pub version: u64,
    /// Whose it is.
    pub customer_id: String,
    /// What is in it, in the order in which it came.
    pub lines: Vec<CartLine>,
    /// ISO 4217: what its lines are sold in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What the lines that are for sale cost now, in minor units: what to send as `expected_total`.
    pub subtotal: i64,
    /// There are lines, and each could be ordered now.
    pub orderable: bool,
    /// When it last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
    /// When it expires, if it does not change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}

/// A line of a cart, priced as of now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CartLine {
    /// `prod_…`
    pub product_id: String,
    /// The product's name now; absent if it cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How many units.
    pub quantity: u32,
    /// What one unit costs now, in minor units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_price: Option<i64>,
    /// What one unit cost when the line was put there, in minor units.
    pub price_seen: i64,
    /// The two differ: tell the customer. Putting the line again takes the new price.
    pub price_changed: bool,
    /// So many units are free now.
    pub in_stock: bool,
    /// The product is no longer sold.
    pub archived: bool,
}

/// The body of `PUT /v1/cart/lines/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PutCartLine {
    /// How many units the cart is to have of it: 1 to 10,000.
    pub quantity: u32,
}

/// The body of `POST /v1/cart/merge`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MergeCart {
    /// The guest's token, `gst_…`: whoever has it is that guest.
    pub guest_token: String,
}

impl fmt::Debug for MergeCart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MergeCart").finish_non_exhaustive()
    }
}
