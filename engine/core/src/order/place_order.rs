//! T1, T1o, T1a–c: decides that an order exists.
//!
//! The node that took the request has held the lines of other shards already and brings their
//! receipts; the lines of this very shard are held here. The first of `PlaceOrder`, `RefuseOrder`
//! and `ResolveHold` for an order id is the decision; later ones get its answer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::decision::Request;
use super::{
    Change, FULFILL_SLA_MS, Flags, KeyResult, OPEN_ORDERS_MAX, ORDER_HOLD_MS, Order, OrderLine,
    OrderTimer, OrderTimers, Progress, Units, rows,
};
use crate::apply::{Ctx, Stop};
use crate::cart::{self, CartUse};
use crate::command::Reply;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, ShardId};
use crate::inventory::{HeldLine, HoldLine, HoldState};
use crate::money::{Currency, Money};
use crate::notice::{Contact, Email, NoticeKind};
use crate::outbox::{Call, Message};
use crate::payment::{Pay, Payment, PaymentState};
use crate::pricing::{Promotion, Quote, Terms};
use crate::rejection::Rejection;

/// Places an order.
///
/// Answered first, if decided: the order as it is now, the stored refusal, or `Aborted`. Then
/// refused, in this order: `OrderNotFound` (the owner does not live here: a routing error),
/// `IdempotencyMismatch`, `TooLate`, `GuestMerged`, `CartNotFound`, `CartConsumed`, `CartEnded`,
/// `CartChanged`, `TooManyOpenOrders` (unless on account), `OutOfRange` (lines, quantity, method,
/// address, terms) or `Malformed` (address), `Aborted` (receipts that do not fit lines and
/// promotion), `CurrencyMismatch` of a receipt, `ProductNotFound`, `ProductArchived`,
/// `CurrencyMismatch`, `OutOfStock`, `PromotionUsedUp`; what [`price`](crate::pricing::price)
/// refuses; again `PromotionUsedUp` (by this customer), `PriceChanged`.
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
    /// Refused after this time, in Unix milliseconds: nobody waits for it any longer. Counted from
    /// before the first unit was held, and far less than `DECISION_RETENTION_MS`: receipts must not
    /// outlive the decision that gave their units back.
    pub not_after: u64,
    /// The cart that the lines are from, which becomes this order.
    pub cart: Option<CartUse>,
    /// Where the owner is told of the order, if they want to be.
    pub email: Option<Email>,
    /// What it is priced by, beside its products.
    pub terms: Box<Terms>,
}

/// What another shard holds for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Which shard.
    pub shard: ShardId,
    /// Its lines.
    pub lines: Vec<HeldLine>,
    /// The promotion of which it holds a use.
    pub promotion: Option<Box<Promotion>>,
}

impl PlaceOrder {
    pub(crate) fn apply(&self, ctx: &mut Ctx<'_, '_>) -> Result<Reply, Stop> {
        if !self.request().is_at_home(ctx) {
            return Err(Rejection::OrderNotFound.into());
        }
        if let Some(outcome) = self.request().decided(ctx)? {
            ctx.replayed = outcome != Err(Rejection::IdempotencyMismatch);
            return Ok(outcome?);
        }
        if ctx.now() > self.not_after {
            return Err(Rejection::TooLate.into());
        }
        let cart = cart::check(ctx, &self.owner, self.cart, &self.lines)?;
        let on_account = self.pay == Pay::OnAccount;
        if !on_account && rows::open_orders(ctx.txn, &self.owner)? >= OPEN_ORDERS_MAX {
            return Err(Rejection::TooManyOpenOrders { limit: OPEN_ORDERS_MAX }.into());
        }
        self.check_range()?;
        let mut held = self.price_receipts(ctx)?;
        let state = if on_account { HoldState::Committed } else { HoldState::Held };
        self.hold_own(ctx, state, &mut held)?;
        let (lines, quote) = self.price_lines(&held, ctx.now())?;
        self.check_uses(ctx, &held)?;
        self.check_total(quote.total)?;
        if let Some(cart) = cart {
            cart::consume(ctx, cart, self.order)?;
        }
        let result = KeyResult { body: self.body, order: self.order, refused: None };
        rows::put_key_result(ctx, &self.owner, self.key, &result);
        let order = self.new_order(ctx.now(), lines, quote);
        rows::list_order(ctx.txn, &order);
        rows::list_promotion(ctx.txn, &order);
        let mut change = Change::placing(ctx, order);
        if on_account {
            change.place_on_account();
        } else {
            change.place()?;
        }
        Ok(Reply::Order(Box::new(change.save()?)))
    }

    /// Records a refusal: the decision, the key's result, and the releases.
    pub(crate) fn record_refusal(
        &self,
        ctx: &mut Ctx<'_, '_>,
        rejection: &Rejection,
    ) -> Result<(), Fault> {
        let shards = self.receipts.iter().map(|receipt| receipt.shard).collect();
        self.request().refuse(ctx, rejection, &shards)
    }

    fn request(&self) -> Request<'_> {
        let Self { order, key, body, .. } = *self;
        Request { order, owner: &self.owner, key, body }
    }

    fn new_order(&self, now: u64, lines: Vec<OrderLine>, quote: Quote) -> Order {
        let hold_shards: BTreeSet<_> = self.receipts.iter().map(|receipt| receipt.shard).collect();
        Order {
            id: self.order,
            owner: self.owner.clone(),
            version: 0,
            placed_at: now,
            updated_at: now,
            currency: self.currency,
            total: quote.total,
            lines,
            units: Units::Held,
            payment: Payment::new(&self.pay),
            ending: None,
            flags: Flags::default(),
            hold_shards: hold_shards.into_iter().collect(),
            timers: OrderTimers::default(),
            calls: 0,
            calls_pending: 0,
            transitions: 0,
            progress: Progress::default(),
            contact: Contact::new(self.email.clone()),
            pricing: quote.pricing,
        }
    }
}

impl Change<'_, '_, '_> {
    /// T1: units are held, an intent is created, and the payment has until the hold timer. Where
    /// nothing is to be paid the order is confirmed at once: no provider takes nothing.
    fn place(&mut self) -> Result<(), Fault> {
        let Order { total, currency, .. } = self.order;
        if total == 0 {
            return self.confirm(PaymentState::NothingDue, "T1");
        }
        self.call(Call::CreateIntent { amount: Money { amount: total, currency } });
        self.arm(OrderTimer::Hold, self.ctx.now().saturating_add(ORDER_HOLD_MS));
        self.step("T1", "");
        Ok(())
    }

    /// T1o: the customer is trusted to pay an invoice, so the order is confirmed at once.
    fn place_on_account(&mut self) {
        self.order.units = Units::Committed;
        self.tell(Message::CommitHold(self.order.id));
        self.arm(OrderTimer::FulfillSla, self.ctx.now().saturating_add(FULFILL_SLA_MS));
        self.notify(NoticeKind::Confirmed);
        self.step("T1o", "");
    }
}
