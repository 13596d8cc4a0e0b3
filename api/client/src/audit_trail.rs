//! The audit trail: who did what to what, when, from where, and what was there before and after.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What to look for: the parameters of `GET /v1/audit-trail`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrailQuery {
    /// `newest`, which is what it is without, or `oldest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Only what this one did: a key's id, `local` or `anonymous`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// Only what was done to the thing of this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Only from this time on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Only before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// How many rows the page has at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Where to go on: the `next_cursor` of an earlier page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// One command of somebody who works for the shop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrailRow {
    /// The shard that keeps the row, and its number there: without gaps, from 1.
    pub id: String,
    /// When it was carried out.
    pub at: String,
    /// Who did it, and from where.
    pub actor: TrailActor,
    /// What was done, e.g. `update_product`.
    pub command: String,
    /// To what it was done.
    pub target: TrailThing,
    /// `accepted` or `refused`.
    pub outcome: String,
    /// Why it was refused: the code that the caller was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it has changed.
    pub changes: Vec<TrailChange>,
    /// The changes had so many bytes that they were not kept: they say only what they are about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out_bytes: Option<u64>,
}

/// Who did something, and from where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrailActor {
    /// `key`, `local` (whoever was on the node's machine) or `anonymous`.
    pub kind: String,
    /// The key's id, or the kind again.
    pub name: String,
    /// From which address.
    pub address: String,
    /// The `Stoa-Request-Id` of the request.
    pub request_id: String,
}

/// Something that can be changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrailThing {
    /// What kind of thing.
    pub kind: String,
    /// Its id. Stock and its movements go by their product's.
    pub id: String,
}

/// What became of one thing: the fields that differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrailChange {
    /// What kind of thing.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// What it said before; absent when it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<BTreeMap<String, Value>>,
    /// What it says since then; absent when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<BTreeMap<String, Value>>,
}
