//! What a snapshot is sent and stored as.

use bytes::Bytes;
use engine_core::codec::Record;
use serde::{Deserialize, Serialize};

use crate::records::{AppliedRecord, SnapshotMetaRecord};

/// A piece of a snapshot, in the codec's envelope with its checksum. Append only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Chunk {
    /// The first one.
    Head(Head),
    /// Rows in the order of their keys.
    Rows {
        /// Counts these chunks, from 0.
        number: u64,
        /// Keys without their shard, and values.
        rows: Vec<(Bytes, Bytes)>,
    },
    /// The last one: what is missing without it was cut off.
    End {
        /// How many rows there are in all.
        rows: u64,
    },
}

/// What a snapshot is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    /// The shard.
    pub shard: u16,
    /// What openraft calls its meta.
    pub meta: SnapshotMetaRecord,
    /// How far the rows have come, with their digest.
    pub applied: AppliedRecord,
}

impl Record for Chunk {
    const TYPE: u16 = 1006;
}
