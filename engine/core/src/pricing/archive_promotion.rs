//! The meta group: archives a promotion.

use serde::{Deserialize, Serialize};

use super::rows;
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::PromotionId;
use crate::rejection::Rejection;

/// Archives a promotion: it stays readable, and nobody gets it any more. Archiving twice is a
/// no-op.
///
/// Refused, in this order: `PromotionNotFound`, `VersionMismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivePromotion {
    /// Which promotion.
    pub id: PromotionId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
}

impl ArchivePromotion {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::promotion(ctx.txn, self.id)?;
        let mut promotion = found.ok_or(Rejection::PromotionNotFound)?;
        check_version(self.expected_version, promotion.version)?;
        if promotion.archived_at.is_none() {
            promotion.version += 1;
            promotion.updated_at = ctx.now();
            promotion.archived_at = Some(ctx.now());
            rows::put_promotion(ctx.txn, &promotion);
        }
        Ok(Reply::Promotion(Box::new(promotion)))
    }
}
