//! T1, T1o, T1a–c: decides that an order exists.
//!
//! The node that took the request has held the lines of other shards already and brings their
//! receipts; the lines of this very shard are held here. The first of `PlaceOrder`, `RefuseOrder`
//! and `ResolveHold` for an order id is the decision; later ones get its answer.

use serde::{Deserialize, Serialize};

use crate::apply::{Ctx, Stop};
use crate::command::Reply;
use crate::ids::{OrderId, Owner, ShardId};
use crate::inventory::{HeldLine, HoldLine};
use crate::money::Currency;
use crate::payment::Pay;

/// Places an order.
///
/// Answered first, if decided: the order as it is now, the stored refusal, or `Aborted`. Then
/// refused, in this order: `IdempotencyMismatch`, `TooLate`, `OutOfRange` (lines, quantity, total),
/// `ProductNotFound`, `ProductArchived`, `CurrencyMismatch`, `OutOfStock`, `PriceChanged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOrder {
    /// Derived from owner, key, body and attempt.
    pub order: OrderId,
    /// Whose it is to be.
    pub owner: Owner,
    /// H128 of the owner's idempotency key.
    pub key: u128,
    /// H128 of the request's body.
    pub body: u128,
    /// What is ordered, in the customer's order of lines.
    pub lines: Vec<HoldLine>,
    /// What other shards hold for it.
    pub receipts: Vec<Receipt>,
    /// The currency of the order.
    pub currency: Currency,
    /// The total the customer agreed to, in minor units; without it, the total of now stands.
    pub expected_total: Option<i64>,
    /// How it is to be paid.
    pub pay: Pay,
    /// Refused after this time, in Unix milliseconds: nobody waits for it any longer.
    pub not_after: u64,
}

/// What another shard holds for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which shard.
    pub shard: ShardId,
    /// Its lines.
    pub lines: Vec<HeldLine>,
}

impl PlaceOrder {
    pub(crate) fn apply(&self, _ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        todo!()
    }

    /// Records a refusal: the decision, the key's result, and the releases.
    pub(crate) fn record_refusal(
        &self,
        _ctx: &mut Ctx<'_, '_>,
        _rejection: &crate::rejection::Rejection,
    ) -> Result<(), crate::fault::Fault> {
        todo!()
    }
}
