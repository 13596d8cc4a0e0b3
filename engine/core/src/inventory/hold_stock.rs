//! Holds units for an order or a cart, so that two of them cannot buy the last one.

use serde::{Deserialize, Serialize};

use super::{HoldRef, HoldState, NewHold, hold_units};
use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::ProductId;
use crate::money::Currency;
use crate::pricing::Promotion;

/// Holds all lines of this shard, or none, and a use of a promotion that is counted here. A repeat
/// answers what became of the hold.
///
/// Refused, in this order: `HoldEnded`, `AlreadyExists` (this hold, with other lines or another
/// promotion), `OutOfRange` (lines, quantity, time), `Malformed` (a promotion, without an order or
/// without a limit), `ProductNotFound`, `ProductArchived`, `CurrencyMismatch`, `OutOfStock` with
/// every short line, `PromotionUsedUp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldStock {
    /// The new hold.
    pub hold: HoldRef,
    /// What to hold; quantities of one product are added up first.
    pub lines: Vec<HoldLine>,
    /// The currency every product must be sold in.
    pub currency: Currency,
    /// How long a hold without an order lasts, or until an order's shard is asked, in milliseconds.
    pub timer_ms: u64,
    /// The promotion of which a use is held, as the meta group defines it.
    pub promotion: Option<Box<Promotion>>,
}

/// One line to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldLine {
    /// Which product.
    pub product: ProductId,
    /// How many units: at least 1.
    pub quantity: u32,
}

impl HoldStock {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        let new = NewHold {
            hold: self.hold,
            lines: &self.lines,
            currency: self.currency,
            state: HoldState::Held,
            timer_ms: Some(self.timer_ms),
            promotion: self.promotion.as_deref(),
        };
        let (hold, repeated) = hold_units(ctx, &new)?;
        ctx.replayed = repeated;
        Ok(Reply::Held(hold.into_receipt(self.hold)))
    }
}
