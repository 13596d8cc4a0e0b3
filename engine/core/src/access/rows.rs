//! Reads and writes the rows of API keys. Nobody else does.

use super::{ApiKey, KeyUse};
use crate::apply::Ctx;
use crate::fault::Fault;
use crate::ids::KeyId;
use crate::keys::{Key, prefixed};
use crate::txn::{Txn, View as _};

pub(super) fn key(txn: &Txn<'_>, id: KeyId) -> Result<Option<ApiKey>, Fault> {
    txn.read(&Key::ApiKey(id))
}

/// Whether there is a key, valid or not. As no row is ever removed: whether there ever was one.
pub(super) fn is_any(txn: &Txn<'_>) -> Result<bool, Fault> {
    Ok(!txn.scan(prefixed(b"ak"), 1)?.is_empty())
}

/// When a key was last used.
pub(super) fn last_use(txn: &Txn<'_>, id: KeyId) -> Result<Option<KeyUse>, Fault> {
    txn.read(&Key::KeyUse(id))
}

/// Notes when a key was last used.
pub(super) fn put_last_use(txn: &mut Txn<'_>, id: KeyId, used: KeyUse) {
    txn.put(&Key::KeyUse(id), &used);
}

/// Writes a key. The feed says nothing of it: keys are not what customers and services wait for.
pub(super) fn put(ctx: &mut Ctx<'_, '_>, key: &ApiKey) {
    ctx.txn.put(&Key::ApiKey(key.id), key);
}
