//! Places an order over shards: holds at the products' shards, then the customer's shard decides.
//!
//! The node that takes the request coordinates and keeps no state that matters: the order's id is
//! derived from owner, key, body and attempt, so a retry at any node works on the same order and
//! the same holds. Nothing here releases units; only a decision does. See ORDERS.md §3.

use std::time::{Duration, Instant};

use engine_core::audit::Actor;
use engine_core::cart::CartUse;
use engine_core::inventory::{ASK_AFTER_MS, HoldLine, HoldReceipt, HoldRef, HoldState};
use engine_core::notice::Email;
use engine_core::order::{Order, Receipt};
use engine_core::payment::Pay;
use engine_core::pricing::{Promotion, Terms};
use engine_core::{
    Applied, Command, Currency, HoldStock, Money, OrderId, Owner, PlaceOrder, RefuseOrder,
    Rejection, Reply, ResolveHold, ShardId, h128, read,
};
use futures::future::join_all;
use raft::{Proposal, ProposeError, Proposed};

use super::lines_by_shard;
use crate::consistency::Seen;
use crate::errors::{Code, Error};
use crate::pricing::Wanted;
use crate::refusals;
use crate::state::{AppState, WRITE_DEADLINE_MS, not_written, unexpected};
use crate::time::now_ms;

/// How long after its attempt began a `PlaceOrder` may still be applied, in milliseconds.
const NOT_AFTER_MS: u64 = 60_000;
/// How many times an order that was given up is started over.
const ATTEMPTS_MAX: u32 = 8;
/// How many times a step with an unknown outcome is proposed again.
const REPEATS_MAX: u32 = 3;

/// What is to be ordered.
pub struct Request {
    /// Whose the order is to be.
    pub owner: Owner,
    /// The idempotency key's text.
    pub key: String,
    /// H128 of the request's body.
    pub body: u128,
    /// What is ordered.
    pub lines: Vec<HoldLine>,
    /// The cart that the lines are from, as it was read.
    pub cart: Option<CartUse>,
    /// The currency of the order.
    pub currency: Currency,
    /// The total the customer agreed to, in minor units.
    pub expected_total: Option<i64>,
    /// How it is to be paid.
    pub pay: Pay,
    /// Where the owner is told of the order.
    pub email: Option<Email>,
    /// What it is to be priced by, beside its products.
    pub wanted: Wanted,
    /// Whom the audit trail names for the decision, if anybody. What leads to it has no row there.
    pub actor: Option<Actor>,
}

impl Request {
    /// The body, as far as the order's id goes by it. One body that names a cart means other lines
    /// once the cart has changed: their holds are another order's.
    fn of_this_cart(&self) -> u128 {
        match self.cart {
            None => self.body,
            Some(CartUse { version, .. }) => {
                h128(&[&self.body.to_be_bytes(), &version.to_be_bytes()])
            }
        }
    }
}

/// An order that exists.
pub struct Placed {
    /// As it is now.
    pub order: Box<Order>,
    /// An earlier request with this key placed it.
    pub replayed: bool,
    /// Where it stands.
    pub seen: Seen,
}

/// How an attempt ended.
enum Attempt {
    /// The order exists.
    Placed(Placed),
    /// Somebody gave the attempt up: the next one may succeed.
    Aborted,
}

impl AppState {
    /// Places the order, or says why it does not exist.
    pub async fn place(&self, request: &Request) -> Result<Placed, Error> {
        let began = Instant::now();
        let key = h128(&[request.key.as_bytes()]);
        let home = self.topology.of_owner(&request.owner);
        let known =
            read::key_result(&self.view(home), &request.owner, key).map_err(Error::fault)?;
        if let Some(known) = known.filter(|known| known.body == request.body) {
            // The holds were decided about long ago: the decision only has to be told again.
            let part = (Vec::new(), Terms::default());
            let decided = self.decide(request, known.order, part, not_after()).await?;
            if let Attempt::Placed(placed) = decided {
                return Ok(placed);
            }
        }
        for attempt in 0..ATTEMPTS_MAX {
            let body = request.of_this_cart();
            let order = OrderId::derive(&request.owner, &request.key, body, attempt);
            if let Attempt::Placed(placed) = self.attempt(request, order).await? {
                return Ok(placed);
            }
            if began.elapsed() > Duration::from_millis(WRITE_DEADLINE_MS) {
                break;
            }
        }
        Err(refusals::error(&Rejection::Aborted))
    }

    /// One attempt: hold elsewhere, decide at home.
    async fn attempt(&self, request: &Request, order: OrderId) -> Result<Attempt, Error> {
        // Counted from before the first hold: a receipt must not outlive the decision that freed
        // its units, however long the holds took.
        let not_after = not_after();
        let terms = match self.terms(&request.wanted).await? {
            Ok(terms) => terms,
            Err(reason) => return self.refuse(request, order, reason, Vec::new()).await,
        };
        let home = self.topology.of_order(order);
        let mut elsewhere = lines_by_shard(self.topology, &request.lines);
        let counted = counted(&terms).map(|promotion| self.topology.of_promotion(promotion.id));
        elsewhere.extend(counted.filter(|shard| !elsewhere.contains_key(shard)).map(no_lines));
        elsewhere.remove(&home);
        let shards: Vec<ShardId> = elsewhere.keys().copied().collect();
        let holds = elsewhere.into_iter().map(|(shard, lines)| {
            let hold = HoldRef::Order(order);
            let currency = request.currency;
            let promotion = terms.promotion.as_ref().filter(|_| counted == Some(shard));
            let promotion = promotion.cloned().map(Box::new);
            let command = HoldStock { hold, lines, currency, timer_ms: ASK_AFTER_MS, promotion };
            self.step(shard, Command::HoldStock(command), None)
        });
        let mut receipts = Vec::with_capacity(shards.len());
        let mut refusal = None;
        for (shard, held) in shards.iter().zip(join_all(holds).await) {
            match held?.applied.outcome {
                // Ended, or taken by an attempt that was priced by a promotion as it was before.
                Ok(Reply::Held(HoldReceipt { state: HoldState::Released, .. }))
                | Err(Rejection::HoldEnded | Rejection::AlreadyExists) => {
                    self.resolve(order, *shard).await?;
                }
                Ok(Reply::Held(HoldReceipt { lines, promotion, .. })) => {
                    receipts.push(Receipt { shard: *shard, lines, promotion });
                }
                Ok(other) => return Err(unexpected(&other)),
                Err(rejection) => refusal = Some(graver(refusal, rejection)),
            }
        }
        match refusal {
            Some(reason) => self.refuse(request, order, reason, shards).await,
            None => self.decide(request, order, (receipts, terms), not_after).await,
        }
    }

    /// Has the customer's shard decide that the order exists.
    async fn decide(
        &self,
        request: &Request,
        order: OrderId,
        (receipts, terms): (Vec<Receipt>, Terms),
        not_after: u64,
    ) -> Result<Attempt, Error> {
        let command = PlaceOrder {
            order,
            owner: request.owner.clone(),
            key: h128(&[request.key.as_bytes()]),
            body: request.body,
            lines: request.lines.clone(),
            receipts,
            currency: request.currency,
            expected_total: request.expected_total,
            pay: request.pay.clone(),
            not_after,
            cart: request.cart,
            email: request.email.clone(),
            terms: Box::new(terms),
        };
        let home = self.topology.of_order(order);
        ended(self.step(home, Command::PlaceOrder(command), request.actor).await?)
    }

    /// Has the customer's shard decide that the order does not exist, and why.
    async fn refuse(
        &self,
        request: &Request,
        order: OrderId,
        reason: Rejection,
        shards: Vec<ShardId>,
    ) -> Result<Attempt, Error> {
        let command = RefuseOrder {
            order,
            owner: request.owner.clone(),
            key: h128(&[request.key.as_bytes()]),
            body: request.body,
            reason,
            shards,
        };
        let home = self.topology.of_order(order);
        ended(self.step(home, Command::RefuseOrder(command), request.actor).await?)
    }

    /// A hold has ended, so a decision was made; if it was not, this makes it: `Aborted`.
    async fn resolve(&self, order: OrderId, from: ShardId) -> Result<(), Error> {
        let home = self.topology.of_order(order);
        let command = Command::ResolveHold(ResolveHold { order, from });
        self.step(home, command, None).await.map(|_| ())
    }

    /// Proposes a step. Each is idempotent by the order's id, so an unknown outcome is cleared up
    /// by proposing the same again.
    async fn step(
        &self,
        shard: ShardId,
        command: Command,
        actor: Option<Actor>,
    ) -> Result<Proposed, Error> {
        let deadline = Duration::from_millis(WRITE_DEADLINE_MS);
        for _ in 0..REPEATS_MAX {
            let proposal = Proposal { command: command.clone(), idempotency: None, actor };
            match self.node.propose(shard, proposal, deadline).await {
                Ok(proposed) => return Ok(proposed),
                Err(ProposeError::Unknown) => {}
                Err(error) => return Err(not_written(error)),
            }
        }
        Err(not_written(ProposeError::Unknown))
    }
}

/// The promotion of which the order needs a use, if its uses are counted.
fn counted(terms: &Terms) -> Option<&Promotion> {
    let promotion = terms.promotion.as_ref();
    promotion.filter(|promotion| promotion.details.usage_limit.is_some())
}

/// A shard that counts the uses of the promotion, and sells none of the lines.
fn no_lines(shard: ShardId) -> (ShardId, Vec<HoldLine>) {
    (shard, Vec::new())
}

/// Until when an attempt that begins now may place its order, in Unix milliseconds.
fn not_after() -> u64 {
    now_ms().saturating_add(NOT_AFTER_MS)
}

/// What the customer's shard answered.
fn ended(proposed: Proposed) -> Result<Attempt, Error> {
    let Proposed { applied: Applied { outcome, replayed }, shard, index } = proposed;
    let seen = Seen::write(shard, index);
    match outcome {
        Ok(Reply::Order(order)) => Ok(Attempt::Placed(Placed { order, replayed, seen })),
        Ok(other) => Err(unexpected(&other)),
        Err(Rejection::Aborted) => Ok(Attempt::Aborted),
        Err(Rejection::OutOfRange { field: engine_core::Field::Total, .. }) => {
            let detail = format!("an order's total is at most {} minor units", Money::AMOUNT_MAX);
            Err(Error { replayed, ..Error::about(Code::OutOfRange, "lines", detail) })
        }
        Err(rejection) => Err(Error { replayed, ..refusals::error(&rejection) }),
    }
}

/// Of two shards' refusals the one that is told: the first in the order that one shard would give
/// them in; short lines add up.
fn graver(first: Option<Rejection>, second: Rejection) -> Rejection {
    let rank = |rejection: &Rejection| match rejection {
        Rejection::OutOfRange { .. } => 0,
        Rejection::ProductNotFound { .. } => 1,
        Rejection::ProductArchived { .. } => 2,
        Rejection::CurrencyMismatch { .. } => 3,
        Rejection::PromotionUsedUp { .. } => 5,
        _ => 4,
    };
    match (first, second) {
        (Some(Rejection::OutOfStock { lines: mut all }), Rejection::OutOfStock { lines }) => {
            all.extend(lines);
            Rejection::OutOfStock { lines: all }
        }
        (Some(first), second) if rank(&first) <= rank(&second) => first,
        (_, second) => second,
    }
}

#[cfg(test)]
mod tests {
    use engine_core::{ProductId, ShortLine};

    use super::*;

    #[test]
    fn short_lines_of_two_shards_add_up_and_a_graver_reason_wins() {
        let short = |id| ShortLine { product: ProductId(id), requested: 2, available: 1 };
        let out = |id| Rejection::OutOfStock { lines: vec![short(id)] };
        let both = graver(Some(out(1)), out(2));
        assert_eq!(both, Rejection::OutOfStock { lines: vec![short(1), short(2)] });
        let unknown = Rejection::ProductNotFound { product: ProductId(3) };
        assert_eq!(graver(Some(both.clone()), unknown.clone()), unknown);
        assert_eq!(graver(Some(unknown.clone()), both), unknown);
    }
}
