//! Locations: where units are, and from where they are sent.

use serde::{Deserialize, Serialize};

/// A location: `GET /v1/locations/{location_id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Location {
    /// `loc_…`; that of the default location has zeros only.
    pub id: String,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// What it is called.
    pub name: String,
    /// Units are taken from the location of the lowest number first.
    pub priority: u16,
    /// It takes units, and orders are served from it.
    pub active: bool,
    /// When it was created; the default location never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<String>,
    /// When it last changed, if ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// The body of `POST /v1/locations`, and of `PUT /v1/locations/{location_id}`, which replaces what
/// is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLocation {
    /// What it is called.
    pub name: String,
    /// Units are taken from the location of the lowest number first; 100 if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u16>,
    /// It takes units, and orders are served from it; it is so if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// What of a product's stock is at one location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StockLocation {
    /// `loc_…`
    pub location_id: String,
    /// Units are taken from the location of the lowest number first.
    pub priority: u16,
    /// Orders are served from it.
    pub active: bool,
    /// Units there.
    pub on_hand: u32,
    /// Units of carts and orders that are not paid yet.
    pub held: u32,
    /// Units of confirmed orders that are not shipped yet.
    pub committed: u32,
    /// On hand − held − committed. Below 0, at the default location only, so many units are sold
    /// that are yet to come.
    pub free: i64,
}

/// The body of `POST /v1/stock/transfers`: units go from one location to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct TransferStock {
    /// `prod_…`
    pub product_id: String,
    /// Where they are: `loc_…`; the default location if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_location_id: Option<String>,
    /// Where they go: `loc_…`; the default location if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_location_id: Option<String>,
    /// How many: at least 1.
    pub quantity: u32,
    /// Why.
    pub reason: String,
}

/// Units of an order that are not sent yet, at the location that they are to be sent from: a line
/// of `GET /v1/orders/{order_id}/allocation`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AllocatedUnits {
    /// `prod_…`
    pub product_id: String,
    /// `loc_…`
    pub location_id: String,
    /// How many.
    pub quantity: u32,
}
