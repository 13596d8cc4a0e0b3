//! API keys and guests.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The body of `POST /v1/keys`: a role, or scopes, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What it is for: 1 to 128 bytes.
    pub name: String,
    /// `seller`, `support`, `operator`, `service` or `analyst`: a named set of scopes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What its holder may do, beside what the role may, for example `catalog:write`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// From where it may be used, as addresses or `10.0.0.0/8`; from everywhere without any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// How long it is valid, in seconds, at most 100 years; without it, until it is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_s: Option<u64>,
}

/// The body of `POST /v1/keys/{id}/rotate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateKey {
    /// How long the old secret stays valid beside the new one, in seconds: at most 30 days; 0 ends
    /// it at once.
    pub overlap_s: u64,
}

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    /// What it is for.
    pub name: String,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// `active`, `expired` or `revoked`.
    pub status: String,
    /// What its holder may do.
    pub scopes: Vec<String>,
    /// From where it may be used; from everywhere when empty.
    pub networks: Vec<String>,
    /// When it was created.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// When it was last used, to about a minute; absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
    /// From when on it is not valid any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<String>,
    /// Until when the secret before this one works, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
}

/// An API key with its text, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownKey {
    /// The key.
    pub key: ApiKey,
    /// `stoa_sk_…`: send it as `Authorization: Bearer`. Nobody can show it again.
    pub secret: String,
}

impl fmt::Debug for ShownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownKey").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A guest: somebody who buys without an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Guest {
    /// `gst_…`: send it as `Authorization: Bearer`. Whoever has it is this guest.
    pub token: String,
    /// The `customer_id` of the guest's orders.
    pub customer_id: String,
}

impl fmt::Debug for Guest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guest").field("customer_id", &self.customer_id).finish_non_exhaustive()
    }
}
