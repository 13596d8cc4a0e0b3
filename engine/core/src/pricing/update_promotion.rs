//! The meta group: changes a promotion.

use serde::{Deserialize, Serialize};

use super::{PromotionDetails, rows};
use crate::apply::{Ctx, Stop};
use crate::catalog::check_version;
use crate::command::Reply;
use crate::ids::PromotionId;
use crate::rejection::Rejection;

/// Replaces what is said of a promotion. Orders that have it keep what it was. A limit that comes
/// later counts from then on; one that is lowered takes nobody's use away.
///
/// Refused, in this order: `PromotionNotFound`, `PromotionExpired` (it is archived),
/// `VersionMismatch`, `OutOfRange` or `Malformed` (the first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatePromotion {
    /// Which promotion.
    pub id: PromotionId,
    /// The version the seller saw, if it matters.
    pub expected_version: Option<u64>,
    /// What the seller says of it now.
    pub details: PromotionDetails,
}

impl UpdatePromotion {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let found = rows::promotion(ctx.txn, self.id)?;
        let mut promotion = found.ok_or(Rejection::PromotionNotFound)?;
        if promotion.archived_at.is_some() {
            return Err(Rejection::PromotionExpired.into());
        }
        check_version(self.expected_version, promotion.version)?;
        self.details.check()?;
        promotion.details = self.details.clone();
        promotion.version += 1;
        promotion.updated_at = ctx.now();
        rows::put_promotion(ctx.txn, &promotion);
        Ok(Reply::Promotion(Box::new(promotion)))
    }
}
