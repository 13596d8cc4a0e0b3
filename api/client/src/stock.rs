//! Stock levels and what changes them.

use serde::{Deserialize, Serialize};

use crate::locations::StockLocation;

/// The stock level of a product: `GET /v1/stock/{product_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Stock {
    /// `prod_…`
    pub product_id: String,
    /// Units in the warehouse.
    pub on_hand: u32,
    /// Units of carts and orders that are not paid yet.
    pub held: u32,
    /// Units of confirmed orders that are not shipped yet.
    pub committed: u32,
    /// Units free to sell, those on backorder included: what orders can take now.
    pub available: u32,
    /// On hand − sent ahead − held − committed − safety: below 0, so many units are sold that are
    /// yet to come.
    #[serde(default)]
    pub balance: i64,
    /// Units that were sent before they were booked in: the next that come are those.
    #[serde(default)]
    pub sent_ahead: u32,
    /// Safety stock: units on hand that are not sold.
    #[serde(default)]
    pub safety: u32,
    /// How many units are sold that are yet to come.
    #[serde(default)]
    pub backorder_limit: u32,
    /// At which balance a `stock.low` is told of; never without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_stock_threshold: Option<u32>,
    /// What of it is at which location, when the level is read; not told by what changes it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub locations: Vec<StockLocation>,
}

/// How a product's stock is sold: `GET /v1/stock/{product_id}/policy`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StockPolicy {
    /// `prod_…`
    pub product_id: String,
    /// 1 for a new product, one more with each change.
    pub version: u64,
    /// Safety stock: units on hand that are not sold.
    pub safety: u32,
    /// How many units are sold that are yet to come.
    pub backorder_limit: u32,
    /// At which balance a `stock.low` is told of; never without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_stock_threshold: Option<u32>,
    /// Which location's units are taken first: `priority` or `most_stock`.
    #[serde(default)]
    pub allocation: String,
}

/// The body of `PUT /v1/stock/{product_id}/policy`: what is absent is as for a new product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetStockPolicy {
    /// Units on hand that are not sold; 0 if absent.
    #[serde(default)]
    pub safety: u32,
    /// How many units are sold that are yet to come; 0 if absent.
    #[serde(default)]
    pub backorder_limit: u32,
    /// At which balance a `stock.low` is told of; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low_stock_threshold: Option<u32>,
    /// Which location's units are taken first, of those that have all that an order wants:
    /// `priority` (if absent), or `most_stock`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocation: Option<String>,
}

/// The body of `POST /v1/stock/receipts`: units arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiveStock {
    /// `prod_…`
    pub product_id: String,
    /// How many: at least 1.
    pub quantity: u32,
    /// Where: `loc_…`; the default location if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
}

/// The body of `POST /v1/stock/adjustments`: a correction, with a reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AdjustStock {
    /// `prod_…`
    pub product_id: String,
    /// Units more, or fewer; not 0.
    pub delta: i64,
    /// Why.
    pub reason: String,
    /// Where: `loc_…`; the default location if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
}

/// The body of `POST /v1/stock/levels`: compare and set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SetStock {
    /// `prod_…`
    pub product_id: String,
    /// Units on hand that the caller saw.
    pub expected: u32,
    /// Units on hand from now on.
    pub on_hand: u32,
    /// Why.
    pub reason: String,
    /// Where: `loc_…`; the default location if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location_id: Option<String>,
}

/// A change of the units on hand: `GET /v1/stock/{product_id}/movements`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Movement {
    /// Which one, from 1.
    pub number: u64,
    /// When it happened.
    pub at: String,
    /// Units more, or fewer.
    pub delta: i64,
    /// Units on hand after it.
    pub on_hand: u32,
    /// `received`, `adjusted`, `set`, `set_available`, `shipped`, `written_off`, `returned` or
    /// `transferred`.
    pub kind: String,
    /// Where: `loc_…`
    #[serde(default)]
    pub location_id: String,
    /// Why, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
