//! The meta group: gives an endpoint a new secret.

use serde::{Deserialize, Serialize};

use super::{EndpointSecret, PreviousGeneration, SECRET_OVERLAP_MS_MAX, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate;
use crate::command::Reply;
use crate::ids::EndpointId;
use crate::rejection::{Field, Rejection};

/// Gives an endpoint a new secret. The one it had signs beside it for a while, so that the receiver
/// has time to change; any older one ends. One of another master key ends at once: nobody can
/// derive it any more.
///
/// Refused, in this order: `EndpointNotFound`, `OutOfRange`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotateWebhookSecret {
    /// Which endpoint.
    pub id: EndpointId,
    /// How long the secret it had goes on signing, in milliseconds: 0 to
    /// [`SECRET_OVERLAP_MS_MAX`].
    pub overlap_ms: u64,
    /// Tells the master key that the new secret is derived from.
    pub check: u64,
}

impl RotateWebhookSecret {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::endpoint(ctx.txn, self.id)?;
        let mut endpoint = found.ok_or(Rejection::EndpointNotFound)?;
        let [overlap_ms, max] = [self.overlap_ms, SECRET_OVERLAP_MS_MAX]
            .map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        validate::range(Field::OverlapMs, overlap_ms, 0, max)?;
        let (now, old) = (ctx.now(), endpoint.secret);
        let stays = self.overlap_ms > 0 && old.check == self.check;
        let until = now.saturating_add(self.overlap_ms);
        let previous = PreviousGeneration { generation: old.generation, until };
        endpoint.secret = EndpointSecret {
            generation: old.generation.saturating_add(1),
            check: self.check,
            previous: stays.then_some(previous),
        };
        endpoint.version += 1;
        endpoint.updated_at = now;
        rows::put_endpoint(ctx, &endpoint);
        Ok(Reply::Endpoint(Box::new(endpoint)))
    }
}
