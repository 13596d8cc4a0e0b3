//! The meta group: creates a collection.

use serde::{Deserialize, Serialize};

use super::CollectionDetails;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::CollectionId;

/// Creates a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateCollection {
    /// Which collection.
    pub id: CollectionId,
    /// What the seller says of it.
    pub details: CollectionDetails,
}

impl CreateCollection {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
