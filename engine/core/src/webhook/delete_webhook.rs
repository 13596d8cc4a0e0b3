//! The meta group: deletes an endpoint.

use serde::{Deserialize, Serialize};

use super::rows;
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::EndpointId;
use crate::rejection::Rejection;

/// Deletes an endpoint. Shards forget what they have for it, dead letters included, soon after.
/// Answered with the endpoint as it was.
///
/// Refused, in this order: `EndpointNotFound`, `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteWebhook {
    /// Which endpoint.
    pub id: EndpointId,
    /// The version that the caller saw, if they say so.
    pub expected_version: Option<u64>,
}

impl DeleteWebhook {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::endpoint(ctx.txn, self.id)?;
        let endpoint = found.ok_or(Rejection::EndpointNotFound)?;
        check_version(self.expected_version, endpoint.version)?;
        rows::delete_endpoint(ctx, self.id);
        Ok(Reply::Endpoint(Box::new(endpoint)))
    }
}
