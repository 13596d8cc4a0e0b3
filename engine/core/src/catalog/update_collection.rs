//! The meta group: updates a collection.

use serde::{Deserialize, Serialize};

use super::CollectionDetails;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::CollectionId;

/// Updates a collection.
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
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }
}
