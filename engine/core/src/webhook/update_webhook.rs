//! The meta group: changes an endpoint, or enables or disables it.

use serde::{Deserialize, Serialize};

use super::{Disabled, DisabledBy, EventType, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::EndpointId;
use crate::rejection::Rejection;

/// Changes an endpoint. `None` keeps what was. An endpoint that is enabled again is told of what
/// happens from then on; what it was not told before lies in its dead letters, or is gone.
///
/// Refused, in this order: `EndpointNotFound`, `VersionMismatch`, `OutOfRange` or `Malformed` (the
/// first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateWebhook {
    /// Which endpoint.
    pub id: EndpointId,
    /// The version that the caller saw, if they say so.
    pub expected_version: Option<u64>,
    /// Where it is now.
    pub url: Option<String>,
    /// What it is for now.
    pub description: Option<String>,
    /// Of what it is told now.
    pub events: Option<Vec<EventType>>,
    /// Whether it is told anything.
    pub enabled: Option<bool>,
}

impl UpdateWebhook {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::endpoint(ctx.txn, self.id)?;
        let mut endpoint = found.ok_or(Rejection::EndpointNotFound)?;
        check_version(self.expected_version, endpoint.version)?;
        let at = ctx.now();
        endpoint.url = self.url.clone().unwrap_or(endpoint.url);
        endpoint.description = self.description.clone().unwrap_or(endpoint.description);
        endpoint.events = self.events.clone().unwrap_or(endpoint.events);
        endpoint.disabled = match self.enabled {
            Some(true) => None,
            // Who disabled it first, and when, is what counts.
            Some(false) => endpoint.disabled.or(Some(Disabled { at, by: DisabledBy::Person })),
            None => endpoint.disabled,
        };
        let mut endpoint = endpoint.validated()?;
        endpoint.version += 1;
        endpoint.updated_at = at;
        rows::put_endpoint(ctx, &endpoint);
        Ok(Reply::Endpoint(Box::new(endpoint)))
    }
}
