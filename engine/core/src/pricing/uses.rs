//! The uses of promotions with a limit: units in the shard of the code, taken and given back with
//! the order's hold there.

use serde::{Deserialize, Serialize};

use super::{Promotion, rows};
use crate::apply::{Ctx, Stop};
use crate::fault::Fault;
use crate::ids::PromotionId;
use crate::inventory::HoldState;
use crate::rejection::Rejection;

/// How often a promotion is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionUses {
    /// By orders that are not confirmed.
    pub held: u32,
    /// By confirmed ones.
    pub used: u32,
    /// The latest definition that this shard has seen: its limit is the one that counts.
    pub promotion: Promotion,
}

impl PromotionUses {
    /// Whether its limit is reached.
    pub fn is_used_up(&self) -> bool {
        let limit = self.promotion.details.usage_limit.unwrap_or(u32::MAX);
        self.held.saturating_add(self.used) >= limit
    }

    fn of(&mut self, state: HoldState) -> &mut u32 {
        match state {
            HoldState::Committed => &mut self.used,
            _ => &mut self.held,
        }
    }
}

/// Takes a use; tells the definition that it was taken under, which may be later than the one that
/// was asked with. Refused: `PromotionUsedUp`.
pub(crate) fn take_use(
    ctx: &mut Ctx<'_, '_>,
    promotion: &Promotion,
    state: HoldState,
) -> Result<Promotion, Stop> {
    let there = rows::uses(ctx.txn, promotion.id)?;
    let mut uses =
        there.unwrap_or_else(|| PromotionUses { held: 0, used: 0, promotion: promotion.clone() });
    if promotion.version > uses.promotion.version {
        uses.promotion = promotion.clone();
    }
    if uses.is_used_up() {
        return Err(Rejection::PromotionUsedUp { per_customer: false }.into());
    }
    let units = uses.of(state);
    *units = units.saturating_add(1);
    rows::put_uses(ctx.txn, &uses);
    Ok(uses.promotion)
}

/// The order is confirmed: its use counts as used.
pub(crate) fn commit_use(ctx: &mut Ctx<'_, '_>, id: PromotionId) -> Result<(), Fault> {
    let mut uses = uses_of(ctx, id)?;
    less(&mut uses, HoldState::Held)?;
    uses.used = uses.used.saturating_add(1);
    rows::put_uses(ctx.txn, &uses);
    Ok(())
}

/// The order has ended: somebody else may have the use.
pub(crate) fn give_use_back(
    ctx: &mut Ctx<'_, '_>,
    id: PromotionId,
    state: HoldState,
) -> Result<(), Fault> {
    let mut uses = uses_of(ctx, id)?;
    less(&mut uses, state)?;
    rows::put_uses(ctx.txn, &uses);
    Ok(())
}

fn uses_of(ctx: &Ctx<'_, '_>, id: PromotionId) -> Result<PromotionUses, Fault> {
    let uses = rows::uses(ctx.txn, id)?;
    uses.ok_or_else(|| Fault::contradiction(format!("a hold uses {id}, which nobody has used")))
}

fn less(uses: &mut PromotionUses, state: HoldState) -> Result<(), Fault> {
    let id = uses.promotion.id;
    let units = uses.of(state);
    let left = units.checked_sub(1);
    *units = left.ok_or_else(|| {
        Fault::contradiction(format!("holds use {id} more often than it is used"))
    })?;
    Ok(())
}
