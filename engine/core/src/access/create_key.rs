//! The meta group: creates an API key.

use serde::{Deserialize, Serialize};

use super::{
    ApiKey, EXPIRES_AT_MAX, KEY_NAME_BYTES_MAX, NETWORKS_PER_KEY_MAX, Network, Scope, SecretHash,
    rows,
};
use crate::apply::{Ctx, Stop};
use crate::catalog::validate;
use crate::command::Reply;
use crate::ids::KeyId;
use crate::rejection::{Field, Rejection};

/// Creates an API key.
///
/// Refused, in this order: `AlreadyInitialized`, `AlreadyExists`, `OutOfRange` or `Malformed` (the
/// first field that is wrong). A network that is not in its normal form is `Malformed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateKey {
    /// The new key.
    pub id: KeyId,
    /// What it is for, in its owner's words.
    pub name: String,
    /// What its holder may do, in any order; each counts once.
    pub scopes: Vec<Scope>,
    /// From where it may be used, in any order; each counts once. From everywhere when empty.
    pub networks: Vec<Network>,
    /// SHA-256 of its secret, which only the caller knows.
    pub secret: SecretHash,
    /// From when on it is not valid any more, in Unix milliseconds: after now, to
    /// [`EXPIRES_AT_MAX`]. Always valid if none.
    pub expires_at: Option<u64>,
    /// Only if there has never been any key: how a new cluster gets its first, once.
    pub first: bool,
}

impl CreateKey {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if self.first && rows::is_any(ctx.txn)? {
            return Err(Rejection::AlreadyInitialized.into());
        }
        if rows::key(ctx.txn, self.id)?.is_some() {
            return Err(Rejection::AlreadyExists.into());
        }
        let at = ctx.now();
        let (scopes, networks) = self.validate(at)?;
        let key = ApiKey {
            id: self.id,
            version: 1,
            name: self.name.clone(),
            scopes,
            networks,
            created_at: at,
            updated_at: at,
            expires_at: self.expires_at,
            revoked_at: None,
            secret: self.secret,
            previous: None,
        };
        rows::put(ctx, &key);
        Ok(Reply::Key(Box::new(key)))
    }

    /// Checks the fields, and brings scopes and networks into stored order.
    fn validate(&self, now: u64) -> Result<(Vec<Scope>, Vec<Network>), Rejection> {
        validate::text(Field::Name, &self.name, 1, KEY_NAME_BYTES_MAX)?;
        let scopes = sorted(&self.scopes);
        validate::size(Field::Scopes, scopes.len(), 1, Scope::ALL.len())?;
        let networks = sorted(&self.networks);
        validate::size(Field::Networks, networks.len(), 0, NETWORKS_PER_KEY_MAX)?;
        if !networks.iter().all(Network::is_normal) {
            return Err(Rejection::Malformed { field: Field::Networks });
        }
        if let Some(expires_at) = self.expires_at {
            let [at, min, max] = [expires_at, now.saturating_add(1), EXPIRES_AT_MAX]
                .map(|at| i64::try_from(at).unwrap_or(i64::MAX));
            validate::range(Field::ExpiresAt, at, min, max)?;
        }
        Ok((scopes, networks))
    }
}

/// The values sorted, each once.
fn sorted<T: Ord + Copy>(values: &[T]) -> Vec<T> {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.dedup();
    values
}
