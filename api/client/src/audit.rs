//! The audit: every invariant over every shard.

use serde::{Deserialize, Serialize};

/// `GET /v1/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Audit {
    /// No violation was found.
    pub ok: bool,
    /// What does not hold.
    pub violations: Vec<Violation>,
    /// How much was checked.
    pub checked: Checked,
}

/// A truth that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Violation {
    /// Which, e.g. `I3`.
    pub invariant: String,
    /// In which shard; none when shards disagree with one another.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub shard: Option<u16>,
    /// Where, and what was found.
    pub what: String,
}

/// How much was checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Checked {
    /// How many groups, the meta group included.
    pub shards: u32,
    /// Their applied indexes: `shard:index`, separated by commas.
    pub token: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
