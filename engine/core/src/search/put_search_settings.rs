//! The meta group: replaces the settings of search.

use serde::{Deserialize, Serialize};

use super::{SearchDetails, SearchSettings, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;

/// Replaces what sellers want of search. Every node's index goes by it as soon as its replica of
/// the meta group has it; nothing is indexed again.
///
/// Refused, in this order: `VersionMismatch`, `OutOfRange` or `Malformed` (the first field that is
/// wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutSearchSettings {
    /// The version the seller saw, if it matters; 0 before the first change.
    pub expected_version: Option<u64>,
    /// What the seller says now.
    pub details: SearchDetails,
}

impl PutSearchSettings {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let before = rows::settings(ctx.txn)?;
        check_version(self.expected_version, before.version)?;
        self.details.check()?;
        let version = before.version + 1;
        let (updated_at, details) = (ctx.now(), self.details.clone());
        rows::put_settings(ctx.txn, &SearchSettings { version, updated_at, details });
        Ok(Reply::SearchSettings { version, updated_at })
    }
}
