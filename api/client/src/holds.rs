//! Holds without an order: units kept for a cart.

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/holds`: all of it is held, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewHold {
    /// What to hold.
    pub lines: Vec<HoldLine>,
    /// The currency the products are sold in; the cluster's without it.
    #[serde(default)]
    pub currency: Option<String>,
    /// How long it lasts, in milliseconds; 15 minutes without it.
    #[serde(default)]
    pub hold_ms: Option<u64>,
}

/// A line to hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct HoldLine {
    /// `prod_…`
    pub product_id: String,
    /// How many units: at least 1.
    pub quantity: u32,
}

/// A hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hold {
    /// `hold_…`
    pub id: String,
    /// `held`, `committed` or `released`.
    pub status: String,
    /// What is held.
    pub lines: Vec<HoldLine>,
    /// When it lapses, while it is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
}
