//! What was decided of an order id, and how a refusal becomes the decision.
//!
//! The first of `PlaceOrder`, `RefuseOrder` and `ResolveHold` decides. An order row is the decision
//! that it lives; a decision row, that it never will; a key row, what a retry is told.

use std::collections::BTreeSet;

use super::{DECISION_KEPT_ON_MS, Decision, KeyResult, rows};
use crate::apply::{Ctx, Outcome};
use crate::command::Reply;
use crate::due::TimerKind;
use crate::fault::Fault;
use crate::ids::{OrderId, Owner, ShardId};
use crate::inventory::{self, HoldRef};
use crate::outbox::{self, Message};
use crate::rejection::Rejection;

/// Who asks for which order under which key.
pub(super) struct Request<'a> {
    pub order: OrderId,
    pub owner: &'a Owner,
    pub key: u128,
    pub body: u128,
}

impl Request<'_> {
    /// The id, its owner and this shard belong together. The router sees to it.
    pub fn is_at_home(&self, ctx: &Ctx<'_, '_>) -> bool {
        self.order.slot == self.owner.slot() && is_at_home(ctx, self.order)
    }

    /// What was decided before, if anything was: of the key first, then of the order.
    pub fn decided(&self, ctx: &Ctx<'_, '_>) -> Result<Option<Outcome>, Fault> {
        let result = rows::key_result(ctx.txn, self.owner, self.key)?;
        if let Some(KeyResult { body, order, refused }) = result {
            if body != self.body {
                return Ok(Some(Err(Rejection::IdempotencyMismatch)));
            }
            return match refused {
                Some(rejection) => Ok(Some(Err(rejection))),
                None => placed(ctx, order),
            };
        }
        if let Some(outcome) = placed(ctx, self.order)? {
            return Ok(Some(outcome));
        }
        Ok(rows::decision(ctx.txn, self.order)?.map(|decision| match decision {
            Decision::Refused(rejection) => Err(rejection),
            Decision::Aborted => Err(Rejection::Aborted),
        }))
    }

    /// Makes a refusal the decision, unless there is one, and frees the units in `shards`.
    ///
    /// What another attempt could mend is not kept under the key: time that ran out, receipts that
    /// do not fit, a request out of range.
    pub fn refuse(
        &self,
        ctx: &mut Ctx<'_, '_>,
        rejection: &Rejection,
        shards: &BTreeSet<ShardId>,
    ) -> Result<(), Fault> {
        let key = rows::key_result(ctx.txn, self.owner, self.key)?;
        let same_body = key.as_ref().is_some_and(|key| key.body == self.body);
        let decided = rows::order(ctx.txn, self.order)?.is_some()
            || rows::decision(ctx.txn, self.order)?.is_some();
        if same_body || decided || !self.is_at_home(ctx) {
            return Ok(());
        }
        rows::put_decision(ctx, self.order, &decision_of(rejection));
        if key.is_none() && is_kept_under_key(rejection) {
            let refused = Some(rejection.clone());
            let result = KeyResult { body: self.body, order: self.order, refused };
            rows::put_key_result(ctx, self.owner, self.key, &result);
        }
        shards.iter().try_for_each(|shard| release_at(ctx, *shard, self.order))?;
        release_here(ctx, self.order)
    }
}

/// The order lives, or would live, in this shard.
pub(super) fn is_at_home(ctx: &Ctx<'_, '_>, order: OrderId) -> bool {
    ctx.shard.topology.of_order(order) == ctx.shard.id
}

/// Frees the units that a shard holds for an order. A shard that does not exist holds none.
pub(super) fn release_at(
    ctx: &mut Ctx<'_, '_>,
    shard: ShardId,
    order: OrderId,
) -> Result<(), Fault> {
    if shard == ctx.shard.id {
        return release_here(ctx, order);
    }
    let exists = (1..=ctx.shard.topology.shards).contains(&shard.0);
    if exists {
        ctx.send(shard, Message::ReleaseHold(order));
    }
    Ok(())
}

/// Forgets a decision, whose timer has fired, unless a shard may not have been told of it: then the
/// same request would make the same order id again, over a hold that this release still ends.
pub(super) fn forget(ctx: &mut Ctx<'_, '_>, order: OrderId) -> Result<(), Fault> {
    for to in ctx.shard.topology.groups() {
        if outbox::may_wait(ctx.txn, to, Message::ReleaseHold(order))? {
            let later = ctx.now().saturating_add(DECISION_KEPT_ON_MS);
            ctx.arm(later, TimerKind::ForgetDecision(order));
            return Ok(());
        }
    }
    rows::delete_decision(ctx.txn, order);
    Ok(())
}

fn release_here(ctx: &mut Ctx<'_, '_>, order: OrderId) -> Result<(), Fault> {
    if inventory::rows::hold(ctx.txn, HoldRef::Order(order))?.is_some() {
        inventory::release_units(ctx, HoldRef::Order(order))?;
    }
    Ok(())
}

fn placed(ctx: &Ctx<'_, '_>, order: OrderId) -> Result<Option<Outcome>, Fault> {
    let order = rows::order(ctx.txn, order)?;
    Ok(order.map(|order| Ok(Reply::Order(Box::new(order)))))
}

fn decision_of(rejection: &Rejection) -> Decision {
    match rejection {
        Rejection::Aborted
        | Rejection::TooLate
        | Rejection::HoldEnded
        | Rejection::RequestTooOld => Decision::Aborted,
        rejection => Decision::Refused(rejection.clone()),
    }
}

fn is_kept_under_key(rejection: &Rejection) -> bool {
    let unkept = matches!(
        rejection,
        Rejection::OutOfRange { .. } | Rejection::Malformed { .. } | Rejection::IdempotencyMismatch
    );
    !unkept && decision_of(rejection) != Decision::Aborted
}
