//! The meta group: gives an API key a new secret.

use serde::{Deserialize, Serialize};

use super::{OVERLAP_MS_MAX, PreviousSecret, SecretHash, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate;
use crate::command::Reply;
use crate::ids::KeyId;
use crate::rejection::{Field, Rejection};

/// Gives a key a new secret. The one it had stays valid beside it for a while, any older one ends.
///
/// Refused, in this order: `KeyNotFound`, `KeyRevoked` (it was revoked, or it has expired: a new
/// secret would open nothing), `OutOfRange`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RotateKey {
    /// Which key.
    pub id: KeyId,
    /// SHA-256 of its new secret, which only the caller knows.
    pub secret: SecretHash,
    /// How long the secret it had stays valid, in milliseconds: 0 to [`OVERLAP_MS_MAX`].
    pub overlap_ms: u64,
}

impl RotateKey {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let mut key = rows::key(ctx.txn, self.id)?.ok_or(Rejection::KeyNotFound)?;
        let now = ctx.now();
        if !key.is_valid_at(now) {
            return Err(Rejection::KeyRevoked.into());
        }
        let [overlap_ms, max] =
            [self.overlap_ms, OVERLAP_MS_MAX].map(|ms| i64::try_from(ms).unwrap_or(i64::MAX));
        validate::range(Field::OverlapMs, overlap_ms, 0, max)?;
        let until = now.saturating_add(self.overlap_ms);
        let stays = self.overlap_ms > 0;
        key.previous = stays.then_some(PreviousSecret { hash: key.secret, until });
        key.secret = self.secret;
        key.version += 1;
        key.updated_at = now;
        rows::put(ctx, &key);
        Ok(Reply::Key(Box::new(key)))
    }
}
