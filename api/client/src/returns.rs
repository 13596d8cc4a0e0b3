//! What comes back of an order, what is lost, and what a customer's bank disputes.

use serde::{Deserialize, Serialize};

use crate::fulfillment::LineUnits;

/// The body of `POST /v1/orders/{id}/returns`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// What is to come back.
    pub lines: Vec<LineUnits>,
    /// Why.
    pub reason: String,
}

/// The body of `POST /v1/orders/{id}/returns/{part_id}/reject`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RejectReturn {
    /// Why.
    pub reason: String,
}

/// The body of `POST /v1/orders/{id}/returns/{part_id}/receive`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceiveReturn {
    /// What came; without it, all of it, as good as new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Vec<ReceivedUnits>>,
    /// How much goes back, in minor units; without it, what the units cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<i64>,
}

/// Units that came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReceivedUnits {
    /// Which line: its place in the order's `lines`, from 0.
    pub line: u32,
    /// How many units: at least 1.
    pub quantity: u32,
    /// `sellable`: they are on hand again; or `damaged`.
    pub condition: String,
}

/// The body of `POST /v1/orders/{id}/fulfillments/{part_id}/lost`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoseFulfillment {
    /// `lost`, or `returned_to_sender`: then its units are on hand again.
    pub how: String,
    /// What its units cost goes back; without it, yes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<bool>,
}

/// Units that a customer sends back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Return {
    /// `ret_…`
    pub id: String,
    /// `requested`, `approved`, `rejected`, `received`, `canceled` or `expired`.
    pub status: String,
    /// What is to come back.
    pub lines: Vec<LineUnits>,
    /// Why.
    pub reason: String,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejection: Option<String>,
    /// What has come back.
    pub received: Vec<ReceivedUnits>,
    /// When it was requested.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it expires if nothing comes.
    pub expires_at: String,
}

/// The customer's bank wants, or wanted, an order's money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Dispute {
    /// The provider's name of it.
    pub id: String,
    /// `open`, `won` or `lost`.
    pub status: String,
    /// How much is disputed, in minor units.
    pub amount: i64,
    /// When it was opened.
    pub opened_at: String,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<String>,
}
