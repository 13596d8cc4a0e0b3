//! The meta group: creates a promotion.

use serde::{Deserialize, Serialize};

use super::{PROMOTIONS_MAX, Promotion, PromotionDetails, normal_code, rows};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::PromotionId;
use crate::rejection::{Field, Rejection};

/// Creates a promotion. Its code is its name for ever: an archived one's is not given again.
///
/// Refused, in this order: `Malformed` (code), `AlreadyExists`, `TooManyDefinitions`, `OutOfRange`
/// or `Malformed` (the first field that is wrong).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatePromotion {
    /// What a customer types, as [`normal_code`] makes it.
    pub code: String,
    /// What the seller says of it.
    pub details: PromotionDetails,
}

impl CreatePromotion {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if normal_code(&self.code).as_ref() != Some(&self.code) {
            return Err(Rejection::Malformed { field: Field::Code }.into());
        }
        let id = PromotionId::of(&self.code);
        if rows::promotion(ctx.txn, id)?.is_some() {
            return Err(Rejection::AlreadyExists.into());
        }
        if rows::count(ctx.txn, b"pm", PROMOTIONS_MAX)? == PROMOTIONS_MAX {
            return Err(Rejection::TooManyDefinitions { limit: PROMOTIONS_MAX as u32 }.into());
        }
        self.details.check()?;
        let at = ctx.now();
        let promotion = Promotion {
            id,
            version: 1,
            created_at: at,
            updated_at: at,
            archived_at: None,
            code: self.code.clone(),
            details: self.details.clone(),
        };
        rows::put_promotion(ctx.txn, &promotion);
        Ok(Reply::Promotion(Box::new(promotion)))
    }
}
