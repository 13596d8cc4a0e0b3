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
    /// Which location's units are taken first.
    pub allocation: Allocation,
}

/// Which location an order's units are taken from, of those that have them all; and in which order,
/// if none has. Append only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Allocation {
    /// The one whose priority has the lowest number.
    #[default]
    Priority,
    /// The one with the most units free.
    MostStock,
}

impl Allocation {
    /// Every one, in their order.
    pub const ALL: [Self; 2] = [Self::Priority, Self::MostStock];

    /// The name that clients see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::MostStock => "most_stock",
        }
    }
}

impl Default for StockPolicy {
    fn default() -> Self {
        Self {
            version: 1,
            safety: 0,
            backorder_limit: 0,
            low_stock_threshold: None,
            allocation: Allocation::Priority,
        }
    }
}
