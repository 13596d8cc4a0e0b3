//! The meta group: notes when API keys were last used.

use serde::{Deserialize, Serialize};

use super::{KeyUse, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::KeyId;

/// Notes when keys were used, as far as one node has seen. The latest use of each key stays, so
/// nodes may tell in any order and more than once. A key that is not there is passed over. A time
/// to come is taken for now.
///
/// Never refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteKeyUses {
    /// Which keys, and when each was used, in Unix milliseconds.
    pub uses: Vec<(KeyId, u64)>,
}

impl NoteKeyUses {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        for (id, at) in &self.uses {
            let at = (*at).min(ctx.now());
            let is_news = rows::last_use(ctx.txn, *id)?.is_none_or(|last| last.at < at);
            if is_news && rows::key(ctx.txn, *id)?.is_some() {
                rows::put_last_use(ctx.txn, *id, KeyUse { at });
            }
        }
        Ok(Reply::Nothing)
    }
}
