//! The meta group: creates an endpoint that is told of events.

use serde::{Deserialize, Serialize};

use super::{ENDPOINTS_MAX, EndpointSecret, EventType, WebhookEndpoint, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::EndpointId;
use crate::rejection::Rejection;

/// Creates an endpoint. What happens from now on is told to it.
///
/// Refused, in this order: `AlreadyExists`, `TooManyEndpoints`, `OutOfRange` or `Malformed` (the
/// first field that is wrong). Whether its address may be reached is not asked here: that is
/// settled with each delivery, by who connects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateWebhook {
    /// The new endpoint.
    pub id: EndpointId,
    /// Where it is.
    pub url: String,
    /// What it is for, in its owner's words.
    pub description: String,
    /// Of what it is to be told, in any order; each counts once.
    pub events: Vec<EventType>,
    /// Tells the master key that its secret is derived from.
    pub check: u64,
}

impl CreateWebhook {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if rows::endpoint(ctx.txn, self.id)?.is_some() {
            return Err(Rejection::AlreadyExists.into());
        }
        if rows::endpoints(ctx.txn, ENDPOINTS_MAX)?.len() == ENDPOINTS_MAX {
            return Err(Rejection::TooManyEndpoints { limit: ENDPOINTS_MAX as u32 }.into());
        }
        let at = ctx.now();
        let endpoint = WebhookEndpoint {
            id: self.id,
            version: 1,
            url: self.url.clone(),
            description: self.description.clone(),
            events: self.events.clone(),
            created_at: at,
            updated_at: at,
            disabled: None,
            secret: EndpointSecret { generation: 1, check: self.check, previous: None },
        };
        let endpoint = endpoint.validated()?;
        rows::put_endpoint(ctx, &endpoint);
        Ok(Reply::Endpoint(Box::new(endpoint)))
    }
}
