//! What a commit says of itself: which cluster's index it is, and how far each shard's feed is in.

use std::collections::BTreeMap;

use engine_core::ShardId;
use serde::{Deserialize, Serialize};

use crate::schema;

/// The payload of every commit, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    version: u32,
    cluster: String,
    positions: BTreeMap<u16, u64>,
}

impl Payload {
    pub(crate) fn encode(cluster: &str, positions: &BTreeMap<ShardId, u64>) -> String {
        let positions = positions.iter().map(|(shard, index)| (shard.0, *index)).collect();
        let payload = Self { version: schema::VERSION, cluster: cluster.to_owned(), positions };
        serde_json::to_string(&payload).unwrap_or_default()
    }

    /// The positions in a payload of this cluster and version, or why it is not one.
    pub(crate) fn decode(
        payload: Option<&str>,
        cluster: &str,
    ) -> Result<BTreeMap<ShardId, u64>, String> {
        let payload = payload.ok_or("it was never committed")?;
        let payload: Self = serde_json::from_str(payload).map_err(|error| error.to_string())?;
        if payload.version != schema::VERSION {
            return Err(format!("it has version {}, not {}", payload.version, schema::VERSION));
        }
        if payload.cluster != cluster {
            return Err(format!("it belongs to cluster {}", payload.cluster));
        }
        let positions = payload.positions.into_iter();
        Ok(positions.map(|(shard, index)| (ShardId(shard), index)).collect())
    }
}
