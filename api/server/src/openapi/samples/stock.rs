//! Samples of stock: levels, movements, how it is sold, and holds.

use api_client::*;
use serde_json::Value;

use super::super::locations::{LOCATION, at_location};
use super::{AFTER, HOLD, PRODUCT, hold_line, page, sample};

/// The samples, by the name of their type.
pub fn samples() -> Vec<(&'static str, Value)> {
    let level = Stock {
        product_id: PRODUCT.to_owned(),
        on_hand: 120,
        held: 2,
        committed: 1,
        available: 122,
        balance: 112,
        sent_ahead: 0,
        safety: 5,
        backorder_limit: 10,
        low_stock_threshold: Some(20),
        locations: vec![at_location()],
    };
    let policy = StockPolicy {
        product_id: PRODUCT.to_owned(),
        version: 2,
        safety: 5,
        backorder_limit: 10,
        low_stock_threshold: Some(20),
        allocation: "most_stock".to_owned(),
    };
    let movement = Movement {
        number: 2,
        at: AFTER.to_owned(),
        delta: -2,
        on_hand: 118,
        kind: "adjusted".to_owned(),
        location_id: LOCATION.to_owned(),
        reason: Some("counted".to_owned()),
    };
    let hold = Hold {
        id: HOLD.to_owned(),
        status: "held".to_owned(),
        lines: vec![hold_line()],
        expires_at: Some(AFTER.to_owned()),
    };
    vec![
        sample("Stock", level),
        sample("StockPolicy", policy),
        sample("Movement", movement.clone()),
        sample("MovementList", page(movement)),
        sample("HoldLine", hold_line()),
        sample("Hold", hold),
    ]
}
