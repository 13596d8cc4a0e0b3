//! Webhooks out: endpoints that are told of events, and what they have not taken.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The body of `POST /v1/webhook-endpoints`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// Where it is: `https://…`, on a public address.
    pub url: String,
    /// What it is for: at most 256 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Of what it is told: `order.changed`, `product.changed`, `stock.changed`,
    /// `collection.changed`, `stock.low`.
    pub events: Vec<String>,
}

/// The body of `PATCH /v1/webhook-endpoints/{id}`: what is absent, or null, stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PatchWebhookEndpoint {
    /// Where it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What it is for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Of what it is told now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// Whether it is told anything. What happens while it is not is never told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// The body of `POST /v1/webhook-endpoints/{id}/rotate-secret`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RotateWebhookSecret {
    /// How long the old secret goes on signing beside the new one, in seconds: at most 30 days; 0
    /// ends it at once.
    pub overlap_s: u64,
}

/// An endpoint that is told of events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookEndpoint {
    /// `we_…`
    pub id: String,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// Where it is.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// Of what it is told.
    pub events: Vec<String>,
    /// `enabled` or `disabled`.
    pub status: String,
    /// Who has disabled it: a `person`, the endpoint itself by answering 410 (`gone`), or the
    /// cluster, because nothing was taken for as long as deliveries are tried (`failing`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_by: Option<String>,
    /// Since when it is disabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<String>,
    /// How many secrets it has had, the one that signs now included.
    pub secret_generation: u32,
    /// Until when the secret before that signs, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_until: Option<String>,
    /// When it was created.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

/// An endpoint with its secret, which is shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShownWebhookEndpoint {
    /// The endpoint.
    pub endpoint: WebhookEndpoint,
    /// `whsec_…`: what the receiver checks signatures with.
    pub secret: String,
}

impl fmt::Debug for ShownWebhookEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownWebhookEndpoint")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

/// A delivery that was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeadLetter {
    /// The `webhook-id` under which it was, and would be, sent.
    pub id: String,
    /// What happened, e.g. `order.changed`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub timestamp: String,
    /// What it was about, and where that stood then.
    pub data: BTreeMap<String, Value>,
    /// How often it was tried.
    pub attempts: u32,
    /// What the last attempt was answered with; absent if there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_status: Option<u16>,
    /// When it was given up.
    pub given_up_at: String,
}

/// The answer to `POST /v1/webhook-endpoints/{id}/replay`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReplayedWebhooks {
    /// How many dead letters are deliveries again.
    pub replayed: u64,
}
