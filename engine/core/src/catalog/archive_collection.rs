//! The meta group: archives a collection.

use serde::{Deserialize, Serialize};

use super::{check_version, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::CollectionId;
use crate::rejection::Rejection;

/// Archives a collection: it stays readable. Archiving twice is a no-op.
///
/// Refused, in this order: `CollectionNotFound`, `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveCollection {
    /// Which collection.
    pub id: CollectionId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
}

impl ArchiveCollection {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::collection(ctx.txn, self.id)?;
        let mut collection = found.ok_or(Rejection::CollectionNotFound)?;
        check_version(self.expected_version, collection.version)?;
        if collection.archived_at.is_none() {
            collection.version += 1;
            collection.updated_at = ctx.now();
            collection.archived_at = Some(ctx.now());
            rows::put_collection(ctx, &collection);
        }
        Ok(Reply::Collection(Box::new(collection)))
    }
}
