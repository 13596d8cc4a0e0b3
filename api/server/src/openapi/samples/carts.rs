//! Samples of carts.

use api_client::{Cart, CartLine, MergeCart, PutCartLine};
use serde_json::Value;

use super::{AFTER, BEFORE, PRODUCT, sample};

/// A cart's id.
pub const CART: &str = "cart_5d30123456789abcdef0123456789abcdef";

/// One of each type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let line = CartLine {
        product_id: PRODUCT.to_owned(),
        name: Some("Green tea, 100 g".to_owned()),
        quantity: 2,
        unit_price: Some(1_299),
        price_seen: 1_199,
        price_changed: true,
        in_stock: true,
        archived: false,
    };
    let cart = Cart {
        id: Some(CART.to_owned()),
        version: 3,
        customer_id: "cus_7".to_owned(),
        lines: vec![line.clone()],
        currency: Some("USD".to_owned()),
        subtotal: 2_598,
        orderable: true,
        updated_at: Some(BEFORE.to_owned()),
        expires_at: Some(AFTER.to_owned()),
    };
    let guest_token = "gst_0123456789abcdef0123456789abcdef".to_owned();
    vec![
        sample("Cart", cart),
        sample("CartLine", line),
        sample("PutCartLine", PutCartLine { quantity: 2 }),
        sample("MergeCart", MergeCart { guest_token }),
    ]
}
