//! What an error looks like: RFC 9457 with a stable code.

use serde::{Deserialize, Serialize};

/// An `application/problem+json` document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code as a short sentence.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened here, and what to do.
    pub detail: String,
    /// The stable code that programs act on.
    pub code: String,
    /// The field, parameter or header at fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// Names the request in the node's log.
    pub request_id: String,
    /// The same request may succeed later; POSTs under the same `Idempotency-Key`.
    pub retryable: bool,
    /// `out_of_stock`: every line that is short.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<ShortLine>,
    /// `price_changed`, `version_mismatch`, `stock_mismatch`: what the caller expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
    /// The same: what there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actual: Option<i64>,
    /// `cursor_too_old`: the cursor from which one can go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest_cursor: Option<String>,
}

/// A product of which fewer units are free than were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShortLine {
    /// `prod_…`
    pub product_id: String,
    /// Units asked for, all its lines together.
    pub requested: u64,
    /// Units free to sell.
    pub available: u32,
}
