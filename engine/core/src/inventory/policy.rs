//! How a product's stock is sold: what is kept back, and what is sold before it is there.

use serde::{Deserialize, Serialize};

/// How a product's stock is sold. Without a word from the seller: what is there, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockPolicy {
    /// 1 for a new product, one more with each change.
    pub version: u64,
    /// Safety stock: units on hand that are not sold.
    pub safety: u32,
    /// How many units are sold that are yet to come.
    pub backorder_limit: u32,
    /// The feed is told when the balance falls to so many units; none for never.
    pub low_stock_threshold: Option<u32>,
}

impl Default for StockPolicy {
    fn default() -> Self {
        Self { version: 1, safety: 0, backorder_limit: 0, low_stock_threshold: None }
    }
}
