//! What becomes of an order after it was confirmed: fulfillments and refunds.

use serde::{Deserialize, Serialize};

/// Units of one line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LineUnits {
    /// Which line: its place in the order's `lines`, from 0.
    pub line: u32,
    /// How many units: at least 1.
    pub quantity: u32,
}

/// The body of `POST /v1/orders/{id}/fulfillments`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewFulfillment {
    /// What is sent together; without it, all that is in no fulfillment yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<LineUnits>>,
}

/// The body of `POST /v1/orders/{id}/fulfillments/{fulfillment_id}/ship`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ShipFulfillment {
    /// Who brings it.
    pub carrier: String,
    /// The carrier's number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
}

/// The body of `POST /v1/orders/{id}/lines/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CancelLines {
    /// What will not be sent.
    pub lines: Vec<LineUnits>,
    /// Why.
    pub reason: String,
    /// The units are missing or broken: they are not free to sell again.
    #[serde(default)]
    pub write_off: bool,
}

/// The body of `POST /v1/orders/{id}/refunds`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewRefund {
    /// How much, in minor units; without it, all that is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// Why.
    pub reason: String,
}

/// Units of an order that are sent together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Fulfillment {
    /// `ful_…`
    pub id: String,
    /// `picking`, `packed`, `shipped`, `delivered`, `canceled`, `lost` or `returned_to_sender`; one
    /// that is sent for another is `reserving` until its units are set aside, or `out_of_stock`.
    pub status: String,
    /// What is in it.
    pub lines: Vec<LineUnits>,
    /// Who brings it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<String>,
    /// The carrier's number of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipped_at: Option<String>,
    /// When it arrived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<String>,
    /// The fulfillment that never arrived, and this one is sent for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reship_of: Option<String>,
    /// What never arrived is `refunded` or `reshipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_up: Option<String>,
}

/// Money of an order on its way back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refund {
    /// `ref_…`
    pub id: String,
    /// `requested`, `submitting`, `unknown`, `pending`, `succeeded` or `failed`.
    pub status: String,
    /// How much, in minor units.
    pub amount: i64,
    /// ISO 4217.
    pub currency: String,
    /// Why.
    pub reason: String,
    /// Why it failed, in the provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    /// When it was asked for.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}
