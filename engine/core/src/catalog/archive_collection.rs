//! The meta group: archives a collection.

use serde::{Deserialize, Serialize};

use super::CollectionDetails;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::CollectionId;

/// Archives a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveCollection {
    /// Which collection.
    pub id: CollectionId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
}

impl ArchiveCollection {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
