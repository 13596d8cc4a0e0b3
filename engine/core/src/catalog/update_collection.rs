//! The meta group: updates a collection.

use serde::{Deserialize, Serialize};

use super::{CollectionDetails, check_version, rows, validate};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::CollectionId;
use crate::rejection::Rejection;

/// Updates a collection. Refused, in this order: `CollectionNotFound`, `CollectionArchived`,
/// `VersionMismatch`, `OutOfRange` or `Malformed` (the first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateCollection {
    /// Which collection.
    pub id: CollectionId,
    /// The version the seller saw; the seeds' clients send none.
    pub expected_version: Option<u64>,
    /// What it is called now; `None` keeps what it was.
    pub name: Option<String>,
    /// What there is to say about it now; `None` keeps what it was.
    pub description: Option<String>,
}

impl UpdateCollection {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::collection(ctx.txn, self.id)?;
        let mut collection = found.ok_or(Rejection::CollectionNotFound)?;
        if collection.archived_at.is_some() {
            return Err(Rejection::CollectionArchived.into());
        }
        check_version(self.expected_version, collection.version)?;
        let before = collection.details;
        collection.details = CollectionDetails {
            name: self.name.clone().unwrap_or(before.name),
            description: self.description.clone().unwrap_or(before.description),
        };
        validate::collection(&collection.details)?;
        collection.version += 1;
        collection.updated_at = ctx.now();
        rows::put_collection(ctx, &collection);
        Ok(Reply::Collection(Box::new(collection)))
    }
}
