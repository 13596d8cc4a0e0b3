//! The meta group: ends an API key for good.

use serde::{Deserialize, Serialize};

use super::rows;
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::KeyId;
use crate::rejection::Rejection;

/// Revokes a key, expired or not: neither its secret nor the one before it opens anything again.
/// Its row stays. Revoking twice is a no-op.
///
/// Refused: `KeyNotFound`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokeKey {
    /// Which key.
    pub id: KeyId,
}

impl RevokeKey {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let mut key = rows::key(ctx.txn, self.id)?.ok_or(Rejection::KeyNotFound)?;
        if key.revoked_at.is_none() {
            key.version += 1;
            key.updated_at = ctx.now();
            key.revoked_at = Some(ctx.now());
            key.previous = None;
            rows::put(ctx, &key);
        }
        Ok(Reply::Key(Box::new(key)))
    }
}
