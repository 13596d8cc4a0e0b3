//! The meta group: a sender disables an endpoint.

use serde::{Deserialize, Serialize};

use super::{Disabled, DisabledBy, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::EndpointId;

/// Disables an endpoint that wants no more, or takes nothing. Where it is gone, disabled already or
/// another version than the sender saw (somebody has just mended it), this is a no-op.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisableWebhook {
    /// Which endpoint.
    pub id: EndpointId,
    /// The version that took nothing.
    pub version: u64,
    /// Why.
    pub by: DisabledBy,
}

impl DisableWebhook {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::endpoint(ctx.txn, self.id)?;
        let open = found.filter(|it| it.version == self.version && it.disabled.is_none());
        let Some(mut endpoint) = open else { return Ok(Reply::Nothing) };
        let at = ctx.now();
        endpoint.disabled = Some(Disabled { at, by: self.by });
        endpoint.version += 1;
        endpoint.updated_at = at;
        rows::put_endpoint(ctx, &endpoint);
        Ok(Reply::Endpoint(Box::new(endpoint)))
    }
}
