//! The meta group: creates a collection.

use serde::{Deserialize, Serialize};

use super::{Collection, CollectionDetails, rows, validate};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::CollectionId;
use crate::rejection::Rejection;

/// Creates a collection. Refused, in this order: `AlreadyExists`, `OutOfRange` or `Malformed` (the
/// first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCollection {
    /// Which collection.
    pub id: CollectionId,
    /// What the seller says of it.
    pub details: CollectionDetails,
}

impl CreateCollection {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if rows::collection(ctx.txn, self.id)?.is_some() {
            return Err(Rejection::AlreadyExists.into());
        }
        validate::collection(&self.details)?;
        let at = ctx.now();
        let collection = Collection {
            id: self.id,
            version: 1,
            created_at: at,
            updated_at: at,
            archived_at: None,
            details: self.details.clone(),
        };
        rows::put_collection(ctx, &collection);
        Ok(Reply::Collection(Box::new(collection)))
    }
}
