//! A node's search index, compared with its rows.

use serde::{Deserialize, Serialize};

/// What a node says of its index: `GET /v1/cluster/search`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchIndexStatus {
    /// The node that answers.
    pub node: u64,
    /// Every shard's part is what its rows say.
    pub equal: bool,
    /// Every shard with products.
    pub shards: Vec<SearchIndexShard>,
}

/// A shard's part of a node's index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchIndexShard {
    /// The shard.
    pub shard: u16,
    /// `equal`, `differs`, or `unsettled`: products changed all the while, ask again.
    pub state: String,
    /// It is being made anew, or will be.
    pub rebuilding: bool,
    /// The log index that the index is as of.
    pub position: u64,
    /// How many products it has.
    pub products: u64,
    /// Their digest.
    pub digest: String,
    /// How many products the rows had at that position; absent if unsettled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Their digest; absent if unsettled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_digest: Option<String>,
}

/// The body of `POST /v1/cluster/search/rebuild`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RebuildSearch {
    /// Which shard's part; every shard's if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<u16>,
}

/// What a node makes anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SearchRebuild {
    /// The node that answers.
    pub node: u64,
    /// The shards.
    pub shards: Vec<u16>,
}
