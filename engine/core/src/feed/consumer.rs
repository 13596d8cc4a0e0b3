//! Who reads the feed and keeps its place here, under a name.
//!
//! A consumer holds no events: the feed is trimmed as if it were not there, and one that comes back
//! too late is told so.

use serde::{Deserialize, Serialize};

use super::{CONSUMER_NAME_BYTES_MAX, ReadTo};
use crate::catalog::validate;
use crate::ids::{ConsumerId, Topology};
use crate::rejection::{Field, Rejection};
use crate::webhook::Position;

/// A consumer as it is stored and told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consumer {
    /// Its id, which follows from its name.
    pub id: ConsumerId,
    /// Its name: letters, digits, `_`, `-` and `.`.
    pub name: String,
    /// 1 when created, one more with each change.
    pub version: u64,
    /// How far it has read each group's feed: all of them, in their order.
    pub read: Vec<ReadTo>,
    /// When it was created, in Unix milliseconds.
    pub created_at: u64,
    /// When it was last moved, in Unix milliseconds.
    pub updated_at: u64,
}

/// Checks a consumer's name.
pub(super) fn check_name(name: &str) -> Result<(), Rejection> {
    validate::size(Field::Name, name.len(), 1, CONSUMER_NAME_BYTES_MAX)?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.bytes().all(good) { Ok(()) } else { Err(Rejection::Malformed { field: Field::Name }) }
}

/// Checks that there is a place for each group, in their order. A position before the first entry
/// is written in one way.
pub(super) fn check_places(read: &[ReadTo], topology: Topology) -> Result<(), Rejection> {
    let shards = read.iter().map(|(shard, _)| *shard);
    let start = Position::end_of(0);
    if shards.eq(topology.groups()) && read.iter().all(|(_, at)| *at >= start) {
        return Ok(());
    }
    Err(Rejection::Malformed { field: Field::Cursor })
}
